"""Compares the API calls of every lifecycle in the unit tests with the actions in its row of the catalog.

While an operation runs, the sandbox allows only the actions of its row, on the resources of OperatorPolicy.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import wraps
from typing import Any
from unittest.mock import patch

from tests.api_calls import METHODS, ActionRecorder

from pulumi_vmimport.aws.iam.policy_conditions import as_list
from pulumi_vmimport.aws.permissions.operator_statements import PolicyScope, operator_policy
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport.resources.catalog_entry import Actions
from pulumi_vmimport_sandbox.aws.iam.caller_permissions import CallerPermissions

_UNRECORDED = {"sts:GetCallerIdentity"}  # every resource needs it
_EVERYWHERE = PolicyScope(
    partition="aws", account_id="123456789012", regions=("eu-west-1", "us-east-1", "us-west-2", "eu-central-1")
)
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


def calls_of(recorder: ActionRecorder | None) -> set[tuple[str, str, str]]:
    """Resource, operation and action of every recorded call; empty without a recorder."""
    recorded = {} if recorder is None else recorder.actions
    return {(*of, action) for of, actions in recorded.items() for action in actions}


def _recorded(recorder: ActionRecorder, lifecycle: Any, method: str) -> Callable[..., Any]:
    original = getattr(lifecycle, method)

    @wraps(original)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        with recorder.running(self, method), _permitted(self, method, args):
            result = original(self, *args, **kwargs)
            # The calls of a generator happen when it is read.
            return iter(list(result)) if inspect.isgenerator(result) else result

    return run


def policy_of(row: Actions, actions: Iterable[str]) -> dict[str, Any]:
    """The policy of OperatorPolicy for a resource, reduced to some of its actions."""
    kept = set(actions)
    document = operator_policy([row.needed], _EVERYWHERE)
    reduced = [{**s, "Action": [a for a in as_list(s["Action"]) if a in kept]} for s in document["Statement"]]
    return {**document, "Statement": [statement for statement in reduced if statement["Action"]]}


def _permitted(lifecycle: Any, method: str, args: tuple[Any, ...]) -> AbstractContextManager[None]:
    """Allows only the actions of the catalog, if the run is one of the sandbox."""
    row = _ACTIONS.get(type(lifecycle).__name__.removesuffix("Lifecycle"))
    sandbox = getattr(args[0], "sandbox", None) if args else None
    if row is None or sandbox is None:
        return nullcontext()
    permissions: CallerPermissions = sandbox.permissions
    return permissions.limited_to(policy_of(row, (*getattr(row, METHODS[method]), *row.implied)))
