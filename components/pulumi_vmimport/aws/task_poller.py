"""One Describe call a period for all the tasks of a kind that a process waits for."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_message, is_expired, is_passing

TaskT = TypeVar("TaskT")

# How long to put up with credentials that have expired: time to log in again before the wait is given up.
EXPIRED_GRACE_SECONDS = 600.0
# The longest pause between two calls while AWS throttles or fails.
_LONGEST_PAUSE_SECONDS = 120.0

Describe = Callable[[AwsConnection, list[str]], Mapping[str, TaskT]]
Pace = Callable[[TaskT], float]
"""How long to wait after seeing a task so, in periods."""


class TaskPoller(Generic[TaskT]):
    """The latest known answer for each watched id; whoever asks first after a period makes the call for all of them.

    `describe` gets the connection and the ids and returns what it found by id; an id it does not return is gone.
    """

    def __init__(
        self,
        connection: AwsConnection,
        describe: Describe[TaskT],
        period_seconds: float,
        now: Callable[[], float] = time.monotonic,
        pace: Pace[TaskT] | None = None,
    ) -> None:
        self._connection = connection
        self._describe = describe
        self._period_seconds = period_seconds
        self._now = now
        self._pace = pace
        self._lock = threading.Lock()
        self._watched: dict[str, int] = {}
        self._answers: dict[str, TaskT | None] = {}
        self._next_call = 0.0
        self._failures = 0
        self._expired_since: float | None = None
        self.trouble: str | None = None
        """Why the last call brought no answer; None when it did."""

    @contextmanager
    def watching(self, id: str) -> Iterator[None]:
        """Include id in the calls while the block runs."""
        with self._lock:
            self._watched[id] = self._watched.get(id, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._watched[id] -= 1
                if not self._watched[id]:
                    del self._watched[id]
                    self._answers.pop(id, None)

    def look(self, id: str) -> tuple[bool, TaskT | None]:
        """(whether there is an answer yet, the answer or None when the service does not know the id).

        Raises: whatever the service answers that does not pass by itself.
        """
        with self._lock:
            if self._now() >= self._next_call:  # an id that is new waits for the next call: it has only just begun
                self._call()
            return id in self._answers, self._answers.get(id)

    @property
    def pause_seconds(self) -> float:
        """How long until the next look can bring anything new."""
        with self._lock:
            return max(0.0, self._next_call - self._now())

    def _call(self) -> None:
        ids = sorted(self._watched)
        try:
            found = self._describe(self._connection, ids)
        except Exception as error:
            if not self._may_pass(error):
                self._failures, self._expired_since, self._next_call = 0, None, 0.0
                raise
            self.trouble = error_message(error)
            self._failures += 1
            pause = min(self._period_seconds * 2**self._failures, max(_LONGEST_PAUSE_SECONDS, self._period_seconds))
            self._next_call = self._now() + pause * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
        else:
            self._answers = {id: found.get(id) for id in ids}
            self._failures, self._expired_since, self.trouble = 0, None, None
            # The one that is nearest to its end sets the pace for all.
            periods = min(map(self._pace, found.values()), default=1.0) if self._pace else 1.0
            self._next_call = self._now() + self._period_seconds * periods

    def _may_pass(self, error: Exception) -> bool:
        if is_expired(error):
            if self._expired_since is None:
                self._expired_since = self._now()
            self._connection.renew()
            return self._now() - self._expired_since < EXPIRED_GRACE_SECONDS
        return is_passing(error)


class Pollers(Generic[TaskT]):
    """The pollers of one kind of task in this process, one for each connection."""

    def __init__(self, describe: Describe[TaskT], pace: Pace[TaskT] | None = None) -> None:
        self._describe = describe
        self._pace = pace
        self._lock = threading.Lock()
        self._by_connection: dict[int, TaskPoller[TaskT]] = {}

    def of(self, connection: AwsConnection, period_seconds: float) -> TaskPoller[TaskT]:
        """The poller for a connection; the period is that of the first who asks."""
        with self._lock:
            return self._by_connection.setdefault(
                id(connection), TaskPoller(connection, self._describe, period_seconds, pace=self._pace)
            )


def batches(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    """The ids in lists of at most size."""
    ordered = list(ids)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
