"""Detects the file system of a partition by its first sectors, never by its type in the partition table.

Sources: the documentation of Linux (ext4, XFS, Btrfs), LVM2 and cryptsetup; ECMA-119 for ISO 9660. Order and criteria
follow libblkid, with which the tests compare.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_region import DiskRegion, decode_text, unpack_padded
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.inspection import boot_sector
from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.ntfs.ntfs_volume import NtfsVolume

_START_BYTES = 4096
_ISO_AT = 32768  # also where JFS has its superblock
_BTRFS_AT = 65536
_SUPERBLOCK_BYTES = 4096

_EXT_AT, _EXT_MAGIC = 1024, 0xEF53
_HAS_JOURNAL = 0x4
_IS_JOURNAL = 0x8  # incompatible: the journal of another volume
_EXT3_INCOMPATIBLE = 0x2 | 0x4 | 0x10  # file types, needs recovery, meta block groups
_EXT3_READ_ONLY = 0x1 | 0x2 | 0x4  # sparse superblocks, large files, B-tree directories
_LVM_LABEL, _LVM_TYPE, _LVM_SECTORS = b"LABELONE", b"LVM2 001", 4
_SWAP_AT = 4096 - 10  # the end of the first page
_SWAP = (b"SWAPSPACE2", b"SWAP-SPACE")
_LUKS = b"LUKS\xba\xbe"


@dataclass(frozen=True)
class DetectedFileSystem:
    """The file system of a partition."""

    file_system: FileSystem
    label: str
    boot_sector_signature: bool


def detect_file_system(region: DiskRegion) -> DetectedFileSystem:
    """Detect a file system with at most four reads of 4 KiB; the label of NTFS is in its master file table.

    Raises: DiskImageError; what the source raises.
    """
    start = region.read(0, _START_BYTES)
    signature = boot_sector.has_signature(start)
    if found := _at_start(start):
        return DetectedFileSystem(found, _label(found, region, start), signature)
    parts = [start]
    for at, probe in _FURTHER:
        part = region.read(at, _SUPERBLOCK_BYTES)
        if further := probe(part):
            return DetectedFileSystem(*further, signature)
        parts.append(part)
    return DetectedFileSystem(FileSystem.UNKNOWN if any(map(any, parts)) else FileSystem.EMPTY, "", signature)


def _at_start(start: bytes) -> FileSystem | None:
    probes: Iterable[tuple[bool, FileSystem | None]] = (
        (start.startswith(_LUKS), FileSystem.LUKS),
        (_has_lvm_label(start), FileSystem.LVM2),
        (start.startswith(b"XFSB"), FileSystem.XFS),
        (True, boot_sector.named_file_system(start)),
        (True, _ext(start[_EXT_AT:])),
        (start[_SWAP_AT : _SWAP_AT + 10] in _SWAP, FileSystem.SWAP),
        (boot_sector.is_fat(start), FileSystem.FAT),
    )
    return next((kind for holds, kind in probes if holds and kind), None)


def _has_lvm_label(start: bytes) -> bool:
    sectors = (start[at : at + 512] for at in range(0, _LVM_SECTORS * 512, 512))
    return any(sector.startswith(_LVM_LABEL) and sector.startswith(_LVM_TYPE, 24) for sector in sectors)


def _ext(superblock: bytes) -> FileSystem | None:
    magic, compatible, incompatible, read_only = unpack_padded("<H34xIII", superblock, 56)
    if magic != _EXT_MAGIC or incompatible & _IS_JOURNAL:
        return None
    if incompatible & ~_EXT3_INCOMPATIBLE or read_only & ~_EXT3_READ_ONLY:
        return FileSystem.EXT4
    return FileSystem.EXT3 if compatible & _HAS_JOURNAL else FileSystem.EXT2


def _ntfs_label(region: DiskRegion) -> str:
    try:
        return NtfsVolume(region).label
    except UnreadableVolumeError:
        return ""


def _label(found: FileSystem, region: DiskRegion, start: bytes) -> str:
    match found:
        case FileSystem.NTFS:
            return _ntfs_label(region)
        case FileSystem.EXFAT:
            return boot_sector.exfat_label(region, start)
        case FileSystem.FAT:
            return boot_sector.fat_label(region, start)
    if found is FileSystem.LUKS and start[6:8] == b"\0\1":
        return ""  # version 1 has no label; the cipher name is there
    at, length = _LABELS.get(found, (0, 0))
    return decode_text(start[at : at + length])


# (offset, length) of labels in the first 4 KiB.
_LABELS = {
    FileSystem.EXT2: (_EXT_AT + 120, 16),
    FileSystem.EXT3: (_EXT_AT + 120, 16),
    FileSystem.EXT4: (_EXT_AT + 120, 16),
    FileSystem.XFS: (108, 12),
    FileSystem.SWAP: (1052, 16),
    FileSystem.LUKS: (24, 48),
}


def _jfs_or_iso(part: bytes) -> tuple[FileSystem, str] | None:
    if part.startswith(b"JFS1"):
        return FileSystem.JFS, decode_text(part[152:168])
    if part.startswith(b"CD001", 1):
        return FileSystem.ISO9660, decode_text(part[40:72])
    return None


def _btrfs(part: bytes) -> tuple[FileSystem, str] | None:
    return (FileSystem.BTRFS, decode_text(part[299:555])) if part.startswith(b"_BHRfS_M", 64) else None


_FURTHER: tuple[tuple[int, Callable[[bytes], tuple[FileSystem, str] | None]], ...] = (
    (_ISO_AT, _jfs_or_iso),
    (_BTRFS_AT, _btrfs),
)
