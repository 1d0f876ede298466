"""The disk in a VHD: fixed or dynamic.

Source: Microsoft "Virtual Hard Disk Image Format Specification" 1.0 (2006).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_content import (
    SECTOR_BYTES,
    ChunkedContent,
    DiskContent,
    PagedTable,
    Source,
    read_exactly,
)
from pulumi_vmimport.disk.disk_errors import DamagedImageError, UnsupportedImageError
from pulumi_vmimport.disk.raw_content import RawContent

COOKIE = b"conectix"

# cookie, features, version, data offset, time, creator's name, version and system, original and current size, geometry,
# type, checksum
_FOOTER = struct.Struct(">8sIIQI4sI4sQQIII")
_FIXED, _DYNAMIC, _DIFFERENCING = 2, 3, 4
_SPARSE_COOKIE = b"cxsparse"
# cookie, data offset, table offset, version, table entries, block size, checksum
_SPARSE_HEADER = struct.Struct(">8sQQIIII")
_SPARSE_HEADER_BYTES = 1024
_FOOTER_CHECKSUM_AT, _SPARSE_CHECKSUM_AT = 64, 36
_UNALLOCATED = 2**32 - 1
_KIND = slice(60, 64)
_SUFFIXES = (".vhd", ".vpc", ".avhd")


def is_vhd(name: str, start: bytes, end: bytes) -> bool:
    """Whether a file of this name, with this first sector and these bytes at its end, is a VHD, if a damaged one.

    A cookie at the end may be left of what a disk once was: beside it something else must tell of a VHD, such as a
    right checksum, a known type, the footer's copy at the start, or the name.
    """
    at = end.rfind(COOKIE)
    if start.startswith(COOKIE) or at < 0:
        return start.startswith(COOKIE)
    footer = end[at : at + SECTOR_BYTES]
    kind = int.from_bytes(footer[_KIND], "big")
    return name.lower().endswith(_SUFFIXES) or kind in {_FIXED, _DYNAMIC, _DIFFERENCING} or _is_whole(footer)


@dataclass(frozen=True)
class _Footer:
    data_offset: int
    capacity_bytes: int
    kind: int
    raw: bytes


def open_vhd(source: Source) -> DiskContent:
    """The disk in a VHD. Raises: DamagedImageError, UnsupportedImageError."""
    footer = _footer(source, max(source.size_bytes - SECTOR_BYTES, 0), "its footer")
    if footer.kind == _FIXED:
        if footer.capacity_bytes > source.size_bytes - SECTOR_BYTES:
            found = f"its footer says {footer.capacity_bytes} bytes of data, it has {source.size_bytes - SECTOR_BYTES}"
            raise DamagedImageError(source.name, found)
        return RawContent(source, footer.capacity_bytes)
    if footer.kind == _DIFFERENCING:
        remedy = "merge it with its parent and give the result"
        raise UnsupportedImageError(source.name, "a differencing VHD, which needs its parent", remedy)
    if footer.kind != _DYNAMIC:
        raise DamagedImageError(source.name, f"its footer says type {footer.kind}, expected 2 (fixed) or 3 (dynamic)")
    if _footer(source, 0, "the copy of its footer").raw != footer.raw:
        raise DamagedImageError(source.name, "its footer and the copy of it at the start are not identical")
    return DynamicVhdContent(source, footer.data_offset, footer.capacity_bytes)


class DynamicVhdContent(ChunkedContent):
    """The disk in a dynamic VHD.

    The bitmap before each block tells which of its sectors were ever written. The others are zeros in the file too, as
    a block is zeroed when it is added; Hyper-V and QEMU read them as they are, and so does this.
    """

    def __init__(self, source: Source, header_offset: int, capacity_bytes: int) -> None:
        """`header_offset` is where the footer says that the header for dynamic disks is."""
        data = read_exactly(source, "its dynamic disk header", header_offset, _SPARSE_HEADER_BYTES)
        cookie, _, table, _, entries, block, checksum = _SPARSE_HEADER.unpack_from(data)
        if cookie != _SPARSE_COOKIE:
            raise DamagedImageError(source.name, f"its dynamic disk header at {header_offset} starts with {cookie!r}")
        _check_sum(source, "its dynamic disk header", data, checksum, _SPARSE_CHECKSUM_AT)
        if block < SECTOR_BYTES or block & (block - 1) or entries * block < capacity_bytes:
            found = f"its header says {entries} blocks of {block} bytes for a disk of {capacity_bytes} bytes"
            raise DamagedImageError(source.name, found)
        super().__init__(source, capacity_bytes, block, min_chunk_bytes=block)
        self._bitmap_bytes = -(-(block // SECTOR_BYTES) // (8 * SECTOR_BYTES)) * SECTOR_BYTES
        count = -(-capacity_bytes // block)
        self._table = PagedTable(source, "the block allocation table", table, count, ">I")

    def _stored(self) -> Iterator[int]:
        return (number for number, sector in enumerate(self._table) if sector != _UNALLOCATED)

    def _read_chunk(self, number: int, start: int, length: int) -> bytes:
        sector = self._table[number]
        if sector == _UNALLOCATED:
            return bytes(length)
        offset = sector * SECTOR_BYTES + self._bitmap_bytes + start
        return read_exactly(self._source, f"block {number}", offset, length)


def _footer(source: Source, offset: int, what: str) -> _Footer:
    data = read_exactly(source, what, offset, SECTOR_BYTES)
    cookie, _, _, data_offset, _, _, _, _, _, capacity, _, kind, checksum = _FOOTER.unpack_from(data)
    if cookie != COOKIE:
        raise DamagedImageError(source.name, f"{what} at {offset} starts with {cookie!r}, expected {COOKIE!r}")
    _check_sum(source, what, data, checksum, _FOOTER_CHECKSUM_AT)
    return _Footer(data_offset, capacity, kind, data)


def _check_sum(source: Source, what: str, data: bytes, stored: int, at: int) -> None:
    summed = _summed(data, at)
    if summed != stored:
        raise DamagedImageError(source.name, f"the checksum of {what} is {summed:#x}, it says {stored:#x}")


def _summed(data: bytes, at: int) -> int:
    """The complement of the sum of all bytes but the checksum's own four."""
    return ~(sum(data) - sum(data[at : at + 4])) & 0xFFFFFFFF


def _is_whole(footer: bytes) -> bool:
    at = _FOOTER_CHECKSUM_AT
    return len(footer) == SECTOR_BYTES and _summed(footer, at) == int.from_bytes(footer[at : at + 4], "big")
