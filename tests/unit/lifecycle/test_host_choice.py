from pathlib import Path

import pulumi
import pytest

from pulumi_vmimport.lifecycle.host_choice import HOST_VARIABLE, is_native


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv(HOST_VARIABLE, raising=False)
    monkeypatch.setattr(pulumi, "get_root_directory", lambda: str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("Pulumi.yaml", "name: web\nruntime: python", False),
        ("Pulumi.yaml", "plugins: {providers: [{name: aws, path: x}]}", False),
        ("Pulumi.yaml", "plugins: {providers: [{name: vmimport, path: x}]}", True),
        ("Pulumi.yml", "packages: {vmimport: github.com/org/repo@1.0.0}", True),
        ("Pulumi.json", '{"packages": {"vmimport": "x"}}', True),
        ("Pulumi.yaml", "packages:\nplugins:\n", False),
        ("other.yaml", "packages: {vmimport: x}", False),
    ],
)
def test_a_project_that_names_the_package_uses_the_native_provider(
    project: Path, file: str, text: str, expected: bool
) -> None:
    (project / file).write_text(text)
    assert is_native() is expected


@pytest.mark.parametrize(("value", "expected"), [("native", True), ("dynamic", False)])
def test_the_variable_takes_precedence(
    project: Path, monkeypatch: pytest.MonkeyPatch, value: str, expected: bool
) -> None:
    (project / "Pulumi.yaml").write_text("" if expected else "packages: {vmimport: x}")
    monkeypatch.setenv(HOST_VARIABLE, value)
    assert is_native() is expected


def test_fails_for_another_value_of_the_variable(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOST_VARIABLE, "plugin")
    with pytest.raises(pulumi.RunError, match="expected one of dynamic, native, got 'plugin'"):
        is_native()


def test_an_inline_program_uses_the_dynamic_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOST_VARIABLE, raising=False)
    monkeypatch.setattr(pulumi, "get_root_directory", lambda: None)
    assert not is_native()
