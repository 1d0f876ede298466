"""The files of a FAT12, FAT16 or FAT32 volume, such as the EFI system partition of a Windows or Linux machine."""

from collections.abc import Iterator
from itertools import islice

from pulumi_vmimport.disk.disk_region import MAX_READ_BYTES, DiskRegion
from pulumi_vmimport.disk.fat.fat_directory import FatEntry, directory_entries
from pulumi_vmimport.disk.fat.fat_table import FatTable, fat_geometry
from pulumi_vmimport.disk.file_tree import DirectoryEntry, UnreadableVolumeError
from pulumi_vmimport.disk.printable import printable

_MAX_DIRECTORY_BYTES = 65536 * 32  # the specification's limit
_BLOCK_BYTES = 4096
_SEPARATOR = "\\"


class FatVolume:
    """A volume; a `FileTree`.

    Short names are decoded with code page 437, the default of US English Windows.
    """

    def __init__(self, region: DiskRegion) -> None:
        """Read the boot sector. Raises: UnreadableVolumeError if it is not one of FAT; DiskImageError."""
        self._region = region
        self._geometry = fat_geometry(region)
        self._table = FatTable(region, self._geometry)

    def find(self, path: str) -> "FatFile | None":
        """The file or directory with this path, separated by `/`; its names may be long or short, in any case.

        Raises: UnreadableVolumeError; DiskImageError; what the source of the image raises.
        """
        found = FatFile(self, "", None)
        for name in filter(None, path.split("/")):
            entry = next((entry for entry in found.listed() if entry.is_named(name)), None)
            if entry is None:
                return None
            found = FatFile(self, found.path.rstrip(_SEPARATOR) + _SEPARATOR + entry.name, entry)
        return found

    def directory_blocks(self, path: str, entry: FatEntry | None) -> Iterator[bytes]:
        """The content of a directory, at most 4 KiB at a time. Raises: UnreadableVolumeError; DiskImageError."""
        geometry = self._geometry
        if entry is None and not geometry.root_cluster:
            yield from self._blocks(geometry.root_at, geometry.root_bytes)
            return
        first = geometry.root_cluster if entry is None else entry.first_cluster
        for number, cluster in enumerate(self._table.chain(path, first)):
            if number * geometry.cluster_bytes >= _MAX_DIRECTORY_BYTES:
                raise UnreadableVolumeError(path, f"the directory is larger than {_MAX_DIRECTORY_BYTES >> 20} MiB")
            yield from self._blocks(geometry.offset_of(cluster), geometry.cluster_bytes)

    def entries_of(self, path: str, entry: FatEntry | None) -> Iterator[FatEntry]:
        """The parsed entries of a directory; None is the root. Raises: as `directory_blocks`."""
        return directory_entries(self.directory_blocks(path, entry), is_fat32=self._geometry.bits == 32)  # noqa: PLR2004

    def clusters_of(self, path: str, entry: FatEntry) -> list[int]:
        """The clusters of a file.

        Raises: UnreadableVolumeError, also if they are too few for the size of the file; DiskImageError.
        """
        count = -(-entry.size_bytes // self._geometry.cluster_bytes)
        clusters = list(islice(self._table.chain(path, entry.first_cluster), count)) if count else []
        if len(clusters) < count:
            found = f"its chain of {len(clusters)} clusters ends before its {entry.size_bytes} bytes"
            raise UnreadableVolumeError(path, found)
        return clusters

    def read(self, clusters: list[int], offset: int, length: int) -> bytes:
        """A part of a file, which lies within its clusters. Raises: DiskImageError."""
        cluster_bytes = self._geometry.cluster_bytes
        first, end = offset // cluster_bytes, -(-(offset + length) // cluster_bytes)
        parts = (
            self._region.read(self._geometry.offset_of(start), count * cluster_bytes)
            for start, count in _runs(clusters[first:end], MAX_READ_BYTES // cluster_bytes)
        )
        skipped = offset - first * cluster_bytes
        return b"".join(parts)[skipped : skipped + length]

    def _blocks(self, start: int, size: int) -> Iterator[bytes]:
        for at in range(0, size, _BLOCK_BYTES):
            yield self._region.read(start + at, min(_BLOCK_BYTES, size - at))


class FatFile:
    """A file or a directory of a volume; a `File`."""

    def __init__(self, volume: FatVolume, path: str, entry: FatEntry | None) -> None:
        self._volume, self._entry = volume, entry
        self.path = path or _SEPARATOR
        self.is_directory = entry is None or entry.is_directory
        self.size_bytes = entry.size_bytes if entry else 0
        self._clusters: list[int] | None = None

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the file.

        Raises: UnreadableVolumeError, also for a directory; DiskImageError; what the source of the image raises.
        """
        if self._entry is None or self.is_directory:
            raise UnreadableVolumeError(self._shown, "expected a file, got a directory")
        there = min(length, self.size_bytes - offset)
        if offset < 0 or there <= 0:
            return b""
        if self._clusters is None:
            self._clusters = self._volume.clusters_of(self._shown, self._entry)
        return self._volume.read(self._clusters, offset, there)

    def entries(self) -> Iterator[DirectoryEntry]:
        """The names in a directory, in its order. Raises: as `read`, also for a file."""
        if not self.is_directory:
            raise UnreadableVolumeError(self._shown, "expected a directory, got a file")
        for entry in self.listed():
            yield DirectoryEntry(entry.name, entry.is_directory)

    def listed(self) -> Iterator[FatEntry]:
        """As `entries`, with what only FAT knows; nothing of a file, so that no path leads through it."""
        return self._volume.entries_of(self._shown, self._entry) if self.is_directory else iter(())

    @property
    def _shown(self) -> str:
        return printable(self.path)


def _runs(clusters: list[int], most: int) -> Iterator[tuple[int, int]]:
    """Consecutive clusters as (first, count), at most `most` in each."""
    start, count = clusters[0], 1
    for cluster in clusters[1:]:
        if cluster == start + count and count < most:
            count += 1
            continue
        yield start, count
        start, count = cluster, 1
    yield start, count
