import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from pulumi_vmimport_sandbox import plugins

AWS, VSPHERE = (metadata.version(f"pulumi-{name}") for name in ("aws", "vsphere"))


def plugin(folder: Path, name: str, version: str) -> Path:
    return folder / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"


def install(folder: Path, name: str, version: str) -> Path:
    executable = plugin(folder, name, version)
    executable.parent.mkdir(parents=True)
    executable.write_text("#!/bin/sh\necho real\n")
    executable.chmod(0o755)
    (executable.parent / "PulumiPlugin.yaml").write_text("runtime: go\n")
    return executable


def test_standins_are_installed_in_the_versions_of_the_sdks(tmp_path: Path) -> None:
    assert plugins.install(tmp_path, tmp_path / "none") == f"aws {AWS}: stand-in, vsphere {VSPHERE}: stand-in"
    for name, version in (("aws", AWS), ("vsphere", VSPHERE)):
        assert plugin(tmp_path / "plugins", name, version).stat().st_mode & 0o111


def test_a_real_plugin_is_used_if_it_is_installed(tmp_path: Path) -> None:
    real = install(tmp_path / "real", "aws", AWS)
    home = tmp_path / "home"
    assert plugins.install(home, tmp_path / "real") == f"aws {AWS}: real plugin, vsphere {VSPHERE}: stand-in"
    installed_plugin = plugin(home / "plugins", "aws", AWS)
    assert not installed_plugin.parent.is_symlink()  # the engine passes over a linked folder
    assert installed_plugin.resolve() == real
    assert (installed_plugin.parent / "PulumiPlugin.yaml").read_text() == "runtime: go\n"
    assert subprocess.run([installed_plugin], capture_output=True, check=True).stdout == b"real\n"


def test_a_real_plugin_of_another_version_is_not_used(tmp_path: Path) -> None:
    install(tmp_path / "real", "vsphere", "1.0.0")
    assert plugins.install(tmp_path / "home", tmp_path / "real").endswith(f"vsphere {VSPHERE}: stand-in")


def test_a_second_installation_uses_the_plugins_that_exist_then(tmp_path: Path) -> None:
    home, real = tmp_path / "home", tmp_path / "real"
    plugins.install(home, real)
    installed = install(real, "aws", AWS)
    plugins.install(home, real)
    assert plugin(home / "plugins", "aws", AWS).resolve() == installed
    assert plugins.install(home, None).startswith(f"aws {AWS}: stand-in")
    assert installed.read_text() == "#!/bin/sh\necho real\n"  # the user's own plugin is not written through the link


def test_the_users_plugin_folder_is_in_the_users_pulumi_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", "/opt/pulumi")
    assert plugins.user_plugin_folder() == Path("/opt/pulumi/plugins")
    monkeypatch.delenv("PULUMI_HOME")
    assert plugins.user_plugin_folder() == Path.home() / ".pulumi" / "plugins"
