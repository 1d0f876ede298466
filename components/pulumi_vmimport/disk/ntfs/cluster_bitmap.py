"""Free clusters, by the bitmap of a volume: one bit a cluster, which is set if it is in use.

Source: the NTFS documentation of linux-ntfs ("$Bitmap").
"""

from collections.abc import Iterable

from pulumi_vmimport.disk.disk_region import DiskRegion

# One bit a cluster: 1 TiB of 4 KiB clusters; over a network 128 GiB, as larger disks are no WorkSpaces images.
_MAX_BITMAP_BYTES, _MAX_FAR_BITMAP_BYTES = 32 << 20, 4 << 20
_BITS = 8


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
