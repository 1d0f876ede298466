"""Whether the grains of a VMDK are in its file, at the price of a few reads.

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
_DEFLATE_EXCESS = 512  # Deflate makes what cannot be compressed larger by a few bytes only
# 64 TiB, the largest VMDK, with VMware's grains of 64 KiB; its directory takes 8 MiB
_MAX_TABLES = 1 << 21
_MAX_LOCAL_TABLES = 1 << 15  # 1 TiB of grains of 64 KiB; 64 MiB to read
# Over a network tables are read all if they lie together, as qemu-img puts them; of those that lie among their grains,
# as vSphere and ovftool put them, only so many.
_WINDOW_BYTES = 256 << 10
_MAX_WINDOWS = 12
_MAX_BAD = 3


@dataclass(frozen=True)
class SparseLayout:
    """Where the header, or the footer, says that things are; in sectors."""

    capacity: int
    grain: int
    directory: int
    compressed: bool


@dataclass(frozen=True)
class GrainCheck:
    """What was seen."""

    within_file: bool | None
    """None: it could not be told"""
    every_table_read: bool
    last_grain: int | None = None
    """The number of the grain that lies last in the file; None where none is stored"""
    damage: Damage | None = None


def check_grains(source: Source, layout: SparseLayout) -> GrainCheck:
    """Looks for grain tables and grains that do not lie in the file.

    Every entry of the directory is compared with the file's size. Of a local file every table is read then (up to 1
    TiB of grains); over a network only where the tables lie together, and else four: the first, one of the middle, the
    last of the directory, and the one that lies last in the file, whose grains are the last ones of a stream. A
    file that was cut loses what lies last, so those are enough to see it; a wrong entry in a table that was not read is
    not seen. Last the marker of the last grain is read: the whole grain must lie in the file. Raises: what the source
    raises.
    """
    count = -(-layout.capacity // (layout.grain * TABLE_ENTRIES))
    if count > _MAX_TABLES:
        damage = Damage("grain directory", f"the header tells of {count} grain tables, {_MAX_TABLES} are looked at")
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
        words = f"{outside} of its grain tables lie outside of its {source.size_bytes} bytes, the last one at"
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
    """The first of the grains that cannot be inflated, where all of them are read. Raises: what the source raises."""
    found: list[Damage] = []
    try:
        for number, error in content.damaged_grains():
            found.append(damage_of("grain", error))
            if len(found) == _MAX_BAD:
                found.append(Damage("grain", f"the grains behind grain {number} were not read any more"))
                break
    except DiskImageError as error:
        found.append(damage_of("grain directory", error))
    return found


def _tables(source: Source, directory: Sequence[int], latest: int) -> tuple[Iterator[tuple[int, int]], bool]:
    """(number, sector) of the tables to read, and whether these are all."""
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
    """What is wrong with the grain that lies last."""
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
