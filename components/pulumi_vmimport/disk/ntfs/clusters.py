"""The clusters of an NTFS volume: its units, and reads within its bounds.

Sources: the NTFS documentation of linux-ntfs ("$Boot"); [MS-FSA] for the sizes that Windows formats.
"""

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.inspection.boot_sector import named_file_system, ntfs_geometry
from pulumi_vmimport.disk.inspection.disk_region import DiskRegion, unpack_padded
from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.ntfs.block_cache import BlockCache

_BOOT_SECTOR = "boot sector"
_SECTOR_BYTES = {256, 512, 1024, 2048, 4096}
_MAX_CLUSTER_BYTES = 2 << 20
_TOTAL_SECTORS_AT = 40


class Clusters:
    """Reads by cluster. A cluster number of the volume is not trusted."""

    def __init__(self, region: DiskRegion) -> None:
        """Reads the boot sector.

        Raises: UnreadableVolumeError if it is not the boot sector of an NTFS volume, and if BitLocker encrypts the
        volume; DiskImageError; what the source raises.
        """
        self._blocks = BlockCache(region)
        sector = self._blocks.read(0, 512)
        match named_file_system(sector):
            case FileSystem.NTFS:
                pass
            case FileSystem.BITLOCKER:
                raise UnreadableVolumeError(_BOOT_SECTOR, "BitLocker encrypts the volume; decrypt it in Windows first")
            case _:
                raise UnreadableVolumeError(_BOOT_SECTOR, "the volume is not NTFS")
        geometry = ntfs_geometry(sector)
        sectors: int = unpack_padded("<Q", sector, _TOTAL_SECTORS_AT)[0]
        if (
            geometry is None
            or geometry.sector_bytes not in _SECTOR_BYTES
            or not geometry.sector_bytes <= geometry.cluster_bytes <= _MAX_CLUSTER_BYTES
            or not _is_power_of_2(geometry.cluster_bytes)
            or not _is_power_of_2(geometry.record_bytes)
        ):
            raise UnreadableVolumeError(_BOOT_SECTOR, "it states impossible sizes of sectors, clusters or file records")
        self.record_bytes = geometry.record_bytes
        self.cluster_bytes = geometry.cluster_bytes
        self.table_cluster = geometry.table_at // geometry.cluster_bytes
        self.count = sectors * geometry.sector_bytes // geometry.cluster_bytes

    def read(self, where: str, cluster: int, offset: int, length: int) -> bytes:
        """Bytes from an offset in a cluster on, also of the clusters behind it.

        Raises: UnreadableVolumeError if they do not lie within the volume and the partition; DiskImageError; what the
        source raises.
        """
        start = cluster * self.cluster_bytes + offset
        if start < 0 or start + length > min(self.count * self.cluster_bytes, self._blocks.size_bytes):
            raise UnreadableVolumeError(where, f"cluster {cluster} does not lie within the volume and its partition")
        return self._blocks.read(start, length)


def _is_power_of_2(number: int) -> bool:
    return number.bit_count() == 1
