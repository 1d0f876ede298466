"""The free space of a file system, from its superblock or, for NTFS, from its cluster bitmap.

Sources: the documentation of Linux for ext4, XFS and Btrfs. The superblock of a mounted volume may be older than its
content.
"""

from pulumi_vmimport.disk.disk_region import DiskRegion, unpack_padded
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.ntfs.ntfs_volume import NtfsVolume

_EXT_AT, _EXT_64_BIT = 1024, 0x80
_BTRFS_AT = 65536


def free_bytes(region: DiskRegion, kind: FileSystem) -> int | None:
    """The free space; None if it is not known without reading more of the file system.

    The value is not checked against the size of the region. Raises: DiskImageError; what the source raises.
    """
    match kind:
        case FileSystem.NTFS:
            return _ntfs(region)
        case FileSystem.EXT2 | FileSystem.EXT3 | FileSystem.EXT4:
            return _ext(region.read(_EXT_AT, 1024))
        case FileSystem.XFS:
            superblock = region.read(0, 512)
            (block,), (free,) = unpack_padded(">I", superblock, 4), unpack_padded(">Q", superblock, 144)
            return int(block * free)
        case FileSystem.BTRFS:
            total, used = unpack_padded("<QQ", region.read(_BTRFS_AT, 4096), 112)
            return int(total - used)
    return None


def _ext(superblock: bytes) -> int:
    (free,), (shift,), (incompatible,) = (unpack_padded("<I", superblock, at) for at in (12, 24, 96))
    if incompatible & _EXT_64_BIT:
        free |= unpack_padded("<I", superblock, 344)[0] << 32
    return int(free << (10 + min(shift, 16)))


def _ntfs(region: DiskRegion) -> int | None:
    try:
        return NtfsVolume(region).free_bytes()
    except UnreadableVolumeError:
        return None
