"""Checks with few reads that the grains of a VMDK lie within the file.

Source: VMware "Virtual Disk Format 5.0" (the technical note of 2011), section "Hosted Sparse Extents".
"""

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_content import SECTOR_BYTES, PagedTable, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection.container_inspection import damage_of
from pulumi_vmimport.disk.inspection.facts import Damage
from pulumi_vmimport.disk.inspection.source_views import is_local
from pulumi_vmimport.disk.vmdk_content import VmdkContent

TABLE_ENTRIES = 512
_TABLE_BYTES = TABLE_ENTRIES * 4
_UNALLOCATED, _ZEROED = 0, 1
_MARKER = struct.Struct("<QI")  # first sector of the disk, size
_DEFLATE_EXCESS = 512  # DEFLATE enlarges incompressible data by a few bytes only
# 64 TiB, the largest VMDK, with VMware's grains of 64 KiB; its directory takes 8 MiB
_MAX_TABLES = 1 << 21
_MAX_LOCAL_TABLES = 1 << 15  # 1 TiB of grains of 64 KiB; 64 MiB to read
# Over a network all tables are read if they are adjacent, as qemu-img writes them. vSphere and ovftool place them among
# the grains; then only this many are read.
_WINDOW_BYTES = 256 << 10
_MAX_WINDOWS = 12
_MAX_BAD = 3


@dataclass(frozen=True)
class SparseLayout:
    """Sizes and positions in sectors, as the header or footer states them."""

    capacity: int
    grain: int
    directory: int
    compressed: bool


@dataclass(frozen=True)
class GrainCheck:
    """The result of the check."""

    within_file: bool | None
    """None if the check was inconclusive"""
    every_table_read: bool
    last_grain: int | None = None
    """The number of the last grain in the file; None if no grain is stored"""
    damage: Damage | None = None


def check_grains(source: Source, layout: SparseLayout) -> GrainCheck:
    """Check that grain tables and grains lie within the file.

    Every directory entry is compared with the size of the file. Then all tables of a local file are read (up to 1 TiB
    of grains). Over a network all tables are read only if they are adjacent; otherwise four are read: the first, a
    middle one and the last of the directory, and the last in the file, whose grains end the stream. A truncated file
    loses its end, which these four reveal; a wrong entry in another table is not detected. Finally the marker of the
    last grain is read; the whole grain must lie within the file. Raises: what the source raises.
    """
    count = -(-layout.capacity // (layout.grain * TABLE_ENTRIES))
    if count > _MAX_TABLES:
        damage = Damage("grain directory", f"the header implies {count} grain tables, expected at most {_MAX_TABLES}")
        return GrainCheck(None, every_table_read=False, damage=damage)
    try:
        directory = PagedTable(source, "the grain directory", layout.directory * SECTOR_BYTES, count, "<I")
        return _check(source, layout, array("I", directory))
    except DiskImageError as error:
        return GrainCheck(within_file=False, every_table_read=False, damage=damage_of("grain directory", error))


def _check(source: Source, layout: SparseLayout, directory: Sequence[int]) -> GrainCheck:
    latest = max(directory)
    if latest == _UNALLOCATED:
        return GrainCheck(within_file=True, every_table_read=True)
    if latest * SECTOR_BYTES + _TABLE_BYTES > source.size_bytes:
        outside = sum(at * SECTOR_BYTES + _TABLE_BYTES > source.size_bytes for at in directory)
        words = f"{outside} grain tables lie outside the file of {source.size_bytes} bytes, the last one at"
        damage = Damage("grain directory", f"{words} {latest * SECTOR_BYTES}")
        return GrainCheck(within_file=False, every_table_read=False, damage=damage)
    chosen, every = _tables(source, directory, latest)
    last_sector, last_grain = 0, None
    grains = -(-layout.capacity // layout.grain)
    for number, at in chosen:
        data = read_exactly(source, "a grain table", at * SECTOR_BYTES, _TABLE_BYTES)
        entries = struct.unpack(f"<{TABLE_ENTRIES}I", data)[: grains - number * TABLE_ENTRIES]
        highest = max(entries)
        if highest > max(last_sector, _ZEROED):
            last_sector, last_grain = highest, number * TABLE_ENTRIES + entries.index(highest)
    if last_grain is None:
        return GrainCheck(within_file=True, every_table_read=every)
    wrong = _check_last(source, layout, last_grain, last_sector * SECTOR_BYTES)
    return GrainCheck(wrong is None, every, last_grain, wrong)


def damage_of_grains(content: VmdkContent) -> list[Damage]:
    """The first grains that cannot be decompressed, of all grains. Raises: what the source raises."""
    found: list[Damage] = []
    try:
        for number, error in content.damaged_grains():
            found.append(damage_of("grain", error))
            if len(found) == _MAX_BAD:
                found.append(Damage("grain", f"the grains after grain {number} were not read"))
                break
    except DiskImageError as error:
        found.append(damage_of("grain directory", error))
    return found


def _tables(source: Source, directory: Sequence[int], latest: int) -> tuple[Iterator[tuple[int, int]], bool]:
    """(number, sector) of the tables to read, and whether they are all tables."""
    if is_local(source):
        step = -(-len(directory) // _MAX_LOCAL_TABLES)
        every = step == 1
    else:
        windows: set[int] = set()
        for at in directory:
            windows.add(at * SECTOR_BYTES // _WINDOW_BYTES)
            if len(windows) > _MAX_WINDOWS:
                break
        every = len(windows) <= _MAX_WINDOWS and len(directory) <= _MAX_LOCAL_TABLES
        step = 1
    if every:
        return ((number, at) for number, at in enumerate(directory) if at != _UNALLOCATED), True
    stored = array("I", (number for number, at in enumerate(directory) if at != _UNALLOCATED))
    wanted = {stored[0], stored[len(stored) // 2], stored[-1], directory.index(latest)}
    if is_local(source):
        wanted.update(stored[::step])
    return ((number, directory[number]) for number in sorted(wanted)), False


def _check_last(source: Source, layout: SparseLayout, number: int, offset: int) -> Damage | None:
    """The damage of the last grain in the file."""
    what = f"grain {number}"
    first = number * layout.grain
    size = min(layout.grain, layout.capacity - first) * SECTOR_BYTES
    try:
        if not layout.compressed:
            read_exactly(source, f"the end of {what}", offset + size - 1, 1)
            return None
        marked, packed = _MARKER.unpack(read_exactly(source, what, offset, _MARKER.size))
        if marked != first or not 0 < packed <= layout.grain * SECTOR_BYTES + _DEFLATE_EXCESS:
            found = f"{what} at {offset} is marked as sector {marked} with {packed} bytes, expected sector {first}"
            return Damage("grain", found)
        read_exactly(source, f"the end of {what}", offset + _MARKER.size + packed - 1, 1)
    except DiskImageError as error:
        return damage_of("grain", error)
    return None
