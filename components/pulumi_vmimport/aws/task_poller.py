"""One Describe call per period for all tasks of a kind that this process waits for."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.credential_errors import credentials_expired
from pulumi_vmimport.aws.service_errors import error_message, is_transient
from pulumi_vmimport.call_guard import without_repeats

TaskT = TypeVar("TaskT")

# How long to tolerate expired credentials: time to log in again before the wait fails.
EXPIRED_GRACE_SECONDS = 600.0
# The longest interval between two calls while AWS throttles or fails, unless the period is longer.
_LONGEST_BACKOFF_SECONDS = 120.0
# How often to look for the response of a call that another thread makes.
_CALL_SECONDS = 0.5

Describe = Callable[[AwsConnection, list[str]], Mapping[str, TaskT]]
"""A Describe call: connection and ids to the tasks by id. An id that it does not return is gone."""
Interval = Callable[[TaskT], float]
"""How many periods to wait after the given response."""


class TaskPoller(Generic[TaskT]):
    """The latest response for each watched id.

    The first caller after a period has elapsed makes one call for all ids; the others share its response.

    Args:
        connection: the connection of the calls.
        describe: the call.
        period_seconds: the usual time between two calls.
        now: the clock, in seconds.
        interval: how many periods to wait after a response; the shortest interval applies to all. Default: 1.
    """

    def __init__(
        self,
        connection: AwsConnection,
        describe: Describe[TaskT],
        period_seconds: float,
        now: Callable[[], float] = time.monotonic,
        interval: Interval[TaskT] | None = None,
    ) -> None:
        self._connection = connection
        self._describe = describe
        self._period_seconds = period_seconds
        self._now = now
        self._interval = interval
        self._lock = threading.Lock()
        self._watchers: dict[str, int] = {}
        self._answers: dict[str, TaskT | None] = {}
        self._is_calling = False
        self._next_call = 0.0
        self._failures = 0
        self._expired_since: float | None = None
        self.last_error: str | None = None
        """Why the last call failed; None if it succeeded."""
        self.response_count = 0
        """The number of responses so far; `poll` returns each of them more than once."""

    @contextmanager
    def watching(self, id: str) -> Iterator[None]:
        """Include id in the calls while the block runs."""
        with self._lock:
            self._watchers[id] = self._watchers.get(id, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._watchers[id] -= 1
                if not self._watchers[id]:
                    del self._watchers[id]
                    self._answers.pop(id, None)

    def poll(self, id: str) -> tuple[bool, TaskT | None]:
        """Whether there is a response for id yet, and the response: None if AWS does not return the id.

        While another thread makes the call, this is the response of the call before.

        Raises: the error of the call, unless it is transient or the credentials expired less than ten minutes ago.
        """
        if ids := self._ids_to_request():  # a new id waits for the next call, as its task has just started
            try:
                self._call(ids)
            finally:
                with self._lock:
                    self._is_calling = False
        with self._lock:
            return id in self._answers, self._answers.get(id)

    @property
    def seconds_until_next_call(self) -> float:
        """How long `poll` returns the same response, at least."""
        with self._lock:
            return _CALL_SECONDS if self._is_calling else max(0.0, self._next_call - self._now())

    def _ids_to_request(self) -> list[str]:
        """The watched ids if this thread is to make the call. The lock is free during the call: it may take long."""
        with self._lock:
            if self._is_calling or self._now() < self._next_call:
                return []
            self._is_calling = bool(self._watchers)
            return sorted(self._watchers)

    def _call(self, ids: list[str]) -> None:
        try:
            with without_repeats():
                found = self._describe(self._connection, ids)
        except Exception as error:
            if not self._is_tolerated(error):
                self._failures, self._expired_since, self._next_call = 0, None, 0.0
                raise
            self.last_error = error_message(error)
            self._failures += 1
            longest = max(_LONGEST_BACKOFF_SECONDS, self._period_seconds)
            backoff = min(self._period_seconds * 2**self._failures, longest)
            self._next_call = self._now() + backoff * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
        else:
            with self._lock:
                self._answers = {id: found.get(id) for id in ids if id in self._watchers}
                self.response_count += 1
            self._failures, self._expired_since, self.last_error = 0, None, None
            periods = min(map(self._interval, found.values()), default=1.0) if self._interval else 1.0
            self._next_call = self._now() + self._period_seconds * periods

    def _is_tolerated(self, error: Exception) -> bool:
        if credentials_expired(error):
            if self._expired_since is None:
                self._expired_since = self._now()
            self._connection.refresh_credentials()
            return self._now() - self._expired_since < EXPIRED_GRACE_SECONDS
        return is_transient(error)


class Pollers(Generic[TaskT]):
    """The pollers of one kind of task in this process, one for each connection."""

    def __init__(self, describe: Describe[TaskT], interval: Interval[TaskT] | None = None) -> None:
        self._describe = describe
        self._interval = interval
        self._lock = threading.Lock()
        self._by_connection: dict[int, TaskPoller[TaskT]] = {}

    def for_connection(self, connection: AwsConnection, period_seconds: float) -> TaskPoller[TaskT]:
        """The poller for a connection; the first caller sets its period."""
        with self._lock:
            return self._by_connection.setdefault(
                id(connection), TaskPoller(connection, self._describe, period_seconds, interval=self._interval)
            )


def batches(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    """The ids in lists of at most size."""
    ordered = list(ids)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
