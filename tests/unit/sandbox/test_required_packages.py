"""The plugins that the Python language host reports for a program's environment."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "sandbox" / "toolchain" / "engine" / "pulumi-language-python" / "packages.py"


def required(site_packages: Path) -> list[dict[str, Any]]:
    """The script's output under a Python without other packages."""
    environ = {"PYTHONPATH": str(site_packages)}
    ran = subprocess.run([sys.executable, "-S", SCRIPT], env=environ, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def install(site_packages: Path, name: str, version: str, described: dict[str, Any] | None = None) -> None:
    (site_packages / f"{name}-{version}.dist-info").mkdir()
    (site_packages / name).mkdir()
    if described is not None:
        (site_packages / name / "pulumi-plugin.json").write_text(json.dumps(described))


@pytest.mark.parametrize(
    ("name", "version", "described", "plugin"),
    [
        ("pulumi_aws", "7.51.1", {"resource": True, "name": "aws", "version": "7.51.1"}, ("aws", "v7.51.1")),
        ("pulumi_aws", "7.51.1", {"resource": True}, ("aws", "v7.51.1")),
        ("pulumi_aws_native", "1.2.3", None, ("aws-native", "v1.2.3")),
        ("acme_things", "1.0.0", {"resource": True, "name": "acme", "version": "v2.0.0"}, ("acme", "v2.0.0")),
    ],
    ids=["described", "version from the package", "not described", "another name"],
)
def test_a_pulumi_package_requires_its_plugin(
    tmp_path: Path, name: str, version: str, described: dict[str, Any] | None, plugin: tuple[str, str]
) -> None:
    install(tmp_path, name, version, described)
    assert [(found["name"], found["version"]) for found in required(tmp_path)] == [plugin]


@pytest.mark.parametrize(
    ("name", "version", "described"),
    [
        ("pulumi_vmimport", "0.1.0", {"resource": False}),
        ("pulumi", "3.272.0", None),
        ("pulumi_policy", "1.20.0", None),
        ("boto3", "1.43.0", None),
        ("pulumi_aws", "8.0.0a1605583329", None),
    ],
    ids=[
        "described as none",
        "the SDK",
        "known to have none",
        "not a Pulumi package",
        "pre-release of an unknown plugin",
    ],
)
def test_other_packages_require_no_plugin(
    tmp_path: Path, name: str, version: str, described: dict[str, Any] | None
) -> None:
    install(tmp_path, name, version, described)
    assert required(tmp_path) == []


def test_parameters_of_a_plugin_are_included(tmp_path: Path) -> None:
    parameters = {"name": "acme", "version": "1.0.0", "value": "YWJj"}
    install(tmp_path, "pulumi_acme", "1.0.0", {"resource": True, "name": "terraform", "parameterization": parameters})
    (found,) = required(tmp_path)
    assert found["parameterization"] == parameters


def test_the_first_of_two_installations_wins_as_in_an_import(tmp_path: Path) -> None:
    for folder, version in (("first", "7.0.0"), ("second", "6.0.0")):
        (tmp_path / folder).mkdir()
        install(tmp_path / folder, "pulumi_aws", version)
    ran = subprocess.run(
        [sys.executable, "-S", SCRIPT],
        env={"PYTHONPATH": f"{tmp_path / 'first'}:{tmp_path / 'second'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [found["version"] for found in json.loads(ran.stdout)] == ["v7.0.0"]
