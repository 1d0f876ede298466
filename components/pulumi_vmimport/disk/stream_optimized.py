"""The header and the end of a stream-optimized VMDK, the kind that vSphere exports and AWS imports.

Source: VMware "Virtual Disk Format 5.0" (the technical note of 2011), sections "Hosted Sparse Extents" and
"Stream-Optimized Compressed Sparse Extents".
"""

import struct
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_errors import NotStreamOptimizedError, TruncatedImageError
from pulumi_vmimport.shown_value import shown_bytes

SECTOR_BYTES = 512

MAGIC = b"KDMV"
TEXT_DESCRIPTOR = b"# Disk DescriptorFile"
# magic, version, flags, capacity, grain size, descriptor offset and size, grain table entries, redundant directory,
# directory, overhead, unclean shutdown, four line-end characters, compression
HEADER = struct.Struct("<4sIIQQQQIQQQB4sH")
LINE_ENDS = b"\n \r\n"  # changed by a transfer in text mode
FLAG_COMPRESSED = 1 << 16
FLAG_MARKERS = 1 << 17
DEFLATE = 1
DIRECTORY_AT_END = 2**64 - 1
MARKER = struct.Struct("<QII")  # sectors, size, type
FOOTER_MARKER = (1, 0, 3)
_END_SECTORS = 3  # the marker of the footer, the footer (a header again), the end-of-stream marker


@dataclass(frozen=True)
class StreamOptimizedHeader:
    """The facts of a stream-optimized VMDK's header."""

    version: int
    capacity_bytes: int
    """Size of the disk as the VM reads it"""
    grain_bytes: int
    directory_at_end: bool
    """Whether a footer locates the grain directory, as vSphere writes it; qemu-img writes the directory at the start"""


def read_header(disk: str, start: bytes) -> StreamOptimizedHeader:
    """The header in the first sector of a VMDK. `disk` is its name in errors.

    Raises: NotStreamOptimizedError; TruncatedImageError if the sector is incomplete.
    """
    if start.startswith(TEXT_DESCRIPTOR):
        raise NotStreamOptimizedError(disk, f"a descriptor of at least {len(start)} bytes that refers to other files")
    if not MAGIC.startswith(start[:4]):
        raise NotStreamOptimizedError(disk, f"a file that starts with {shown_bytes(start[:8])}")
    if len(start) < SECTOR_BYTES:
        raise TruncatedImageError(disk, len(start), f"the header requires {SECTOR_BYTES} bytes")
    fields = HEADER.unpack_from(start)
    _, version, flags, capacity, grain, _, _, _, _, directory, _, _, line_ends, compression = fields
    if line_ends != LINE_ENDS:
        raise NotStreamOptimizedError(disk, "a VMDK whose line endings were converted by a transfer in text mode")
    if not (flags & FLAG_COMPRESSED and flags & FLAG_MARKERS and compression == DEFLATE):
        raise NotStreamOptimizedError(disk, f"a sparse VMDK with flags {flags:#x} and compression {compression}")
    if not 0 < capacity < 2**63 // SECTOR_BYTES or grain < 1 or grain & (grain - 1):
        raise NotStreamOptimizedError(disk, f"a header with a capacity of {capacity} and grains of {grain} sectors")
    return StreamOptimizedHeader(
        version=version,
        capacity_bytes=capacity * SECTOR_BYTES,
        grain_bytes=grain * SECTOR_BYTES,
        directory_at_end=directory == DIRECTORY_AT_END,
    )


class StreamOptimizedCheck:
    """Checks a VMDK while it is streamed: the first sector must be valid, and the end must be complete.

    `header` is set once the first sector has passed.
    """

    def __init__(self, disk: str, *, capacity_bytes: int | None = None) -> None:
        """`capacity_bytes` is the capacity that the header must state. Default: any."""
        self.header: StreamOptimizedHeader | None = None
        self._disk = disk
        self._capacity_bytes = capacity_bytes
        self._start = self._end = b""
        self._size = 0

    def see(self, chunk: bytes | memoryview) -> None:
        """Check the next bytes. Raises: NotStreamOptimizedError once the first sector is complete."""
        if self.header is None:
            self._start += bytes(chunk[: SECTOR_BYTES - len(self._start)])
            if len(self._start) == SECTOR_BYTES:
                self.header = self._require_capacity(read_header(self._disk, self._start))
        self._size += len(chunk)
        self._end = (self._end + bytes(chunk[-_END_SECTORS * SECTOR_BYTES :]))[-_END_SECTORS * SECTOR_BYTES :]

    def end(self) -> StreamOptimizedHeader:
        """The header, once all bytes have passed. Raises: NotStreamOptimizedError; TruncatedImageError."""
        header = self.header or self._require_capacity(read_header(self._disk, self._start))
        if header.directory_at_end:
            _check_end(self._disk, self._size, self._end)
        return header

    def _require_capacity(self, header: StreamOptimizedHeader) -> StreamOptimizedHeader:
        if self._capacity_bytes not in (None, header.capacity_bytes):
            raise NotStreamOptimizedError(
                self._disk, f"a capacity of {header.capacity_bytes} bytes instead of {self._capacity_bytes}"
            )
        return header


def _check_end(disk: str, size: int, end: bytes) -> None:
    marker, footer, last = (end[at : at + SECTOR_BYTES] for at in range(0, _END_SECTORS * SECTOR_BYTES, SECTOR_BYTES))
    if last != bytes(SECTOR_BYTES):
        raise TruncatedImageError(disk, size, "the end-of-stream marker is missing")
    if MARKER.unpack_from(marker) != FOOTER_MARKER or not footer.startswith(MAGIC):
        raise TruncatedImageError(disk, size, "no footer precedes the end-of-stream marker")
