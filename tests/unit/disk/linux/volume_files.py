"""A file of a volume, in memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.disk.file_tree import DirectoryEntry


@dataclass
class StoredFile:
    data: bytes
    path: str = "/boot/initrd.img"
    is_directory: bool = False
    read_bytes: int = 0

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        self.read_bytes += length
        return self.data[offset : offset + length]

    def entries(self) -> Iterator[DirectoryEntry]:
        yield from ()
