"""Rules for the content of disks: partition tables, boot partitions and file systems."""

from collections.abc import Callable, Iterator

from pulumi_vmimport.disk.disk_content import SECTOR_BYTES
from pulumi_vmimport.disk.inspection.facts import (
    Container,
    DiskFacts,
    FileSystem,
    Layout,
    Partition,
    PartitionScheme,
)
from pulumi_vmimport.disk.rules.boot_layout import (
    active_partitions,
    can_boot,
    data_partitions,
    efi_system_partitions,
    places_of,
)
from pulumi_vmimport.disk.rules.container_rules import LAYOUT_PLACES
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.raw_rules import lacks_signature
from pulumi_vmimport.disk.rules.rule_context import Check, Checks, Evidence, RuleContext, for_each_disk
from pulumi_vmimport.disk.rules.text_format import approximate_size, exact_size, name_list, quantity
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.service_limits import GIB, IMPORT_FREE_MIB, IMPORT_FREE_WINDOWS_GIB, MIB

_MBR_BYTES = 2 << 40  # 32-bit sector numbers, sectors of 512 bytes
# Tools that count in cylinders round a disk down by less than this.
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
_OTHER_RULES = frozenset({FileSystem.BITLOCKER, FileSystem.LUKS, FileSystem.LVM2})
_UNIDENTIFIED = frozenset({FileSystem.UNKNOWN, FileSystem.EMPTY})
_HELD = {None: "was not read", FileSystem.EMPTY: "is empty", FileSystem.UNKNOWN: "holds no known file system"}
# Never a root: swap, and the file system of EFI and of some boot loaders.
_NEVER_ROOT = frozenset({FileSystem.SWAP, FileSystem.FAT})


def _for_each_layout(check: Callable[[Layout], str | None]) -> Check:
    return for_each_disk(lambda disk: check(disk.layout) if disk.layout else None)


def _for_root(check: Callable[[Layout], str | None]) -> Check:
    def checked(context: RuleContext) -> Iterator[Evidence]:
        detail = check(context.root_layout) if context.root_layout else None
        if detail and context.root:
            yield Evidence(context.root.name, detail)

    return checked


def _unknown(disk: DiskFacts) -> str | None:
    if disk.layout is not None or disk.container is Container.OTHER or disk.not_read:
        return None
    return "the partition table could not be read"


def _not_read(context: RuleContext) -> Iterator[Evidence]:
    reasons = {disk.name: disk.not_read for disk in context.disks if disk.not_read}
    shared = len(context.disks) > 1 and len(reasons) == len(context.disks) and len(set(reasons.values())) == 1
    for name, reason in list(reasons.items())[: 1 if shared else None]:
        yield Evidence(context.image.name if shared else name, reason)


def _damaged(context: RuleContext) -> Iterator[Evidence]:
    for disk in context.disks:
        reported = {f"partition {partition.number}" for partition in _beyond(disk)}
        reported |= {_PROTECTIVE} if disk is context.root and _has_usual_sectors(disk) else set()
        reported |= {f"{name} GPT" for name in _invalid_gpts(disk)}
        found = [
            f"{d.where}: {d.words}"
            for d in disk.damage
            if d.where.startswith(LAYOUT_PLACES) and d.where not in reported
        ]
        if found:
            yield Evidence(disk.name, name_list(found))


def _beyond(disk: DiskFacts) -> list[Partition]:
    """The partitions that end further beyond the disk than rounding explains."""
    if disk.layout is None or disk.capacity_bytes is None:
        return []
    most = disk.capacity_bytes + _CYLINDER_BYTES
    return [p for p in data_partitions(disk.layout) if p.start_bytes + p.size_bytes > most]


def _beyond_disk(disk: DiskFacts) -> str | None:
    found = _beyond(disk)
    if not found or disk.capacity_bytes is None:
        return None
    last = max(found, key=lambda p: p.start_bytes + p.size_bytes)
    end, capacity = last.start_bytes + last.size_bytes, disk.capacity_bytes
    also = f"; beyond the end: {name_list([p.number for p in found])}" if len(found) > 1 else ""
    ends = f"partition {last.number} ends at {end} ({approximate_size(end)})"
    return f"{ends}, the disk at {capacity} ({approximate_size(capacity)}){also}"


def _has_usual_sectors(disk: DiskFacts) -> bool:
    """Whether a tool that assumes sectors of 512 bytes, such as sgdisk on a file, may repair the GPT.

    It would destroy a GPT for other sectors, which is useless on EBS anyway: sector-size reports it.
    """
    return disk.sector_bytes in {None, SECTOR_BYTES}


def _for_each_gpt(check: Callable[[Layout], str | None]) -> Check:
    return for_each_disk(lambda disk: check(disk.layout) if disk.layout and _has_usual_sectors(disk) else None)


def _without_protective(context: RuleContext) -> Iterator[Evidence]:
    for damage in context.root.damage if context.root and _has_usual_sectors(context.root) else ():
        if context.root and damage.where == _PROTECTIVE:
            yield Evidence(context.root.name, damage.words)


def _other_boot_disks(context: RuleContext) -> list[str]:
    return [disk.name for disk in context.disks[1:] if disk.layout and can_boot(disk.layout)]


def _no_boot(context: RuleContext) -> Iterator[Evidence]:
    layout, root = context.root_layout, context.root
    if layout is None or root is None or can_boot(layout) or _other_boot_disks(context):
        return
    if root.container is Container.OTHER or layout.whole_disk_file_system is FileSystem.ISO9660:
        return
    if len(_invalid_gpts(root)) > 1:
        return  # reported as such: what the disk holds is not known
    partitions = data_partitions(layout)
    match layout.scheme:
        case PartitionScheme.NONE:
            if not lacks_signature(root):  # else the file is no disk
                held = _HELD.get(layout.whole_disk_file_system, f"holds {layout.whole_disk_file_system}")
                yield Evidence(root.name, f"no partition table; the disk {held}")
        case PartitionScheme.MBR:
            found = f"{quantity(len(partitions), 'partition')}, none active" if partitions else "no partitions"
            yield Evidence(root.name, f"MBR with {found}, no boot code")
        case PartitionScheme.GPT:
            found = f"{quantity(len(partitions), 'partition')}, no EFI system or BIOS boot partition"
            yield Evidence(root.name, f"GPT with {found}")


def _root_not_first(context: RuleContext) -> Iterator[Evidence]:
    others = _other_boot_disks(context)
    if context.root and context.root_layout and not can_boot(context.root_layout) and others:
        yield Evidence(context.root.name, f"bootable: {name_list(others)}")


def _no_active(layout: Layout) -> str | None:
    if layout.scheme is not PartitionScheme.MBR or active_partitions(layout) or not can_boot(layout):
        return None
    return (
        "boot code, but no active partition" if layout.boot_code else "an EFI system partition, but no active partition"
    )


def _several_active(layout: Layout) -> str | None:
    numbers = active_partitions(layout) if layout.scheme is PartitionScheme.MBR else efi_system_partitions(layout)
    kind = "active" if layout.scheme is PartitionScheme.MBR else "EFI system"
    return f"{len(numbers)} {kind} partitions: {name_list(numbers)}" if len(numbers) > 1 else None


def _without_efi(layout: Layout) -> str | None:
    if layout.scheme is not PartitionScheme.GPT or efi_system_partitions(layout) or not can_boot(layout):
        return None
    return f"GPT with {quantity(len(layout.partitions), 'partition')}, no EFI system partition"


def _invalid_gpts(disk: DiskFacts) -> list[str]:
    """The invalid copies of the GPT."""
    layout = disk.layout
    if layout is None or layout.scheme is not PartitionScheme.GPT or not _has_usual_sectors(disk):
        return []
    copies = (("primary", layout.primary_gpt_valid), ("backup", layout.backup_gpt_valid))
    return [name for name, valid in copies if valid is False]


def _gpt_damaged(context: RuleContext) -> Iterator[Evidence]:
    for disk in context.disks:
        if not (wrong := _invalid_gpts(disk)):
            continue
        reasons = [d.words for d in disk.damage if d.where in {f"{name} GPT" for name in wrong}]
        detail = f"invalid: {' and '.join(wrong)} GPT" + (f" ({name_list(reasons)})" if reasons else "")
        if len(wrong) == 1:
            yield Evidence(disk.name, detail)
            continue
        is_boot = disk is context.root and context.profile is not ImageProfile.SNAPSHOT
        remedy = "check that the image is complete, copy or upload it again, or restore the disk from a backup"
        yield Evidence(disk.name, detail, remedy, Severity.ERROR if is_boot else None)


def _backup_inside(layout: Layout) -> str | None:
    return "the backup GPT is not in the last sector of the disk" if layout.backup_gpt_at_end is False else None


def _hybrid(layout: Layout) -> str | None:
    return "the protective MBR has other entries" if layout.is_hybrid else None


def _mbr_too_large(disk: DiskFacts) -> str | None:
    if disk.layout is None or disk.layout.scheme is not PartitionScheme.MBR or (disk.capacity_bytes or 0) <= _MBR_BYTES:
        return None
    return f"MBR on a disk of {exact_size(disk.capacity_bytes or 0)}"


def _holding(*kinds: FileSystem) -> Callable[[Layout], str | None]:
    return lambda layout: name_list(places_of(layout, *kinds)) if places_of(layout, *kinds) else None


def _dynamic(layout: Layout) -> str | None:
    return "the disk has partitions of the Windows Logical Disk Manager" if layout.is_dynamic_disk else None


def _unsupported_file_systems(layout: Layout) -> list[str]:
    """The detected file systems, if AWS supports none of them."""
    kinds = [p.file_system for p in data_partitions(layout) if not p.is_efi_system]
    if any(kind in SUPPORTED | _OTHER_RULES for kind in kinds):
        return []
    return [kind for kind in dict.fromkeys(kinds) if kind not in _UNIDENTIFIED | _NEVER_ROOT]


def _file_system(layout: Layout) -> str | None:
    found = _unsupported_file_systems(layout)
    unknown = any(p.file_system is FileSystem.UNKNOWN for p in data_partitions(layout))
    return f"the partitions hold {name_list(found)}" if found and not unknown and can_boot(layout) else None


def _root_unknown(layout: Layout) -> str | None:
    if layout.root is not None or not can_boot(layout) or _file_system(layout):
        return None
    found = [f"partition {p.number}: {p.file_system}" for p in data_partitions(layout)]
    return name_list(found)


def _btrfs(context: RuleContext) -> Iterator[Evidence]:
    partition = context.root_partition
    if context.root and partition and partition.file_system is FileSystem.BTRFS:
        yield Evidence(context.root.name, f"partition {partition.number} holds Btrfs")


def _free_space(context: RuleContext) -> Iterator[Evidence]:
    partition = context.root_partition
    if context.root is None or partition is None or partition.free_bytes is None:
        return
    is_windows = partition.file_system is FileSystem.NTFS
    required = IMPORT_FREE_WINDOWS_GIB * GIB if is_windows else IMPORT_FREE_MIB * MIB
    # A volume that is smaller than the requirement is no root, but part of a test or a boot loader.
    if partition.free_bytes < required < partition.size_bytes:
        yield Evidence(context.root.name, free_space_words(partition, required))


def free_space_words(partition: Partition, required_bytes: int) -> str:
    """The free space of a partition beside the required one."""
    free, required = approximate_size(partition.free_bytes or 0), approximate_size(required_bytes)
    return f"partition {partition.number} has {free} free, expected at least {required}"


CHECKS: Checks = {
    "layout-unknown": for_each_disk(_unknown),
    "machine-disk-not-read": _not_read,
    "layout-damaged": _damaged,
    "partition-beyond-disk": for_each_disk(_beyond_disk),
    "gpt-without-protective-mbr": _without_protective,
    "no-boot-partition": _no_boot,
    "no-active-partition": _for_root(_no_active),
    "root-disk-not-first": _root_not_first,
    "several-active-partitions": _for_root(_several_active),
    "gpt-without-efi": _for_root(_without_efi),
    "gpt-damaged": _gpt_damaged,
    "gpt-backup-not-at-end": _for_each_gpt(_backup_inside),
    "hybrid-mbr": _for_each_gpt(_hybrid),
    "mbr-too-large": for_each_disk(_mbr_too_large),
    "bitlocker": _for_each_layout(_holding(FileSystem.BITLOCKER)),
    "luks": _for_each_layout(_holding(FileSystem.LUKS)),
    "lvm": _for_each_layout(_holding(FileSystem.LVM2)),
    "dynamic-disk": _for_each_layout(_dynamic),
    "root-file-system": _for_root(_file_system),
    "root-unknown": _for_root(_root_unknown),
    "free-space": _free_space,
    "btrfs-subvolumes": _btrfs,
}
