from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport import ByolWorkspaceImage, DistributionExecutionRole, VmimportRole
from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.resources.rules.role_names import role_name_problem, role_name_problems

ARN = "arn:aws:iam::123456789012:role/teams/web/importer"
OF_ARN = f"expected the name of a role, not its ARN, got '{ARN}'; set it to 'importer'"


@pytest.mark.parametrize("name", ["vmimport", "a+b=c,d.e@f-g_h", "x" * 64])
def test_a_name_has_no_problem(name: str) -> None:
    assert role_name_problem(name) is None


@pytest.mark.parametrize("name", ["", "x" * 65, "vm import", "teams/importer", "rôle"])
def test_fails_with_the_characters_and_the_value(name: str) -> None:
    reason = role_name_problem(name)
    assert reason is not None
    assert reason.startswith("expected the name of a role, 1 to 64 letters, digits and _+=,.@- characters, got '")


def test_fails_for_an_arn_with_the_name_in_it() -> None:
    assert list(role_name_problems(ARN)) == [Problem("roleName", OF_ARN)]


@pytest.mark.parametrize(
    ("declare", "path"),
    [
        (lambda: VmimportRole("r", import_buckets=[], role_name=ARN), "role_name"),
        (lambda: ByolWorkspaceImage("r", existing_role_name=ARN), "existing_role_name"),  # type: ignore[call-overload]
        (lambda: DistributionExecutionRole("r", export_role_name=ARN), "export_role_name"),
    ],
)
def test_components_give_the_same_reason(world: Any, declare: Callable[[], Any], path: str) -> None:
    assert world.problems(declare)[path] == OF_ARN
