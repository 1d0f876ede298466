"""The wheels and the source distribution of this repository: what they contain."""

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "sandbox" / "toolchain"
PACKAGE = ROOT / "sandbox" / "pulumi_vmimport_sandbox"


def build(project: Path, target: Path) -> Path:
    """Build a wheel from the source distribution of a project, as `python -m build` does by default."""
    command = [sys.executable, "-m", "build", "--outdir", str(target), str(project)]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    (wheel,) = target.glob("*.whl")
    return wheel


def files(folder: Path) -> set[str]:
    """The files of a folder, without byte code."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """The files of the sandbox's wheel and of its source distribution."""
    target = tmp_path_factory.mktemp("dist")
    with zipfile.ZipFile(build(ROOT / "sandbox", target)) as wheel:
        in_wheel = set(wheel.namelist())
    (sdist,) = target.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    return in_wheel, in_sdist


def test_the_wheel_contains_the_package_its_license_and_the_go_sources(
    distributions: tuple[set[str], set[str]],
) -> None:
    wheel, _ = distributions
    expected = {f"pulumi_vmimport_sandbox/{name}" for name in files(PACKAGE)}
    expected |= {f"pulumi_vmimport_sandbox/toolchain_sources/{name}" for name in files(SOURCES)}
    assert "pulumi_vmimport_sandbox/py.typed" in expected
    assert {name for name in wheel if ".dist-info/" not in name} == expected
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)


def test_the_package_says_that_it_has_no_plugin(distributions: tuple[set[str], set[str]]) -> None:
    wheel, _ = distributions
    assert "pulumi_vmimport_sandbox/pulumi-plugin.json" in wheel
    # Without it, Pulumi assumes a plugin of the same name as the package, and fails where there is none.
    assert json.loads((PACKAGE / "pulumi-plugin.json").read_text("utf-8")) == {"resource": False}


def test_the_source_distribution_contains_the_same_files(distributions: tuple[set[str], set[str]]) -> None:
    _, sdist = distributions
    assert {f"pulumi_vmimport_sandbox/{name}" for name in files(PACKAGE)} <= sdist
    assert {f"toolchain/{name}" for name in files(SOURCES)} <= sdist
    assert {"LICENSE", "README.md", "pyproject.toml"} <= sdist
    assert not [name for name in sdist if "__pycache__" in name]


def test_the_wheel_of_the_library_contains_nothing_of_the_sandbox(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(ROOT, tmp_path)) as wheel:
        names = set(wheel.namelist())
    package = {f"pulumi_vmimport/{name}" for name in files(ROOT / "components" / "pulumi_vmimport")}
    assert {name for name in names if ".dist-info/" not in name} == package


def test_fails_to_import_the_former_module_with_the_names_of_distribution_and_package() -> None:
    with pytest.raises(ImportError) as failure:
        import pulumi_vmimport.sandbox  # noqa: F401, PLC0415 - the claim
    assert "pulumi-vmimport-sandbox" in str(failure.value)
    assert "pulumi_vmimport_sandbox" in str(failure.value)
