"""Compares the API calls of every lifecycle in the unit tests with the actions in its row of the catalog."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from tests.api_calls import METHODS, ActionRecorder

from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport.resources.catalog_entry import Actions

_UNRECORDED = {"sts:GetCallerIdentity"}  # every resource needs it
_ACTIONS = {entry.name: entry.actions for entry in RESOURCES}


@contextmanager
def recorded_lifecycles() -> Iterator[ActionRecorder]:
    """Records the actions of all lifecycles while the block runs."""
    recorder = ActionRecorder()
    with ExitStack() as stack:
        stack.enter_context(recorder.recording())
        for entry in RESOURCES:
            lifecycle = lifecycle_of(entry.name)
            for method in METHODS:
                stack.enter_context(patch.object(lifecycle, method, _recorded(recorder, lifecycle, method)))
        yield recorder


def undeclared(recorder: ActionRecorder) -> dict[str, list[str]]:
    """The recorded actions that the catalog lacks, by resource and operation."""
    missing: dict[str, list[str]] = {}
    for (resource, operation), actions in recorder.actions.items():
        row: Actions | None = _ACTIONS.get(resource)  # tests derive lifecycles of their own
        if row and (lacking := actions - set(getattr(row, operation)) - _UNRECORDED):
            missing[f"{resource} {operation}"] = sorted(lacking)
    return missing


def _recorded(recorder: ActionRecorder, lifecycle: Any, method: str) -> Callable[..., Any]:
    original = getattr(lifecycle, method)

    @wraps(original)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        with recorder.running(self, method):
            result = original(self, *args, **kwargs)
            # The calls of a generator happen when it is read.
            return iter(list(result)) if inspect.isgenerator(result) else result

    return run
