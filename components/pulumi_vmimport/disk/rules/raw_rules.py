"""Rules for raw images. They have no signature, so size, content and file name must identify them."""

import re
from collections.abc import Iterator

from pulumi_vmimport.disk.conversion_remedies import conversion_of_flat_data, descriptor_of_part, is_split_extent
from pulumi_vmimport.disk.disk_content import SECTOR_BYTES
from pulumi_vmimport.disk.inspection.facts import SIGNATURE, Container, DiskFacts, FileSystem, PartitionScheme
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext, for_each_disk
from pulumi_vmimport.disk.rules.text_format import quantity

# No file system with its tables fits into less.
_MIN_DISK_BYTES = 1 << 20
_UNIDENTIFIED = frozenset({None, FileSystem.UNKNOWN, FileSystem.EMPTY})
_OTHER_SUFFIX = re.compile(r"\.(?:qcow2?|qed|vdi|ovf|mf|iso|wim|gz|tgz|bz2|xz|zst|lz4|zip|7z|rar|tar)$", re.IGNORECASE)


def is_unidentified(disk: DiskFacts) -> bool:
    """Whether a raw file has neither a partition table nor a known file system."""
    layout = disk.layout
    has_no_content = layout is None or (
        layout.scheme is PartitionScheme.NONE and layout.whole_disk_file_system in _UNIDENTIFIED
    )
    return disk.container is Container.RAW and has_no_content


def lacks_signature(disk: DiskFacts) -> bool:
    """Whether a file has the name of a format with a signature, and no signature."""
    return any(damage.where == SIGNATURE for damage in disk.damage)


def _not_a_disk(disk: DiskFacts) -> str | None:
    if not is_unidentified(disk) or (disk.size_bytes >= _MIN_DISK_BYTES and disk.size_bytes % SECTOR_BYTES == 0):
        return None
    return f"{quantity(disk.size_bytes, 'byte')}; no partition table, file system or image signature found"


def _partial_sector(disk: DiskFacts) -> str | None:
    rest = disk.size_bytes % SECTOR_BYTES
    if disk.container is not Container.RAW or not rest or is_unidentified(disk):
        return None
    return f"{quantity(disk.size_bytes, 'byte')}, {rest} beyond the last whole {SECTOR_BYTES}-byte sector"


def _named_otherwise(context: RuleContext) -> Iterator[Evidence]:
    image = context.image
    is_damaged = any(map(lacks_signature, context.disks))
    if image.container is not Container.RAW or context.stated or is_damaged or is_split_extent(image.name):
        return
    if descriptor := descriptor_of_part(image.name):
        found = f"the file name is that of the data of a flat VMDK, which {descriptor} describes"
        yield Evidence(image.name, f"{found}; the content is raw", conversion_of_flat_data(image.name))
    elif suffix := _OTHER_SUFFIX.search(image.name):
        yield Evidence(image.name, f"the file name ends in {suffix[0].lower()}; the content is raw")


CHECKS: Checks = {
    "raw-not-a-disk": for_each_disk(_not_a_disk),
    "raw-partial-sector": for_each_disk(_partial_sector),
    "raw-named-otherwise": _named_otherwise,
}
