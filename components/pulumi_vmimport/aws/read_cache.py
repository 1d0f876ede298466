"""Answers of AWS that many resources of a run ask for, such as the service role that a hundred imports name."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from pulumi_vmimport.call_guard import held

AnswerT = TypeVar("AnswerT")


class ReadCache:
    """Keeps answers for some seconds. Concurrent readers of one answer share a single call.

    A kept answer may confirm a check. A check that fails must be repeated with `fresh`, because the same run may have
    changed what was read.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._answers: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable, read: Callable[[], AnswerT], *, fresh: bool = False) -> AnswerT:
        """The answer of `read`, or the one that it gave a moment ago. `fresh` reads again and keeps the new answer.

        Raises: whatever `read` raises; an error is not kept.
        """
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with held(lock, f"waiting for another resource to read {key}"):
            at, answer = self._answers.get(key, (None, None))
            if fresh or at is None or self._now() - at >= self._seconds:
                answer = read()
                self._answers[key] = (self._now(), answer)
        return cast("AnswerT", answer)
