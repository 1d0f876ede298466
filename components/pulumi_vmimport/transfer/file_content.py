"""What is uploaded: a local file as it is. Several threads read it into buffers of their own."""

import os
from pathlib import Path
from typing import Protocol

from pulumi_vmimport.transfer.image_source import LocalImage
from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError


def file_identity(path: str) -> str:
    """What a local file is without a look into it: size, modification time in ns and inode. Raises: OSError."""
    return _identity(Path(path).stat())


class Content(Protocol):
    """Bytes of a known size that may be read in any order, by several threads."""

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""

    def read_into(self, offset: int, view: memoryview) -> None:
        """Fill the view with the bytes from there on; all of it must lie within. Raises: SourceModifiedError."""

    def require_unmodified(self) -> None:
        """Raises: SourceModifiedError when they are not what they were at the beginning."""

    def cancel(self) -> None:
        """Let go who waits in `read_into`: nothing is read any more."""


class FileContent(LocalImage):
    """A local file, open while the block runs. Raises: UnreadableSourceError."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.identity = _identity(os.fstat(self._file.fileno()))

    def read_into(self, offset: int, view: memoryview) -> None:
        """Fill the view. Raises: SourceModifiedError when the file has become shorter."""
        done = 0
        while done < view.nbytes:
            count = os.preadv(self._file.fileno(), [view[done:]], offset + done)
            if not count:
                raise SourceModifiedError(self.name)
            done += count

    def require_unmodified(self) -> None:
        """Raises: SourceModifiedError when somebody has written to the file since it was opened."""
        if _identity(os.fstat(self._file.fileno())) != self.identity:
            raise SourceModifiedError(self.name)

    def cancel(self) -> None:
        """Nothing: nobody waits."""


def _identity(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"
