"""A sequential stream of bytes, split into the parts of one upload without copying.

Bytes are received into large buffers and sent from there by a few threads. SHA-256 and CRC-32 are computed as soon as
bytes arrive, by the thread that received them: while they are in the processor's cache, both are twice as fast as on
bytes that another thread reads from memory later (docs/benchmarks.md). A buffer that changes before it is sent
therefore does not match its CRC-32, and S3 rejects it.

Some bytes are known only after later ones, such as the sizes in tar headers. A *placeholder* reserves their space. Its
part is held back until the placeholder is filled; S3 accepts parts in any order.
"""

import queue
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from pulumi_vmimport.transfer.buffers import BufferPool
from pulumi_vmimport.transfer.checksums import combined_crc32
from pulumi_vmimport.transfer.part_body import Buffer
from pulumi_vmimport.transfer.part_sizes import growing_part_sizes

_WORKERS = 3
# The first part is held back to the end. While that with the current file's placeholder is as well, one sender idles.
_HELD_PARTS = 1
_FILLING_PARTS = 1


class SendPart(Protocol):
    """Sends a part. Several threads call it."""

    def __call__(self, number: int, *buffers: Buffer, crc32: int) -> object:
        """Send the concatenated buffers, whose CRC-32 is given, as the part with this number; the first is 1."""


class Digest(Protocol):
    """A hashlib object."""

    def update(self, data: memoryview, /) -> None:
        """Hash more bytes."""


@dataclass
class _Segment:
    """Consecutive bytes of a part."""

    size_bytes: int = 0
    crc32: int = 0

    def append(self, view: memoryview) -> None:
        self.crc32 = zlib.crc32(view, self.crc32)
        self.size_bytes += view.nbytes


@dataclass
class _Part:
    number: int
    buffer: bytearray
    filled: int = 0
    unfilled: int = 0
    """The number of placeholders that are not filled"""
    full: bool = False
    prefix: bytes = b""
    segments: list[_Segment] = field(default_factory=lambda: [_Segment()])
    """Placeholders, and what precedes and follows each: their CRC-32 become known in another order"""

    @property
    def crc32(self) -> int:
        return combined_crc32((segment.crc32, segment.size_bytes) for segment in self.segments)

    def start_placeholder(self) -> _Segment:
        """A segment at the end of the part so far, which `fill` completes."""
        placeholder = _Segment()
        self.segments += [placeholder, _Segment()]
        self.unfilled += 1
        return placeholder


@dataclass(frozen=True)
class Placeholder:
    """Bytes reserved in a part, or before its first byte, and filled later."""

    part: _Part = field(repr=False)
    segment: _Segment = field(repr=False)
    offset: int | None
    """None: before the first byte of the part"""
    size_bytes: int


class PartStream:
    """A context manager; when the block is left, no request is in flight.

    The first part that fails ends the stream: the next call raises its error.
    """

    def __init__(
        self,
        send: SendPart,
        *,
        size_of: Callable[[int], int] | None = None,
        workers: int = _WORKERS,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        """`size_of` returns the size of a part, a multiple of the size of every placeholder.

        `on_wait` is called every second while the stream waits for the uploads, and may raise. At most five buffers are
        allocated: one per worker, one held back, one being filled.
        """
        self._send = send
        self._size_of = size_of or growing_part_sizes()
        self._pool = BufferPool(workers + _HELD_PARTS + _FILLING_PARTS, on_wait=on_wait)
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._number = 0
        self._current: _Part | None = None
        self._parts: queue.SimpleQueue[_Part | None] = queue.SimpleQueue()
        self._senders = [threading.Thread(target=self._send_parts, name=f"send-part-{n}") for n in range(workers)]

    def __enter__(self) -> Self:
        for thread in self._senders:
            thread.daemon = True
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fail(error or ValueError("the stream has ended"))  # no effect after finish()
        self._join()

    def get_buffer(self, max_bytes: int) -> memoryview:
        """A buffer for the next bytes; call `advance` after filling it. Waits for the uploads."""
        part = self._current_part()
        return memoryview(part.buffer)[part.filled : min(len(part.buffer), part.filled + max_bytes)]

    def advance(self, size_bytes: int, digest: Digest | None = None) -> None:
        """Append the bytes that were put into the buffer, and add them to the digest."""
        part = self._current_part()
        view = memoryview(part.buffer)[part.filled : part.filled + size_bytes]
        if digest is not None:
            digest.update(view)
        part.segments[-1].append(view)
        self._append(part, size_bytes)

    def write_zeros(self, size_bytes: int) -> None:
        """Append zero bytes."""
        while size_bytes:
            buffer = self.get_buffer(size_bytes)
            buffer[:] = bytes(len(buffer))
            size_bytes -= len(buffer)
            self.advance(len(buffer))

    def reserve(self, size_bytes: int) -> Placeholder:
        """Reserve bytes at the current position; `fill` writes them.

        A placeholder must not span two parts: the bytes before it must be a multiple of its size.
        """
        part = self._current_part()
        with self._lock:
            placeholder = Placeholder(part, part.start_placeholder(), part.filled, size_bytes)
        self._append(part, size_bytes)
        return placeholder

    def reserve_prefix(self) -> Placeholder:
        """Reserve any number of bytes before the first byte of the current part; `fill` writes them."""
        part = self._current_part()
        with self._lock:
            return Placeholder(part, part.start_placeholder(), None, 0)

    def fill(self, placeholder: Placeholder, content: bytes) -> None:
        """Write the bytes of a placeholder."""
        part, offset = placeholder.part, placeholder.offset
        if offset is None:
            part.prefix = content
        else:
            part.buffer[offset : offset + placeholder.size_bytes] = content
        with self._lock:
            placeholder.segment.append(memoryview(content))
            part.unfilled -= 1
            ready = part.full and not part.unfilled
        if ready:
            self._parts.put(part)

    def finish(self) -> None:
        """Wait until all parts are sent. All placeholders must be filled. An empty stream is one empty part."""
        self._end_part(self._current_part())
        self._join()
        if self._failure is not None:
            raise self._failure

    def _current_part(self) -> _Part:
        if self._failure is None and self._current is None:
            number = self._number + 1
            buffer = self._pool.acquire(self._size_of(number))
            if buffer is not None:
                self._number, self._current = number, _Part(number, buffer)
        if self._failure is not None or self._current is None:
            raise self._failure or ValueError("the stream has ended")
        return self._current

    def _append(self, part: _Part, size_bytes: int) -> None:
        part.filled += size_bytes
        if part.filled == len(part.buffer):
            self._end_part(part)

    def _end_part(self, part: _Part) -> None:
        self._current = None
        with self._lock:
            part.full = True
            ready = not part.unfilled
        if ready:
            self._parts.put(part)

    def _send_parts(self) -> None:
        while (part := self._parts.get()) is not None:
            if self._failure is not None:
                continue
            try:
                self._send(part.number, part.prefix, memoryview(part.buffer)[: part.filled], crc32=part.crc32)
            except BaseException as error:  # noqa: BLE001 - raised by the next call
                self._fail(error)
            else:
                self._pool.release(part.buffer)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            if self._failure is None:
                self._failure = error
        self._pool.close()

    def _join(self) -> None:
        for _ in self._senders:
            self._parts.put(None)
        for thread in self._senders:
            thread.join()
