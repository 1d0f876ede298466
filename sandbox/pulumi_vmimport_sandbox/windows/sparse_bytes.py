"""A disk or a volume in memory; only blocks that are not zeros take space."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BLOCK_BYTES = 4096
_ZEROS = bytes(BLOCK_BYTES)


@dataclass
class SparseBytes:
    """Bytes with random access."""

    size_bytes: int
    blocks: dict[int, bytes] = field(default_factory=dict)
    """By their numbers"""
    name: str = "disk.raw"

    is_local = True

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end."""
        length = max(min(length, self.size_bytes - offset), 0)
        if not length:
            return b""
        first, last = offset // BLOCK_BYTES, (offset + length - 1) // BLOCK_BYTES
        data = b"".join(self.blocks.get(number, _ZEROS) for number in range(first, last + 1))
        start = offset - first * BLOCK_BYTES
        return data[start : start + length]

    def write_at(self, offset: int, data: bytes) -> None:
        """Overwrite bytes."""
        at = 0
        while at < len(data):
            number, start = divmod(offset + at, BLOCK_BYTES)
            part = data[at : at + BLOCK_BYTES - start]
            old = self.blocks.get(number, _ZEROS)
            new = old[:start] + part + old[start + len(part) :]
            if new == _ZEROS:
                self.blocks.pop(number, None)
            else:
                self.blocks[number] = new
            at += len(part)

    def extents(self) -> Iterator[tuple[int, int]]:
        """Offset and length of the parts that are not zeros, in order."""
        start = end = 0
        for number in sorted(self.blocks):
            if number != end:
                if start < end:
                    yield self._extent(start, end)
                start = number
            end = number + 1
        if start < end:
            yield self._extent(start, end)

    def write_file(self, path: Path) -> Path:
        """Write a sparse file."""
        with path.open("wb") as file:
            file.truncate(self.size_bytes)
            for offset, length in self.extents():
                os.pwrite(file.fileno(), self.read_at(offset, length), offset)
        return path

    def _extent(self, start: int, end: int) -> tuple[int, int]:
        return start * BLOCK_BYTES, min(end * BLOCK_BYTES, self.size_bytes) - start * BLOCK_BYTES
