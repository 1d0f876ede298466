"""The content of an attribute: in its file record, in clusters, or compressed in clusters.

Source: the NTFS documentation of linux-ntfs ("attribute header", "compression unit").
"""

from collections.abc import Sequence
from typing import Protocol

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.ntfs.clusters import Clusters
from pulumi_vmimport.disk.ntfs.file_record import DATA, Attribute
from pulumi_vmimport.disk.ntfs.lznt1 import DamagedCompressionError, decompress
from pulumi_vmimport.disk.ntfs.run_list import HOLE, RunList

_COMPRESSION_MASK, _LZNT1, _ENCRYPTED = 0x00FF, 1, 0x4000
_MAX_UNIT_BYTES = 1 << 20  # Windows writes 64 KiB
_MAX_SIZE_BYTES = 1 << 63


class Stream(Protocol):
    """The content of an attribute."""

    @property
    def size_bytes(self) -> int:
        """The size of the content."""

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on, which is not negative; fewer only at the end.

        Raises: UnreadableVolumeError; DiskImageError; what the source raises.
        """


class ResidentStream:
    """Content in a file record."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self.size_bytes = len(value)

    def read(self, offset: int, length: int) -> bytes:
        return self._value[offset : offset + length]


class ClusterStream:
    """Content in clusters. Holes, and what was never written, are zeros."""

    def __init__(self, clusters: Clusters, where: str, first: Attribute) -> None:
        """`first` is the first extent."""
        if not 0 <= first.initialized_bytes <= first.size_bytes < _MAX_SIZE_BYTES:
            raise UnreadableVolumeError(where, "its sizes contradict each other")
        self.size_bytes = first.size_bytes
        self.runs = RunList(where)
        self._clusters, self._where = clusters, where
        self._initialized_bytes = first.initialized_bytes

    def read(self, offset: int, length: int) -> bytes:
        length = max(min(length, self.size_bytes - offset), 0)
        there = max(min(length, self._initialized_bytes - offset), 0)
        return self._read_initialized(offset, there) + bytes(length - there)

    def _read_initialized(self, offset: int, length: int) -> bytes:
        parts, size = [], self._clusters.cluster_bytes
        while length > 0:
            position, start = divmod(offset, size)
            cluster, count = self.runs.at(position)
            part = min(length, count * size - start)
            parts.append(bytes(part) if cluster == HOLE else self._clusters.read(self._where, cluster, start, part))
            offset, length = offset + part, length - part
        return b"".join(parts)


class CompressedStream(ClusterStream):
    """Content in units of clusters, each of which is stored as it is, compressed, or a hole."""

    def __init__(self, clusters: Clusters, where: str, first: Attribute) -> None:
        super().__init__(clusters, where, first)
        method = first.flags & _COMPRESSION_MASK
        if method != _LZNT1:
            raise UnreadableVolumeError(where, f"compression method {method} is unknown")
        self._unit_clusters = 1 << first.compression_shift
        self._unit_bytes = self._unit_clusters * clusters.cluster_bytes
        if not first.compression_shift or self._unit_bytes > _MAX_UNIT_BYTES:
            raise UnreadableVolumeError(where, f"compression in units of {self._unit_clusters} clusters is impossible")
        self._last: tuple[int, bytes] = (-1, b"")

    def _read_initialized(self, offset: int, length: int) -> bytes:
        parts = []
        while length > 0:
            number, start = divmod(offset, self._unit_bytes)
            part = self._unit(number)[start : start + length]
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return b"".join(parts)

    def _unit(self, number: int) -> bytes:
        if self._last[0] != number:
            self._last = (number, self._read_unit(number))
        return self._last[1]

    def _read_unit(self, number: int) -> bytes:
        """The content of a unit: clusters, then holes. If there are both, the clusters hold compressed data."""
        stored, at = [], number * self._unit_clusters
        end, holes = at + self._unit_clusters, 0
        while at < end:
            cluster, count = self.runs.at(at)
            count = min(count, end - at)
            at += count
            if cluster == HOLE:
                holes += count
                continue
            if holes:
                raise UnreadableVolumeError(self._where, f"its compression unit {number} has data behind a hole")
            stored.append(self._clusters.read(self._where, cluster, 0, count * self._clusters.cluster_bytes))
        data = b"".join(stored)
        if not holes:
            return data
        try:
            return decompress(data, self._unit_bytes)
        except DamagedCompressionError as error:
            raise UnreadableVolumeError(self._where, f"its compression unit {number} is damaged: {error}") from error


def open_stream(clusters: Clusters, where: str, extents: Sequence[Attribute]) -> Stream:
    """The stream whose extents these are, in any order.

    Raises: UnreadableVolumeError if extents are missing or contradict each other, or the stream is encrypted.
    """
    first, *rest = sorted(extents, key=lambda extent: extent.first)
    if first.value is not None:
        if rest:
            raise UnreadableVolumeError(where, "its content is both in its file record and elsewhere")
        if first.flags & _ENCRYPTED:
            raise _encrypted(where)
        return ResidentStream(first.value)
    if first.flags & _ENCRYPTED:
        raise _encrypted(where)
    # Of a compressed directory the flag means that its files are compressed, the index is not.
    is_compressed = first.kind == DATA and first.flags & _COMPRESSION_MASK
    kind = CompressedStream if is_compressed else ClusterStream
    stream = kind(clusters, where, first)
    for extent in (first, *rest):
        if extent.value is not None:
            raise UnreadableVolumeError(where, "its content is both in its file record and elsewhere")
        stream.runs.add(extent.first, extent.pairs)
    return stream


def _encrypted(where: str) -> UnreadableVolumeError:
    return UnreadableVolumeError(where, "its content is encrypted by EFS; decrypt it in Windows first")
