"""Fault injection: which calls fail, how, and how often."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Literal, TypeVar

from pulumi_vmimport_sandbox.aws.core.access_keys import AccessKey, AccessKeys
from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall, RecordedCall, known_operations
from pulumi_vmimport_sandbox.aws.core.conversion_task import TaskFailure
from pulumi_vmimport_sandbox.aws.core.distribution_failures import DistributionFailure, DistributionFailures
from pulumi_vmimport_sandbox.aws.core.wire_errors import (
    ForeignResponse,
    WireError,
    denied,
    expired,
    server_error,
    throttled,
)

CALLER = "arn:aws:iam::123456789012:user/sandbox"
# Faults name operations of these services; `*` matches the operations of all services.
_SERVICES = ("ec2", "s3", "iam", "sts", "workspaces", "kms", "ebs", "organizations", "imagebuilder")
_BOOTING_FAILURE_PERCENT = 85
_CONVERTING_FAILURE_PERCENT = 80
_ALWAYS = -1
T = TypeVar("T")

When = Literal["before", "after"]


class ConnectionLost(Exception):  # noqa: N818 - a simulated event, not an error of the sandbox
    """The connection is closed without a response."""


@dataclass(frozen=True)
class WorkspaceImageFailure:
    """The ErrorDetails codes of an injected WorkSpaces image failure."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class AccountFailure:
    """The error of an injected ModifyAccount failure."""

    code: str
    message: str


@dataclass
class _Fault:
    """A fault for calls of an operation. `remaining` is the number of remaining calls; `_ALWAYS` is unlimited."""

    operation: str
    effect: Callable[[IncomingCall], Exception]
    remaining: int
    when: When = "before"


@dataclass
class _Callback:
    operation: str
    function: Callable[[RecordedCall], None]
    nth: int
    when: When
    seen: int = 0


class Faults:
    """Injects faults in the order in which they were added, at most one per call. Thread-safe.

    Operations are AWS names (`PutObject`), `service:Name` if two services have the same operation, or `*`.
    """

    def __init__(self, keys: AccessKeys) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._callbacks: list[_Callback] = []
        self._watchers: list[Callable[[IncomingCall, When], None]] = []
        self._imports: list[TaskFailure] = []
        self._exports: list[TaskFailure] = []
        self._images: list[WorkspaceImageFailure] = []
        self._bundles: list[bool] = []
        self._fast_launches: list[str] = []
        self._modifications: list[AccountFailure] = []
        self.distributions = DistributionFailures()
        """The failures of `fail_distribution` that have not occurred yet."""

    def throttle(self, operation: str, times: int = 1) -> None:
        """Fail the next calls with the service's throttling error."""
        self._add(operation, times, lambda incoming: throttled(incoming.call.service))

    def server_error(self, operation: str, times: int = 1, status: int = HTTPStatus.SERVICE_UNAVAILABLE) -> None:
        """Fail the next calls with a 5xx status before they are processed."""
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ValueError(f"status: expected 500 or more, got {status}")
        self._add(operation, times, lambda _: server_error(status))

    def drop_connection(self, operation: str, times: int = 1, after_processing: bool = False) -> None:
        """Close the connection of the next calls before they are processed or, to lose only the response, after."""
        self._add(operation, times, lambda _: ConnectionLost(), "after" if after_processing else "before")

    def error(self, operation: str, code: str, message: str, times: int = 1, status: int = 400) -> None:
        """Fail the next calls with an error of the service."""
        self._add(operation, times, lambda _: WireError(status, code, message))

    def foreign_response(  # the parts of a response
        self,
        operation: str,
        body: bytes = b"<html><body>Please sign in to the network.</body></html>",
        content_type: str = "text/html",
        status: int = HTTPStatus.OK,
        times: int = 1,
    ) -> None:
        """Answer the next calls as a proxy or a captive portal does, before they are processed."""
        self._add(operation, times, lambda _: ForeignResponse(status, content_type, body))

    def deny(self, operation: str) -> None:
        """Deny the operation until `allow`."""
        self._add(operation, _ALWAYS, lambda incoming: denied(incoming, CALLER))

    def allow(self, operation: str) -> None:
        """Remove the effect of `deny`."""
        with self._lock:
            self._faults = [o for o in self._faults if not (o.operation == operation and o.remaining == _ALWAYS)]

    def expire_credentials(self) -> None:
        """Expire the sandbox's current access key."""
        self._keys.expire()

    def renew_credentials(self) -> AccessKey:
        """Create a new access key for programs and clients that start from now on."""
        return self._keys.renew()

    def fail_import(self, message: str, at_percent: float = _BOOTING_FAILURE_PERCENT, times: int = 1) -> None:
        """Fail the next image or snapshot import tasks at a percentage with this StatusMessage."""
        with self._lock:
            self._imports += [TaskFailure(message, at_percent)] * times

    def fail_export(self, message: str, at_percent: float = _CONVERTING_FAILURE_PERCENT, times: int = 1) -> None:
        """Fail the next image or instance export tasks at a percentage with this StatusMessage."""
        with self._lock:
            self._exports += [TaskFailure(message, at_percent)] * times

    def fail_workspace_image(self, *codes: str, times: int = 1) -> None:
        """Let the next WorkSpaces images, however they are created, end in `ERROR` with these ErrorDetails codes."""
        if not codes:
            raise ValueError("codes: expected one or more ErrorDetails codes, such as 'VMWareToolsInstalled'")
        with self._lock:
            self._images += [WorkspaceImageFailure(codes)] * times

    def fail_workspace_bundle(self, times: int = 1) -> None:
        """Let the next new bundles end in `ERROR`."""
        with self._lock:
            self._bundles += [True] * times

    def fail_fast_launch(self, reason: str, times: int = 1) -> None:
        """Let the next EnableFastLaunch or DisableFastLaunch calls end in a failed state with this reason."""
        with self._lock:
            self._fast_launches += [reason] * times

    def fail_account_modification(self, code: str, message: str, times: int = 1) -> None:
        """Let the next ModifyAccount calls end in `FAILED` with this ErrorCode and ErrorMessage."""
        with self._lock:
            self._modifications += [AccountFailure(code, message)] * times

    def fail_distribution(
        self,
        region: str,
        step: str | None = None,
        *,
        message: str = "EC2 Client Error: 'An internal error has occurred'",
        account: str | None = None,
        times: int = 1,
    ) -> None:
        """Let the next distributions of Image Builder images to a Region fail.

        `step` is an imageConfigurationStep such as UPDATE_LAUNCH_TEMPLATES; None is the copy of the AMI. Without
        `account` the first account of the Region fails.
        """
        self.distributions.add(DistributionFailure(region, account, step, message), times)

    def on(self, operation: str, callback: Callable[[RecordedCall], None], nth: int = 1, when: When = "before") -> None:
        """Call a function in the server's thread at the nth call of an operation, while its caller waits."""
        with self._lock:
            self._callbacks.append(_Callback(_validate_operation(operation), callback, nth, when))

    def watch(self, watcher: Callable[[IncomingCall, When], None]) -> None:
        """Call a function in the server's thread before and after every call, until `clear`."""
        with self._lock:
            self._watchers.append(watcher)

    @property
    def waiting(self) -> list[str]:
        """The operations of faults and callbacks that have not (all) occurred."""
        with self._lock:
            return [o.operation for o in self._faults if o.remaining > 0] + [c.operation for c in self._callbacks]

    def clear(self) -> None:
        """Remove all faults and callbacks; expired keys become valid."""
        self._keys.clear()
        with self._lock:
            self._faults.clear()
            self._callbacks.clear()
            self._watchers.clear()
            self._imports.clear()
            self._exports.clear()
            self._images.clear()
            self._bundles.clear()
            self._fast_launches.clear()
            self._modifications.clear()
        self.distributions.clear()

    def next_import_failure(self) -> TaskFailure | None:
        """The failure of the import that is being started."""
        return self._next(self._imports)

    def next_export_failure(self) -> TaskFailure | None:
        """The failure of the export that is being started."""
        return self._next(self._exports)

    def next_image_failure(self) -> WorkspaceImageFailure | None:
        """The failure of the WorkSpaces image that is being created."""
        return self._next(self._images)

    def next_bundle_fails(self) -> bool:
        """Whether the bundle that is being created fails."""
        return self._next(self._bundles) is not None

    def next_fast_launch_failure(self) -> str | None:
        """Why the change of EC2 Fast Launch that is being started fails."""
        return self._next(self._fast_launches)

    def next_account_failure(self) -> AccountFailure | None:
        """The failure of the modification that is being started."""
        return self._next(self._modifications)

    def inject(self, incoming: IncomingCall, when: When) -> None:
        """Inject the fault for a call before or after it is processed.

        Raises:
            WireError: The response to the call.
            ConnectionLost: The call gets no response.
        """
        with self._lock:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher(incoming, when)
        for callback in self._due(incoming.call, when):
            callback(incoming.call)
        if when == "before" and self._keys.is_expired(incoming.access_key):
            raise expired(incoming.call.service)
        order = self._next_fault(incoming.call, when)
        if order is not None:
            raise order.effect(incoming)

    def _next(self, failures: list[T]) -> T | None:
        with self._lock:
            return failures.pop(0) if failures else None

    def _next_fault(self, call: RecordedCall, when: When) -> _Fault | None:
        with self._lock:
            order = next((o for o in self._faults if o.when == when and call.is_of(o.operation)), None)
            if order is not None and order.remaining != _ALWAYS:
                order.remaining -= 1
                if order.remaining == 0:
                    self._faults.remove(order)
            return order

    def _due(self, call: RecordedCall, when: When) -> list[Callable[[RecordedCall], None]]:
        with self._lock:
            matching = [c for c in self._callbacks if c.when == when and call.is_of(c.operation)]
            for callback in matching:
                callback.seen += 1
            due = [c for c in matching if c.seen >= c.nth]
            self._callbacks = [c for c in self._callbacks if c not in due]
            return [c.function for c in due]

    def _add(
        self, operation: str, times: int, effect: Callable[[IncomingCall], Exception], when: When = "before"
    ) -> None:
        if times < 1 and times != _ALWAYS:
            raise ValueError(f"times: expected 1 or more, got {times}")
        with self._lock:
            self._faults.append(_Fault(_validate_operation(operation), effect, times, when))


@cache
def _operations() -> frozenset[str]:
    return frozenset({"*", *known_operations(_SERVICES)})


def _validate_operation(operation: str) -> str:
    if operation not in _operations():
        raise ValueError(f"operation: expected one of {', '.join(_SERVICES)}, such as 'ImportImage', got {operation!r}")
    return operation
