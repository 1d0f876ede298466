"""The body of a part, as a file that botocore and urllib3 read without copying."""

import io
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import accumulate

Buffer = bytes | bytearray | memoryview
# urllib3 requests 16 KiB at a time, and each piece costs a call and a TLS record header; it accepts larger pieces.
# While a piece is encrypted and sent, the other threads run.
PIECE_BYTES = 1 << 20


class PartBody(ABC):
    """A seekable file whose `read` may return more or fewer bytes than requested."""

    def __init__(self, size_bytes: int) -> None:
        self._size = size_bytes
        self._position = 0

    @abstractmethod
    def _piece(self, position: int) -> memoryview:
        """At least one byte from the position; valid until the next call."""

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return True  # botocore sends no body for a false value, and an empty part has length 0

    def read(self, size: int | None = -1) -> memoryview | bytes:
        """The next piece; empty at the end. Without a size, a copy of all remaining bytes."""
        if size is None or size < 0:
            return b"".join(bytes(piece) for piece in self.pieces())
        if self._position >= self._size:
            return b""
        piece = self._piece(self._position)
        self._position += piece.nbytes
        return piece

    def pieces(self) -> Iterator[memoryview]:
        """Yield the remaining bytes piece by piece."""
        while self._position < self._size:
            piece = self._piece(self._position)
            self._position += piece.nbytes
            yield piece

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.IOBase.seek`."""
        self._position = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence] + offset
        return self._position

    def tell(self) -> int:
        """See `io.IOBase.tell()`."""
        return self._position

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True


class BufferBody(PartBody):
    """Concatenated buffers."""

    def __init__(self, buffers: Iterable[Buffer]) -> None:
        self._views = [view for view in (memoryview(buffer).cast("B") for buffer in buffers) if view.nbytes]
        self._ends = list(accumulate(view.nbytes for view in self._views))
        super().__init__(self._ends[-1] if self._ends else 0)

    def _piece(self, position: int) -> memoryview:
        view, end = next((view, end) for view, end in zip(self._views, self._ends, strict=True) if position < end)
        start = position - (end - view.nbytes)
        return view[start : start + PIECE_BYTES]
