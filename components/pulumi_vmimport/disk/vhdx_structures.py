"""The structures of a VHDX, parsed from bytes: headers, region tables, metadata and block allocation table.

Source: [MS-VHDX] Virtual Hard Disk v2 (VHDX) File Format,
https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-vhdx/
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

SIGNATURE = b"vhdxfile"
IDENTIFIER_BYTES = 520
_CREATOR = slice(8, IDENTIFIER_BYTES)

_KIB, _MIB = 1 << 10, 1 << 20
HEADER_OFFSETS, HEADER_BYTES = (64 * _KIB, 128 * _KIB), 4 * _KIB
REGION_TABLE_OFFSETS, REGION_TABLE_BYTES = (192 * _KIB, 256 * _KIB), 64 * _KIB
METADATA_TABLE_BYTES = 64 * _KIB
_HEADER = struct.Struct("<4sIQ16s16s16sHH")  # signature, checksum, sequence, three GUIDs, log version, version
_REGION_HEADER = struct.Struct("<4sII")  # signature, checksum, entries
_REGION = struct.Struct("<16sQII")  # GUID, offset, length, required
_METADATA_HEADER = struct.Struct("<8sHH")  # signature, reserved, entries
_METADATA_ENTRY = struct.Struct("<16sIII4x")  # GUID, offset, length, flags
_MAX_ENTRIES = 2047

BLOCK_ALLOCATION_TABLE = UUID("2dc27766-f623-4200-9d64-115e9bfd4a08")
METADATA = UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")

FILE_PARAMETERS = UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b")
DISK_SIZE = UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8")
LOGICAL_SECTOR_SIZE = UUID("8141bf1d-a96f-4709-ba47-f233a8faab5f")
PHYSICAL_SECTOR_SIZE = UUID("cda348c7-445d-4471-9cc9-e9885251c556")
ITEMS = {FILE_PARAMETERS: "<II", DISK_SIZE: "<Q", LOGICAL_SECTOR_SIZE: "<I", PHYSICAL_SECTOR_SIZE: "<I"}
"""The metadata items that describe the disk, and their forms; FILE_PARAMETERS holds block size and flags"""
LEAVE_BLOCKS_ALLOCATED, HAS_PARENT = 1, 2

_BLOCK_BYTES = range(_MIB, 256 * _MIB + 1)
_SECTOR_SIZES = frozenset({512, 4096})
_SECTORS_PER_BITMAP = 1 << 23
_STATE_MASK, _OFFSET_MASK = 7, ~(_MIB - 1)
ABSENT_STATES = frozenset({0, 1, 2, 3})  # not present, undefined, zero, unmapped
FULLY_PRESENT, PARTIALLY_PRESENT = 6, 7


@dataclass(frozen=True)
class VhdxHeader:
    """One of the two headers. The one with the higher sequence number applies."""

    sequence: int
    log_guid: bytes
    """Zeros if the log is empty"""
    version: int

    @property
    def has_pending_log(self) -> bool:
        """Whether the log holds writes that were not applied."""
        return any(self.log_guid)


@dataclass(frozen=True)
class VhdxRegion:
    """An entry of a region table."""

    guid: UUID
    offset: int
    length: int
    is_required: bool


@dataclass(frozen=True)
class MetadataEntry:
    """An entry of the metadata table. The offset counts from the start of the metadata region."""

    guid: UUID
    offset: int
    length: int


@dataclass(frozen=True)
class BlockLayout:
    """How the disk is divided into blocks, and where their entries are in the block allocation table."""

    capacity_bytes: int
    block_bytes: int
    sector_bytes: int

    @property
    def is_valid(self) -> bool:
        """Whether the format permits these sizes."""
        block = self.block_bytes
        return block in _BLOCK_BYTES and not block & (block - 1) and self.sector_bytes in _SECTOR_SIZES

    @property
    def block_count(self) -> int:
        """The number of blocks of the disk."""
        return -(-self.capacity_bytes // self.block_bytes)

    @property
    def chunk_blocks(self) -> int:
        """How many entries of blocks come before each entry of a sector bitmap."""
        return _SECTORS_PER_BITMAP * self.sector_bytes // self.block_bytes

    @property
    def entry_count(self) -> int:
        """The number of entries in the block allocation table."""
        return self.block_count + (self.block_count - 1) // self.chunk_blocks


def creator_of(identifier: bytes) -> str:
    """The program that created the file, by its first IDENTIFIER_BYTES."""
    return identifier[_CREATOR].decode("utf-16-le", "replace").split("\0", 1)[0]


def parse_header(data: bytes) -> VhdxHeader | None:
    """A header; None if its signature or checksum is wrong, or bytes are missing."""
    if len(data) < HEADER_BYTES:
        return None
    signature, checksum, sequence, _, _, log, _, version = _HEADER.unpack_from(data)
    if signature != b"head" or checksum != crc32c(data):
        return None
    return VhdxHeader(sequence, log, version)


def parse_region_table(data: bytes) -> tuple[VhdxRegion, ...] | None:
    """The entries of a region table; None if its signature, checksum or size is wrong."""
    if len(data) < REGION_TABLE_BYTES:
        return None
    signature, checksum, count = _REGION_HEADER.unpack_from(data)
    if signature != b"regi" or count > _MAX_ENTRIES or checksum != crc32c(data):
        return None
    entries = (_REGION.unpack_from(data, 16 + number * _REGION.size) for number in range(count))
    return tuple(
        VhdxRegion(UUID(bytes_le=guid), offset, length, bool(flags & 1)) for guid, offset, length, flags in entries
    )


def parse_metadata_table(data: bytes) -> Iterator[MetadataEntry] | None:
    """The entries of the metadata table that describe the disk; None if its signature or size is wrong."""
    if len(data) < METADATA_TABLE_BYTES or not data.startswith(b"metadata"):
        return None
    _, _, count = _METADATA_HEADER.unpack_from(data)
    entries = (_METADATA_ENTRY.unpack_from(data, 32 + number * 32) for number in range(min(count, _MAX_ENTRIES)))
    found = (MetadataEntry(UUID(bytes_le=guid), offset, length) for guid, offset, length, _ in entries)
    return (entry for entry in found if entry.guid in ITEMS and entry.length == struct.calcsize(ITEMS[entry.guid]))


def block_state(entry: int) -> int:
    """The state of a block, by its entry in the block allocation table."""
    return entry & _STATE_MASK


def block_offset(entry: int) -> int:
    """The offset of a block in the file, by its entry in the block allocation table."""
    return entry & _OFFSET_MASK


def crc32c(data: bytes) -> int:
    """The CRC-32C of a structure, with zeros in place of its own checksum at byte 4."""
    crc = 0xFFFFFFFF
    for byte in data[:4] + bytes(4) + data[8:]:
        crc = _CRC32C[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _crc32c_entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value


_CRC32C = tuple(map(_crc32c_entry, range(256)))
