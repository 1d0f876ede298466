import importlib.util
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pulumi_vmimport.cli.group import vmimport


def create(directory: Path) -> Result:
    return CliRunner().invoke(vmimport, ["policy-pack", str(directory)])


def runtime(directory: Path) -> str:
    """The text of the runtime in the settings."""
    return "runtime:" + (directory / "PulumiPolicy.yaml").read_text().partition("runtime:")[2]


def environment(path: object) -> str:
    return f"runtime:\n  name: python\n  options:\n    virtualenv: {path}\n"


def in_environment(monkeypatch: pytest.MonkeyPatch, prefix: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr(sys, "base_prefix", "/usr")


def test_the_pack_runs_in_the_virtual_environment_of_the_project_by_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_environment(monkeypatch, tmp_path / ".venv")
    created = create(tmp_path / "policy")
    assert created.exit_code == 0
    assert created.output == (f"created {tmp_path}/policy; run: pulumi preview --policy-pack {tmp_path}/policy\n")
    assert runtime(tmp_path / "policy") == environment("../.venv")


def test_an_environment_elsewhere_is_named_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_environment(monkeypatch, tmp_path / "tools")
    assert create(tmp_path / "project" / "policy").exit_code == 0
    assert runtime(tmp_path / "project" / "policy") == environment(tmp_path / "tools")


def test_without_an_environment_pulumi_chooses_the_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, Path("/usr"))
    assert create(tmp_path / "policy").exit_code == 0
    assert runtime(tmp_path / "policy") == "runtime: python\n"


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    assert create(tmp_path / "policy").output.startswith("created ")
    again = create(tmp_path / "policy")
    assert again.exit_code == 0
    assert again.output.startswith("unchanged: ")


def test_fails_rather_than_replace_a_file(tmp_path: Path) -> None:
    own = tmp_path / "__main__.py"
    own.write_text("mine\n")
    failed = create(tmp_path)
    assert failed.exit_code == 2
    assert f"{own} exists with another content; remove it, or choose another directory" in failed.output
    assert [path.name for path in tmp_path.iterdir()] == ["__main__.py"]
    assert own.read_text() == "mine\n"


def test_fails_in_a_folder_that_cannot_exist(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    failed = create(tmp_path / "file" / "policy")
    assert failed.exit_code == 2
    assert "cannot create the policy pack: [Errno 20] Not a directory" in failed.output


def test_fails_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    failed = create(tmp_path / "policy")
    assert failed.exit_code == 2
    assert "pulumi-policy is not installed; run: pip install pulumi-policy" in failed.output
    assert not (tmp_path / "policy").exists()


def test_the_help_shows_the_two_commands_in_lines_of_their_own() -> None:
    shown = CliRunner().invoke(vmimport, ["policy-pack", "--help"]).output
    assert "  vmimport policy-pack policy\n    pulumi preview --policy-pack policy\n" in shown
