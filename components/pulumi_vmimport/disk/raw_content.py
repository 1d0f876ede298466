"""Disks stored byte for byte: raw images, and the data of fixed VHDs."""

from collections.abc import Iterator

from pulumi_vmimport.disk.disk_content import DiskContent, Extent, Source, read_exactly


class RawContent(DiskContent):
    """The first bytes of a file as a disk. Holes in the file are not part of its extents."""

    def __init__(self, source: Source, capacity_bytes: int | None = None) -> None:
        """`capacity_bytes` is the size of the disk. Default: the size of the file."""
        super().__init__(source, source.size_bytes if capacity_bytes is None else capacity_bytes)

    def extents(self) -> Iterator[Extent]:
        for offset, length in self._source.extents():
            if offset < self.capacity_bytes:
                yield offset, min(length, self.capacity_bytes - offset)

    def read(self, offset: int, length: int) -> bytes:
        there = max(min(length, self.capacity_bytes - offset), 0)
        data = read_exactly(self._source, "its data", offset, there) if there else b""
        return data if there == length else data + bytes(length - there)
