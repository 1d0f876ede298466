import importlib
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.cli import __main__ as command
from pulumi_vmimport.cli.group import vmimport

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_the_script_of_the_package_runs_the_command() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["vmimport"].partition(":")
    assert getattr(importlib.import_module(module), function) is command.main
    assert {name.split(">")[0] for name in project["optional-dependencies"]["cli"]} == command._EXTRA


@pytest.mark.parametrize("missing", sorted(command._EXTRA))
def test_fails_in_one_line_without_the_extra(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from pulumi_vmimport.cli.__main__ import main; main()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == f"vmimport: {missing} is not installed; run: pip install click jinja2 rich\n"


def test_fails_in_one_line_on_an_unexpected_exception(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def stumble(**_: Any) -> None:
        raise KeyError("Images")

    monkeypatch.setattr(vmimport, "main", stumble)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    assert (
        capsys.readouterr().err == "vmimport: KeyError: 'Images'; this is a bug in pulumi-vmimport, please report it\n"
    )
