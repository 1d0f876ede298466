"""A queue in front of an AWS quota: requests that AWS rejected are repeated in their order of arrival."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle.contract import Run

# How often a queued resource checks its place. The check makes no AWS call.
_QUEUE_SECONDS = 1.0


class QuotaQueue:
    """The requests of this process for one quota, queued per connection.

    No request queues until AWS rejects one; from then on only the head of the queue calls AWS.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: defaultdict[int, list[QueuePlace]] = defaultdict(list)

    @contextmanager
    def place(self, connection: AwsConnection) -> "Iterator[QueuePlace]":
        """A place in the queue for one request, released when the block ends."""
        place = QueuePlace(self._lock, self._queues[id(connection)])
        try:
            yield place
        finally:
            place.leave()


class QueuePlace:
    """The place of one request."""

    def __init__(self, lock: threading.Lock, queue: "list[QueuePlace]") -> None:
        self._lock = lock
        self._queue = queue

    @property
    def ahead(self) -> int:
        """The number of requests to wait for; if there is one, this request joins the queue."""
        with self._lock:
            if self not in self._queue:
                if not self._queue:
                    return 0
                self._queue.append(self)
            return self._queue.index(self)

    def join(self) -> None:
        """Join the queue: AWS rejected the request because the quota is in use."""
        with self._lock:
            if self not in self._queue:
                self._queue.append(self)

    def leave(self) -> None:
        """Leave the queue, so that the next request can be made."""
        with self._lock:
            if self in self._queue:
                self._queue.remove(self)


def wait_in_queue(run: Run, place: QueuePlace, noun: str) -> None:
    """Wait until no request for a task, which `noun` names, is ahead of this place."""
    while ahead := place.ahead:
        others = f"{ahead} other {noun}{'s' if ahead > 1 else ''}"
        run.status(f"queued behind {others}: the Region's quota of concurrent {noun}s is in use")
        run.wait(min(_QUEUE_SECONDS, run.poll_seconds))
