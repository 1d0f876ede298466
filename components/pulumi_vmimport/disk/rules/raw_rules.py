"""The rules of raw images: nothing in them says what they are, so their size, content and name must."""

import re
from collections.abc import Iterator

from pulumi_vmimport.disk.disk_content import SECTOR_BYTES
from pulumi_vmimport.disk.inspection.facts import Container, DiskFacts, FileSystem, PartitionScheme
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext, counted, of_disks

# No file system of a disk fits into less with its tables.
_MIN_BYTES = 1 << 20
_NOTHING_TOLD = frozenset({None, FileSystem.UNKNOWN, FileSystem.EMPTY})
_EXTENTS = re.compile(r"-(?:flat|[fs]\d+)\.vmdk$", re.IGNORECASE)
_OTHERS = re.compile(r"\.(?:qcow2?|qed|vdi|ovf|mf|iso|wim|gz|tgz|bz2|xz|zst|lz4|zip|7z|rar|tar)$", re.IGNORECASE)


def _is_unmarked(disk: DiskFacts) -> bool:
    layout = disk.layout
    nothing = layout is None or (
        layout.scheme is PartitionScheme.NONE and layout.whole_disk_file_system in _NOTHING_TOLD
    )
    return disk.container is Container.RAW and nothing


def _no_disk(disk: DiskFacts) -> str | None:
    if not _is_unmarked(disk) or (disk.size_bytes >= _MIN_BYTES and disk.size_bytes % SECTOR_BYTES == 0):
        return None
    size = counted(disk.size_bytes, "byte")
    return f"{size} without a partition table, a file system or the marks of any other image"


def _partial(disk: DiskFacts) -> str | None:
    over = disk.size_bytes % SECTOR_BYTES
    if disk.container is not Container.RAW or not over or _is_unmarked(disk):
        return None
    return f"{counted(disk.size_bytes, 'byte')}: {over} more than sectors of {SECTOR_BYTES}"


def _named(context: RuleContext) -> Iterator[Evidence]:
    image = context.image
    lacks_signature = any(damage.where == "signature" for disk in context.disks for damage in disk.damage)
    if image.container is not Container.RAW or context.stated or lacks_signature:
        return
    if _EXTENTS.search(image.name):
        words = "by its name it is the data of a VMDK that is split or flat, and raw by its content"
        yield Evidence(image.name, words)
    elif named := _OTHERS.search(image.name):
        yield Evidence(image.name, f"by its name it is {named[0].lower()}, and raw by its content")


CHECKS: Checks = {
    "raw-not-a-disk": of_disks(_no_disk),
    "raw-partial-sector": of_disks(_partial),
    "raw-named-otherwise": _named,
}
