"""Calls to a service that a run can abandon, and the waits between their attempts.

A connection can stay open without an answer. So the call runs in a thread of its own, and the run stops waiting for it
shortly after Ctrl-C or its deadline. The thread is a daemon: it does not keep the process alive.
"""

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from pulumi_vmimport.errors import VmimportError

ResultT = TypeVar("ResultT")

# A run that was cancelled may still make the calls that undo its work. Each of them gets this long, and after the first
# one without an answer the following ones are not made. Ctrl-C must end a run within five seconds.
_GRACE_SECONDS = 3.0
_SLICE_SECONDS = 0.25
_SHOWN_AFTER_SECONDS = 10.0


class CallGuard:
    """What the calls of one run need to know about it.

    Args:
        raise_if_over: raises a VmimportError if the run was cancelled or is past its deadline.
        wait: waits for a number of seconds; raises the same error.
        status: shows a text beside the resource.
        patience_seconds: how long the calls of the run are repeated while a service fails. Throttled calls are repeated
            until the run is over, unless `may_outlast` is false.
        may_outlast: whether throttled calls may exceed `patience_seconds`.
    """

    def __init__(
        self,
        *,
        raise_if_over: Callable[[], None],
        wait: Callable[[float], None],
        status: Callable[[str], None],
        patience_seconds: float,
        may_outlast: bool,
    ) -> None:
        self._raise_if_over = raise_if_over
        self._wait = wait
        self.status = status
        self.patience_seconds = patience_seconds
        self.may_outlast = may_outlast
        self._over_since: float | None = None
        self._has_abandoned = False

    def pause(self, seconds: float, reason: str) -> None:
        """Wait before the next attempt. Raises: the error of `wait`, with the reason of the pause."""
        self.status(reason)
        try:
            self._wait(seconds)
        except VmimportError as over:
            raise type(over)(f"{over}; {reason}") from over

    def raise_if_abandoned(self, started: float, call: Callable[[], str]) -> None:
        """Raise the run's error if the run is over and a call that started at a time has had its time."""
        try:
            self._raise_if_over()
        except VmimportError as over:
            now = time.monotonic()
            if self._over_since is None:
                self._over_since = now
            if not self._has_abandoned and now - max(self._over_since, started) < _GRACE_SECONDS:
                return
            self._has_abandoned = True
            raise type(over)(f"{over}; {call()}") from over


_guard: contextvars.ContextVar[CallGuard | None] = contextvars.ContextVar("guard", default=None)
_repeats: contextvars.ContextVar[bool] = contextvars.ContextVar("repeats", default=True)


def current_guard() -> CallGuard | None:
    """The guard of the run that this thread works for."""
    return _guard.get()


def repeats_calls() -> bool:
    """Whether failed calls are repeated; a poller repeats its calls itself."""
    return _repeats.get()


@contextmanager
def guarded_by(guard: CallGuard) -> Iterator[None]:
    """Guard the calls of this thread."""
    token = _guard.set(guard)
    try:
        yield
    finally:
        _guard.reset(token)


@contextmanager
def without_repeats() -> Iterator[None]:
    """Leave it to the caller to repeat a call that failed."""
    token = _repeats.set(False)
    try:
        yield
    finally:
        _repeats.reset(token)


class _Outcome(Generic[ResultT]):
    """The outcome of a call in another thread."""

    def __init__(self) -> None:
        self.is_known = threading.Event()
        self._result: list[ResultT] = []
        self._error: BaseException | None = None

    def set_from(self, call: Callable[[], ResultT]) -> None:
        try:
            self._result.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._error = error
        finally:
            self.is_known.set()

    def get(self) -> ResultT:
        if self._error is not None:
            raise self._error
        return self._result[0]


def run_abandonable(call: Callable[[], ResultT], describe: Callable[[], str]) -> ResultT:
    """The result of a call, which is abandoned soon after the run of this thread is over.

    `describe` returns what the call waits for; it is shown when the call takes long. Without a guard, the call runs in
    this thread.
    """
    guard = current_guard()
    if guard is None:
        return call()
    outcome: _Outcome[ResultT] = _Outcome()
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(outcome.set_from, call), name="abandonable-call", daemon=True).start()
    started = time.monotonic()
    while not outcome.is_known.wait(_SLICE_SECONDS):
        guard.raise_if_abandoned(started, describe)
        if time.monotonic() - started > _SHOWN_AFTER_SECONDS:
            guard.status(describe())
    return outcome.get()


@contextmanager
def held(lock: threading.Lock, description: str) -> Iterator[None]:
    """Hold a lock that another thread may hold during a call without an answer. Raises: the error of an ended run."""
    guard, started = current_guard(), time.monotonic()
    while not lock.acquire(timeout=-1 if guard is None else _SLICE_SECONDS):
        if guard is not None:
            guard.raise_if_abandoned(started, lambda: description)
    try:
        yield
    finally:
        lock.release()
