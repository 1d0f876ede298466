"""Whether the blocks of a VHD or VHDX are in its file."""

from collections.abc import Callable, Iterator

from pulumi_vmimport.disk.disk_content import PagedTable, Source
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection, damage_of

MAX_ENTRIES = 1 << 20
"""So many are looked at: 2 TiB of a VHD's usual blocks, 32 TiB of a VHDX's; 8 MiB to read at most"""

_WHERE = "block allocation table"


def check_blocks(
    source: Source,
    inspected: ContainerInspection,
    open_table: Callable[[], PagedTable],
    blocks: Callable[[PagedTable], Iterator[tuple[int, int]]],
) -> None:
    """Notes the block that lies last when it ends behind the file; `blocks` gives (number, end in bytes) of each."""
    try:
        number, end = max(blocks(open_table()), key=lambda block: block[1], default=(0, 0))
    except DiskImageError as error:
        inspected.damage.append(damage_of(_WHERE, error))
        return
    if end > source.size_bytes:
        inspected.damaged(_WHERE, f"block {number} ends at {end}, the file at {source.size_bytes}")
