"""Which actions of the catalog no lifecycle needed in the unit tests: least privilege includes no unused action."""

from collections.abc import Iterable
from typing import Any

import pytest

CALLED_ACTION = "called action"
"""The property of a test report with the resource, the operation and an action that the operation needed."""
_TESTS = "tests/unit/resources"
_OPERATIONS = ("check", "create", "read", "update", "delete")
_SELECTIONS = ("keyword", "markexpr", "deselect", "lf")


def uncalled_actions(config: pytest.Config, reports: Iterable[Any]) -> list[str]:
    """One line for each operation with actions that no test needed; empty unless all tests of lifecycles ran."""
    found = list(reports)
    ran = {report.nodeid.partition("::")[0] for report in found}
    every = {path.relative_to(config.rootpath).as_posix() for path in (config.rootpath / _TESTS).rglob("test_*.py")}
    is_selection = any("::" in arg for arg in config.args) or any(config.getoption(name, None) for name in _SELECTIONS)
    if is_selection or not every <= ran:
        return []
    # Most test runs import no catalog.
    from pulumi_vmimport.resources.catalog import RESOURCES  # noqa: PLC0415

    called = {tuple(value) for report in found for name, value in report.user_properties if name == CALLED_ACTION}
    lines = []
    for entry in RESOURCES:
        for operation in _OPERATIONS:
            actions = dict.fromkeys(getattr(entry.actions, operation))
            if unused := [action for action in actions if (entry.name, operation, action) not in called]:
                lines.append(f"{entry.name} {operation}: {', '.join(unused)}")
    return lines
