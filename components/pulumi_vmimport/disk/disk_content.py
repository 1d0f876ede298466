"""What every reader of a disk image gives, and what it reads from.

Nothing that a file says about itself is trusted: an offset is compared with the file's size before it is read, and a
table is read in pages, so that memory stays bounded whatever the file claims.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol

from pulumi_vmimport.disk.disk_errors import DamagedImageError, TruncatedImageError

SECTOR_BYTES = 512
MAX_DISK_BYTES = 64 << 40
"""The largest disk of VHDX, and the largest EBS volume; VMDK and VHD end before"""

_PAGE_ENTRIES = 8192
_PAGES = 64

Extent = tuple[int, int]
"""Offset and length in bytes."""


class Source(Protocol):
    """A file to read from anywhere; its methods may be called by several threads at once."""

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def size_bytes(self) -> int:
        """The size of the file."""

    def read_at(self, offset: int, length: int) -> bytes:
        """So many bytes from there on; fewer only where the file ends."""

    def extents(self) -> Iterable[Extent]:
        """The parts that may hold something, in order; what lies between them is zeros."""


class DiskContent(ABC):
    """The disk in an image as its machine sees it. Its methods may be called by several threads at once."""

    sector_bytes = SECTOR_BYTES
    """The logical sectors that its partition table counts in"""

    def __init__(self, source: Source, capacity_bytes: int) -> None:
        if not 0 < capacity_bytes <= MAX_DISK_BYTES:
            raise DamagedImageError(
                source.name, f"expected a capacity of 1 byte to {MAX_DISK_BYTES >> 40} TiB, got {capacity_bytes} bytes"
            )
        self._source = source
        self.capacity_bytes = capacity_bytes

    @property
    def is_local(self) -> bool:
        """Whether many small reads cost little; a source that does not say so is read over a network."""
        return getattr(self._source, "is_local", False) is True

    @abstractmethod
    def extents(self) -> Iterator[Extent]:
        """The parts of the disk that the image stores, in order; what lies between them is zeros."""

    @abstractmethod
    def read(self, offset: int, length: int) -> bytes:
        """So many bytes of the disk; what lies behind its end is zeros.

        Raises: DiskImageError; whatever the source raises.
        """


class ChunkedContent(DiskContent):
    """A disk stored as chunks of one size, each at a place of its own or nowhere."""

    def __init__(self, source: Source, capacity_bytes: int, chunk_bytes: int, *, min_chunk_bytes: int) -> None:
        """`min_chunk_bytes` is what a chunk takes in the file at least."""
        super().__init__(source, capacity_bytes)
        self.chunk_bytes = chunk_bytes
        self._most_chunks = -(-source.size_bytes // min_chunk_bytes)

    @abstractmethod
    def _stored(self) -> Iterator[int]:
        """The numbers of the chunks that are stored, in order."""

    @abstractmethod
    def _read_chunk(self, number: int, start: int, length: int) -> bytes:
        """A part of a chunk, stored or not."""

    def extents(self) -> Iterator[Extent]:
        first = end = 0
        for count, number in enumerate(self._stored(), 1):
            if count > self._most_chunks:  # a few bytes that claim to be a large disk
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
    """A table of whole numbers in a file, read in pages as they are needed."""

    def __init__(self, source: Source, what: str, offset: int, count: int, entry: str) -> None:
        """`entry` is the struct format of one number. Raises: DamagedImageError when it does not lie in the file."""
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
    """Raises: DamagedImageError when what should be there does not lie in the file."""
    if offset < 0 or length < 0 or offset + length > source.size_bytes:
        raise DamagedImageError(
            source.name, f"{what} of {length} bytes at {offset} does not lie within its {source.size_bytes} bytes"
        )


def read_exactly(source: Source, what: str, offset: int, length: int) -> bytes:
    """The bytes of what should be there. Raises: DamagedImageError, TruncatedImageError."""
    require_within(source, what, offset, length)
    data = source.read_at(offset, length)
    if len(data) != length:
        raise TruncatedImageError(source.name, source.size_bytes, f"{what} at {offset} gave {len(data)} of {length}")
    return data
