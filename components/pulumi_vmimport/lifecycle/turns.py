"""Who may ask next when AWS allows no more at a time: those it refused, in the order they came."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi_vmimport.aws.connection import AwsConnection


class Turns:
    """The line of this process before one quota, for each connection.

    Nobody waits until one is refused; from then on only the first in the line asks, however many wait.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: defaultdict[int, list[Turn]] = defaultdict(list)

    @contextmanager
    def taking(self, connection: AwsConnection) -> "Iterator[Turn]":
        """A turn, given back when the block ends."""
        turn = Turn(self._lock, self._lines[id(connection)])
        try:
            yield turn
        finally:
            turn.leave()


class Turn:
    """One that wants to ask."""

    def __init__(self, lock: threading.Lock, line: "list[Turn]") -> None:
        self._lock = lock
        self._line = line

    @property
    def ahead(self) -> int:
        """How many are before it; once there is one, it stands in the line."""
        with self._lock:
            if self not in self._line:
                if not self._line:
                    return 0
                self._line.append(self)
            return self._line.index(self)

    def refused(self) -> None:
        """AWS allows no more at present: stand in the line."""
        with self._lock:
            if self not in self._line:
                self._line.append(self)

    def leave(self) -> None:
        """Let the next one ask."""
        with self._lock:
            if self in self._line:
                self._line.remove(self)
