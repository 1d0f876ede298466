"""The ways to install the provider for programs in YAML and other languages."""

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engine.pulumi_project import EXECUTABLES, PulumiProject

from pulumi_vmimport.version import __version__
from pulumi_vmimport_sandbox import Sandbox

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "yaml" / "import_existing" / "Pulumi.yaml"
PLUGIN_FILES = ("PulumiPlugin.yaml", "__main__.py", "requirements.txt", "constraints.txt", "pyproject.toml")
# Compiling takes half of the time of pip; the first start of the provider compiles the modules that it imports.
NO_BYTE_CODE = {"PIP_NO_COMPILE": "1"}

pytestmark = pytest.mark.usefixtures("image_args")  # the bucket, the object and the role that the example names


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of what the checkout has for the plugin."""
    copy = tmp_path / "checkout"
    shutil.copytree(ROOT / "components", copy / "components", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*PLUGIN_FILES, "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> PulumiProject:
    """The example, which names no plugin."""
    return PulumiProject(sandbox, tmp_path / "project", EXAMPLE, provider=None)


def previews_an_image(project: PulumiProject) -> None:
    printed = project.run("preview")
    assert "vmimport:index:ImportImage" in printed
    assert "$PATH" not in printed


def test_fails_without_a_plugin_and_names_it(project: PulumiProject) -> None:
    assert "vmimport" in project.run("preview", is_failing=True)


def test_package_add_installs_a_checkout_without_the_sandbox_and_development_tools(
    project: PulumiProject, source: Path
) -> None:
    project.run("package", "add", str(source), environment=NO_BYTE_CODE)
    (packages,) = (source / "venv").glob("lib/python*/site-packages")
    installed = {path.name.partition("-")[0] for path in packages.glob("*.dist-info")}
    assert {"pulumi_vmimport", "pulumi_aws", "pycdlib"} <= installed
    assert installed.isdisjoint({"pulumi_vmimport_sandbox", "moto", "pytest", "mypy"})
    previews_an_image(project)


def script(folder: Path) -> None:
    executable = folder / "pulumi-resource-vmimport"
    executable.write_text(f'#!/bin/sh\nexec {EXECUTABLES}/pulumi-resource-vmimport "$@"\n', "utf-8")
    executable.chmod(0o755)


def by_installation(project: PulumiProject, folder: Path) -> None:
    project.run("plugin", "install", "resource", "vmimport", __version__, "--file", str(folder))


def by_installation_of_an_archive(project: PulumiProject, folder: Path) -> None:
    archive = folder.with_suffix(".tar.gz")
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=".")
    by_installation(project, archive)


def by_path(project: PulumiProject, folder: Path) -> None:
    with (project.folder / "Pulumi.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"plugins:\n  providers:\n    - name: vmimport\n      path: {folder}\n")


@pytest.mark.parametrize("install", [by_installation, by_installation_of_an_archive, by_path])
def test_a_folder_with_the_executable_is_a_plugin(
    project: PulumiProject, tmp_path: Path, install: Callable[[PulumiProject, Path], None]
) -> None:
    folder = tmp_path / "plugin"
    folder.mkdir()
    script(folder)
    install(project, folder)
    previews_an_image(project)
