"""The geometry of a FAT volume and its file allocation table, which links the clusters of each file.

Source: Microsoft's FAT specification 1.03 (fatgen103). A volume is FAT32 if its boot sector has no 16-bit size of the
table, whatever the number of clusters: so Windows and Linux decide, and small EFI system partitions depend on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pulumi_vmimport.disk.disk_region import DiskRegion, unpack_padded
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.inspection.boot_sector import is_fat

ENTRY_BYTES = 32
FIRST_CLUSTER = 2
MAX_CHAIN_CLUSTERS = 1 << 17
"""The longest chain that is followed: a file of 64 MiB in the smallest clusters"""

_BOOT_SECTOR_BYTES = 512
_FIRST_CLUSTERS_OF_FAT16 = 4085
_ONE_TABLE_IN_USE, _TABLE_IN_USE = 0x80, 0x0F
_END_OF_CHAIN = {12: 0xFF8, 16: 0xFFF8, 32: 0x0FFFFFF8}
_BITS_OF_FAT32 = 0x0FFFFFFF
# A whole number of entries of 12, 16 and 32 bits, and a whole FAT12.
_PAGE_BYTES, _PAGES = 6144, 64


@dataclass(frozen=True)
class FatGeometry:
    """Where the parts of a volume are. Offsets and sizes in bytes."""

    bits: int
    """12, 16 or 32"""
    cluster_bytes: int
    clusters: int
    table_at: int
    root_at: int
    """The root directory of FAT12 and FAT16, which is not in clusters"""
    root_bytes: int
    root_cluster: int
    """The first cluster of the root directory of FAT32"""
    data_at: int

    def offset_of(self, cluster: int) -> int:
        """Where a cluster starts."""
        return self.data_at + (cluster - FIRST_CLUSTER) * self.cluster_bytes


def fat_geometry(region: DiskRegion) -> FatGeometry:
    """Read the boot sector. Raises: UnreadableVolumeError if it is not one of FAT; DiskImageError."""
    sector = region.read(0, _BOOT_SECTOR_BYTES)
    if not is_fat(sector):
        raise UnreadableVolumeError("boot sector", "expected the parameters of a FAT volume")
    sector_bytes, cluster_sectors, reserved, tables, root_entries, small_sectors, _, small_table = unpack_padded(
        "<HBHBHHBH", sector, 11
    )
    large_sectors, large_table, flags, _, root_cluster = unpack_padded("<IIHHI", sector, 32)
    table_sectors, is_fat32 = small_table or large_table, not small_table
    root_sectors = -(-root_entries * ENTRY_BYTES // sector_bytes)
    data = reserved + tables * table_sectors + root_sectors
    # A volume that claims to be larger than its partition has no clusters there.
    sectors = min(small_sectors or large_sectors, region.size_bytes // sector_bytes)
    clusters = (sectors - data) // cluster_sectors
    bits = 32 if is_fat32 else 16 if clusters >= _FIRST_CLUSTERS_OF_FAT16 else 12
    clusters = min(clusters, table_sectors * sector_bytes * 8 // bits - FIRST_CLUSTER)
    if clusters < 1:
        raise UnreadableVolumeError("boot sector", f"expected room for clusters, got {sectors} sectors, {data} in use")
    in_use = flags & _TABLE_IN_USE if is_fat32 and flags & _ONE_TABLE_IN_USE else 0
    return FatGeometry(
        bits=bits,
        cluster_bytes=cluster_sectors * sector_bytes,
        clusters=clusters,
        table_at=(reserved + min(in_use, tables - 1) * table_sectors) * sector_bytes,
        root_at=(data - root_sectors) * sector_bytes,
        root_bytes=root_entries * ENTRY_BYTES,
        root_cluster=root_cluster if is_fat32 else 0,
        data_at=data * sector_bytes,
    )


class FatTable:
    """The file allocation table. It is read in pages of 6 KiB; at most 64 of them stay in memory."""

    def __init__(self, region: DiskRegion, geometry: FatGeometry) -> None:
        self._region, self._geometry = region, geometry
        self._page = lru_cache(maxsize=_PAGES)(self._read_page)

    def chain(self, path: str, first: int) -> Iterator[int]:
        """The clusters of a file in order; `path` is for errors.

        Raises: UnreadableVolumeError if the chain leaves the volume, repeats itself or is longer than
        MAX_CHAIN_CLUSTERS; DiskImageError.
        """
        end, last = _END_OF_CHAIN[self._geometry.bits], self._geometry.clusters + FIRST_CLUSTER - 1
        seen: set[int] = set()
        cluster = first
        while cluster < end:
            if not FIRST_CLUSTER <= cluster <= last:
                found = f"cluster {len(seen)} of its chain is {cluster}, outside {FIRST_CLUSTER} to {last}"
                raise UnreadableVolumeError(path, found)
            if cluster in seen:
                raise UnreadableVolumeError(path, f"its chain of clusters returns to cluster {cluster}")
            if len(seen) == MAX_CHAIN_CLUSTERS:
                raise UnreadableVolumeError(path, f"its chain has more than {MAX_CHAIN_CLUSTERS} clusters")
            seen.add(cluster)
            yield cluster
            cluster = self._next(cluster)

    def _next(self, cluster: int) -> int:
        bits = self._geometry.bits
        page, at = divmod(cluster, _PAGE_BYTES * 8 // bits)
        data = self._page(page)
        start = at * bits // 8
        if bits == 12:  # noqa: PLR2004
            pair = int.from_bytes(data[start : start + 2], "little")
            return pair >> 4 if cluster % 2 else pair & 0xFFF
        entry = int.from_bytes(data[start : start + bits // 8], "little")
        return entry & _BITS_OF_FAT32

    def _read_page(self, number: int) -> bytes:
        return self._region.read(self._geometry.table_at + number * _PAGE_BYTES, _PAGE_BYTES)
