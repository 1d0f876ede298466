"""Faults, ordered up front: what the sandbox's AWS is to do wrong, at which call and how often."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Literal

from pulumi_vmimport_sandbox.aws.core.access_keys import AccessKey, AccessKeys
from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall, RecordedCall, known_operations
from pulumi_vmimport_sandbox.aws.core.conversion_task import TaskFailure
from pulumi_vmimport_sandbox.aws.core.wire_errors import WireError, denied, expired, server_error, throttled

CALLER = "arn:aws:iam::123456789012:user/sandbox"
# Where an order names an operation, it must be one of these services'; others take "*".
_SERVICES = ("ec2", "s3", "iam", "sts", "workspaces", "kms", "ebs")
_BOOTING_FAILURE_PERCENT = 85
_CONVERTING_FAILURE_PERCENT = 80
_ALWAYS = -1

When = Literal["before", "after"]


class ConnectionLost(Exception):  # noqa: N818 - an event on the wire, not an error of the sandbox
    """The connection ends here, without an answer."""


@dataclass(frozen=True)
class WorkspaceImageFailure:
    """What the ingestion of a WorkSpaces image is to find."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class AccountFailure:
    """How the modification of an account is to end."""

    code: str
    message: str


@dataclass
class _Fault:
    """What to do at calls of an operation; `left` counts down to 0, `_ALWAYS` never does."""

    operation: str
    effect: Callable[[IncomingCall], Exception]
    left: int
    when: When = "before"


@dataclass
class _Callback:
    operation: str
    function: Callable[[RecordedCall], None]
    nth: int
    when: When
    seen: int = 0


class Faults:
    """Orders are taken in the order they were given; a call takes at most one. Safe to use from any thread.

    Operations are AWS's names (`PutObject`), `service:Name` where two services share one, or `*`.
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
        self._bundles = 0
        self._modifications: list[AccountFailure] = []

    def throttle(self, operation: str, times: int = 1) -> None:
        """Answer the next calls as the service does when there are too many."""
        self._add(operation, times, lambda incoming: throttled(incoming.call.service))

    def server_error(self, operation: str, times: int = 1, status: int = HTTPStatus.SERVICE_UNAVAILABLE) -> None:
        """Answer the next calls with a 5xx, without doing what they ask."""
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ValueError(f"status: expected 500 or more, got {status}")
        self._add(operation, times, lambda _: server_error(status))

    def drop_connection(self, operation: str, times: int = 1, after_processing: bool = False) -> None:
        """End the connection at the next calls: before AWS did anything, or after, so that only the answer is lost."""
        self._add(operation, times, lambda _: ConnectionLost(), "after" if after_processing else "before")

    def error(self, operation: str, code: str, message: str, times: int = 1, status: int = 400) -> None:
        """Answer the next calls with an error of the service."""
        self._add(operation, times, lambda _: WireError(status, code, message))

    def deny(self, operation: str) -> None:
        """Refuse the caller the permission, until `allow`."""
        self._add(operation, _ALWAYS, lambda incoming: denied(incoming, CALLER))

    def allow(self, operation: str) -> None:
        """Take back `deny`."""
        with self._lock:
            self._faults = [o for o in self._faults if not (o.operation == operation and o.left == _ALWAYS)]

    def expire_credentials(self) -> None:
        """Let the sandbox's access key of now be refused from now on; another one works."""
        self._keys.expire()

    def renew_credentials(self) -> AccessKey:
        """Give the sandbox a new access key, for programs and clients that are started from now on."""
        return self._keys.renew()

    def fail_import(self, message: str, at_percent: float = _BOOTING_FAILURE_PERCENT, times: int = 1) -> None:
        """Let the next import tasks, of images or snapshots, end `deleted` at a percentage, with this StatusMessage."""
        with self._lock:
            self._imports += [TaskFailure(message, at_percent)] * times

    def fail_export(self, message: str, at_percent: float = _CONVERTING_FAILURE_PERCENT, times: int = 1) -> None:
        """Let the next export tasks, of images or instances, end without an object at a percentage, with a message."""
        with self._lock:
            self._exports += [TaskFailure(message, at_percent)] * times

    def fail_workspace_image(self, *codes: str, times: int = 1) -> None:
        """Let the next WorkSpaces images that are started, in whichever way, end in `ERROR` with these ErrorDetails."""
        if not codes:
            raise ValueError("codes: expected one or more ErrorDetails codes, such as 'VMWareToolsInstalled'")
        with self._lock:
            self._images += [WorkspaceImageFailure(codes)] * times

    def fail_workspace_bundle(self, times: int = 1) -> None:
        """Let the next bundles that are created end in `ERROR`."""
        with self._lock:
            self._bundles += times

    def fail_account_modification(self, code: str, message: str, times: int = 1) -> None:
        """Let the next ModifyAccount end `FAILED`, with this ErrorCode and ErrorMessage."""
        with self._lock:
            self._modifications += [AccountFailure(code, message)] * times

    def on(self, operation: str, callback: Callable[[RecordedCall], None], nth: int = 1, when: When = "before") -> None:
        """Call back in the server's thread at the nth call of an operation from now on, while its caller waits."""
        with self._lock:
            self._callbacks.append(_Callback(_validate_operation(operation), callback, nth, when))

    def watch(self, watcher: Callable[[IncomingCall, When], None]) -> None:
        """Call a watcher in the server's thread at every call, before it is done and after, until `clear`."""
        with self._lock:
            self._watchers.append(watcher)

    @property
    def waiting(self) -> list[str]:
        """The operations of the orders and callbacks that have not happened (all)."""
        with self._lock:
            return [o.operation for o in self._faults if o.left > 0] + [c.operation for c in self._callbacks]

    def clear(self) -> None:
        """Forget all orders; expired keys work again."""
        self._keys.clear()
        with self._lock:
            self._faults.clear()
            self._callbacks.clear()
            self._watchers.clear()
            self._imports.clear()
            self._exports.clear()
            self._images.clear()
            self._bundles = 0
            self._modifications.clear()

    def next_import_failure(self) -> TaskFailure | None:
        """How the import that is being started is to end."""
        with self._lock:
            return self._imports.pop(0) if self._imports else None

    def next_export_failure(self) -> TaskFailure | None:
        """How the export that is being started is to end."""
        with self._lock:
            return self._exports.pop(0) if self._exports else None

    def next_image_failure(self) -> WorkspaceImageFailure | None:
        """What the WorkSpaces image that is being started is to end with."""
        with self._lock:
            return self._images.pop(0) if self._images else None

    def next_bundle_fails(self) -> bool:
        """Whether the bundle that is being created is to end in `ERROR`."""
        with self._lock:
            fails = self._bundles > 0
            self._bundles -= fails
            return fails

    def next_account_failure(self) -> AccountFailure | None:
        """How the modification that is being started is to end."""
        with self._lock:
            return self._modifications.pop(0) if self._modifications else None

    def inject(self, incoming: IncomingCall, when: When) -> None:
        """Do what is ordered for a call that arrives (before) or was processed (after).

        Raises:
            WireError: the call is to be answered so.
            ConnectionLost: it is not to be answered.
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

    def _next_fault(self, call: RecordedCall, when: When) -> _Fault | None:
        with self._lock:
            order = next((o for o in self._faults if o.when == when and call.is_of(o.operation)), None)
            if order is not None and order.left != _ALWAYS:
                order.left -= 1
                if order.left == 0:
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
