"""Checks that the blocks of a VHD or VHDX lie within the file."""

from collections.abc import Callable, Iterator

from pulumi_vmimport.disk.disk_content import PagedTable, Source
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection, damage_of

MAX_ENTRIES = 1 << 20
"""Entries that are checked: 2 TiB of usual VHD blocks, 32 TiB of usual VHDX blocks, at most 8 MiB to read"""

_WHERE = "block allocation table"


def check_blocks(
    source: Source,
    inspected: ContainerInspection,
    open_table: Callable[[], PagedTable],
    blocks: Callable[[PagedTable], Iterator[tuple[int, int]]],
) -> None:
    """Record the last block if it ends beyond the file; `blocks` returns (number, end in bytes) of each."""
    try:
        number, end = max(blocks(open_table()), key=lambda block: block[1], default=(0, 0))
    except DiskImageError as error:
        inspected.damage.append(damage_of(_WHERE, error))
        return
    if end > source.size_bytes:
        inspected.add_damage(_WHERE, f"block {number} ends at {end}, the file at {source.size_bytes}")
