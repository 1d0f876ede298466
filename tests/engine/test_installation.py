"""The library in an environment of its own, installed as the README says, runs the README's first example."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport_sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "import_existing.py"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout's sources: installing from the checkout itself could pick up what it has built before."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("components", "sandbox"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


def environment(folder: Path, source: Path, *requirements: str) -> Path:
    """A fresh virtual environment with the requirements, at the versions that the repository pins."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install: list[str | Path] = [
        folder / "bin" / "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
    ]
    subprocess.run([*install, "--constraint", ROOT / "constraints.txt", *requirements], cwd=source, check=True)
    return folder


def pulumi(sandbox: Sandbox, project: Path, *arguments: str) -> str:
    executable = shutil.which("pulumi", path=sandbox.environment["PATH"])
    assert executable is not None
    command = [executable, *arguments, "--non-interactive", "--stack", "dev"]
    environ = {k: v for k, v in sandbox.environment.items() if k not in {"PULUMI_PYTHON_CMD", "PYTHONPATH"}}
    done = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def runs_the_first_example(sandbox: Sandbox, project: Path, virtualenv: Path) -> None:
    project.mkdir()
    shutil.copy(EXAMPLE, project / "__main__.py")
    runtime = {"name": "python", "options": {"virtualenv": str(virtualenv)}}
    (project / "Pulumi.yaml").write_text(json.dumps({"name": "first", "runtime": runtime}))
    pulumi(sandbox, project, "stack", "init")
    pulumi(sandbox, project, "up", "--yes", "--skip-preview")
    assert json.loads(pulumi(sandbox, project, "stack", "output", "--json"))["amiId"].startswith("ami-")
    pulumi(sandbox, project, "up", "--yes", "--skip-preview", "--expect-no-changes")


@pytest.mark.usefixtures("image_args")  # the bucket, the object and the role that the example names
def test_library_and_sandbox_install_from_the_checkout_and_the_first_example_runs(
    sandbox: Sandbox, tmp_path: Path, source: Path
) -> None:
    virtualenv = environment(tmp_path / "venv", source, "./sandbox", ".[cli,sandbox]")
    python = virtualenv / "bin" / "python"
    subprocess.run([python, "-c", "from pulumi_vmimport_sandbox import Sandbox"], cwd=tmp_path, check=True)
    completed: Any = subprocess.run(
        [virtualenv / "bin" / "vmimport", "--help"], capture_output=True, text=True, check=True
    )
    assert "inspect" in completed.stdout
    runs_the_first_example(sandbox, tmp_path / "project", virtualenv)


@pytest.mark.usefixtures("image_args")
def test_the_wheel_installs_without_the_sandbox_and_the_first_example_runs(
    sandbox: Sandbox, tmp_path: Path, source: Path
) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "dist"), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("pulumi_vmimport-*.whl")
    virtualenv = environment(tmp_path / "venv", source, str(wheel))
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pulumi_vmimport_sandbox') is not None)"
    subprocess.run([virtualenv / "bin" / "python", "-c", code], cwd=tmp_path, check=True)
    runs_the_first_example(sandbox, tmp_path / "project", virtualenv)
