"""The content of a fixed or dynamic VHD."""

from collections.abc import Iterator

from pulumi_vmimport.disk.disk_content import ChunkedContent, DiskContent, PagedTable, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DamagedImageError, UnsupportedImageError
from pulumi_vmimport.disk.raw_content import RawContent
from pulumi_vmimport.disk.vhd_structures import (
    DIFFERENCING,
    DYNAMIC,
    FIXED,
    FOOTER_COOKIE,
    HEADER_BYTES,
    HEADER_COOKIE,
    SECTOR_BYTES,
    UNALLOCATED,
    DynamicDiskHeader,
    VhdFooter,
)
from pulumi_vmimport.shown_value import shown_bytes


def open_vhd(source: Source) -> DiskContent:
    """The content of a VHD. Raises: DamagedImageError, UnsupportedImageError."""
    footer = _read_footer(source, max(source.size_bytes - SECTOR_BYTES, 0), "its footer")
    if footer.type == FIXED:
        data_bytes = source.size_bytes - SECTOR_BYTES
        if footer.capacity_bytes > data_bytes:
            found = f"its footer states {footer.capacity_bytes} bytes of data, the file has {data_bytes}"
            raise DamagedImageError(source.name, found)
        return RawContent(source, footer.capacity_bytes)
    if footer.type == DIFFERENCING:
        remedy = "merge it with its parent and use the result"
        raise UnsupportedImageError(source.name, "a differencing VHD, which requires its parent", remedy)
    if footer.type != DYNAMIC:
        found = f"its footer states type {footer.type}, expected {FIXED} (fixed) or {DYNAMIC} (dynamic)"
        raise DamagedImageError(source.name, found)
    if _read_footer(source, 0, "the copy of its footer").data != footer.data:
        raise DamagedImageError(source.name, "its footer and the copy at the start are not identical")
    return DynamicVhdContent(source, footer.header_offset, footer.capacity_bytes)


class DynamicVhdContent(ChunkedContent):
    """The content of a dynamic VHD.

    The bitmap in front of a block records which of its sectors were written. The others are zeros in the file, because
    a new block is zeroed. Hyper-V and QEMU ignore the bitmap, and so does this class.
    """

    def __init__(self, source: Source, header_offset: int, capacity_bytes: int) -> None:
        """`header_offset` is the offset of the dynamic disk header."""
        what = "its dynamic disk header"
        header = DynamicDiskHeader.parse(read_exactly(source, what, header_offset, HEADER_BYTES))
        if header.cookie != HEADER_COOKIE:
            raise DamagedImageError(source.name, f"{what} at {header_offset} starts with {shown_bytes(header.cookie)}")
        _require_checksum(source, what, header)
        if not header.can_hold(capacity_bytes):
            blocks = f"{header.table_entries} blocks of {header.block_bytes} bytes"
            raise DamagedImageError(source.name, f"{what} states {blocks} for a disk of {capacity_bytes} bytes")
        super().__init__(source, capacity_bytes, header.block_bytes, min_chunk_bytes=header.block_bytes)
        self._bitmap_bytes = header.bitmap_bytes
        count = -(-capacity_bytes // header.block_bytes)
        self._table = PagedTable(source, "the block allocation table", header.table_offset, count, ">I")

    def _stored_chunks(self) -> Iterator[int]:
        return (number for number, sector in enumerate(self._table) if sector != UNALLOCATED)

    def _read_chunk(self, number: int, start: int, length: int) -> bytes:
        sector = self._table[number]
        if sector == UNALLOCATED:
            return bytes(length)
        offset = sector * SECTOR_BYTES + self._bitmap_bytes + start
        return read_exactly(self._source, f"block {number}", offset, length)


def _read_footer(source: Source, offset: int, what: str) -> VhdFooter:
    footer = VhdFooter.parse(read_exactly(source, what, offset, SECTOR_BYTES))
    if footer.cookie != FOOTER_COOKIE:
        found = f"{what} at {offset} starts with {shown_bytes(footer.cookie)}, expected {shown_bytes(FOOTER_COOKIE)}"
        raise DamagedImageError(source.name, found)
    _require_checksum(source, what, footer)
    return footer


def _require_checksum(source: Source, what: str, structure: VhdFooter | DynamicDiskHeader) -> None:
    if structure.checksum != structure.stated_checksum:
        checksums = f"expected {structure.stated_checksum:#x}, got {structure.checksum:#x}"
        raise DamagedImageError(source.name, f"the checksum of {what} is wrong: {checksums}")
