"""The facts of a VHDX.

Source: [MS-VHDX] Virtual Hard Disk v2 (VHDX) File Format,
https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-vhdx/
"""

import struct
from collections.abc import Iterator, Mapping
from itertools import islice
from uuid import UUID

from pulumi_vmimport.disk.disk_content import MAX_DISK_BYTES, PagedTable, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection.block_table_check import MAX_ENTRIES, check_blocks
from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection, damage_of
from pulumi_vmimport.disk.inspection.facts import VhdxFacts
from pulumi_vmimport.disk.inspection.printable import printable
from pulumi_vmimport.disk.vhdx_content import VhdxContent, crc32c_without

_KIB, _MIB = 1 << 10, 1 << 20
_CREATOR = slice(8, 520)
_HEADERS_AT, _HEADER_BYTES = (64 * _KIB, 128 * _KIB), 4 * _KIB
_REGIONS_AT, _REGION_TABLE_BYTES = (192 * _KIB, 256 * _KIB), 64 * _KIB
_HEADER = struct.Struct("<4sIQ16s16s16sHH")  # signature, checksum, sequence, three GUIDs, log version, version
_REGION_HEADER = struct.Struct("<4sII")  # signature, checksum, entries
_REGION = struct.Struct("<16sQII")  # GUID, offset, length, required
_METADATA_ENTRY = struct.Struct("<16sIII4x")  # GUID, offset, length, flags
_METADATA_TABLE_BYTES = 64 * _KIB
_MAX_ENTRIES = 2047
_BAT, _METADATA = UUID("2dc27766-f623-4200-9d64-115e9bfd4a08"), UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")
_FILE_PARAMETERS = UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b")
_DISK_SIZE = UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8")
_LOGICAL_SECTOR = UUID("8141bf1d-a96f-4709-ba47-f233a8faab5f")
_PHYSICAL_SECTOR = UUID("cda348c7-445d-4471-9cc9-e9885251c556")
_ITEMS = {_FILE_PARAMETERS: "<II", _DISK_SIZE: "<Q", _LOGICAL_SECTOR: "<I", _PHYSICAL_SECTOR: "<I"}
_LEAVE_ALLOCATED, _HAS_PARENT = 1, 2
_BLOCK_BYTES = range(_MIB, 256 * _MIB + 1)
_SECTORS_A_BITMAP = 1 << 23
_STATE_MASK, _OFFSET_MASK = 7, ~(_MIB - 1)
_STORED_STATES = frozenset({6, 7})  # wholly, and partly present


def inspect_vhdx(source: Source) -> ContainerInspection:
    """The facts and the disk of a VHDX. Raises: what the source raises."""
    inspected = ContainerInspection()
    creator = source.read_at(0, 520)[_CREATOR].decode("utf-16-le", "replace").split("\0", 1)[0]
    logs = _logs(source)
    if not logs:
        inspected.damaged("header", "neither of the two has the right checksum")
    tables = [regions for at in _REGIONS_AT if (regions := _regions(source, at)) is not None]
    if not tables:
        inspected.damaged("region table", "neither of the two has the right checksum")
    items = _items(source, inspected, tables[0]) if tables else {}
    block, flags = items.get(_FILE_PARAMETERS, (None, None))
    inspected.vhdx = VhdxFacts(
        creator=printable(creator) or None,
        valid_headers=len(logs),
        valid_region_tables=len(tables),
        log_is_pending=any(max(logs)[1]) if logs else None,
        block_bytes=block,
        physical_sector_bytes=items.get(_PHYSICAL_SECTOR, (None,))[0],
        is_fixed=None if flags is None else bool(flags & _LEAVE_ALLOCATED),
        has_parent=None if flags is None else bool(flags & _HAS_PARENT),
    )
    (capacity,) = items.get(_DISK_SIZE, (None,))
    if capacity is not None and not 0 < capacity <= MAX_DISK_BYTES:
        inspected.damaged("metadata", f"it says a capacity of {capacity} bytes")
        capacity = None
    inspected.capacity_bytes = capacity
    (sector,) = items.get(_LOGICAL_SECTOR, (None,))
    if block is not None and sector is not None and capacity is not None:
        _check_blocks(source, inspected, tables[0], (capacity, block, sector))
    inspected.open(lambda: VhdxContent(source))
    return inspected


def _logs(source: Source) -> list[tuple[int, bytes]]:
    """(sequence number, GUID of the log) of the headers whose checksum is right."""
    found = []
    for at in _HEADERS_AT:
        data = source.read_at(at, _HEADER_BYTES)
        if len(data) == _HEADER_BYTES:
            signature, checksum, sequence, _, _, log, _, _ = _HEADER.unpack_from(data)
            if signature == b"head" and checksum == crc32c_without(data):
                found.append((sequence, log))
    return found


def _regions(source: Source, at: int) -> Mapping[UUID, tuple[int, int]] | None:
    """(offset, length) of the regions; None when the checksum of the table is wrong."""
    data = source.read_at(at, _REGION_TABLE_BYTES)
    if len(data) < _REGION_TABLE_BYTES:
        return None
    signature, checksum, count = _REGION_HEADER.unpack_from(data)
    if signature != b"regi" or count > _MAX_ENTRIES or checksum != crc32c_without(data):
        return None
    entries = (_REGION.unpack_from(data, 16 + number * _REGION.size) for number in range(count))
    return {UUID(bytes_le=guid): (offset, length) for guid, offset, length, _ in entries}


def _items(
    source: Source, inspected: ContainerInspection, regions: Mapping[UUID, tuple[int, int]]
) -> dict[UUID, tuple[int, ...]]:
    """The items of the metadata that describe the disk, as far as they are there."""
    if _METADATA not in regions:
        inspected.damaged("region table", "it has no metadata")
        return {}
    offset, _ = regions[_METADATA]
    found = {}
    try:
        data = read_exactly(source, "the metadata table", offset, _METADATA_TABLE_BYTES)
        if not data.startswith(b"metadata"):
            inspected.damaged("metadata", f"it starts with {data[:8]!r} at {offset}")
            return {}
        for number in range(min(int.from_bytes(data[10:12], "little"), _MAX_ENTRIES)):
            guid, at, size, _ = _METADATA_ENTRY.unpack_from(data, 32 + number * 32)
            item = UUID(bytes_le=guid)
            kind = _ITEMS.get(item)
            if kind is not None and item not in found and size == struct.calcsize(kind):
                found[item] = struct.unpack(kind, read_exactly(source, "a metadata item", offset + at, size))
    except DiskImageError as error:
        inspected.damage.append(damage_of("metadata", error))
    return found


def _check_blocks(
    source: Source, inspected: ContainerInspection, regions: Mapping[UUID, tuple[int, int]], disk: tuple[int, int, int]
) -> None:
    capacity, block, sector = disk
    if block not in _BLOCK_BYTES or block & (block - 1) or sector not in {512, 4096}:
        inspected.damaged("metadata", f"it says blocks of {block} and sectors of {sector} bytes")
        return
    if _BAT not in regions:
        inspected.damaged("region table", "it has no block allocation table")
        return
    ratio = _SECTORS_A_BITMAP * sector // block
    count = -(-capacity // block)

    def blocks(found: PagedTable) -> Iterator[tuple[int, int]]:
        for index, entry in enumerate(islice(found, MAX_ENTRIES)):
            # After each `ratio` blocks stands an entry of their bitmap.
            number = index - index // (ratio + 1)
            if entry & _STATE_MASK in _STORED_STATES and index % (ratio + 1) != ratio:
                yield number, (entry & _OFFSET_MASK) + min(block, capacity - number * block)

    offset, length = regions[_BAT]
    entries = count + (count - 1) // ratio
    if entries * 8 > length:
        inspected.damaged("block allocation table", f"it has {length} bytes for {entries} entries")
        return
    check_blocks(
        source, inspected, lambda: PagedTable(source, "the block allocation table", offset, entries, "<Q"), blocks
    )
