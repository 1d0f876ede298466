"""Disks on their way, on the local disk: their sizes and digests must be known before an OVA can begin with them.

One streaming pass that holds the headers back instead would replace this module; what goes in and what comes out are
iterators of bytes already.
"""

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pulumi_vmimport.transfer.errors import NotEnoughSpaceError

CHUNK_BYTES = 1 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True)
class StagedFile:
    """A file that has arrived whole."""

    name: str
    size_bytes: int
    sha256: str
    _file: IO[bytes] = field(repr=False, compare=False)

    def open(self) -> Iterator[bytes]:
        """Its bytes from the first; may be called again."""
        at = 0
        while at < self.size_bytes:
            self._file.seek(at)
            chunk = self._file.read(min(CHUNK_BYTES, self.size_bytes - at))
            if not chunk:
                return
            at += len(chunk)
            yield chunk


class StagingArea:
    """A context manager: holds files of nobody else's sight (mode 0600), gone when it is left.

    The files have no name in the directory, so that they go even when the process is killed.
    """

    def __init__(self, directory: Path | str | None = None, *, expected_bytes: int = 0) -> None:
        """Default of `directory`: the system's for temporary files. `expected_bytes` of all files must be free there.

        Raises: NotEnoughSpaceError.
        """
        self._directory = str(directory or tempfile.gettempdir())
        self._files = ExitStack()
        free = shutil.disk_usage(self._directory).free
        if free < expected_bytes:
            raise NotEnoughSpaceError(self._directory, expected_bytes, free)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def stage(self, name: str, chunks: Iterable[bytes]) -> StagedFile:
        """Take in a file. Raises: NotEnoughSpaceError when the directory fills up; whatever `chunks` raises."""
        digest = hashlib.sha256()
        size = 0
        with ExitStack() as undo:
            file = undo.enter_context(tempfile.TemporaryFile(dir=self._directory, buffering=0))
            for chunk in chunks:
                digest.update(chunk)
                self._write(file, chunk, size)
                size += len(chunk)
            self._files.enter_context(undo.pop_all())
        return StagedFile(name, size, digest.hexdigest(), file)

    def _write(self, file: IO[bytes], chunk: bytes, written: int) -> None:
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError as error:
            if error.errno not in _FULL:
                raise
            free = shutil.disk_usage(self._directory).free
            raise NotEnoughSpaceError(self._directory, written + len(chunk), free) from error
