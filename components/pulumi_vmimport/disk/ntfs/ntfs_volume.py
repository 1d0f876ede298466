"""The files of an NTFS volume, read-only. Deleted files are not read."""

from functools import cached_property, lru_cache

from pulumi_vmimport.disk.disk_region import MAX_READ_BYTES, DiskRegion, decode_text
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.ntfs.cluster_bitmap import free_clusters, most_clusters
from pulumi_vmimport.disk.ntfs.clusters import Clusters
from pulumi_vmimport.disk.ntfs.file_record import DATA, VOLUME_NAME
from pulumi_vmimport.disk.ntfs.file_table import FileTable
from pulumi_vmimport.disk.ntfs.ntfs_file import NtfsFile
from pulumi_vmimport.disk.ntfs.shutdown import Shutdown, read_shutdown
from pulumi_vmimport.disk.ntfs.upper_case import UpperCase

_VOLUME_RECORD, _ROOT_RECORD, _BITMAP_RECORD = 3, 5, 6
_VOLUME, _BITMAP = "$Volume", "$Bitmap"
_MAX_LABEL_BYTES = 256
_CACHED_DIRECTORIES = 16


class NtfsVolume:
    """A `FileTree`. Memory stays below 16 MiB, whatever the volume is."""

    def __init__(self, region: DiskRegion) -> None:
        """Reads the boot sector and the first record of the master file table.

        Raises: UnreadableVolumeError if the region is no NTFS volume, is encrypted by BitLocker, or is damaged;
        DiskImageError; what the source raises.
        """
        self._region = region
        self._table = FileTable(Clusters(region))
        self._upper_case = UpperCase(self._table)
        self._directory = lru_cache(maxsize=_CACHED_DIRECTORIES)(NtfsFile.child)

    @cached_property
    def root(self) -> NtfsFile:
        """The root directory. Raises: as `find`."""
        record = self._table.record(_ROOT_RECORD)
        if not record.is_in_use or not record.is_directory:
            raise UnreadableVolumeError("\\", f"{record.where} is not the root directory")
        return NtfsFile(self._table, self._upper_case, record, "\\")

    def find(self, path: str) -> NtfsFile | None:
        """The file with this path from the root, such as `/Windows/System32`; None if it does not exist.

        The case does not matter, 8.3 names are found too.

        Raises: UnreadableVolumeError, also if a directory of the path is a link; DiskImageError; what the source
        raises.
        """
        found: NtfsFile | None = self.root
        names = [name for name in path.split("/") if name]
        for name in names[:-1]:
            found = self._directory(found, name) if found else None
        return found.child(names[-1]) if found and names else found

    @property
    def label(self) -> str:
        """The name of the volume; empty if it has none. Raises: as `find`."""
        stream = self._table.stream(_VOLUME_RECORD, _VOLUME, VOLUME_NAME)
        return decode_text(stream.read(0, _MAX_LABEL_BYTES), "utf-16-le") if stream else ""

    def free_bytes(self) -> int:
        """The free space, from the bitmap of the clusters: one bit each, so 2.5 MiB of data for 80 GiB.

        Raises: UnreadableVolumeError; DiskImageError; what the source raises.
        """
        clusters = self._table.clusters
        if not 0 < clusters.count <= most_clusters(self._region):
            raise UnreadableVolumeError(
                _BITMAP, f"expected bits of 1 to {most_clusters(self._region)} clusters, got {clusters.count}"
            )
        stream = self._table.stream(_BITMAP_RECORD, _BITMAP, DATA)
        starts = range(0, stream.size_bytes if stream else 0, MAX_READ_BYTES)
        free = free_clusters((stream.read(at, MAX_READ_BYTES) for at in starts), clusters.count) if stream else None
        if free is None:
            raise UnreadableVolumeError(_BITMAP, f"it does not describe the {clusters.count} clusters of the volume")
        return free * clusters.cluster_bytes

    def shutdown(self) -> Shutdown:
        """Whether the volume was dismounted when Windows was last shut down. What is unreadable is unknown.

        Raises: UnreadableVolumeError if the root directory is damaged; DiskImageError; what the source raises.
        """
        return read_shutdown(self._table, self.root)
