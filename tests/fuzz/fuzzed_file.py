"""A fuzzer's bytes as a file of any size, which counts what is read of it.

An input is one byte of options, then either the file as it is, or (SPARSE) six bytes of its size and pieces of it, each
as six bytes of offset, two of length and the data. So a disk of 64 TiB takes a few hundred bytes, and the fuzzer
moves and changes its tables as it does anything else. Offsets with the highest bit set count from the end back: what is
found there, such as a footer, stays there when the size changes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

SPARSE, REPAIRED, LOCAL, SECTORS_4096, DEEP = 1, 2, 4, 8, 16
_OFFSET_BYTES, _LENGTH_BYTES = 6, 2
_FROM_END, _END_BYTES = 1 << 47, 64 << 10
_GAP_BYTES = 16  # zeros that are cheaper written than cut out
_MAX_PIECE_BYTES = (1 << 8 * _LENGTH_BYTES) - 1


class ReadTooMuchError(AssertionError):
    """A reader asked for more than it may."""


class FuzzedFile:
    """The file; a `Source`."""

    name = "fuzzed.img"

    def __init__(self, data: bytes, *, most_size_bytes: int, most_read_bytes: int, most_reads: int) -> None:
        self.options = data[0] if data else 0
        self.is_local = bool(self.options & LOCAL)
        self.reads = self.read_bytes = 0
        self._most_reads, self._most_read_bytes = most_reads, most_read_bytes
        if self.options & SPARSE:
            size = int.from_bytes(data[1 : 1 + _OFFSET_BYTES], "little") % (most_size_bytes + 1)
            self._pieces = _disjoint(_pieces(data[1 + _OFFSET_BYTES :], size))
            self.size_bytes = size
        else:
            self._pieces = _disjoint([(0, data[1:])])
            self.size_bytes = len(data[1:])

    def read_at(self, offset: int, length: int) -> bytes:
        """As any source; raises when what was read goes beyond what is allowed."""
        self.reads += 1
        self.read_bytes += length
        if offset < 0 or length < 0:
            raise ReadTooMuchError(f"{length} bytes at {offset}")
        if self.reads > self._most_reads or self.read_bytes > self._most_read_bytes:
            raise ReadTooMuchError(f"{self.reads} reads of {self.read_bytes} bytes in all, the last at {offset}")
        return self.peek(offset, length)

    def peek(self, offset: int, length: int) -> bytes:
        """What is there; does not count."""
        length = max(min(length, self.size_bytes - offset), 0)
        data = bytearray(length)
        for start, piece in self._overlapping(offset, length):
            first, last = max(start, offset), min(start + len(piece), offset + length)
            if first < last:
                data[first - offset : last - offset] = piece[first - start : last - start]
        return bytes(data)

    def patch(self, offset: int, data: bytes) -> None:
        """Change what is there, such as a checksum."""
        if 0 <= offset <= self.size_bytes - len(data):
            _lay_over(self._pieces, offset, data)

    def extents(self) -> Iterator[tuple[int, int]]:
        """Where something is."""
        yield from ((start, len(piece)) for start, piece in self._pieces)

    def _overlapping(self, offset: int, length: int) -> Iterable[tuple[int, bytes]]:
        first = max(bisect_right(self._pieces, offset, key=_start) - 1, 0)
        last = bisect_left(self._pieces, offset + length, key=_start)
        return self._pieces[first:last]


def encoded(size_bytes: int, pieces: Iterable[tuple[int, bytes]], options: int = 0) -> bytes:
    """The input that is this file."""
    written = bytearray([options | SPARSE]) + size_bytes.to_bytes(_OFFSET_BYTES, "little")
    for offset, data in pieces:
        for start, part in _without_zeros(offset, data):
            for at in range(0, len(part), _MAX_PIECE_BYTES):
                piece = part[at : at + _MAX_PIECE_BYTES]
                place = start + at
                if place > size_bytes // 2 and place >= size_bytes - _END_BYTES:
                    place = _FROM_END | (size_bytes - place)
                written += place.to_bytes(_OFFSET_BYTES, "little") + len(piece).to_bytes(_LENGTH_BYTES, "little")
                written += piece
    return bytes(written)


def _pieces(data: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _OFFSET_BYTES + _LENGTH_BYTES <= len(data):
        offset = int.from_bytes(data[at : at + _OFFSET_BYTES], "little")
        at += _OFFSET_BYTES
        length = int.from_bytes(data[at : at + _LENGTH_BYTES], "little")
        at += _LENGTH_BYTES
        if size:
            place = (size - offset % _FROM_END if offset & _FROM_END else offset) % size
            yield place, data[at : at + length][: size - place]
        at += length


def _disjoint(pieces: Iterable[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """In order of place; where pieces overlap, the later ones count."""
    kept: list[tuple[int, bytes]] = []
    for offset, data in pieces:
        if data:
            _lay_over(kept, offset, data)
    return kept


def _lay_over(kept: list[tuple[int, bytes]], offset: int, data: bytes) -> None:
    end = offset + len(data)
    first = max(bisect_right(kept, offset, key=_start) - 1, 0)
    last = bisect_left(kept, end, key=_start)
    parts = [(offset, data)]
    for start, piece in kept[first:last]:
        if start < offset:
            parts.append((start, piece[: offset - start]))
        if start + len(piece) > end:
            parts.append((end, piece[end - start :]))
    kept[first:last] = sorted(parts)


def _start(piece: tuple[int, bytes]) -> int:
    return piece[0]


def _without_zeros(offset: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    """The runs of a piece that are not zeros."""
    blocks = [data[at : at + _GAP_BYTES] for at in range(0, len(data), _GAP_BYTES)]
    starts = accumulate((len(block) for block in blocks), initial=offset)
    run, run_start = b"", 0
    for start, block in zip(starts, blocks, strict=False):
        if any(block):
            run_start = run_start if run else start
            run += block
        elif run:
            yield run_start, run
            run = b""
    if run:
        yield run_start, run
