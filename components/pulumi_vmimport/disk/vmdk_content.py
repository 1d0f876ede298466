"""The content of a VMDK in one file: stream-optimized (compressed) or monolithic sparse.

Source: VMware "Virtual Disk Format 5.0" (the technical note of 2011), sections "Hosted Sparse Extents" and
"Stream-Optimized Compressed Sparse Extents".
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pulumi_vmimport.disk.conversion_remedies import CONVERT, conversion_of_part
from pulumi_vmimport.disk.disk_content import ChunkedContent, PagedTable, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DamagedImageError, UnsupportedImageError
from pulumi_vmimport.disk.stream_optimized import (
    DEFLATE,
    DIRECTORY_AT_END,
    FLAG_COMPRESSED,
    FLAG_MARKERS,
    HEADER,
    LINE_ENDS,
    MAGIC,
    SECTOR_BYTES,
)
from pulumi_vmimport.shown_value import shown_bytes

_FOOTER_SECTORS = 2  # the footer, a copy of the header, precedes the end-of-stream marker
_TABLE_ENTRIES = 512
_TABLES = 256  # of 2 KiB
_UNALLOCATED, _ZEROED = 0, 1
_GRAIN = struct.Struct("<QI")  # first sector of the disk, size
# VMware writes grains of 128 sectors; the specification requires a power of two above 8. The upper bound is ours.
_GRAIN_SECTORS = range(8, 2049)
_MAX_DESCRIPTOR_BYTES = 1 << 20
# Without line endings in the blanks, because a descriptor of line endings alone would take quadratic time.
_CREATE_TYPE = re.compile(rb'^[ \t]*createType[ \t]*=[ \t]*"([^"\n]{1,64})"', re.MULTILINE | re.IGNORECASE)
_PARENT = re.compile(rb"^[ \t]*parentCID[ \t]*=[ \t]*([0-9a-fA-F]{1,8})", re.MULTILINE | re.IGNORECASE)
_NO_PARENT = 0xFFFFFFFF
_KINDS = (b"streamoptimized", b"monolithicsparse")  # readers ignore the case


@dataclass(frozen=True)
class _Header:
    capacity: int
    grain: int
    descriptor: int
    descriptor_size: int
    directory: int
    compressed: bool


class VmdkContent(ChunkedContent):
    """The content of a VMDK."""

    def __init__(self, source: Source) -> None:
        """Reads header, descriptor and, where the directory is at the end, the footer.

        Raises: DamagedImageError, UnsupportedImageError.
        """
        header = _header(source, 0)
        if header.directory == DIRECTORY_AT_END:
            header = _header(source, source.size_bytes - _FOOTER_SECTORS * SECTOR_BYTES)
        _check_descriptor(source, header)
        stored = SECTOR_BYTES if header.compressed else header.grain * SECTOR_BYTES
        super().__init__(source, header.capacity * SECTOR_BYTES, header.grain * SECTOR_BYTES, min_chunk_bytes=stored)
        self._compressed = header.compressed
        tables = -(-header.capacity // (header.grain * _TABLE_ENTRIES))
        self._directory = PagedTable(source, "the grain directory", header.directory * SECTOR_BYTES, tables, "<I")
        self._table = lru_cache(maxsize=_TABLES)(self._read_table)
        self._stored_in = lru_cache(maxsize=_TABLES)(self._find_stored)

    def damaged_grains(self) -> Iterator[tuple[int, DamagedImageError]]:
        """Decompress every stored grain; (number, error) of those that fail.

        Uncompressed grains have no checksum to verify.
        Raises: DiskImageError; what the source raises.
        """
        if not self._compressed:
            return
        for number in self._stored_chunks():
            table, entry = divmod(number, _TABLE_ENTRIES)
            place = self._table(self._directory[table])[entry]
            try:
                self._decompress(number, place * SECTOR_BYTES)
            except DamagedImageError as error:
                yield number, error

    def _read_table(self, sector: int) -> tuple[int, ...]:
        data = read_exactly(self._source, "a grain table", sector * SECTOR_BYTES, _TABLE_ENTRIES * 4)
        return struct.unpack(f"<{_TABLE_ENTRIES}I", data)

    def _find_stored(self, sector: int) -> tuple[int, ...]:
        return tuple(entry for entry, at in enumerate(self._table(sector)) if at > _ZEROED)

    def _stored_chunks(self) -> Iterator[int]:
        grains = -(-self.capacity_bytes // self.chunk_bytes)
        for number, sector in enumerate(self._directory):
            if sector != _UNALLOCATED:
                first = number * _TABLE_ENTRIES
                yield from (first + entry for entry in self._stored_in(sector) if first + entry < grains)

    def _read_chunk(self, number: int, start: int, length: int) -> bytes:
        table, entry = divmod(number, _TABLE_ENTRIES)
        sector = self._directory[table]
        grains = self._table(sector) if sector != _UNALLOCATED else ()
        at = grains[entry] if grains else _UNALLOCATED
        if at <= _ZEROED:
            return bytes(length)
        if not self._compressed:
            return read_exactly(self._source, f"grain {number}", at * SECTOR_BYTES + start, length)
        likely = 0 if self.is_local else self._likely_bytes(at, grains[entry + 1 :])
        return self._decompress(number, at * SECTOR_BYTES, likely)[start : start + length]

    def _likely_bytes(self, sector: int, following: Sequence[int]) -> int:
        """The size of a compressed grain in the file: up to the next one, or half of it, if others are not behind it.

        Over a network, the header alone would often be a request of its own.
        """
        end = next((at for at in following if at > sector), sector)
        gap = (end - sector) * SECTOR_BYTES
        return gap if 0 < gap <= self.chunk_bytes + 2 * SECTOR_BYTES else self.chunk_bytes // 2

    def _decompress(self, number: int, offset: int, likely: int = 0) -> bytes:
        what = f"grain {number}"
        likely = min(max(likely, _GRAIN.size), max(self._source.size_bytes - offset, _GRAIN.size))
        stored = read_exactly(self._source, what, offset, likely)
        sector, size = _GRAIN.unpack_from(stored)
        expected = number * self.chunk_bytes // SECTOR_BYTES
        # DEFLATE enlarges incompressible data by a few bytes only.
        if sector != expected or not 0 < size <= self.chunk_bytes + SECTOR_BYTES:
            found = f"{what} at {offset} is marked as sector {sector} with {size} bytes, expected sector {expected}"
            raise DamagedImageError(self._source.name, found)
        packed = stored[_GRAIN.size : _GRAIN.size + size]
        if len(packed) < size:
            packed += read_exactly(self._source, what, offset + _GRAIN.size + len(packed), size - len(packed))
        inflater = zlib.decompressobj()
        try:
            data = inflater.decompress(packed, self.chunk_bytes + 1)
        except zlib.error as error:
            raise DamagedImageError(self._source.name, f"{what} at {offset} cannot be inflated: {error}") from error
        needed = min(self.chunk_bytes, self.capacity_bytes - number * self.chunk_bytes)
        if not inflater.eof or not needed <= len(data) <= self.chunk_bytes:
            found = f"{what} at {offset} inflates to {len(data)} bytes or more, expected {self.chunk_bytes}"
            raise DamagedImageError(self._source.name, found)
        return data


def _header(source: Source, offset: int) -> _Header:
    what = "its header" if offset == 0 else "its footer"
    fields = HEADER.unpack_from(read_exactly(source, what, offset, SECTOR_BYTES))
    magic, _, flags, capacity, grain, descriptor, size, entries, _, directory, _, _, ends, compression = fields
    if magic != MAGIC:
        raise DamagedImageError(source.name, f"{what} starts with {shown_bytes(magic)}, expected {shown_bytes(MAGIC)}")
    if ends != LINE_ENDS:
        raise DamagedImageError(source.name, f"the line endings in {what} were converted by a transfer in text mode")
    if grain not in _GRAIN_SECTORS or grain & (grain - 1) or entries != _TABLE_ENTRIES:
        found = f"{what} states grains of {grain} sectors and tables of {entries} entries"
        raise DamagedImageError(source.name, f"{found}, expected a power of two up to 2048 and {_TABLE_ENTRIES}")
    compressed = bool(flags & FLAG_COMPRESSED)
    if compressed and not (flags & FLAG_MARKERS and compression == DEFLATE):
        raise UnsupportedImageError(source.name, f"a VMDK with flags {flags:#x} and compression {compression}", CONVERT)
    return _Header(capacity, grain, descriptor, size, directory, compressed)


def _check_descriptor(source: Source, header: _Header) -> None:
    """Require a disk that is complete in this file."""
    size = header.descriptor_size * SECTOR_BYTES
    if header.descriptor == 0 or size == 0:
        raise UnsupportedImageError(
            source.name,
            "a VMDK without a descriptor, which is one part of a split disk",
            conversion_of_part(source.name),
        )
    if size > _MAX_DESCRIPTOR_BYTES:
        raise DamagedImageError(source.name, f"its header states a descriptor of {size} bytes")
    text = read_exactly(source, "its descriptor", header.descriptor * SECTOR_BYTES, size)
    kind = _CREATE_TYPE.search(text)
    if kind is None or kind[1].lower() not in _KINDS:
        got = kind[1].decode(errors="replace") if kind else "none"
        raise UnsupportedImageError(source.name, f"a VMDK of createType {got}", CONVERT)
    parent = _PARENT.search(text)
    if parent is not None and int(parent[1], 16) != _NO_PARENT:
        remedy = "consolidate the machine's snapshots and export it again"
        raise UnsupportedImageError(source.name, f"a VMDK with a parent disk (parentCID {parent[1].decode()})", remedy)
