"""The rules of what is on the disks: partition tables, what starts, file systems."""

from collections.abc import Callable, Iterator

from pulumi_vmimport.disk.disk_content import SECTOR_BYTES
from pulumi_vmimport.disk.inspection.facts import Container, DiskFacts, FileSystem, Layout, Partition, PartitionScheme
from pulumi_vmimport.disk.rules.container_rules import LAYOUT_PLACES
from pulumi_vmimport.disk.rules.rule_context import (
    Checks,
    Evidence,
    RuleContext,
    active,
    counted,
    efi_systems,
    holding,
    listed,
    of_disks,
    partitions_of,
    rounded,
    sized,
    starts,
)

_MBR_BYTES = 2 << 40  # 32-bit sector numbers, sectors of 512 bytes
# What tools that count in cylinders round a disk down by.
_CYLINDER_BYTES = 255 * 63 * SECTOR_BYTES
_PROTECTIVE = "protective MBR"
SUPPORTED = frozenset(
    {
        FileSystem.NTFS,
        FileSystem.EXT2,
        FileSystem.EXT3,
        FileSystem.EXT4,
        FileSystem.BTRFS,
        FileSystem.JFS,
        FileSystem.XFS,
    }
)
_HAVE_OWN_RULES = frozenset({FileSystem.BITLOCKER, FileSystem.LUKS, FileSystem.LVM2})
_UNTOLD = frozenset({FileSystem.UNKNOWN, FileSystem.EMPTY})
# What may lie beside a root and is none: swap, the file system of EFI and of some boot loaders.
_BESIDE = frozenset({FileSystem.SWAP, FileSystem.FAT})


def _of_layouts(check: Callable[[Layout], str | None]) -> Callable[[RuleContext], Iterator[Evidence]]:
    return of_disks(lambda disk: check(disk.layout) if disk.layout else None)


def _of_root(check: Callable[[Layout], str | None]) -> Callable[[RuleContext], Iterator[Evidence]]:
    def checked(context: RuleContext) -> Iterator[Evidence]:
        words = check(context.root_layout) if context.root_layout else None
        if words and context.root:
            yield Evidence(context.root.name, words)

    return checked


def _unknown(disk: DiskFacts) -> str | None:
    if disk.layout is not None or disk.container is Container.OTHER:
        return None
    return "its partition table could not be read"


def _damaged(context: RuleContext) -> Iterator[Evidence]:
    for disk in context.disks:
        told = {f"partition {partition.number}" for partition in _beyond(disk)}
        told |= {_PROTECTIVE} if disk is context.root else set()
        found = [
            f"{d.where}: {d.words}" for d in disk.damage if d.where.startswith(LAYOUT_PLACES) and d.where not in told
        ]
        if found:
            yield Evidence(disk.name, listed(found))


def _beyond(disk: DiskFacts) -> list[Partition]:
    """The partitions that end so far behind the disk that no rounding explains it."""
    if disk.layout is None or disk.capacity_bytes is None:
        return []
    most = disk.capacity_bytes + _CYLINDER_BYTES
    return [p for p in partitions_of(disk.layout) if p.start_bytes + p.size_bytes > most]


def _beyond_disk(disk: DiskFacts) -> str | None:
    found = _beyond(disk)
    if not found or disk.capacity_bytes is None:
        return None
    last = max(found, key=lambda p: p.start_bytes + p.size_bytes)
    end, capacity = last.start_bytes + last.size_bytes, disk.capacity_bytes
    also = f"; {listed([p.number for p in found])} end behind it" if len(found) > 1 else ""
    return f"partition {last.number} ends at {end} ({rounded(end)}), the disk at {capacity} ({rounded(capacity)}){also}"


def _without_protective(context: RuleContext) -> Iterator[Evidence]:
    for damage in context.root.damage if context.root else ():
        if context.root and damage.where == _PROTECTIVE:
            yield Evidence(context.root.name, damage.words)


def _starting_disks(context: RuleContext) -> list[str]:
    return [disk.name for disk in context.disks[1:] if disk.layout and starts(disk.layout)]


def _no_boot(context: RuleContext) -> Iterator[Evidence]:
    layout, root = context.root_layout, context.root
    if layout is None or root is None or starts(layout) or _starting_disks(context):
        return
    if root.container is Container.OTHER or layout.whole_disk_file_system is FileSystem.ISO9660:
        return
    partitions = partitions_of(layout)
    match layout.scheme:
        case PartitionScheme.NONE:
            yield Evidence(
                root.name, f"no partition table; the disk holds: {layout.whole_disk_file_system or 'nothing'}"
            )
        case PartitionScheme.MBR:
            found = f"{counted(len(partitions), 'partition')}, none active" if partitions else "no partitions"
            yield Evidence(root.name, f"MBR with {found}, no boot code")
        case PartitionScheme.GPT:
            found = f"{counted(len(partitions), 'partition')}, none an EFI system partition or GRUB's"
            yield Evidence(root.name, f"GPT with {found}")


def _not_first(context: RuleContext) -> Iterator[Evidence]:
    others = _starting_disks(context)
    if context.root and context.root_layout and not starts(context.root_layout) and others:
        yield Evidence(context.root.name, f"it starts from {listed(others)}")


def _no_active(layout: Layout) -> str | None:
    if layout.scheme is not PartitionScheme.MBR or active(layout) or not starts(layout):
        return None
    return "boot code, but no active partition" if layout.boot_code else "an EFI system partition, but none is active"


def _several_active(layout: Layout) -> str | None:
    numbers = active(layout) if layout.scheme is PartitionScheme.MBR else efi_systems(layout)
    kind = "active" if layout.scheme is PartitionScheme.MBR else "EFI system"
    return f"{len(numbers)} {kind} partitions: {listed(numbers)}" if len(numbers) > 1 else None


def _without_efi(layout: Layout) -> str | None:
    if layout.scheme is not PartitionScheme.GPT or efi_systems(layout) or not starts(layout):
        return None
    return f"GPT with {counted(len(layout.partitions), 'partition')}, none an EFI system partition"


def _gpt_damaged(layout: Layout) -> str | None:
    if layout.scheme is not PartitionScheme.GPT:
        return None
    copies = (("primary", layout.primary_gpt_valid), ("backup", layout.backup_gpt_valid))
    wrong = [name for name, valid in copies if valid is False]
    return f"the {' and the '.join(wrong)} one is not valid" if wrong else None


def _backup_inside(layout: Layout) -> str | None:
    return "the backup GPT is not in the disk's last sector" if layout.backup_gpt_at_end is False else None


def _hybrid(layout: Layout) -> str | None:
    return "the MBR of the GPT has further entries" if layout.is_hybrid else None


def _mbr_too_large(disk: DiskFacts) -> str | None:
    if disk.layout is None or disk.layout.scheme is not PartitionScheme.MBR or (disk.capacity_bytes or 0) <= _MBR_BYTES:
        return None
    return f"MBR on a disk of {sized(disk.capacity_bytes or 0)}"


def _holding(*kinds: FileSystem) -> Callable[[Layout], str | None]:
    return lambda layout: listed(holding(layout, *kinds)) if holding(layout, *kinds) else None


def _dynamic(layout: Layout) -> str | None:
    return "its partitions are of Windows' logical disk manager" if layout.is_dynamic_disk else None


def _told_file_systems(layout: Layout) -> list[str]:
    """The file systems that were told and are none of AWS's, where no partition has one of AWS's."""
    kinds = [p.file_system for p in partitions_of(layout) if not p.is_efi_system]
    if any(kind in SUPPORTED | _HAVE_OWN_RULES for kind in kinds):
        return []
    return [kind for kind in dict.fromkeys(kinds) if kind not in _UNTOLD | _BESIDE]


def _file_system(layout: Layout) -> str | None:
    found = _told_file_systems(layout)
    unknown = any(p.file_system is FileSystem.UNKNOWN for p in partitions_of(layout))
    return f"its partitions hold {listed(found)}" if found and not unknown and starts(layout) else None


def _root_unknown(layout: Layout) -> str | None:
    if layout.root is not None or not starts(layout) or _file_system(layout):
        return None
    found = [f"partition {p.number}: {p.file_system}" for p in partitions_of(layout)]
    return listed(found)


def _btrfs(context: RuleContext) -> Iterator[Evidence]:
    partition = context.root_partition
    if context.root and partition and partition.file_system is FileSystem.BTRFS:
        yield Evidence(context.root.name, f"partition {partition.number} holds Btrfs")


CHECKS: Checks = {
    "layout-unknown": of_disks(_unknown),
    "layout-damaged": _damaged,
    "partition-beyond-disk": of_disks(_beyond_disk),
    "gpt-without-protective-mbr": _without_protective,
    "no-boot-partition": _no_boot,
    "no-active-partition": _of_root(_no_active),
    "root-disk-not-first": _not_first,
    "several-active-partitions": _of_root(_several_active),
    "gpt-without-efi": _of_root(_without_efi),
    "gpt-damaged": _of_layouts(_gpt_damaged),
    "gpt-backup-not-at-end": _of_layouts(_backup_inside),
    "hybrid-mbr": _of_layouts(_hybrid),
    "mbr-too-large": of_disks(_mbr_too_large),
    "bitlocker": _of_layouts(_holding(FileSystem.BITLOCKER)),
    "luks": _of_layouts(_holding(FileSystem.LUKS)),
    "lvm": _of_layouts(_holding(FileSystem.LVM2)),
    "dynamic-disk": _of_layouts(_dynamic),
    "root-file-system": _of_root(_file_system),
    "root-unknown": _of_root(_root_unknown),
    "btrfs-subvolumes": _btrfs,
}
