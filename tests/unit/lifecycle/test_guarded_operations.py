"""Each operation of a resource guards its calls, so that they end with the operation."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.unit.lifecycle.test_dynamic_host import ThingInputs, ThingLifecycle, ThingState, bag

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.call_guard import CallGuard, current_guard
from pulumi_vmimport.lifecycle import engine
from pulumi_vmimport.lifecycle.contract import Condition, Created, Problem, Run, RunInterruptedError
from pulumi_vmimport.lifecycle.resource_host import DynamicHost


class WatchedLifecycle(ThingLifecycle):
    """Keeps the guard that each operation had."""

    def __init__(self) -> None:
        super().__init__()
        self.guards: list[CallGuard] = []

    def _keep(self) -> None:
        guard = current_guard()
        assert guard is not None
        self.guards.append(guard)

    def preflight(self, run: Run, inputs: ThingInputs) -> Iterator[Problem]:
        self._keep()
        yield from super().preflight(run, inputs)

    def create(self, run: Run, inputs: ThingInputs) -> Created[ThingState]:
        self._keep()
        return super().create(run, inputs)

    def read(self, run: Run, id: str, state: ThingState) -> ThingState | None:
        self._keep()
        return super().read(run, id, state)

    def update(self, run: Run, id: str, state: ThingState, inputs: ThingInputs) -> ThingState:
        self._keep()
        return super().update(run, id, state, inputs)

    def delete(self, run: Run, id: str, state: ThingState) -> None:
        self._keep()
        super().delete(run, id, state)

    def recheck_source(self, run: Run, state: ThingState, inputs: ThingInputs) -> Condition:
        self._keep()
        return super().recheck_source(run, state, inputs)


OPERATIONS: dict[str, Callable[[DynamicHost], Any]] = {
    "preflight": lambda host: host.check({}, bag()),
    "recheck_source": lambda host: host.diff("thing-1", bag(status="done"), bag()),
    "create": lambda host: host.create(bag()),
    "read": lambda host: host.read("thing-1", bag(status="done")),
    "update": lambda host: host.update("thing-1", bag(status="done"), bag()),
    "delete": lambda host: host.delete("thing-2", bag(status="done")),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_calls_of_an_operation_end_when_it_is_cancelled(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(AwsConnection, "account_id", "111111111111")
    thing = WatchedLifecycle()
    OPERATIONS[operation](DynamicHost("Thing", thing))
    assert current_guard() is None
    (guard,) = thing.guards
    is_preview = operation in {"preflight", "recheck_source"}
    assert (guard.patience_seconds, guard.may_outlast) == ((60, False) if is_preview else (600, True))
    guard.pause(0, "throttled")
    monkeypatch.setattr(engine.cancelled, "is_set", lambda: True)
    with pytest.raises(RunInterruptedError, match=r"cancelled; .*; throttled"):
        guard.pause(0, "throttled")
