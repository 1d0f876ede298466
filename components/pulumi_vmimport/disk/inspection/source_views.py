"""Views of sources: a part of a file, or several files joined."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from pulumi_vmimport.disk.disk_content import Extent, Source


def is_local(source: Source) -> bool:
    """Whether thousands of reads are cheap. Default: false, as for a source that is read over a network."""
    return getattr(source, "is_local", False) is True


class SourceSlice:
    """A part of a file, such as a disk in an OVA, limited to the size of the file."""

    def __init__(self, source: Source, name: str, offset: int, size_bytes: int) -> None:
        self.name = name
        self.offset = min(max(offset, 0), source.size_bytes)
        self.size_bytes = min(max(size_bytes, 0), source.size_bytes - self.offset)
        self.is_local = is_local(source)
        self._source = source

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the part."""
        there = min(length, self.size_bytes - offset)
        return self._source.read_at(self.offset + offset, there) if there > 0 else b""

    def extents(self) -> Iterator[Extent]:
        """The parts that may hold data."""
        end = self.offset + self.size_bytes
        for start, length in self._source.extents():
            if start >= end:
                return
            first, last = max(start, self.offset), min(start + length, end)
            if first < last:
                yield first - self.offset, last - first


class ReadAhead:
    """Reads 4 MiB ahead during sequential small reads. Not thread-safe."""

    _BYTES, _GAP_BYTES = 4 << 20, 4096

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.size_bytes = source.size_bytes
        self.is_local = is_local(source)
        self._source = source
        self._end = -1  # of the previous read
        self._start, self._ahead = 0, b""

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the file."""
        follows = 0 <= offset - self._end <= self._GAP_BYTES
        self._end = offset + length
        if not self._start <= offset <= self._end <= self._start + len(self._ahead):
            if not follows or length > self._BYTES:  # not sequential
                return self._source.read_at(offset, length)
            self._start, self._ahead = offset, self._source.read_at(offset, self._BYTES)
        return self._ahead[offset - self._start : self._end - self._start]

    def extents(self) -> Iterable[Extent]:
        """The extents of the file."""
        return self._source.extents()


class JoinedSources:
    """Several files joined into one, such as the chunks of a disk."""

    def __init__(self, name: str, parts: Sequence[Source]) -> None:
        """`parts` must not be empty."""
        self.name = name
        self.is_local = all(map(is_local, parts))
        self._parts = parts
        self._starts = list(accumulate((part.size_bytes for part in parts), initial=0))
        self.size_bytes = self._starts[-1]

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the last part, or if a part became shorter."""
        end = min(offset + length, self.size_bytes)
        data = []
        while offset < end:
            number = bisect_right(self._starts, offset) - 1
            wanted = min(end, self._starts[number + 1]) - offset
            part = self._parts[number].read_at(offset - self._starts[number], wanted)
            data.append(part)
            offset += len(part)
            if len(part) < wanted:
                break
        return b"".join(data)

    def extents(self) -> Iterator[Extent]:
        """The parts that may hold data."""
        for start, part in zip(self._starts, self._parts, strict=False):
            yield from ((start + offset, length) for offset, length in part.extents())
