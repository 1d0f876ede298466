"""The content of a disk image, and the source that it is read from.

Readers do not trust the file: they compare every offset with the size of the file, and read tables in pages, so that
memory stays bounded for any input.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol

from pulumi_vmimport.disk.disk_errors import DamagedImageError, TruncatedImageError

SECTOR_BYTES = 512
MAX_DISK_BYTES = 64 << 40
"""The largest disk of a VHDX, and the largest EBS volume. VMDK and VHD have lower limits."""

_PAGE_ENTRIES = 8192
_PAGES = 64

Extent = tuple[int, int]
"""Offset and length in bytes."""


class Source(Protocol):
    """A file with random access. Its methods are thread-safe."""

    @property
    def name(self) -> str:
        """The name in errors."""

    @property
    def size_bytes(self) -> int:
        """The size of the file."""

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the file."""

    def extents(self) -> Iterable[Extent]:
        """The parts that may hold data, in order. Everything between them is zeros."""


class DiskContent(ABC):
    """The content of a disk as the VM reads it. Its methods are thread-safe."""

    sector_bytes = SECTOR_BYTES
    """The size of a logical sector, the unit of the partition table"""

    def __init__(self, source: Source, capacity_bytes: int) -> None:
        if not 0 < capacity_bytes <= MAX_DISK_BYTES:
            raise DamagedImageError(
                source.name, f"expected a capacity of 1 byte to {MAX_DISK_BYTES >> 40} TiB, got {capacity_bytes} bytes"
            )
        self._source = source
        self.capacity_bytes = capacity_bytes

    @property
    def is_local(self) -> bool:
        """Whether many small reads are cheap. Default: false, as for a source that is read over a network."""
        return getattr(self._source, "is_local", False) is True

    @abstractmethod
    def extents(self) -> Iterator[Extent]:
        """The parts of the disk that the image stores, in order. Everything between them is zeros."""

    @abstractmethod
    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on, with zeros beyond the end of the disk.

        Raises: DiskImageError; what the source raises.
        """


class ChunkedContent(DiskContent):
    """A disk stored in chunks of one size, each anywhere in the file or absent."""

    def __init__(self, source: Source, capacity_bytes: int, chunk_bytes: int, *, min_chunk_bytes: int) -> None:
        """`min_chunk_bytes` is the minimum size of a chunk in the file."""
        super().__init__(source, capacity_bytes)
        self.chunk_bytes = chunk_bytes
        self._most_chunks = -(-source.size_bytes // min_chunk_bytes)

    @abstractmethod
    def _stored_chunks(self) -> Iterator[int]:
        """The numbers of the stored chunks, in order."""

    @abstractmethod
    def _read_chunk(self, number: int, start: int, length: int) -> bytes:
        """A part of a chunk. A chunk that is not stored is zeros."""

    def extents(self) -> Iterator[Extent]:
        first = end = 0
        for count, number in enumerate(self._stored_chunks(), 1):
            if count > self._most_chunks:  # a small file that claims to be a large disk
                found = f"its tables place more chunks of {self.chunk_bytes} bytes than its {self._source.size_bytes}"
                raise DamagedImageError(self._source.name, f"{found} bytes can hold")
            if number != end:
                yield from self._extent(first, end)
                first = number
            end = number + 1
        yield from self._extent(first, end)

    def read(self, offset: int, length: int) -> bytes:
        parts, at, end = [], offset, min(offset + length, self.capacity_bytes)
        while at < end:
            number, start = divmod(at, self.chunk_bytes)
            part = self._read_chunk(number, start, min(end - at, self.chunk_bytes - start))
            parts.append(part)
            at += len(part)
        if at < offset + length:
            parts.append(bytes(offset + length - max(at, offset)))
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _extent(self, first: int, end: int) -> Iterator[Extent]:
        if first < end:
            start = first * self.chunk_bytes
            yield start, min(end * self.chunk_bytes, self.capacity_bytes) - start


class PagedTable:
    """A table of whole numbers in a file, read in pages on demand."""

    def __init__(self, source: Source, what: str, offset: int, count: int, entry: str) -> None:
        """`entry` is the struct format of one number. Raises: DamagedImageError if the table lies outside the file."""
        self._source, self._what, self._offset, self._count = source, what, offset, count
        self._order, self._kind, self._size = entry[0], entry[1], struct.calcsize(entry)
        require_within(source, what, offset, count * self._size)
        self._page = lru_cache(maxsize=_PAGES)(self._read_page)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> int:
        page, at = divmod(index, _PAGE_ENTRIES)
        return self._page(page)[at]

    def __iter__(self) -> Iterator[int]:
        for page in range(-(-self._count // _PAGE_ENTRIES)):
            yield from self._page(page)

    def _read_page(self, page: int) -> tuple[int, ...]:
        first = page * _PAGE_ENTRIES
        count = min(_PAGE_ENTRIES, self._count - first)
        data = read_exactly(self._source, self._what, self._offset + first * self._size, count * self._size)
        return struct.unpack(f"{self._order}{count}{self._kind}", data)


def require_within(source: Source, what: str, offset: int, length: int) -> None:
    """Raises: DamagedImageError if a structure lies outside the file."""
    if offset < 0 or length < 0 or offset + length > source.size_bytes:
        raise DamagedImageError(
            source.name, f"{what} of {length} bytes at {offset} does not lie within its {source.size_bytes} bytes"
        )


def read_exactly(source: Source, what: str, offset: int, length: int) -> bytes:
    """The bytes of a structure. Raises: DamagedImageError, TruncatedImageError."""
    require_within(source, what, offset, length)
    data = source.read_at(offset, length)
    if len(data) != length:
        raise TruncatedImageError(source.name, source.size_bytes, f"{what} at {offset} gave {len(data)} of {length}")
    return data
