"""The body of a part, as a file that botocore and urllib3 read without copying."""

import io
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import accumulate

Buffer = bytes | bytearray | memoryview
# urllib3 asks for 16 KiB at a time, which costs a call and a TLS record header each; it takes more when it gets more.
# While such a piece is encrypted and sent, the other threads run.
PIECE_BYTES = 1 << 20


class PartBody(ABC):
    """A seekable file whose `read` returns a piece of its own choice, larger or smaller than asked for."""

    def __init__(self, size_bytes: int) -> None:
        self._size = size_bytes
        self._at = 0

    @abstractmethod
    def _piece(self, at: int) -> memoryview:
        """Bytes from there on, at least one; valid until the next piece is asked for."""

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return True  # a body, though it may be empty

    def read(self, size: int | None = -1) -> memoryview | bytes:
        """The next bytes, none at the end; all that is left, in one copy, when no size is given."""
        if size is None or size < 0:
            return b"".join(bytes(piece) for piece in self.pieces())
        if self._at >= self._size:
            return b""
        piece = self._piece(self._at)
        self._at += piece.nbytes
        return piece

    def pieces(self) -> Iterator[memoryview]:
        """What is left, piece by piece."""
        while self._at < self._size:
            piece = self._piece(self._at)
            self._at += piece.nbytes
            yield piece

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of any file."""
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset
        return self._at

    def tell(self) -> int:
        """As of any file."""
        return self._at

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True


class BufferBody(PartBody):
    """Some buffers, one after the other."""

    def __init__(self, buffers: Iterable[Buffer]) -> None:
        self._views = [view for view in (memoryview(buffer).cast("B") for buffer in buffers) if view.nbytes]
        self._ends = list(accumulate(view.nbytes for view in self._views))
        super().__init__(self._ends[-1] if self._ends else 0)

    def _piece(self, at: int) -> memoryview:
        view, end = next((view, end) for view, end in zip(self._views, self._ends, strict=True) if at < end)
        start = at - (end - view.nbytes)
        return view[start : start + PIECE_BYTES]
