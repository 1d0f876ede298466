"""A remote file read at random: ranged requests, and a cache of the chunks that were read last."""

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
class CachePolicy:
    """The size of requests and of the cache."""

    chunk_bytes: int
    max_chunks: int
    """How many chunks the cache holds"""
    chunks_per_request: int = 1
    """How many adjacent chunks one request reads at most, if one read needs all of them"""
    edge_chunks: int = 1
    """How many chunks the request that opens the file reads, and one for the last chunk"""

    @property
    def start_bytes(self) -> int:
        """How much the request that opens the file reads at most."""
        return self.edge_chunks * self.chunk_bytes


FULL_READ = CachePolicy(_MIB, max_chunks=48)
"""Several threads read the whole file; threads that need the same chunk share one request."""
SPARSE_READ = CachePolicy(64 * _KIB, max_chunks=512, chunks_per_request=64, edge_chunks=2)
"""An inspection reads headers, tables and registry keys all over the file. Larger chunks save few requests, because the
files of a guest are fragmented. The headers of most containers, with the partition table, take more than one chunk from
the start, and the last chunk is seldom a whole one. The cache of 32 MiB avoids repeated requests."""


class RemoteImage(ABC):
    """A file read with ranged requests. Several threads may read at once."""

    def __init__(self, name: str, size_bytes: int, identity: str, cache: CachePolicy) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.identity = identity
        self.requests = 0
        """The number of requests so far"""
        self.received_bytes = 0
        """The bytes received so far"""
        self._policy = cache
        self._lock = threading.Lock()
        self._chunks: OrderedDict[int, Future[bytes]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._chunks.clear()

    def read_at(self, offset: int, length: int) -> bytes:
        """Read bytes from the offset; returns fewer only at the end of the file.

        Raises: SourceModifiedError if the file has changed since it was opened; errors of the request.
        """
        end, size = min(offset + length, self.size_bytes), self._policy.chunk_bytes
        if offset >= end:
            return b""
        first, last = offset // size, (end - 1) // size
        if last == (self.size_bytes - 1) // size:
            first = max(min(first, last + 1 - self._policy.edge_chunks), 0)
        chunks: list[bytes] = []
        for start in range(first, last + 1, self._policy.chunks_per_request):
            chunks.extend(self._read_chunks(start, min(start + self._policy.chunks_per_request, last + 1)))
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        return data[offset - first * size : end - first * size]

    def extents(self) -> Iterator[tuple[int, int]]:
        """Yield (offset, length) of the whole file: HTTP does not report holes."""
        yield 0, self.size_bytes

    def require_unmodified(self) -> None:  # noqa: B027 - part of what every image offers
        """Does nothing: every read is pinned to the version that was opened."""

    @abstractmethod
    def _request(self, first: int, last: int) -> bytes:
        """Read the bytes from first to last, both included."""

    def _count(self, data: bytes) -> bytes:
        """Count one request that returned the data."""
        with self._lock:
            self.requests += 1
            self.received_bytes += len(data)
        return data

    def _keep_start(self, data: bytes) -> None:
        """Cache the first chunks, which were received when the file was opened."""
        size = self._policy.chunk_bytes
        for number in range(-(-len(data) // size)):
            chunk: Future[bytes] = Future()
            chunk.set_result(data[number * size : (number + 1) * size])
            self._chunks[number] = chunk

    def _read_chunks(self, start: int, end: int) -> list[bytes]:
        """The chunks from start to before end. If several threads need a chunk, one of them requests it."""
        with self._lock:
            missing = [number for number in range(start, end) if number not in self._chunks]
            for number in missing:
                self._chunks[number] = Future()
            chunks = [self._chunks[number] for number in range(start, end)]
            for number in range(start, end):
                self._chunks.move_to_end(number)
            while len(self._chunks) > self._policy.max_chunks:
                self._chunks.popitem(last=False)
        requested = {number: chunks[number - start] for number in missing}
        try:
            for run in _runs(missing):
                self._request_chunks(run, requested)
        except BaseException as error:
            for number, chunk in requested.items():
                if not chunk.done():  # other threads may wait for it, and no other thread requests it
                    with self._lock:
                        self._chunks.pop(number, None)
                    chunk.set_exception(error)
            raise
        return [chunk.result() for chunk in chunks]

    def _request_chunks(self, numbers: range, chunks: Mapping[int, "Future[bytes]"]) -> None:
        size = self._policy.chunk_bytes
        data = self._request(numbers.start * size, min(numbers.stop * size, self.size_bytes) - 1)
        for index, number in enumerate(numbers):
            chunks[number].set_result(data[index * size : (index + 1) * size])


def _runs(numbers: list[int]) -> Iterator[range]:
    """Ascending numbers, grouped into ranges."""
    start = 0
    for index in range(1, len(numbers) + 1):
        if index == len(numbers) or numbers[index] != numbers[index - 1] + 1:
            yield range(numbers[start], numbers[index - 1] + 1)
            start = index
