"""The content of an upload, and a local file as content. Several threads read it into their own buffers."""

import os
from pathlib import Path
from typing import Protocol

from pulumi_vmimport.transfer.local_image import LocalImage
from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError


def file_identity(path: str) -> str:
    """Identify a local file without reading it: size, modification time in ns and inode. Raises: OSError."""
    return FileContent.fingerprint_of(Path(path).stat())


class UploadContent(Protocol):
    """Bytes of a known size that several threads read in any order."""

    @property
    def name(self) -> str:
        """The name in error messages."""

    @property
    def size_bytes(self) -> int:
        """The number of bytes."""

    @property
    def identity(self) -> str:
        """Changes when a file of the content is replaced or written to."""

    def read_into(self, offset: int, view: memoryview) -> None:
        """Fill the view with the bytes from the offset; they must lie within the content.

        Raises: SourceModifiedError.
        """

    def require_unmodified(self) -> None:
        """Raises: SourceModifiedError if the content has changed since it was opened."""

    def cancel(self) -> None:
        """Stop reading: unblock threads that wait in `read_into`."""


class FileContent(LocalImage):
    """A local file, open inside the `with` block. Raises: UnreadableSourceError."""

    @staticmethod
    def fingerprint_of(status: os.stat_result) -> str:
        """What changes when the file with this status is replaced or written to."""
        return f"{LocalImage.fingerprint_of(status)}-{status.st_ino}"

    def read_into(self, offset: int, view: memoryview) -> None:
        """Fill the view. Raises: SourceModifiedError if the file was truncated; UnreadableSourceError."""
        done = 0
        while done < view.nbytes:
            with self.read_errors(offset + done):
                count = os.preadv(self._file.fileno(), [view[done:]], offset + done)
            if not count:
                raise SourceModifiedError(self.name)
            done += count

    def cancel(self) -> None:
        """Does nothing: reads of a local file do not block."""
