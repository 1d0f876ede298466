"""The facts of a VHD.

Source: Microsoft "Virtual Hard Disk Image Format Specification" 1.0 (2006).
"""

import struct
from collections.abc import Iterator
from itertools import islice

from pulumi_vmimport.disk import vhd_content
from pulumi_vmimport.disk.disk_content import MAX_DISK_BYTES, SECTOR_BYTES, PagedTable, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection.block_table_check import MAX_ENTRIES, check_blocks
from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection, damage_of
from pulumi_vmimport.disk.inspection.facts import VhdFacts
from pulumi_vmimport.disk.inspection.printable import printable
from pulumi_vmimport.disk.inspection.source_views import SourceSlice

# cookie, features, version, data offset, time, creator's name, version and system, original and current size, geometry,
# type, checksum
_FOOTER = struct.Struct(">8sIIQI4sI4sQQIII")
_CHECKSUM_AT = 64
_KINDS = {2: "fixed", 3: "dynamic", 4: "differencing"}
# cookie, data offset, table offset, version, table entries, block size, checksum
_HEADER = struct.Struct(">8sQQIIII")
_HEADER_BYTES, _HEADER_COOKIE, _HEADER_CHECKSUM_AT = 1024, b"cxsparse", 36
_PARENT_NAME = slice(64, 576)
_UNALLOCATED = 2**32 - 1
_END_BYTES = 2 * SECTOR_BYTES  # where the footer is looked for, at its place and before it


def inspect_vhd(source: Source) -> ContainerInspection:
    """The facts and the disk of a VHD. Raises: what the source raises."""
    inspected = ContainerInspection()
    start = source.read_at(0, SECTOR_BYTES)
    source = _up_to_footer(source, inspected)
    end = source.read_at(max(source.size_bytes - SECTOR_BYTES, 0), SECTOR_BYTES)
    copy = start if start.startswith(vhd_content.COOKIE) and len(start) == SECTOR_BYTES else None
    last = (
        end
        if end.startswith(vhd_content.COOKIE) and len(end) == SECTOR_BYTES and source.size_bytes > SECTOR_BYTES
        else None
    )
    if last is None:
        words = f"its last sector starts with {end[:8].hex(' ')}, expected the cookie conectix"
        inspected.damaged("footer", words)
    footer = last or copy
    if footer is None:  # a part of one
        inspected.vhd = VhdFacts("unknown", "", False, None, None, None, None)
        return inspected
    _, _, _, at, _, creator, _, _, _, capacity, _, kind, _ = _FOOTER.unpack_from(footer)
    name = _KINDS.get(kind, f"type {kind}")
    matches = sums_up(footer, _CHECKSUM_AT)
    identical = None if name == "fixed" else last is not None and copy == last
    if not matches:
        inspected.damaged("footer", "its checksum does not match")
    if identical is False and last is not None:
        inspected.damaged("footer", "the copy of it at the start is not identical")
    if 0 < capacity <= MAX_DISK_BYTES:
        inspected.capacity_bytes = capacity
    else:
        inspected.damaged("footer", f"it says a capacity of {capacity} bytes")
    header = _header(source, inspected, at) if kind in _KINDS and name != "fixed" else None
    inspected.vhd = VhdFacts(
        kind=name,
        creator=printable(creator),
        footer_checksum_matches=matches,
        footers_identical=identical,
        header_checksum_matches=sums_up(header, _HEADER_CHECKSUM_AT) if header else None,
        block_bytes=_HEADER.unpack_from(header)[5] if header else None,
        parent_name=_parent(header) if header and name == "differencing" else None,
    )
    if inspected.vhd.header_checksum_matches is False:
        inspected.damaged("dynamic disk header", "its checksum does not match")
    if header and inspected.capacity_bytes:
        _check_blocks(source, inspected, header, inspected.capacity_bytes)
    if last is not None:
        inspected.open(lambda: vhd_content.open_vhd(source))
    return inspected


def _up_to_footer(source: Source, inspected: ContainerInspection) -> Source:
    """The file without what was added to it behind its footer."""
    first = max(source.size_bytes - _END_BYTES, SECTOR_BYTES)
    end = source.read_at(first, _END_BYTES)
    at = end.rfind(vhd_content.COOKIE)
    behind = len(end) - at - SECTOR_BYTES
    if at < 0 or behind <= 0:
        return source
    inspected.damaged("footer", f"{behind} bytes stand behind it")
    return SourceSlice(source, source.name, 0, source.size_bytes - behind)


def sums_up(data: bytes, at: int) -> bool:
    """Whether the checksum at this place, the complement of the sum of all other bytes, is right."""
    return ~(sum(data) - sum(data[at : at + 4])) & 0xFFFFFFFF == int.from_bytes(data[at : at + 4], "big")


def _header(source: Source, inspected: ContainerInspection, at: int) -> bytes | None:
    try:
        data = read_exactly(source, "the dynamic disk header", at, _HEADER_BYTES)
    except DiskImageError as error:
        inspected.damage.append(damage_of("dynamic disk header", error))
        return None
    if not data.startswith(_HEADER_COOKIE):
        inspected.damaged(
            "dynamic disk header", f"it starts with {data[:8].hex(' ')} at {at}, expected the cookie cxsparse"
        )
        return None
    return data


def _parent(header: bytes) -> str:
    return printable(header[_PARENT_NAME].decode("utf-16-be", "replace").split("\0", 1)[0])


def _check_blocks(source: Source, inspected: ContainerInspection, header: bytes, capacity: int) -> None:
    _, _, table, _, entries, block, _ = _HEADER.unpack_from(header)
    if block < SECTOR_BYTES or block & (block - 1) or entries * block < capacity:
        found = f"it says {entries} blocks of {block} bytes for a disk of {capacity} bytes"
        inspected.damaged("dynamic disk header", found)
        return
    bitmap = -(-(block // SECTOR_BYTES) // (8 * SECTOR_BYTES)) * SECTOR_BYTES

    def blocks(found: PagedTable) -> Iterator[tuple[int, int]]:
        for number, sector in enumerate(islice(found, MAX_ENTRIES)):
            if sector != _UNALLOCATED:
                yield number, sector * SECTOR_BYTES + bitmap + min(block, capacity - number * block)

    count = -(-capacity // block)
    check_blocks(
        source, inspected, lambda: PagedTable(source, "the block allocation table", table, count, ">I"), blocks
    )
