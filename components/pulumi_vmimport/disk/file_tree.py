"""The files of a volume, whatever its file system is.

Readers do not trust the volume: a name, size or offset that is impossible raises `UnreadableVolumeError`, never another
exception, and every loop ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pulumi_vmimport.disk.disk_errors import DiskImageError


class UnreadableVolumeError(DiskImageError):
    """Something on a volume cannot be read: it is damaged, or stored in a way that this library does not read."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        """The file, such as `\\Windows\\System32\\config\\SYSTEM`, or the structure"""
        self.reason = reason


@dataclass(frozen=True)
class DirectoryEntry:
    """A name in a directory."""

    name: str
    is_directory: bool


class File(Protocol):
    """A file or a directory of a volume."""

    @property
    def path(self) -> str:
        """The path as it is stored, with the separators of its operating system."""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""

    @property
    def size_bytes(self) -> int:
        """The size of the content."""

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the file.

        Raises: UnreadableVolumeError, also if the content is stored in a way that is not read (compressed by WOF, say);
        DiskImageError; what the source of the image raises.
        """

    def entries(self) -> Iterator[DirectoryEntry]:
        """The names in a directory, in the order of the directory. Raises: as `read`."""


class FileTree(Protocol):
    """The files of a volume."""

    def find(self, path: str) -> File | None:
        """The file with this path from the root of the volume, separated by `/`; None if it does not exist.

        File systems of Windows ignore the case of names. Raises: as `File.read`.
        """
