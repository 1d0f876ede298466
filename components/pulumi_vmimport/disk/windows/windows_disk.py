"""Finds the volume of Windows on a disk: by the boot configuration, or else by the only volume with a registry."""

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.fat.fat_volume import FatVolume
from pulumi_vmimport.disk.file_tree import FileTree
from pulumi_vmimport.disk.guest.guest_facts import NO_WINDOWS
from pulumi_vmimport.disk.inspection.facts import FileSystem, Layout, Partition, PartitionScheme
from pulumi_vmimport.disk.ntfs.ntfs_volume import NtfsVolume
from pulumi_vmimport.disk.registry.bcd import BootConfiguration, BootPartition, read_boot_configuration
from pulumi_vmimport.disk.windows.windows_hives import FOLDER, open_hive

_SYSTEM_HIVE = f"{FOLDER}/SYSTEM"
_EFI_STORE, _BIOS_STORE = "/EFI/Microsoft/Boot/BCD", "/Boot/BCD"
_NOT_READ = {
    FileSystem.BITLOCKER: "is encrypted with BitLocker",
    FileSystem.REFS: "holds ReFS, which is not read",
}


@dataclass(frozen=True)
class BootStore:
    """The boot configuration that the firmware uses."""

    partition: int
    path: str
    configuration: BootConfiguration


@dataclass(frozen=True)
class WindowsDisk:
    """The volume of Windows, and how it boots."""

    partition: int
    volume: NtfsVolume
    store: BootStore | None
    store_reason: str
    """Why there is no boot configuration; empty if there is one"""


def find_windows(content: DiskContent, layout: Layout) -> WindowsDisk | str:
    """The volume of Windows, or why there is none. Raises: what the source of the image raises."""
    reasons: list[str] = []
    store = next(_boot_stores(content, layout, reasons), None)
    store_reason = "" if store else "; ".join(reasons) or "no partition that the firmware boots has one"
    if store is not None and (named := _named_partition(store.configuration.system_partition, layout)) is not None:
        if named.file_system in _NOT_READ:
            return _not_read(named)
        volume = _windows_volume(content, named)
        if isinstance(volume, NtfsVolume):
            return WindowsDisk(named.number, volume, store, store_reason)
    found = {p.number: volume for p in layout.partitions if (volume := _windows_volume(content, p)) is not None}
    volumes = {number: volume for number, volume in found.items() if isinstance(volume, NtfsVolume)}
    if len(volumes) == 1:
        number, only = volumes.popitem()
        return WindowsDisk(number, only, store, store_reason)
    if volumes:
        return f"partitions {', '.join(map(str, volumes))} hold Windows, and the boot configuration names none of them"
    unread = [_not_read(partition) for partition in layout.partitions if partition.file_system in _NOT_READ]
    return "; ".join([*unread, *map(str, found.values())]) or NO_WINDOWS


def _not_read(partition: Partition) -> str:
    return f"partition {partition.number} {_NOT_READ[partition.file_system]}"


def _windows_volume(content: DiskContent, partition: Partition) -> NtfsVolume | str | None:
    """The volume if it holds Windows; why it cannot be read; None if it holds something else."""
    if partition.file_system is not FileSystem.NTFS:
        return None
    try:
        volume = NtfsVolume(_region(content, partition))
        return volume if volume.find(_SYSTEM_HIVE) is not None else None
    except DiskImageError as error:
        return f"partition {partition.number}: {error}"


def _boot_stores(content: DiskContent, layout: Layout, reasons: list[str]) -> Iterator[BootStore]:
    for partition in _boot_partitions(layout):
        try:
            tree = _tree(content, partition)
            path = _EFI_STORE if partition.is_efi_system else _BIOS_STORE
            if tree is None or tree.find(path) is None:
                reasons.append(f"partition {partition.number} has no {path}")
                continue
            configuration = read_boot_configuration(open_hive(tree, path))
        except DiskImageError as error:
            reasons.append(f"partition {partition.number}: {error}")
            continue
        if configuration is None:
            reasons.append(f"partition {partition.number}: {path} starts no installed Windows")
        else:
            yield BootStore(partition.number, path.replace("/", "\\"), configuration)


def _boot_partitions(layout: Layout) -> list[Partition]:
    """Those from which firmware boots: EFI system partitions of a GPT, active partitions of an MBR first."""
    found = [partition for partition in layout.partitions if partition.is_efi_system or partition.is_active]
    efi_first = layout.scheme is PartitionScheme.GPT
    return sorted(found, key=lambda partition: partition.is_efi_system is not efi_first)


def _tree(content: DiskContent, partition: Partition) -> FileTree | None:
    region = _region(content, partition)
    match partition.file_system:
        case FileSystem.FAT:
            return FatVolume(region)
        case FileSystem.NTFS:
            return NtfsVolume(region)
    return None


def _named_partition(named: BootPartition | None, layout: Layout) -> Partition | None:
    """The partition that the boot configuration names, if it is on this disk."""
    if named is None:
        return None
    if named.partition_guid is not None:
        guid = str(named.partition_guid).upper()
        return next((partition for partition in layout.partitions if partition.guid == guid), None)
    if named.mbr_signature is None or layout.disk_signature != f"{named.mbr_signature:08x}":
        return None
    return next((partition for partition in layout.partitions if partition.start_bytes == named.offset_bytes), None)


def _region(content: DiskContent, partition: Partition) -> DiskRegion:
    return DiskRegion(content, partition.start_bytes, partition.size_bytes)
