"""A disk image in a local file."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError


def fingerprint(path: str) -> str:
    """Identify a local file without reading it: `<size>-<modification time in ns>`. Raises: OSError."""
    return _fingerprint(Path(path).stat())


class LocalImage:
    """A local file, open inside the `with` block. `identity` changes when the file is written to."""

    is_local = True
    """Reads are cheap: an inspection may do thousands of them."""

    def __init__(self, path: str) -> None:
        """Raises: UnreadableSourceError."""
        self.name = path
        absolute = Path(path).absolute()
        try:
            if not stat.S_ISREG(absolute.stat().st_mode):  # opening a named pipe would block
                raise UnreadableSourceError(str(absolute), "it is not a regular file")
            self._file = absolute.open("rb", buffering=0)
        except OSError as error:
            raise UnreadableSourceError(str(absolute), error.strerror or str(error)) from error
        status = os.fstat(self._file.fileno())
        self.size_bytes = status.st_size
        self.identity = _fingerprint(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read_at(self, offset: int, length: int) -> bytes:
        """Read bytes from the offset; returns fewer only at the end of the file."""
        data = os.pread(self._file.fileno(), length, offset)
        while len(data) < length and (more := os.pread(self._file.fileno(), length - len(data), offset + len(data))):
            data += more  # interrupted by a signal, or a file system that returns less per call
        return data

    def extents(self) -> Iterator[tuple[int, int]]:
        """Yield (offset, length) of the file's data, without its holes."""
        end = 0
        while end < self.size_bytes:
            try:
                start = os.lseek(self._file.fileno(), end, os.SEEK_DATA)
                end = os.lseek(self._file.fileno(), start, os.SEEK_HOLE)
            except OSError as error:
                # ENXIO: only a hole remains. Anything else: the file system does not support SEEK_DATA.
                if error.errno != errno.ENXIO:
                    yield end, self.size_bytes - end
                return
            yield start, end - start

    def require_unmodified(self) -> None:
        """Raises: SourceModifiedError if the file was written to after it was opened."""
        if _fingerprint(os.fstat(self._file.fileno())) != self.identity:
            raise SourceModifiedError(self.name)


def _fingerprint(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"
