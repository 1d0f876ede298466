"""The clusters of an NTFS volume: its units, and reads within its bounds.

Sources: the NTFS documentation of linux-ntfs ("$Boot"); [MS-FSA] for the sizes that Windows formats.
"""

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.ntfs.block_cache import BlockCache
from pulumi_vmimport.disk.ntfs.boot_parameters import BITLOCKER_NAME, NAME_AT, NTFS_NAME, boot_parameters

_BOOT_SECTOR = "boot sector"
_SECTOR_BYTES = {256, 512, 1024, 2048, 4096}
_MAX_CLUSTER_BYTES = 2 << 20


class Clusters:
    """Reads by cluster. A cluster number of the volume is not trusted."""

    def __init__(self, region: DiskRegion) -> None:
        """Reads the boot sector.

        Raises: UnreadableVolumeError if it is not the boot sector of an NTFS volume, and if BitLocker encrypts the
        volume; DiskImageError; what the source raises.
        """
        self._blocks = BlockCache(region)
        sector = self._blocks.read(0, 512)
        name = sector[NAME_AT : NAME_AT + len(NTFS_NAME)]
        if name == BITLOCKER_NAME:
            raise UnreadableVolumeError(_BOOT_SECTOR, "BitLocker encrypts the volume; decrypt it in Windows first")
        if name != NTFS_NAME:
            raise UnreadableVolumeError(_BOOT_SECTOR, "the volume is not NTFS")
        stated = boot_parameters(sector)
        if (
            stated is None
            or stated.sector_bytes not in _SECTOR_BYTES
            or not stated.sector_bytes <= stated.cluster_bytes <= _MAX_CLUSTER_BYTES
            or not _is_power_of_2(stated.cluster_bytes)
            or not _is_power_of_2(stated.record_bytes)
        ):
            raise UnreadableVolumeError(_BOOT_SECTOR, "it states impossible sizes of sectors, clusters or file records")
        self.record_bytes = stated.record_bytes
        self.cluster_bytes = stated.cluster_bytes
        self.table_cluster = stated.table_at // stated.cluster_bytes
        self.count = stated.sectors * stated.sector_bytes // stated.cluster_bytes

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
