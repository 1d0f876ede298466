"""The facts of a VHDX, including a damaged one.

Source: [MS-VHDX] Virtual Hard Disk v2 (VHDX) File Format,
https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-vhdx/
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from uuid import UUID

from pulumi_vmimport.disk.disk_content import MAX_DISK_BYTES, PagedTable, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection.block_table_check import MAX_ENTRIES, check_blocks
from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection, damage_of
from pulumi_vmimport.disk.inspection.facts import VhdxFacts
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.disk.vhdx_content import VhdxContent
from pulumi_vmimport.disk.vhdx_structures import (
    BLOCK_ALLOCATION_TABLE,
    DISK_SIZE,
    FILE_PARAMETERS,
    FULLY_PRESENT,
    HAS_PARENT,
    HEADER_BYTES,
    HEADER_OFFSETS,
    IDENTIFIER_BYTES,
    ITEMS,
    LEAVE_BLOCKS_ALLOCATED,
    LOGICAL_SECTOR_SIZE,
    METADATA,
    METADATA_TABLE_BYTES,
    PARTIALLY_PRESENT,
    PHYSICAL_SECTOR_SIZE,
    REGION_TABLE_BYTES,
    REGION_TABLE_OFFSETS,
    BlockLayout,
    VhdxHeader,
    VhdxRegion,
    block_offset,
    block_state,
    creator_of,
    parse_header,
    parse_metadata_table,
    parse_region_table,
)
from pulumi_vmimport.shown_value import shown_bytes

Items = Mapping[UUID, tuple[int, ...]]
_STORED_STATES = frozenset({FULLY_PRESENT, PARTIALLY_PRESENT})


def inspect_vhdx(source: Source) -> ContainerInspection:
    """The facts and the content of a VHDX. Raises: what the source raises."""
    inspected = ContainerInspection()
    creator = creator_of(source.read_at(0, IDENTIFIER_BYTES))
    parsed_headers = (parse_header(source.read_at(offset, HEADER_BYTES)) for offset in HEADER_OFFSETS)
    headers = [header for header in parsed_headers if header is not None]
    if not headers:
        inspected.add_damage("header", "neither of the two has a valid checksum")
    parsed_tables = (parse_region_table(source.read_at(at, REGION_TABLE_BYTES)) for at in REGION_TABLE_OFFSETS)
    tables = [table for table in parsed_tables if table is not None]
    if not tables:
        inspected.add_damage("region table", "neither of the two has a valid checksum")
    regions = {region.guid: region for region in tables[0]} if tables else {}
    items = _read_items(source, inspected, regions) if tables else {}
    inspected.vhdx = _facts(creator, headers, len(tables), items)
    _check_disk(source, inspected, regions, items)
    inspected.open_content(lambda: VhdxContent(source))
    return inspected


def _facts(creator: str, headers: Sequence[VhdxHeader], tables: int, items: Items) -> VhdxFacts:
    block, flags = items.get(FILE_PARAMETERS, (None, None))
    newest = max(headers, key=lambda header: (header.sequence, header.log_guid), default=None)
    return VhdxFacts(
        creator=printable(creator) or None,
        valid_headers=len(headers),
        valid_region_tables=tables,
        log_is_pending=newest.has_pending_log if newest else None,
        block_bytes=block,
        physical_sector_bytes=items.get(PHYSICAL_SECTOR_SIZE, (None,))[0],
        is_fixed=None if flags is None else bool(flags & LEAVE_BLOCKS_ALLOCATED),
        has_parent=None if flags is None else bool(flags & HAS_PARENT),
    )


def _read_items(source: Source, inspected: ContainerInspection, regions: Mapping[UUID, VhdxRegion]) -> Items:
    """The metadata items that describe the disk, as far as they are readable."""
    if METADATA not in regions:
        inspected.add_damage("region table", "it has no metadata")
        return {}
    offset = regions[METADATA].offset
    items: dict[UUID, tuple[int, ...]] = {}
    try:
        data = read_exactly(source, "the metadata table", offset, METADATA_TABLE_BYTES)
        entries = parse_metadata_table(data)
        if entries is None:
            inspected.add_damage("metadata", f"it starts with {shown_bytes(data[:8])} at {offset}")
            return {}
        for entry in entries:
            if entry.guid not in items:
                item = read_exactly(source, "a metadata item", offset + entry.offset, entry.length)
                items[entry.guid] = struct.unpack(ITEMS[entry.guid], item)
    except DiskImageError as error:
        inspected.damage.append(damage_of("metadata", error))
    return items


def _check_disk(
    source: Source, inspected: ContainerInspection, regions: Mapping[UUID, VhdxRegion], items: Items
) -> None:
    (capacity,) = items.get(DISK_SIZE, (None,))
    if capacity is not None and not 0 < capacity <= MAX_DISK_BYTES:
        inspected.add_damage("metadata", f"it states a capacity of {capacity} bytes")
        return
    inspected.capacity_bytes = capacity
    block, sector = items.get(FILE_PARAMETERS, (None,))[0], items.get(LOGICAL_SECTOR_SIZE, (None,))[0]
    if capacity is None or block is None or sector is None:
        return
    layout = BlockLayout(capacity, block, sector)
    if not layout.is_valid:
        inspected.add_damage("metadata", f"it states blocks of {block} and sectors of {sector} bytes")
    elif BLOCK_ALLOCATION_TABLE not in regions:
        inspected.add_damage("region table", "it has no block allocation table")
    else:
        _check_blocks(source, inspected, regions[BLOCK_ALLOCATION_TABLE], layout)


def _check_blocks(source: Source, inspected: ContainerInspection, region: VhdxRegion, layout: BlockLayout) -> None:
    ratio, block, entries = layout.chunk_blocks, layout.block_bytes, layout.entry_count
    if entries * 8 > region.length:
        inspected.add_damage("block allocation table", f"it has {region.length} bytes for {entries} entries")
        return

    def blocks(table: PagedTable) -> Iterator[tuple[int, int]]:
        for index, entry in enumerate(islice(table, MAX_ENTRIES)):
            number = index - index // (ratio + 1)
            is_bitmap = index % (ratio + 1) == ratio
            if block_state(entry) in _STORED_STATES and not is_bitmap:
                yield number, block_offset(entry) + min(block, layout.capacity_bytes - number * block)

    def open_table() -> PagedTable:
        return PagedTable(source, "the block allocation table", region.offset, entries, "<Q")

    check_blocks(source, inspected, open_table, blocks)
