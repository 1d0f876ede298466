"""The structures of a VHD, parsed from bytes: footer and dynamic disk header.

Source: Microsoft "Virtual Hard Disk Image Format Specification" 1.0 (2006).
"""

import struct
from dataclasses import dataclass

SECTOR_BYTES = 512
FOOTER_COOKIE, HEADER_COOKIE = b"conectix", b"cxsparse"
HEADER_BYTES = 1024
FIXED, DYNAMIC, DIFFERENCING = 2, 3, 4
KINDS = {FIXED: "fixed", DYNAMIC: "dynamic", DIFFERENCING: "differencing"}
UNALLOCATED = 2**32 - 1
"""The entry of a block that is not in the file"""

# cookie, features, version, data offset, time, creator's name, version and system, original and current size, geometry,
# type, checksum
_FOOTER = struct.Struct(">8sIIQI4sI4sQQIII")
# cookie, data offset, table offset, version, table entries, block size, checksum
_HEADER = struct.Struct(">8sQQIIII")
_FOOTER_CHECKSUM_AT, _HEADER_CHECKSUM_AT = 64, 36
_PARENT_NAME = slice(64, 576)
_SUFFIXES = (".vhd", ".vpc", ".avhd")


@dataclass(frozen=True)
class VhdFooter:
    """The footer, the last sector of the file. A dynamic VHD starts with a copy of it."""

    cookie: bytes
    header_offset: int
    creator: bytes
    capacity_bytes: int
    type: int
    stated_checksum: int
    checksum: int
    """As calculated from the bytes"""
    data: bytes

    @classmethod
    def parse(cls, data: bytes) -> "VhdFooter":
        """The footer in a sector."""
        cookie, _, _, offset, _, creator, _, _, _, capacity, _, kind, stated = _FOOTER.unpack_from(data)
        return cls(cookie, offset, creator, capacity, kind, stated, _checksum(data, _FOOTER_CHECKSUM_AT), data)


@dataclass(frozen=True)
class DynamicDiskHeader:
    """The header of a dynamic or differencing VHD."""

    cookie: bytes
    table_offset: int
    table_entries: int
    block_bytes: int
    parent_name: str
    stated_checksum: int
    checksum: int
    """As calculated from the bytes"""

    @classmethod
    def parse(cls, data: bytes) -> "DynamicDiskHeader":
        """The header in its HEADER_BYTES."""
        cookie, _, offset, _, entries, block, stated = _HEADER.unpack_from(data)
        parent = data[_PARENT_NAME].decode("utf-16-be", "replace").split("\0", 1)[0]
        return cls(cookie, offset, entries, block, parent, stated, _checksum(data, _HEADER_CHECKSUM_AT))

    @property
    def bitmap_bytes(self) -> int:
        """The size of the sector bitmap in front of each block."""
        return -(-(self.block_bytes // SECTOR_BYTES) // (8 * SECTOR_BYTES)) * SECTOR_BYTES

    def can_hold(self, capacity_bytes: int) -> bool:
        """Whether the block size is valid, and the table has an entry for every block of the disk."""
        block = self.block_bytes
        return block >= SECTOR_BYTES and not block & (block - 1) and self.table_entries * block >= capacity_bytes


def is_vhd(name: str, start: bytes, end: bytes) -> bool:
    """Whether a file with this name, first sector and end is a VHD, possibly a damaged one.

    A cookie at the end may be a remnant of the previous content of a disk. It counts only together with a valid
    checksum, a known disk type, a copy of the footer at the start, or the file name.
    """
    at = end.rfind(FOOTER_COOKIE)
    if start.startswith(FOOTER_COOKIE) or at < 0:
        return start.startswith(FOOTER_COOKIE)
    sector = end[at : at + SECTOR_BYTES]
    footer = VhdFooter.parse(sector.ljust(SECTOR_BYTES, b"\0"))
    is_whole = len(sector) == SECTOR_BYTES and footer.checksum == footer.stated_checksum
    return name.lower().endswith(_SUFFIXES) or footer.type in KINDS or is_whole


def _checksum(data: bytes, at: int) -> int:
    """The complement of the sum of all bytes except the four of the checksum."""
    return ~(sum(data) - sum(data[at : at + 4])) & 0xFFFFFFFF
