"""The free space of a file system, from its superblock or, for NTFS, from its cluster bitmap.

Sources: the NTFS documentation of linux-ntfs (MFT record 6 is $Bitmap, mapping pairs); the documentation of Linux for
ext4, XFS and Btrfs. The superblock of a mounted volume may be older than its content.
"""

from collections.abc import Iterable, Iterator

from pulumi_vmimport.disk.inspection.boot_sector import ntfs_geometry, ntfs_record
from pulumi_vmimport.disk.inspection.disk_region import MAX_READ_BYTES, DiskRegion, unpack_padded
from pulumi_vmimport.disk.inspection.facts import FileSystem

_BITMAP_RECORD = 6
_DATA, _END_OF_ATTRIBUTES = 0x80, 0xFFFFFFFF
_MAX_ATTRIBUTES, _MAX_RUNS = 64, 4096
# One bit a cluster: 1 TiB of 4 KiB clusters; over a network 128 GiB, as larger disks are no WorkSpaces images.
_MAX_BITMAP_BYTES, _MAX_FAR_BITMAP_BYTES = 32 << 20, 4 << 20
_EXT_AT, _EXT_64_BIT = 1024, 0x80
_BTRFS_AT = 65536
_BITS = 8


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
    sector = region.read(0, 512)
    geometry = ntfs_geometry(sector)
    record = ntfs_record(region, geometry, _BITMAP_RECORD) if geometry else b""
    if geometry is None or not record:
        return None
    (sectors,) = unpack_padded("<Q", sector, 40)
    clusters = sectors * geometry.sector_bytes // geometry.cluster_bytes
    attribute = _data_attribute(record)
    if attribute is None or not 0 < clusters <= most_clusters(region):
        return None
    free = free_clusters(_bitmap(region, geometry.cluster_bytes, attribute), clusters)
    return None if free is None else free * geometry.cluster_bytes


def most_clusters(region: DiskRegion) -> int:
    """The number of clusters up to which their bitmap is read."""
    return _BITS * (_MAX_BITMAP_BYTES if region.content.is_local else _MAX_FAR_BITMAP_BYTES)


def free_clusters(bitmap: Iterable[bytes], clusters: int) -> int | None:
    """How many clusters are free, by the parts of a cluster bitmap; None if it ends before the last cluster."""
    used = seen = 0
    for part in bitmap:
        bits = int.from_bytes(part, "little")
        if seen + len(part) * _BITS > clusters:  # the bits behind the last cluster are set
            bits &= (1 << (clusters - seen)) - 1
        used += bits.bit_count()
        seen = min(seen + len(part) * _BITS, clusters)
        if seen == clusters:
            return clusters - used
    return None


def _bitmap(region: DiskRegion, cluster_bytes: int, attribute: bytes) -> Iterator[bytes]:
    for cluster, count in _runs(attribute):
        for at in range(0, count * cluster_bytes, MAX_READ_BYTES):
            yield region.read(cluster * cluster_bytes + at, min(count * cluster_bytes - at, MAX_READ_BYTES))


def _data_attribute(record: bytes) -> bytes | None:
    """The unnamed $DATA attribute that is stored in runs; None if it is elsewhere."""
    (at,) = unpack_padded("<H", record, 20)
    for _ in range(_MAX_ATTRIBUTES):
        kind, length, is_elsewhere, name_length = unpack_padded("<IIBB", record, at)
        if kind == _DATA and is_elsewhere and not name_length:
            return record[at : at + length]
        at += length
        if kind == _END_OF_ATTRIBUTES or not length or at >= len(record):
            break
    return None


def _runs(attribute: bytes) -> Iterator[tuple[int, int]]:
    """(first cluster, clusters) of each run of a mapping pairs array; sparse runs end it."""
    (at,) = unpack_padded("<H", attribute, 32)
    cluster = 0
    for _ in range(_MAX_RUNS):
        sizes = attribute[at] if at < len(attribute) else 0
        length_bytes, offset_bytes = sizes & 0xF, sizes >> 4
        if not length_bytes or not offset_bytes:
            return
        count = int.from_bytes(attribute[at + 1 : at + 1 + length_bytes], "little")
        start = at + 1 + length_bytes
        cluster += int.from_bytes(attribute[start : start + offset_bytes], "little", signed=True)
        if cluster < 0:
            return
        yield cluster, count
        at = start + offset_bytes
