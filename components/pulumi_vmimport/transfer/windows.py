"""A remote file read at random, in windows that are kept for a while."""

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_KIB, _MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Windows:
    """How much a request brings, and how much is kept."""

    window_bytes: int
    kept: int
    joined: int = 1
    """How many windows beside each other one request brings at most, where all of them are wanted at once"""


COPYING = Windows(_MIB, kept=48)
"""For reading all of a file by several threads: neighbours wait for the same window"""
LOOKING = Windows(256 * _KIB, kept=128, joined=16)
"""For a look at headers and tables all over a file: 32 MiB are kept, so that nothing is asked for twice"""


class WindowedImage(ABC):
    """A file whose bytes come by requests; its methods may be called by several threads at once."""

    def __init__(self, name: str, size_bytes: int, identity: str, windows: Windows) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.identity = identity
        self.requests = 0
        """How many requests were made"""
        self.received_bytes = 0
        """How many bytes they brought"""
        self._shape = windows
        self._lock = threading.Lock()
        self._windows: OrderedDict[int, Future[bytes]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._windows.clear()

    def read_at(self, offset: int, length: int) -> bytes:
        """So many bytes from there on; fewer only where the file ends.

        Raises: SourceModifiedError when the file is another by now; what else the way to it raises.
        """
        end, size = min(offset + length, self.size_bytes), self._shape.window_bytes
        if offset >= end:
            return b""
        first, last = offset // size, (end - 1) // size
        parts: list[bytes] = []
        for start in range(first, last + 1, self._shape.joined):
            parts.extend(self._wanted(start, min(start + self._shape.joined, last + 1)))
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        return data[offset - first * size : end - first * size]

    def extents(self) -> Iterator[tuple[int, int]]:
        """The whole file: nobody tells its holes."""
        yield 0, self.size_bytes

    def require_unmodified(self) -> None:  # noqa: B027 - for those who also read what may change
        """Nothing: each read is of the file found."""

    @abstractmethod
    def _request(self, first: int, last: int) -> bytes:
        """The bytes from first to last, both included."""

    def _received(self, data: bytes) -> bytes:
        """Count a request that brought these bytes."""
        with self._lock:
            self.requests += 1
            self.received_bytes += len(data)
        return data

    def _keep_start(self, data: bytes) -> None:
        """Take in the first bytes of the file, which came when it was opened."""
        window: Future[bytes] = Future()
        window.set_result(data)
        self._windows[0] = window

    def _wanted(self, start: int, end: int) -> list[bytes]:
        """The windows from start to before end; of the threads that want one at once, one gets it."""
        with self._lock:
            mine = [number for number in range(start, end) if number not in self._windows]
            for number in mine:
                self._windows[number] = Future()
            windows = [self._windows[number] for number in range(start, end)]
            for number in range(start, end):
                self._windows.move_to_end(number)
            while len(self._windows) > self._shape.kept:
                self._windows.popitem(last=False)
        to_get = {number: window for number, window in zip(range(start, end), windows, strict=True) if number in mine}
        try:
            for run in _runs(mine):
                self._get(run, to_get)
        except BaseException as error:
            for number, window in to_get.items():
                if not window.done():  # nobody else gets it, and somebody may wait for it
                    with self._lock:
                        self._windows.pop(number, None)
                    window.set_exception(error)
            raise
        return [window.result() for window in windows]

    def _get(self, numbers: range, windows: Mapping[int, "Future[bytes]"]) -> None:
        size = self._shape.window_bytes
        data = self._request(numbers.start * size, min(numbers.stop * size, self.size_bytes) - 1)
        for at, number in enumerate(numbers):
            windows[number].set_result(data[at * size : (at + 1) * size])


def _runs(numbers: list[int]) -> Iterator[range]:
    """Numbers in ascending order as ranges."""
    start = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield range(numbers[start], numbers[at - 1] + 1)
            start = at
