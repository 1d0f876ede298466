"""The content of a fixed or dynamic VHDX whose log is empty."""

import struct
from collections.abc import Iterator, Mapping
from uuid import UUID

from pulumi_vmimport.disk.disk_content import ChunkedContent, PagedTable, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DamagedImageError, UnsupportedImageError
from pulumi_vmimport.disk.vhdx_structures import (
    ABSENT_STATES,
    BLOCK_ALLOCATION_TABLE,
    DISK_SIZE,
    FILE_PARAMETERS,
    FULLY_PRESENT,
    HAS_PARENT,
    HEADER_BYTES,
    HEADER_OFFSETS,
    ITEMS,
    LOGICAL_SECTOR_SIZE,
    METADATA,
    METADATA_TABLE_BYTES,
    REGION_TABLE_BYTES,
    REGION_TABLE_OFFSETS,
    BlockLayout,
    VhdxRegion,
    block_offset,
    block_state,
    parse_header,
    parse_metadata_table,
    parse_region_table,
)
from pulumi_vmimport.shown_value import shown_bytes

_REQUIRED_ITEMS = frozenset({FILE_PARAMETERS, DISK_SIZE, LOGICAL_SECTOR_SIZE})


class VhdxContent(ChunkedContent):
    """The content of a VHDX."""

    def __init__(self, source: Source) -> None:
        """Reads headers, region table and metadata. Raises: DamagedImageError, UnsupportedImageError."""
        _require_empty_log(source)
        regions = _read_regions(source)
        items = _read_metadata(source, regions[METADATA])
        block, flags = items[FILE_PARAMETERS]
        layout = BlockLayout(items[DISK_SIZE][0], block, items[LOGICAL_SECTOR_SIZE][0])
        self.sector_bytes = layout.sector_bytes
        if flags & HAS_PARENT:
            remedy = "merge it with its parent and use the result"
            raise UnsupportedImageError(source.name, "a differencing VHDX, which requires its parent", remedy)
        if not layout.is_valid:
            found = f"its metadata states blocks of {block} and sectors of {layout.sector_bytes} bytes"
            raise DamagedImageError(source.name, found)
        super().__init__(source, layout.capacity_bytes, block, min_chunk_bytes=block)
        self._layout = layout
        table = regions[BLOCK_ALLOCATION_TABLE]
        entries = layout.entry_count
        if entries * 8 > table.length:
            found = f"its block allocation table has {table.length} bytes for {entries} entries"
            raise DamagedImageError(source.name, found)
        self._table = PagedTable(source, "the block allocation table", table.offset, entries, "<Q")

    def _stored_chunks(self) -> Iterator[int]:
        return (number for number in range(self._layout.block_count) if self._offset(number) is not None)

    def _read_chunk(self, number: int, start: int, length: int) -> bytes:
        offset = self._offset(number)
        if offset is None:
            return bytes(length)
        return read_exactly(self._source, f"block {number}", offset + start, length)

    def _offset(self, number: int) -> int | None:
        """The offset of a block in the file; None if it holds zeros."""
        entry = self._table[number + number // self._layout.chunk_blocks]
        state = block_state(entry)
        if state in ABSENT_STATES:
            return None
        if state != FULLY_PRESENT:
            raise DamagedImageError(self._source.name, f"block {number} has state {state}")
        return block_offset(entry)


def _require_empty_log(source: Source) -> None:
    """The newer header states whether the log holds writes that were not applied."""
    parsed = (parse_header(read_exactly(source, "a header", offset, HEADER_BYTES)) for offset in HEADER_OFFSETS)
    headers = [header for header in parsed if header is not None and header.version == 1]
    if not headers:
        raise DamagedImageError(source.name, "neither of its two headers has a valid checksum")
    newest = max(headers, key=lambda header: (header.sequence, header.log_guid))
    if newest.has_pending_log:
        remedy = "open it once in Hyper-V, or run `qemu-img check -r all IMAGE`, which applies them"
        raise UnsupportedImageError(source.name, "a VHDX whose log holds writes that were not applied", remedy)


def _read_regions(source: Source) -> Mapping[UUID, VhdxRegion]:
    for offset in REGION_TABLE_OFFSETS:
        table = parse_region_table(read_exactly(source, "a region table", offset, REGION_TABLE_BYTES))
        if table is not None:
            break
    else:
        raise DamagedImageError(source.name, "neither of its two region tables has a valid checksum")
    regions = {region.guid: region for region in table}
    for region in table:
        if region.is_required and region.guid not in {BLOCK_ALLOCATION_TABLE, METADATA}:
            raise DamagedImageError(source.name, f"it requires the unknown region {region.guid}")
    if missing := {BLOCK_ALLOCATION_TABLE, METADATA} - regions.keys():
        raise DamagedImageError(source.name, f"its region table lacks {', '.join(map(str, missing))}")
    return regions


def _read_metadata(source: Source, region: VhdxRegion) -> Mapping[UUID, tuple[int, ...]]:
    """The items that describe the disk."""
    size = min(region.length, METADATA_TABLE_BYTES)
    data = read_exactly(source, "the metadata table", region.offset, size)
    entries = parse_metadata_table(data)
    if entries is None:
        raise DamagedImageError(
            source.name, f"its metadata of {region.length} bytes starts with {shown_bytes(data[:8])}"
        )
    items: dict[UUID, tuple[int, ...]] = {}
    for entry in (entry for entry in entries if entry.guid in _REQUIRED_ITEMS):
        item = read_exactly(source, f"metadata item {entry.guid}", region.offset + entry.offset, entry.length)
        items[entry.guid] = struct.unpack(ITEMS[entry.guid], item)
    if missing := _REQUIRED_ITEMS - items.keys():
        raise DamagedImageError(source.name, f"its metadata lacks {', '.join(map(str, missing))}")
    return items
