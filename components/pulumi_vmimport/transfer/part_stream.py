"""Bytes that come in order, cut into the parts of one upload: received into large buffers, hashed and sent from there.

Receiving, hashing and sending take a thread or a few each, and no byte is copied between them: sockets, SHA-256 and TLS
all let go of Python's lock, so that two cores are busy. asyncio and processes were slower, more threads no faster
(docs/benchmarks.md).

Some bytes are known only when later ones have passed, such as the sizes in the headers of a tar file. Such a *hole* is
left open in its part, which is held back until the hole is filled: S3 takes parts in any order.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from pulumi_vmimport.transfer.buffers import BufferPool

_MIB = 1 << 20
_WORKERS = 3
# The first part and that with the hole of the current file may be held back at once.
_HELD = 2
_FILLING = 1
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_MAX_PARTS = 10_000
# Up to part number -> size. They grow on the way, as nobody knows beforehand how much will come: 453 GiB fit.
_SIZES = ((4000, 8 * _MIB), (7000, 16 * _MIB), (9000, 64 * _MIB), (_MAX_PARTS, 256 * _MIB))
_CAPACITY_BYTES = sum(
    (last - before) * size for (last, size), before in zip(_SIZES, (0, *(last for last, _ in _SIZES)), strict=False)
)


class Digest(Protocol):
    """What hashlib makes."""

    def update(self, data: memoryview, /) -> None:
        """Take in some bytes."""


@dataclass
class _Part:
    number: int
    buffer: bytearray
    filled: int = 0
    holes: int = 0
    full: bool = False
    users: int = 1
    """Who still looks at the buffer: the upload, and each piece that is to be hashed"""
    prefix: bytes = b""


@dataclass(frozen=True)
class Hole:
    """Bytes left out of a part."""

    _part: _Part = field(repr=False)
    _at: int
    size_bytes: int


@dataclass(frozen=True)
class _Piece:
    part: _Part
    digest: Digest
    view: memoryview


def part_sizes(expected_bytes: int = 0) -> Callable[[int], int]:
    """The size of a part by its number: 8 MiB to begin with, or all the same where that would not do in the end."""
    most = expected_bytes + expected_bytes // 50  # deflate makes what it cannot compress a little larger
    if most > _CAPACITY_BYTES:
        size_bytes = -(-most // _MAX_PARTS // _MIB) * _MIB
        return lambda _: size_bytes
    return lambda number: next((size for last, size in _SIZES if number <= last), _SIZES[-1][1])


class PartStream:
    """A context manager: when it is left, nothing is on its way any more.

    The first failure of a part ends the stream: whatever is called next raises it.
    """

    def __init__(
        self,
        send: Callable[..., object],
        *,
        size_of: Callable[[int], int] | None = None,
        workers: int = _WORKERS,
        waiting: Callable[[], None] = lambda: None,
    ) -> None:
        """`send` takes the number of a part, from 1, and its bytes as buffers; several threads call it.

        `size_of` gives the size of a part, a multiple of the size of any hole. `waiting` is called every second while
        the uploads are behind, and may raise. Six buffers at most: one a worker, two held back, one being filled.
        """
        self._send = send
        self._size_of = size_of or part_sizes()
        self._pool = BufferPool(workers + _HELD + _FILLING, waiting=waiting)
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._number = 0
        self._current: _Part | None = None
        self._parts: queue.SimpleQueue[_Part | None] = queue.SimpleQueue()
        self._pieces: queue.SimpleQueue[_Piece | threading.Event | None] = queue.SimpleQueue()
        self._senders = [threading.Thread(target=self._sending, name=f"send-part-{n}") for n in range(workers)]
        self._hasher = threading.Thread(target=self._hashing, name="hash-parts")

    def __enter__(self) -> Self:
        for thread in (*self._senders, self._hasher):
            thread.daemon = True
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fail(error or ValueError("the stream has ended"))  # a no-op for what has gone well
        self._join()

    def room(self, at_most: int) -> memoryview:
        """Where the next bytes may be put, before `advance` tells how many there are. Waits for the uploads."""
        part = self._part()
        return memoryview(part.buffer)[part.filled : min(len(part.buffer), part.filled + at_most)]

    def advance(self, size_bytes: int, digest: Digest | None = None) -> None:
        """So many bytes were put into the room; the digest takes them in, in a thread of its own."""
        part = self._part()
        if digest is not None and size_bytes:
            with self._lock:
                part.users += 1
            view = memoryview(part.buffer)[part.filled : part.filled + size_bytes]
            self._pieces.put(_Piece(part, digest, view))
        self._filled(part, size_bytes)

    def zeros(self, size_bytes: int) -> None:
        """So many zero bytes."""
        while size_bytes:
            room = self.room(size_bytes)
            room[:] = bytes(len(room))
            size_bytes -= len(room)
            self.advance(len(room))

    def hole(self, size_bytes: int, *, before_all: bool = False) -> Hole:
        """Leave out some bytes, or as many as it turns out to be before the first; its part waits for them.

        Holes do not straddle parts: what lies before each must fill whole multiples of its size.
        """
        part = self._part()
        hole = Hole(part, -1 if before_all else part.filled, size_bytes)
        with self._lock:
            part.holes += 1
        if not before_all:
            self._filled(part, size_bytes)
        return hole

    def fill(self, hole: Hole, content: bytes) -> None:
        """What belongs into a hole."""
        part, at = hole._part, hole._at  # noqa: SLF001 - of this module
        if at < 0:
            part.prefix = content
        else:
            part.buffer[at : at + hole.size_bytes] = content
        with self._lock:
            part.holes -= 1
            ready = part.full and not part.holes
        if ready:
            self._parts.put(part)

    def settle(self) -> None:
        """Wait until the digests have taken in all that has come."""
        if not self._hasher.is_alive():
            return  # the stream has ended: they have
        hashed = threading.Event()
        self._pieces.put(hashed)
        hashed.wait()

    def end(self) -> None:
        """Wait until everything is sent; all holes must be filled. An empty stream is one empty part."""
        self._full(self._part())
        self._join()
        if self._failure is not None:
            raise self._failure

    def _part(self) -> _Part:
        if self._failure is None and self._current is None:
            number = self._number + 1
            buffer = self._pool.take(self._size_of(number))
            if buffer is not None:
                self._number, self._current = number, _Part(number, buffer)
        if self._failure is not None or self._current is None:
            raise self._failure or ValueError("the stream has ended")
        return self._current

    def _filled(self, part: _Part, size_bytes: int) -> None:
        part.filled += size_bytes
        if part.filled == len(part.buffer):
            self._full(part)

    def _full(self, part: _Part) -> None:
        self._current = None
        with self._lock:
            part.full = True
            ready = not part.holes
        if ready:
            self._parts.put(part)

    def _sending(self) -> None:
        while (part := self._parts.get()) is not None:
            if self._failure is not None:
                continue
            try:
                self._send(part.number, part.prefix, memoryview(part.buffer)[: part.filled])
            except BaseException as error:  # noqa: BLE001 - raised where the stream is fed
                self._fail(error)
            else:
                self._done_with(part)

    def _hashing(self) -> None:
        while (piece := self._pieces.get()) is not None:
            if isinstance(piece, threading.Event):
                piece.set()
                continue
            piece.digest.update(piece.view)
            piece.view.release()
            self._done_with(piece.part)

    def _done_with(self, part: _Part) -> None:
        with self._lock:
            part.users -= 1
            unused = not part.users
        if unused:
            self._pool.give_back(part.buffer)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            if self._failure is None:
                self._failure = error
        self._pool.close()

    def _join(self) -> None:
        for _ in self._senders:
            self._parts.put(None)
        self._pieces.put(None)
        for thread in (*self._senders, self._hasher):
            thread.join()
