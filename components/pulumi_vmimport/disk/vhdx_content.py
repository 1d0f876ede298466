"""The disk in a VHDX: fixed or dynamic, closed properly.

Source: [MS-VHDX] Virtual Hard Disk v2 (VHDX) File Format,
https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-vhdx/
"""

import struct
from collections.abc import Iterator, Mapping
from uuid import UUID

from pulumi_vmimport.disk.disk_content import ChunkedContent, PagedTable, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DamagedImageError, UnsupportedImageError

SIGNATURE = b"vhdxfile"

_KIB, _MIB = 1 << 10, 1 << 20
_HEADERS_AT, _HEADER_BYTES = (64 * _KIB, 128 * _KIB), 4 * _KIB
_REGIONS_AT, _REGION_TABLE_BYTES = (192 * _KIB, 256 * _KIB), 64 * _KIB
_HEADER = struct.Struct("<4sIQ16s16s16sHH")  # signature, checksum, sequence, three GUIDs, log version, version
_REGION_HEADER = struct.Struct("<4sII")  # signature, checksum, entries
_REGION = struct.Struct("<16sQII")  # GUID, offset, length, required
_METADATA_HEADER = struct.Struct("<8sHH")  # signature, reserved, entries
_METADATA_ENTRY = struct.Struct("<16sIII4x")  # GUID, offset, length, flags
_METADATA_TABLE_BYTES = 64 * _KIB
_MAX_ENTRIES = 2047

_BAT, _METADATA = UUID("2dc27766-f623-4200-9d64-115e9bfd4a08"), UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")
_FILE_PARAMETERS = UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b")
_DISK_SIZE = UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8")
_SECTOR_SIZE = UUID("8141bf1d-a96f-4709-ba47-f233a8faab5f")
_HAS_PARENT = 2

_BLOCK_BYTES = range(_MIB, 256 * _MIB + 1)
_SECTORS_A_BITMAP = 1 << 23
_ABSENT_STATES, _PRESENT = frozenset({0, 1, 2, 3}), 6  # not present, undefined, zero, unmapped
_STATE_MASK, _OFFSET_MASK = 7, ~(_MIB - 1)


class VhdxContent(ChunkedContent):
    """The disk in a VHDX."""

    def __init__(self, source: Source) -> None:
        """Reads headers, region table and metadata. Raises: DamagedImageError, UnsupportedImageError."""
        _refuse_pending_log(source)
        regions = _regions(source)
        items = _metadata(source, *regions[_METADATA])
        block, flags = struct.unpack("<II", items[_FILE_PARAMETERS])
        (capacity,) = struct.unpack("<Q", items[_DISK_SIZE])
        (self.sector_bytes,) = struct.unpack("<I", items[_SECTOR_SIZE])
        if flags & _HAS_PARENT:
            remedy = "merge it with its parent and give the result"
            raise UnsupportedImageError(source.name, "a differencing VHDX, which needs its parent", remedy)
        if block not in _BLOCK_BYTES or block & (block - 1) or self.sector_bytes not in {512, 4096}:
            found = f"its metadata says blocks of {block} and sectors of {self.sector_bytes} bytes"
            raise DamagedImageError(source.name, found)
        super().__init__(source, capacity, block, min_chunk_bytes=block)
        self._ratio = _SECTORS_A_BITMAP * self.sector_bytes // block
        self._blocks = -(-capacity // block)
        offset, length = regions[_BAT]
        entries = self._blocks + (self._blocks - 1) // self._ratio
        if entries * 8 > length:
            raise DamagedImageError(source.name, f"its block allocation table has {length} bytes for {entries} entries")
        self._table = PagedTable(source, "the block allocation table", offset, entries, "<Q")

    def _stored(self) -> Iterator[int]:
        return (number for number in range(self._blocks) if self._offset(number) is not None)

    def _read_chunk(self, number: int, start: int, length: int) -> bytes:
        offset = self._offset(number)
        if offset is None:
            return bytes(length)
        return read_exactly(self._source, f"block {number}", offset + start, length)

    def _offset(self, number: int) -> int | None:
        """Where a block is, or None for one of zeros. After each `_ratio` blocks stands an entry of their bitmap."""
        entry = self._table[number + number // self._ratio]
        state = entry & _STATE_MASK
        if state in _ABSENT_STATES:
            return None
        if state != _PRESENT:
            raise DamagedImageError(self._source.name, f"block {number} has state {state}")
        return entry & _OFFSET_MASK


def _refuse_pending_log(source: Source) -> None:
    """The newer of the two headers tells whether changes still stand in the log alone."""
    newest: tuple[int, bytes] | None = None
    for offset in _HEADERS_AT:
        data = read_exactly(source, "a header", offset, _HEADER_BYTES)
        signature, checksum, sequence, _, _, log, _, version = _HEADER.unpack_from(data)
        if signature == b"head" and version == 1 and checksum == crc32c_without(data):
            newest = max(newest or (-1, b""), (sequence, log))
    if newest is None:
        raise DamagedImageError(source.name, "neither of its two headers has the right checksum")
    if any(newest[1]):
        remedy = "open it once in Hyper-V, or run qemu-img check -r all, which writes them"
        raise UnsupportedImageError(source.name, "a VHDX that was not closed: changes stand in its log", remedy)


def _regions(source: Source) -> Mapping[UUID, tuple[int, int]]:
    """(offset, length) of block allocation table and metadata."""
    for at in _REGIONS_AT:
        data = read_exactly(source, "a region table", at, _REGION_TABLE_BYTES)
        signature, checksum, count = _REGION_HEADER.unpack_from(data)
        if signature == b"regi" and count <= _MAX_ENTRIES and checksum == crc32c_without(data):
            break
    else:
        raise DamagedImageError(source.name, "neither of its two region tables has the right checksum")
    found = {}
    for number in range(count):
        guid, offset, length, required = _REGION.unpack_from(data, 16 + number * _REGION.size)
        region = UUID(bytes_le=guid)
        if required & 1 and region not in {_BAT, _METADATA}:
            raise DamagedImageError(source.name, f"it needs a region {region} that the format does not have")
        found[region] = offset, length
    if missing := {_BAT, _METADATA} - found.keys():
        raise DamagedImageError(source.name, f"its region table lacks {', '.join(map(str, missing))}")
    return found


def _metadata(source: Source, offset: int, length: int) -> Mapping[UUID, bytes]:
    """The items that describe the disk."""
    data = read_exactly(source, "the metadata table", offset, min(length, _METADATA_TABLE_BYTES))
    wanted = {_FILE_PARAMETERS: 8, _DISK_SIZE: 8, _SECTOR_SIZE: 4}
    if len(data) < _METADATA_TABLE_BYTES or not data.startswith(b"metadata"):
        raise DamagedImageError(source.name, f"its metadata of {length} bytes starts with {data[:8]!r}")
    _, _, count = _METADATA_HEADER.unpack_from(data)
    found = {}
    for number in range(min(count, _MAX_ENTRIES)):
        guid, at, size, _ = _METADATA_ENTRY.unpack_from(data, 32 + number * 32)
        if wanted.get(item := UUID(bytes_le=guid)) == size:
            found[item] = read_exactly(source, f"metadata item {item}", offset + at, size)
    if missing := wanted.keys() - found.keys():
        raise DamagedImageError(source.name, f"its metadata lacks {', '.join(map(str, missing))}")
    return found


def crc32c_without(data: bytes) -> int:
    """CRC-32C of a structure whose own checksum, at byte 4, counts as zeros."""
    crc = 0xFFFFFFFF
    for byte in data[:4] + bytes(4) + data[8:]:
        crc = _CRC32C[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _crc32c_entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value


_CRC32C = tuple(map(_crc32c_entry, range(256)))
