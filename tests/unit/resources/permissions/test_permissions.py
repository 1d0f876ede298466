"""Each action of docs/permissions.md is needed, and the error for a missing one names it with the statement to add.

That the actions suffice is shown by all tests of lifecycles: while an operation runs, the sandbox allows only those of
its row in the catalog, on the resources of OperatorPolicy (lifecycle_recorder.py).
"""

from typing import Any

import pytest
from tests.unit.resources.permissions.missing_actions import Call, Operations
from tests.unit.resources.permissions.update_cases import CASES, Case

from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of

# Its operations except the checks need no action.
_ONLY_CHECKS = "DistributionSettings"


def test_every_resource_with_an_update_is_tested() -> None:
    in_aws = {entry.name for entry in RESOURCES if lifecycle_of(entry.name).uses_aws}
    assert in_aws == {*CASES, _ONLY_CHECKS}


@pytest.mark.parametrize("operation", ["check", "create", "read", "delete"])
@pytest.mark.parametrize("resource", CASES)
def test_each_action_is_needed_and_named_when_it_is_missing(
    operations: Operations, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = operations.used(operations.prepare(operation), monkeypatch)
    assert used <= {*getattr(operations.row, operation), *operations.row.implied}
    silent = operations.silent(lambda: operations.prepare(operation), operation, used)
    assert silent == [], str(silent)[:1500]


@pytest.mark.parametrize("resource", CASES)
def test_each_action_of_an_update_is_needed_and_named_when_it_is_missing(
    operations: Operations, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed, silent = set[str](), {}
    for name, case in CASES[resource].items():
        used = operations.used(prepared(operations, case), monkeypatch)
        needed |= used
        silent[name] = operations.silent(lambda: prepared(operations, case), "update", used)  # noqa: B023 - called at once
    assert set(operations.row.update) <= needed <= {*operations.row.update, *operations.row.implied}
    assert not any(silent.values()), str(silent)[:1500]


def prepared(operations: Operations, case: Case) -> Call:
    """The update of a case on a new instance."""
    id, state, inputs, supplied = case(operations)

    def update(run: Any) -> Any:
        run.supplied = supplied
        return operations.lifecycle.update(run, id, state, inputs)

    return update
