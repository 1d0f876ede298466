"""The clusters of a stream, in runs. Source: the NTFS documentation of linux-ntfs ("data runs")."""

from array import array
from bisect import bisect_right

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError

HOLE = -1
_MAX_FIELD_BYTES = 8
_MAX_RUNS = 1 << 16  # 1 MiB of memory; of Windows' own files the most fragmented have a few thousand
_MAX_CLUSTER = 1 << 52


class RunList:
    """Runs in the order of the stream, which starts at its cluster 0. They are added extent by extent."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._starts = array("Q")
        self._clusters = array("q")
        self.end = 0
        """The number of clusters that are described so far"""

    def add(self, first: int, pairs: bytes) -> None:
        """Add an extent: its first cluster in the stream, and its mapping pairs.

        Raises: UnreadableVolumeError if it does not continue the stream, or is damaged.
        """
        if first != self.end:
            raise self._error(f"an extent starts at its cluster {first}, expected {self.end}")
        at = cluster = 0
        while at < len(pairs) and pairs[at]:
            length_bytes, offset_bytes = pairs[at] & 0xF, pairs[at] >> 4
            end = at + 1 + length_bytes + offset_bytes
            if not 0 < length_bytes <= _MAX_FIELD_BYTES or offset_bytes > _MAX_FIELD_BYTES or end > len(pairs):
                raise self._error("its mapping pairs are damaged")
            length = int.from_bytes(pairs[at + 1 : at + 1 + length_bytes], "little", signed=True)
            cluster += int.from_bytes(pairs[at + 1 + length_bytes : end], "little", signed=True)
            if length <= 0 or self.end + length > _MAX_CLUSTER or not 0 <= cluster < _MAX_CLUSTER:
                raise self._error("its mapping pairs are damaged")
            if len(self._starts) >= _MAX_RUNS:
                raise self._error(f"it has more than {_MAX_RUNS} fragments, which this library does not read")
            self._starts.append(self.end)
            self._clusters.append(cluster if offset_bytes else HOLE)
            self.end += length
            at = end

    def at(self, position: int) -> tuple[int, int]:
        """(cluster of the volume or HOLE, clusters of the run from there on) of a cluster of the stream.

        Raises: UnreadableVolumeError behind the last run.
        """
        if not 0 <= position < self.end:
            raise self._error(f"its cluster {position} has no place on the volume, only {self.end} clusters have")
        number = bisect_right(self._starts, position) - 1
        end = self._starts[number + 1] if number + 1 < len(self._starts) else self.end
        cluster = self._clusters[number]
        return cluster if cluster == HOLE else cluster + position - self._starts[number], end - position

    def _error(self, reason: str) -> UnreadableVolumeError:
        return UnreadableVolumeError(self._where, reason)
