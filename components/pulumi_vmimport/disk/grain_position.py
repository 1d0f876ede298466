"""How far a stream-optimized VMDK is, in terms of the disk: its file size is not known until its end.

Source: VMware "Virtual Disk Format 5.0" (the technical note of 2011), section "Stream-Optimized Compressed Sparse
Extents".
"""

from pulumi_vmimport.disk.stream_optimized import DIRECTORY_AT_END, HEADER, MAGIC, MARKER, SECTOR_BYTES

# Fields of the header.
_CAPACITY, _DESCRIPTOR_OFFSET, _DESCRIPTOR_SIZE, _DIRECTORY, _OVERHEAD = 3, 5, 6, 9, 10
_GRAIN_MARKER = 12
"""Bytes of a marker of compressed data, which follows it at once."""


class GrainPosition:
    """The position on the disk of the last grain in the bytes so far. Bytes of another format leave it at 0."""

    def __init__(self) -> None:
        self.percent = 0
        """Share of the disk that precedes the position; unused space counts as done."""
        self._capacity = 0
        self._offset = 0
        self._next: int | None = 0
        self._partial = b""

    def see(self, chunk: bytes | memoryview) -> None:
        """Follow the next bytes of the file."""
        end = self._offset + len(chunk)
        while self._next is not None and self._next < end:
            needed = (MARKER if self._capacity else HEADER).size
            start = max(self._next - self._offset, 0)
            sector = self._partial + bytes(chunk[start : start + needed - len(self._partial)])
            if len(sector) < needed:
                self._partial = sector
                break
            self._partial = b""
            self._next = self._after_marker(sector) if self._capacity else self._after_header(sector)
        self._offset = end

    def _after_header(self, sector: bytes) -> int | None:
        fields = HEADER.unpack(sector)
        if fields[0] != MAGIC or not fields[_CAPACITY]:
            return None
        self._capacity = fields[_CAPACITY]
        if fields[_DIRECTORY] == DIRECTORY_AT_END:
            # Zeros may follow the descriptor: each sector of zeros reads as a marker without data.
            sectors = int(fields[_DESCRIPTOR_OFFSET] + fields[_DESCRIPTOR_SIZE])
        else:
            sectors = int(fields[_OVERHEAD])
        return sectors * SECTOR_BYTES or None

    def _after_marker(self, sector: bytes) -> int | None:
        assert self._next is not None  # noqa: S101 - the caller has checked it
        value, size, _ = MARKER.unpack(sector)
        if size:
            self.percent = min(100 * value // self._capacity, 100)
            after: int = self._next + -(-(_GRAIN_MARKER + size) // SECTOR_BYTES) * SECTOR_BYTES
            return after
        return self._next + (1 + int(value)) * SECTOR_BYTES
