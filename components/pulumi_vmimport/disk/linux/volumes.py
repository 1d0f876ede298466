"""The volumes of a disk: partitions, logical volumes, or the whole disk."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_region import DiskRegion, unpack_padded
from pulumi_vmimport.disk.inspection.facts import FileSystem, Layout, PartitionScheme
from pulumi_vmimport.disk.inspection.file_systems import detect_file_system
from pulumi_vmimport.disk.linux.logical_volumes import PhysicalVolume, logical_volumes, read_physical_volume
from pulumi_vmimport.disk.raw_content import RawContent

# Where file systems store their UUID.
_UUIDS = {
    FileSystem.EXT2: 1024 + 104,
    FileSystem.EXT3: 1024 + 104,
    FileSystem.EXT4: 1024 + 104,
    FileSystem.XFS: 32,
    FileSystem.SWAP: 1024 + 12,
    FileSystem.BTRFS: 65536 + 32,
    FileSystem.JFS: 32768 + 136,
}
_LUKS_UUID_AT = 168
_FAT_SERIAL_AT, _FAT16_SERIAL_AT = 67, 39
_BCACHEFS_AT, _BCACHEFS = 4096 + 24, bytes.fromhex("c68573f64e1a45ca8265f57f48ba6d81")
_ZFS_MAGIC, _ZFS_AT = 0x00BAB10C, range(128 << 10, 256 << 10, 1024)
_MD_MAGIC, _MD_AT = 0xA92B4EFC, (0, 4096)


@dataclass(frozen=True)
class Volume:
    """Something that holds a file system, swap space, or encrypted data."""

    where: str
    """Such as `partition 2` or `logical volume vg/root`"""
    region: DiskRegion | None
    """None if it cannot be read"""
    file_system: FileSystem
    label: str = ""
    uuid: str = ""
    """As blkid prints it; empty if there is none"""
    partition_uuid: str = ""
    partition_label: str = ""
    device: str = ""
    """Of a logical volume, below /dev: `vg/root`"""
    number: int | None = None
    """Of a partition"""
    is_efi_system: bool = False
    note: str = ""
    """What is known of a volume that is not read: why, or the name of its format"""


def volumes_of(content: DiskContent, layout: Layout) -> tuple[Volume, ...]:
    """All volumes, without containers of other volumes. Raises: DiskImageError; what the source raises."""
    found = list(_plain_volumes(content, layout))
    physical: list[PhysicalVolume] = []
    for volume in found:
        if volume.file_system is FileSystem.LVM2 and volume.region is not None:
            read = read_physical_volume(volume.region)
            physical += [read] if read else []
    return tuple(v for v in (*found, *_logical(physical)) if v.file_system is not FileSystem.LVM2)


def _plain_volumes(content: DiskContent, layout: Layout) -> Iterator[Volume]:
    if layout.scheme is PartitionScheme.NONE:
        yield _volume("the disk", DiskRegion.of_disk(content))
    for partition in layout.partitions:
        if partition.is_container:
            continue
        region = DiskRegion(content, partition.start_bytes, partition.size_bytes)
        # GPT stores a GUID for each partition, which the layout does not have.
        is_mbr = layout.scheme is PartitionScheme.MBR and layout.disk_signature
        yield _volume(
            f"partition {partition.number}",
            region,
            partition_uuid=f"{layout.disk_signature}-{partition.number:02x}".lower() if is_mbr else "",
            partition_label=partition.name,
            number=partition.number,
            is_efi_system=partition.is_efi_system,
        )


def _logical(physical: list[PhysicalVolume]) -> Iterator[Volume]:
    for volume in physical:
        if volume.metadata is None:
            yield Volume("a physical volume of LVM", None, FileSystem.UNKNOWN, note="its metadata is damaged")
    for logical in logical_volumes(physical):
        where = f"logical volume {logical.name}"
        if logical.unreadable is not None:
            yield Volume(where, None, FileSystem.UNKNOWN, device=logical.name, note=logical.unreadable)
        else:
            yield _volume(where, DiskRegion.of_disk(RawContent(logical)), device=logical.name)


def _volume(
    where: str,
    region: DiskRegion,
    *,
    partition_uuid: str = "",
    partition_label: str = "",
    device: str = "",
    number: int | None = None,
    is_efi_system: bool = False,
) -> Volume:
    detected = detect_file_system(region)
    kind = detected.file_system
    return Volume(
        where,
        region,
        kind,
        label=detected.label,
        uuid=_uuid(region, kind),
        partition_uuid=partition_uuid,
        partition_label=partition_label,
        device=device,
        number=number,
        is_efi_system=is_efi_system,
        note=_other_format(region) if kind in {FileSystem.UNKNOWN, FileSystem.EMPTY} else "",
    )


def _uuid(region: DiskRegion, kind: FileSystem) -> str:
    if kind in _UUIDS:
        found = region.read(_UUIDS[kind], 16)
        return str(uuid.UUID(bytes=found)) if any(found) else ""
    if kind is FileSystem.LUKS:
        return region.read(_LUKS_UUID_AT, 40).split(b"\0")[0].decode("ascii", errors="replace").lower()
    if kind is FileSystem.FAT:
        start = region.read(0, 512)
        is_fat32 = unpack_padded("<H", start, 22) == (0,)
        (serial,) = unpack_padded("<I", start, _FAT_SERIAL_AT if is_fat32 else _FAT16_SERIAL_AT)
        return f"{serial >> 16:04x}-{serial & 0xFFFF:04x}"
    return ""


def _other_format(region: DiskRegion) -> str:
    """The name of a format that is recognized and not read; empty if it is none of those."""
    if region.read(_BCACHEFS_AT, 16) == _BCACHEFS:
        return "bcachefs"
    labels = region.read(_ZFS_AT.start, len(_ZFS_AT) * _ZFS_AT.step)
    if any(unpack_padded("<Q", labels, at) == (_ZFS_MAGIC,) for at in range(0, len(labels), _ZFS_AT.step)):
        return "ZFS"
    if any(unpack_padded("<I", region.read(at, 4)) == (_MD_MAGIC,) for at in _MD_AT):
        return "a member of a software RAID (md)"
    return ""
