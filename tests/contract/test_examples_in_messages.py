"""An example in a message about an invalid value is accepted where that value was refused."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import pulumi_vmimport
from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.tables import system_rules
from pulumi_vmimport.resources.workspaces.copy_workspace_image_lifecycle import CopyWorkspaceImageLifecycle

ROLE = {"roleArn": "arn:aws:iam::123456789012:role/deploy"}
IMAGE: dict[str, Any] = {"source_image_id": "wsi-0123456789", "image_name": "w", "image_description": "w"}

Check = Callable[[str], list[str]]


def _session(key: str, before: int) -> Check:
    def problems(duration: str) -> list[str]:
        last = {**ROLE, "webIdentityToken": "t", "duration": duration}
        value: Any = last
        if key == "assumeRoles":
            value = [ROLE] * before + [{**ROLE, "duration": duration}]
        return list(AwsSettings.from_pulumi_config({f"aws:{key}": value}, {}).problems)

    return problems


def _source_region(target: str) -> Check:
    def problems(region: str) -> list[str]:
        inputs = CopyWorkspaceImageLifecycle.inputs_type(**IMAGE, source_region=region, region=target)
        return [p.reason for p in CopyWorkspaceImageLifecycle().check(inputs) if p.path == "sourceRegion"]

    return problems


def _operating_system(name: str) -> list[str]:
    return [reason for _, reason in system_rules.problems(name)]


EXAMPLES = [
    pytest.param("value_reader.py", _session("assumeRoles", 0), "1 day", id="session"),
    pytest.param("value_reader.py", _session("assumeRoles", 2), "1h30m", id="session-in-a-chain"),
    pytest.param("value_reader.py", _session("assumeRoleWithWebIdentity", 0), "13h", id="web-identity"),
    *(
        pytest.param("copy_workspace_image_lifecycle.py", _source_region(target), "EU (Ireland)", id=target)
        for target in ("eu-west-1", "us-east-1", "cn-northwest-1", "us-gov-west-1")
    ),
    *(
        pytest.param("system_rules.py", _operating_system, name, id=name)
        for name in ("Plan 9", "Windows 12", "Windows", "Ubuntu 3", "Debian", "RHEL 99", "CentOS 99", "SLES 1")
    ),
]


@pytest.mark.parametrize(("module", "check", "refused"), EXAMPLES)
def test_the_examples_of_a_message_are_accepted(module: str, check: Check, refused: str) -> None:
    (problem,) = check(refused)
    found = re.search(r"such as (.+?)(?:, got |;|$)", problem)
    assert found is not None
    for example in re.split(r", | or ", found[1]):
        assert check(example) == []


def test_no_other_message_of_an_invalid_value_has_an_example() -> None:
    root = Path(pulumi_vmimport.__file__).parent
    modules = {path.name for path in root.rglob("*.py") if any(map(_has_example, _texts(path)))}
    assert modules == {case.values[0] for case in EXAMPLES}


def _has_example(text: str) -> bool:
    return re.search(r"\bexpected\b.*(?:\bsuch as\b|\bfor example\b|\be\.g\.)", text, re.DOTALL) is not None


def _texts(path: Path) -> Iterator[str]:
    """The string literals of a module that are no docstrings, without the values in them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(0)
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
