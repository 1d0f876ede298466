"""The summary of the actions that no lifecycle needed."""

from types import SimpleNamespace
from typing import Any

import pytest
from tests.uncalled_actions import CALLED_ACTION, uncalled_actions

from pulumi_vmimport.resources.catalog import RESOURCES

TESTS = "tests/unit/resources"


def reports(config: pytest.Config, without: str = "") -> list[Any]:
    """The reports of a run of all tests of lifecycles, one for each file; the first one's tests need every action."""
    names = [path.relative_to(config.rootpath).as_posix() for path in (config.rootpath / TESTS).rglob("test_*.py")]
    properties = [
        (CALLED_ACTION, [entry.name, operation, action])
        for entry in RESOURCES
        for operation in ("check", "create", "read", "update", "delete")
        for action in getattr(entry.actions, operation)
        if action != without
    ]
    return [
        SimpleNamespace(nodeid=f"{name}::test", user_properties=[] if number else properties)
        for number, name in enumerate(names)
    ]


@pytest.fixture
def config(pytestconfig: pytest.Config) -> Any:
    """The configuration of a run without a selection."""
    return SimpleNamespace(rootpath=pytestconfig.rootpath, args=["tests"], getoption=lambda name, default: default)


def test_an_action_that_no_lifecycle_needed_is_named_with_its_operations(config: Any) -> None:
    assert uncalled_actions(config, reports(config)) == []
    assert uncalled_actions(config, reports(config, without="ebs:StartSnapshot")) == [
        "DirectSnapshot create: ebs:StartSnapshot"
    ]


def test_a_run_of_some_tests_shows_nothing(config: Any) -> None:
    found = reports(config, without="ebs:StartSnapshot")
    assert uncalled_actions(config, found[:-1]) == []
    config.args = [f"{TESTS}/test_data_requests.py::test"]
    assert uncalled_actions(config, found) == []
    config.args, config.getoption = ["tests"], lambda name, _: "import" if name == "keyword" else None
    assert uncalled_actions(config, found) == []
