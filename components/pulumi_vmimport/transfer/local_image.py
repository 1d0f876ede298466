"""A disk image in a local file."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from pulumi_vmimport.package_file_names import folded
from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError

_MAX_ENTRIES = 10_000


def fingerprint(path: str) -> str:
    """Identify a local file without reading it: `<size>-<modification time in ns>`. Raises: OSError."""
    return LocalImage.fingerprint_of(Path(path).stat())


def path_beside(path: str, name: str) -> str:
    """The file with this path relative to the folder of `path`, in any capitalization and Unicode form.

    If there is none, the path as stated.
    """
    place = Path(path).absolute().parent
    if (place / name).exists():
        return os.fspath(place / name)
    for part in name.split("/"):
        found = None if (place / part).exists() else _entry_of(place, part)
        place = place / (found or part)
    return os.fspath(place)


def _entry_of(folder: Path, name: str) -> str | None:
    """The first entry of the folder whose name differs from this one only in spelling."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in islice(entries, _MAX_ENTRIES))
    except OSError:
        return None
    return next((found for found in names if folded(found) == folded(name)), None)


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
            status = os.fstat(self._file.fileno())
        except OSError as error:
            is_missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
            raise UnreadableSourceError(str(absolute), error.strerror or str(error), is_missing=is_missing) from error
        self.size_bytes = status.st_size
        self.identity = self.fingerprint_of(status)

    @staticmethod
    def fingerprint_of(status: os.stat_result) -> str:
        """What changes when the file with this status is written to."""
        return f"{status.st_size}-{status.st_mtime_ns}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read_at(self, offset: int, length: int) -> bytes:
        """Read bytes from the offset; returns fewer only at the end of the file. Raises: UnreadableSourceError."""
        with self.read_errors(offset):
            data = os.pread(self._file.fileno(), length, offset)
            while len(data) < length and (
                more := os.pread(self._file.fileno(), length - len(data), offset + len(data))
            ):
                data += more  # interrupted by a signal, or a file system that returns less per call
        return data

    @contextmanager
    def read_errors(self, offset: int | None = None) -> Iterator[None]:
        """Raise errors of the operating system (a bad sector, a lost network share) as UnreadableSourceError."""
        try:
            yield
        except OSError as error:
            where = "" if offset is None else f" (reading at byte {offset})"
            raise UnreadableSourceError(self.name, f"{error.strerror or error}{where}") from error

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
        """Raises: SourceModifiedError if the file was written to after it was opened; UnreadableSourceError."""
        with self.read_errors():
            current = self.fingerprint_of(os.fstat(self._file.fileno()))
        if current != self.identity:
            raise SourceModifiedError(self.name)
