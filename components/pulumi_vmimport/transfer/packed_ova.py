"""An OVA assembled from a descriptor and disks while several threads read it in any order.

Only the bytes before the first disk depend on the digests of the disks. A separate thread computes the digests while
the rest is sent; a read of the first bytes waits for them.
"""

import hashlib
import tarfile
import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Protocol, Self

from pulumi_vmimport.transfer.file_content import FileContent
from pulumi_vmimport.transfer.ova import Ova, header

_PIECE_BYTES = 1 << 20
_NO_DIGEST = "0" * 64


@dataclass(frozen=True)
class PackedFile:
    """A local file as a member of an OVA."""

    name: str
    content: FileContent = field(repr=False)
    sha256: str = _NO_DIGEST

    @property
    def size_bytes(self) -> int:
        return self.content.size_bytes


class _Readable(Protocol):
    def read_into(self, offset: int, view: memoryview) -> None: ...


@dataclass(frozen=True)
class _Bytes:
    """Bytes in memory, followed by zeros."""

    data: bytes = b""

    def read_into(self, offset: int, view: memoryview) -> None:
        part = self.data[offset : offset + view.nbytes]
        view[:] = part + bytes(view.nbytes - len(part))


class PackedOva:
    """The OVA. A context manager; its files must stay open inside the block."""

    def __init__(self, name: str, descriptor: bytes, files: Sequence[PackedFile], identity: str) -> None:
        """`name` is the name of the descriptor and the manifest, without suffix. Raises: InvalidMemberError."""
        self.name = f"{name}.ovf"
        self.identity = identity
        self._ova = Ova(name, descriptor, tuple(files))
        self.size_bytes = self._ova.size_bytes
        self._head = _Head(self._ova, files)
        self._starts: list[int] = []
        self._sources: list[_Readable] = []
        end = self._append(0, len(self._ova.head()), self._head)
        for number, file in enumerate(files):
            if number:
                end = self._append(end, tarfile.BLOCKSIZE, _Bytes(header(file)))
            end = self._append(end, file.size_bytes, file.content)
            end = self._append(end, -file.size_bytes % tarfile.BLOCKSIZE, _Bytes())
        self._append(end, self.size_bytes - end, _Bytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._head.close()

    def read_into(self, offset: int, view: memoryview) -> None:
        """Fill the view. Raises: SourceModifiedError; UnreadableSourceError."""
        end = offset + view.nbytes
        while offset < end:
            number = bisect_right(self._starts, offset) - 1
            stop = min(self._starts[number + 1] if number + 1 < len(self._starts) else self.size_bytes, end)
            section = view[view.nbytes - (end - offset) :][: stop - offset]
            self._sources[number].read_into(offset - self._starts[number], section)
            offset = stop

    def require_unmodified(self) -> None:
        """Raises: SourceModifiedError if a file was written to after it was opened."""
        for file in self._ova.disks:
            if isinstance(file, PackedFile):
                file.content.require_unmodified()

    def cancel(self) -> None:
        """Unblock threads that wait for the digests."""
        self._head.cancelled = True

    def _append(self, start: int, size_bytes: int, source: _Readable) -> int:
        if size_bytes:
            self._starts.append(start)
            self._sources.append(source)
        return start + size_bytes


class _Head:
    """The bytes before the first disk."""

    def __init__(self, ova: Ova, files: Sequence[PackedFile]) -> None:
        self._ova, self._files = ova, files
        self._content = _Bytes()
        self._failure: BaseException | None = None
        self._start_lock = threading.Lock()
        self._hashing = threading.Thread(target=self._hash, name="hash-disks", daemon=True)
        self.cancelled = False

    def read_into(self, offset: int, view: memoryview) -> None:
        with self._start_lock:
            if self._hashing.ident is None:
                self._hashing.start()
        self._hashing.join()
        if self._failure is not None:
            raise self._failure
        self._content.read_into(offset, view)

    def close(self) -> None:
        self.cancelled = True
        with self._start_lock:
            if self._hashing.ident is not None:
                self._hashing.join()

    def _hash(self) -> None:
        try:
            disks = tuple(replace(file, sha256=self._sha256(file.content)) for file in self._files)
            self._content = _Bytes(replace(self._ova, disks=disks).head())
        except BaseException as error:  # noqa: BLE001 - raised by read_into
            self._failure = error

    def _sha256(self, content: FileContent) -> str:
        digest = hashlib.sha256()
        with memoryview(bytearray(_PIECE_BYTES)) as buffer:
            for offset in range(0, content.size_bytes, _PIECE_BYTES):
                if self.cancelled:
                    raise InterruptedError("the upload was cancelled")
                piece = buffer[: min(_PIECE_BYTES, content.size_bytes - offset)]
                content.read_into(offset, piece)
                digest.update(piece)
                piece.release()
        return digest.hexdigest()
