"""The facts of a VHD, including a damaged one.

Source: Microsoft "Virtual Hard Disk Image Format Specification" 1.0 (2006).
"""

from collections.abc import Iterator
from itertools import islice

from pulumi_vmimport.disk.disk_content import MAX_DISK_BYTES, PagedTable, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection.block_table_check import MAX_ENTRIES, check_blocks
from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection, damage_of
from pulumi_vmimport.disk.inspection.facts import FOOTER_MISSING, VhdFacts
from pulumi_vmimport.disk.inspection.source_views import SourceSlice
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.disk.vhd_content import open_vhd
from pulumi_vmimport.disk.vhd_structures import (
    DIFFERENCING,
    FIXED,
    FOOTER_COOKIE,
    HEADER_BYTES,
    HEADER_COOKIE,
    KINDS,
    SECTOR_BYTES,
    UNALLOCATED,
    DynamicDiskHeader,
    VhdFooter,
)

_END_BYTES = 2 * SECTOR_BYTES  # the footer is searched here: in the last sector, and in front of appended bytes
_HEADER = "dynamic disk header"


def inspect_vhd(source: Source) -> ContainerInspection:
    """The facts and the content of a VHD. Raises: what the source raises."""
    inspected = ContainerInspection()
    start = source.read_at(0, SECTOR_BYTES)
    source = _up_to_footer(source, inspected)
    end = source.read_at(max(source.size_bytes - SECTOR_BYTES, 0), SECTOR_BYTES)
    copy = start if _is_footer(start) else None
    last = end if _is_footer(end) and source.size_bytes > SECTOR_BYTES else None
    if last is None:
        inspected.add_damage("footer", _missing_footer(end))
    data = last or copy
    if data is None:  # a part of a VHD
        inspected.vhd = VhdFacts("unknown", "", None, None, None, None, None)
        return inspected
    footer = VhdFooter.parse(data)
    identical = None if footer.type == FIXED else last is not None and copy == last
    _check_footer(inspected, footer)
    if identical is False and last is not None:
        inspected.add_damage("footer", "the copy at the start is not identical")
    header = None
    if footer.type in KINDS and footer.type != FIXED:
        header = _read_header(source, inspected, footer.header_offset)
    inspected.vhd = _facts(footer, header, identical)
    if header and inspected.capacity_bytes:
        _check_blocks(source, inspected, header, inspected.capacity_bytes)
    if last is not None:
        inspected.open_content(lambda: open_vhd(source))
    return inspected


def _is_footer(sector: bytes) -> bool:
    return sector.startswith(FOOTER_COOKIE) and len(sector) == SECTOR_BYTES


def _up_to_footer(source: Source, inspected: ContainerInspection) -> Source:
    """The file without the bytes that were appended to it."""
    first = max(source.size_bytes - _END_BYTES, SECTOR_BYTES)
    end = source.read_at(first, _END_BYTES)
    at = end.rfind(FOOTER_COOKIE)
    appended = len(end) - at - SECTOR_BYTES
    if at < 0 or appended <= 0:
        return source
    inspected.add_damage("footer", f"{appended} bytes follow it")
    return SourceSlice(source, source.name, 0, source.size_bytes - appended)


def _missing_footer(end: bytes) -> str:
    if end.startswith(FOOTER_COOKIE, 1):  # without its last byte, a zero
        return "it has 511 bytes, as Virtual PC wrote it before 2004: append a zero byte to the file"
    found = f"the last sector starts with {end[:8].hex(' ')}, expected the cookie conectix"
    return f"{found}: {FOOTER_MISSING}"


def _check_footer(inspected: ContainerInspection, footer: VhdFooter) -> None:
    if footer.checksum != footer.stated_checksum:
        inspected.add_damage("footer", "the checksum does not match")
    if 0 < footer.capacity_bytes <= MAX_DISK_BYTES:
        inspected.capacity_bytes = footer.capacity_bytes
    else:
        inspected.add_damage("footer", f"it states a capacity of {footer.capacity_bytes} bytes")


def _read_header(source: Source, inspected: ContainerInspection, offset: int) -> DynamicDiskHeader | None:
    try:
        header = DynamicDiskHeader.parse(read_exactly(source, "the dynamic disk header", offset, HEADER_BYTES))
    except DiskImageError as error:
        inspected.damage.append(damage_of(_HEADER, error))
        return None
    if header.cookie != HEADER_COOKIE:
        found = f"it starts with {header.cookie.hex(' ')} at {offset}, expected the cookie cxsparse"
        inspected.add_damage(_HEADER, found)
        return None
    if header.checksum != header.stated_checksum:
        inspected.add_damage(_HEADER, "the checksum does not match")
    return header


def _facts(footer: VhdFooter, header: DynamicDiskHeader | None, identical: bool | None) -> VhdFacts:
    return VhdFacts(
        kind=KINDS.get(footer.type, f"type {footer.type}"),
        creator=printable(footer.creator),
        footer_checksum_matches=footer.checksum == footer.stated_checksum,
        footers_identical=identical,
        header_checksum_matches=header.checksum == header.stated_checksum if header else None,
        block_bytes=header.block_bytes if header else None,
        parent_name=printable(header.parent_name) if header and footer.type == DIFFERENCING else None,
    )


def _check_blocks(source: Source, inspected: ContainerInspection, header: DynamicDiskHeader, capacity: int) -> None:
    block = header.block_bytes
    if not header.can_hold(capacity):
        found = f"it states {header.table_entries} blocks of {block} bytes for a disk of {capacity} bytes"
        inspected.add_damage(_HEADER, found)
        return

    def blocks(table: PagedTable) -> Iterator[tuple[int, int]]:
        for number, sector in enumerate(islice(table, MAX_ENTRIES)):
            if sector != UNALLOCATED:
                yield number, sector * SECTOR_BYTES + header.bitmap_bytes + min(block, capacity - number * block)

    def open_table() -> PagedTable:
        return PagedTable(source, "the block allocation table", header.table_offset, -(-capacity // block), ">I")

    check_blocks(source, inspected, open_table, blocks)
