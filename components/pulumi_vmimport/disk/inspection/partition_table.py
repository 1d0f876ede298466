"""Reads the partition table of a disk, and detects what the partitions hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.inspection import gpt, mbr
from pulumi_vmimport.disk.inspection.boot_sector import has_signature, named_file_system
from pulumi_vmimport.disk.inspection.container_inspection import damage_of
from pulumi_vmimport.disk.inspection.facts import Damage, FileSystem, Layout, Partition, PartitionScheme
from pulumi_vmimport.disk.inspection.file_systems import DetectedFileSystem, detect_file_system
from pulumi_vmimport.disk.inspection.free_space import free_bytes

MAX_EXAMINED, MAX_FAR_EXAMINED = 128, 16
"""Partitions whose content is inspected. A Windows GPT holds 128; over a network each costs one or two requests."""

_FIRST_SECTOR_BYTES = 512
_NO_FILE_SYSTEM = frozenset({FileSystem.UNKNOWN, FileSystem.EMPTY})
_NOTHING = DetectedFileSystem(FileSystem.UNKNOWN, "", boot_sector_signature=False)
_ROOTS = frozenset(
    {
        FileSystem.NTFS,
        FileSystem.BITLOCKER,
        FileSystem.EXT2,
        FileSystem.EXT3,
        FileSystem.EXT4,
        FileSystem.XFS,
        FileSystem.BTRFS,
        FileSystem.JFS,
        FileSystem.LVM2,
        FileSystem.LUKS,
    }
)
# No Windows or server Linux fits into less; /boot and the small Windows partitions are smaller.
_MIN_ROOT_BYTES = 8 << 30
_NO_ROOTS = frozenset({f"{mbr.HIDDEN_RECOVERY:02x}", gpt.WINDOWS_RECOVERY})


def read_layout(content: DiskContent) -> tuple[Layout, tuple[Damage, ...]]:
    """The layout of a disk, and its damage.

    Reads two tables, and up to four places in each of the first 128 partitions (16 over a network), regardless of the
    size of the disk.
    Raises: DiskImageError if the table cannot be read; what the source raises.
    """
    disk = DiskRegion.of_disk(content)
    first = disk.read(0, _FIRST_SECTOR_BYTES)
    wrong_flag = mbr.wrong_flag(first)
    is_table = has_signature(first) and wrong_flag is None and named_file_system(first) is None
    entries = mbr.entries_of(first, content.sector_bytes) if is_table else []
    protective = sum(_is_protective(entry, content) for entry in entries)
    if protective:
        return _of_gpt(disk, first, entries, protective)
    if entries:
        return _of_mbr(disk, first, entries)
    whole = detect_file_system(disk).file_system
    if whole in _NO_FILE_SYSTEM:
        if gpt.has_primary_header(disk):
            return _of_gpt(disk, first, entries, protective)
        if is_table:
            return _of_mbr(disk, first, entries)
    layout = replace(_unpartitioned(first), whole_disk_file_system=whole)
    if whole in _NO_FILE_SYSTEM and has_signature(first) and wrong_flag is not None:
        words = f"an entry starts with {wrong_flag:02x}, expected 80 (active) or 00; this is not a partition table"
        return layout, (Damage("partition table", words),)
    return layout, ()


def detect_sector_bytes(content: DiskContent) -> int | None:
    """The sector size of a disk, by the position of its GPT or of the file systems in its MBR; None if unknown.

    Raises: DiskImageError; what the source raises.
    """
    first = DiskRegion.of_disk(content).read(0, _FIRST_SECTOR_BYTES)
    entries = mbr.entries_of(first, content.sector_bytes) if has_signature(first) else []
    if entries and all(entry.type != mbr.PROTECTIVE for entry in entries):
        return _sector_bytes_of_mbr(content, first)  # a GPT there is a remnant
    return gpt.sector_bytes_of(content, is_protected=bool(entries))


def _sector_bytes_of_mbr(content: DiskContent, first: bytes) -> int | None:
    """The sector size with which an entry points to a file system; the size that the image states is tried first."""
    for sector_bytes in dict.fromkeys((content.sector_bytes, *gpt.SECTORS)):
        for entry in mbr.entries_of(first, sector_bytes):
            if _points_to_content(entry, DiskRegion(content, entry.start_bytes, entry.size_bytes)):
                return sector_bytes
    return None


def _points_to_content(entry: mbr.MbrEntry, region: DiskRegion) -> bool:
    try:
        is_extended = entry.type in mbr.EXTENDED and has_signature(region.read(0, _FIRST_SECTOR_BYTES))
        return is_extended or detect_file_system(region).file_system not in _NO_FILE_SYSTEM
    except DiskImageError:  # reported when the partition is inspected
        return False


def _is_protective(entry: mbr.MbrEntry, content: DiskContent) -> bool:
    """As in Linux: the protective entry starts at the header of the GPT."""
    return entry.type == mbr.PROTECTIVE and entry.start_bytes == content.sector_bytes


def _unpartitioned(first: bytes) -> Layout:
    return Layout(
        scheme=PartitionScheme.NONE,
        partitions=(),
        boot_code=mbr.has_boot_code(first),
        disk_signature=None,
        primary_gpt_valid=None,
        backup_gpt_valid=None,
        is_hybrid=False,
        is_dynamic_disk=False,
        whole_disk_file_system=None,
        root=None,
    )


def _of_mbr(disk: DiskRegion, first: bytes, entries: Sequence[mbr.MbrEntry]) -> tuple[Layout, tuple[Damage, ...]]:
    logical, damage = mbr.logical_entries(disk, entries)
    partitions, root, further = _inspect_partitions(
        disk,
        (
            _TableEntry(entry, f"{entry.type:02x}", mbr.TYPE_NAMES.get(entry.type, ""), entry.type == mbr.EFI_SYSTEM)
            for entry in (*entries, *logical)
        ),
    )
    layout = replace(
        _unpartitioned(first),
        scheme=PartitionScheme.MBR,
        partitions=partitions,
        disk_signature=mbr.disk_signature(first),
        is_dynamic_disk=any(entry.type == mbr.DYNAMIC_DISK for entry in entries),
        root=root,
    )
    return layout, (*damage, *further)


def _of_gpt(
    disk: DiskRegion, first: bytes, entries: Sequence[mbr.MbrEntry], protective: int
) -> tuple[Layout, tuple[Damage, ...]]:
    table = gpt.read_gpt(disk)
    missing = "no entry of type ee starts in sector 1, so firmware and operating systems ignore the GPT"
    damage = () if protective else (Damage("protective MBR", missing),)
    partitions, root, further = _inspect_partitions(
        disk,
        (
            _TableEntry(entry, entry.type, gpt.TYPE_NAMES.get(entry.type, ""), entry.type == gpt.EFI_SYSTEM, entry.name)
            for entry in table.entries
        ),
    )
    layout = replace(
        _unpartitioned(first),
        scheme=PartitionScheme.GPT,
        partitions=partitions,
        disk_signature=table.disk_guid,
        primary_gpt_valid=table.primary_valid,
        backup_gpt_valid=table.backup_valid,
        backup_gpt_at_end=table.backup_at_end,
        is_hybrid=len(entries) > protective > 0,
        is_dynamic_disk=any(entry.type in gpt.DYNAMIC_DISKS for entry in table.entries),
        root=root,
    )
    return layout, (*damage, *table.damage, *further)


@dataclass(frozen=True)
class _TableEntry:
    """An entry of an MBR or a GPT."""

    of: mbr.MbrEntry | gpt.GptEntry
    type: str
    type_name: str
    is_efi_system: bool
    name: str = ""


def _inspect_partitions(
    disk: DiskRegion, entries: Iterable[_TableEntry]
) -> tuple[tuple[Partition, ...], int | None, list[Damage]]:
    """The partitions, the number of the root, and what is wrong."""
    partitions: list[Partition] = []
    damage: list[Damage] = []
    most = MAX_EXAMINED if disk.content.is_local else MAX_FAR_EXAMINED
    for entry in entries:
        number, start, size = entry.of.number, entry.of.start_bytes, entry.of.size_bytes
        where, found = f"partition {number}", _NOTHING
        if len(partitions) == most:
            damage.append(Damage("partition table", f"partitions from number {number} on were not inspected"))
        if size <= 0 or start + size > disk.size_bytes:
            words = f"it extends from {start} to {start + size} on a disk of {disk.size_bytes} bytes"
            damage.append(Damage(where, words))
        if len(partitions) < most and size > 0 and not _is_extended(entry):
            try:
                found = detect_file_system(DiskRegion(disk.content, start, size))
            except DiskImageError as error:
                damage.append(damage_of(where, error))
        partitions.append(
            Partition(
                number=number,
                type=entry.type,
                type_name=entry.type_name,
                name=entry.name,
                start_bytes=start,
                size_bytes=size,
                is_active=entry.of.is_active,
                is_efi_system=entry.is_efi_system,
                file_system=found.file_system,
                label=found.label,
                boot_sector_signature=found.boot_sector_signature,
                is_container=_is_extended(entry),
                has_drive_letter=getattr(entry.of, "has_drive_letter", True),
                guid=getattr(entry.of, "guid", None),
            )
        )
    root = _root(partitions)
    with_free_space, absurd = _with_free_space(disk, tuple(partitions), root)
    return with_free_space, root, [*damage, *absurd]


def _with_free_space(
    disk: DiskRegion, partitions: tuple[Partition, ...], root: int | None
) -> tuple[tuple[Partition, ...], list[Damage]]:
    """The partitions with the free space of the root, and what is wrong with it."""
    found = next((partition for partition in partitions if partition.number == root), None)
    if found is None:
        return partitions, []
    where = f"partition {root}"
    try:
        free = free_bytes(DiskRegion(disk.content, found.start_bytes, found.size_bytes), found.file_system)
    except DiskImageError as error:
        return partitions, [damage_of(where, error)]
    if free is not None and not 0 <= free <= found.size_bytes:
        words = f"its file system states {free} free bytes, but the partition has {found.size_bytes}"
        return partitions, [Damage(where, words)]
    changed = replace(found, free_bytes=free)
    return tuple(changed if partition is found else partition for partition in partitions), []


def _is_extended(entry: _TableEntry) -> bool:
    return isinstance(entry.of, mbr.MbrEntry) and entry.of.type in mbr.EXTENDED


def _root(partitions: Sequence[Partition]) -> int | None:
    """The partition with a root type, else the first that fits an operating system, else the largest."""
    candidates = [
        partition
        for partition in partitions
        if partition.file_system in _ROOTS and partition.type not in _NO_ROOTS and not partition.is_efi_system
    ]
    typed = (partition for partition in candidates if partition.type in gpt.LINUX_ROOTS)
    roomy = (partition for partition in candidates if partition.size_bytes >= _MIN_ROOT_BYTES)
    largest = max(candidates, key=lambda partition: partition.size_bytes, default=None)
    root = next(typed, None) or next(roomy, largest)
    return root.number if root else None
