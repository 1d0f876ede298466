"""Logical volumes of LVM2, as sources of a disk's content.

Linear and striped volumes are read. Thin, mirrored, RAID, cached, and snapshot volumes are named with their type.
Source: lvm2's documentation of the on-disk format (`man pvck`, `doc/lvm_metadata` of lvm2).
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_vmimport.disk.disk_content import SECTOR_BYTES, Extent
from pulumi_vmimport.disk.disk_region import DiskRegion, unpack_padded
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.linux.lvm_metadata import (
    WHERE,
    Section,
    number_of,
    parse_metadata,
    section_of,
)
from pulumi_vmimport.disk.printable import printable

_LABEL, _TYPE, _LABEL_SECTORS = b"LABELONE", b"LVM2 001", 4
_AREA_MAGIC = b" LVM2 x[5A%r0N*>"
_AREA_HEADER_BYTES = 512
_MAX_METADATA_BYTES = 8 << 20
_READ_BYTES = 1 << 20
_MAX_AREAS = 16
_MAX_SEGMENTS = 65536
_MAX_VOLUMES = 256
_STRIPED = "striped"
_VISIBLE = "VISIBLE"


@dataclass(frozen=True)
class PhysicalVolume:
    """A partition or disk that LVM uses."""

    region: DiskRegion
    id: str
    metadata: Section | None
    """The newest metadata on it; None if it has none that is readable"""


@dataclass(frozen=True)
class Stripe:
    """A part of a physical volume that belongs to a segment."""

    region: DiskRegion
    start_bytes: int


@dataclass(frozen=True)
class Segment:
    """A part of a logical volume."""

    start_bytes: int
    size_bytes: int
    stripes: tuple[Stripe, ...]
    stripe_bytes: int


@dataclass(frozen=True)
class LogicalVolume:
    """A logical volume, which `RawContent` reads as a disk."""

    name: str
    """Group and volume, as in `vg/root`"""
    size_bytes: int
    segments: tuple[Segment, ...]
    unreadable: str | None = None
    """Why it cannot be read. Default: it can"""
    is_local: bool = field(default=False)

    def extents(self) -> Iterator[Extent]:
        """The parts that may hold data: all."""
        yield 0, self.size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the volume."""
        starts = [segment.start_bytes for segment in self.segments]
        parts, end = [], min(offset + length, self.size_bytes)
        while offset < end:
            number = bisect_right(starts, offset) - 1
            segment = self.segments[number]
            part = _read(segment, offset - segment.start_bytes, end - offset)
            parts.append(part)
            offset += len(part)
        return b"".join(parts)


def _read(segment: Segment, offset: int, length: int) -> bytes:
    """Bytes of one stripe: at least one, not more than a read of a region returns."""
    length = min(length, segment.size_bytes - offset, _READ_BYTES)
    if len(segment.stripes) == 1:
        stripe = segment.stripes[0]
        return stripe.region.read(stripe.start_bytes + offset, length)
    row, column = divmod(offset // segment.stripe_bytes, len(segment.stripes))
    within = offset % segment.stripe_bytes
    stripe = segment.stripes[column]
    start = stripe.start_bytes + row * segment.stripe_bytes + within
    return stripe.region.read(start, min(length, segment.stripe_bytes - within))


def read_physical_volume(region: DiskRegion) -> PhysicalVolume | None:
    """The physical volume in a region; None if there is none. Raises: DiskImageError; what the source raises."""
    start = region.read(0, _LABEL_SECTORS * SECTOR_BYTES)
    for at in range(0, len(start), SECTOR_BYTES):
        label = start[at : at + SECTOR_BYTES]
        if label.startswith(_LABEL) and label.startswith(_TYPE, 24):
            (header_at,) = unpack_padded("<I", label, 20)
            header = label[header_at:]
            id = header[:32].decode("ascii", errors="replace")
            return PhysicalVolume(region, id, _newest(region, header))
    return None


def _newest(region: DiskRegion, header: bytes) -> Section | None:
    """The metadata with the highest sequence number of the (at most two) areas."""
    found = []
    for offset, size in _metadata_areas(header):
        try:
            metadata = parse_metadata(_text(region, offset, size))
            found.append((max(_sequence(metadata), 0), metadata))
        except UnreadableVolumeError:
            continue  # the other copy may be whole; without any, the group is reported as unreadable
    return max(found, key=lambda each: each[0])[1] if found else None


def _sequence(metadata: Section) -> int:
    groups = [value for value in metadata.values() if isinstance(value, dict)]
    return number_of(groups[0], "seqno") if groups else -1


def _metadata_areas(header: bytes) -> Iterator[Extent]:
    """Two lists of (offset, size), each ended by a zero offset: of the data, then of the metadata."""
    lists = 0
    for number in range(2 * _MAX_AREAS):
        offset, size = unpack_padded("<QQ", header, 40 + 16 * number)
        if not offset:
            lists += 1
            if lists == 2:  # noqa: PLR2004 - the second list has ended
                return
        elif lists:
            yield offset, size


def _text(region: DiskRegion, start: int, size: int) -> str:
    """The text of a metadata area, a ring behind its header."""
    header = region.read(start, _AREA_HEADER_BYTES)
    if header[4:20] != _AREA_MAGIC:
        raise UnreadableVolumeError(WHERE, "the header of the metadata area is damaged")
    offset, length = unpack_padded("<QQ", header, 40)
    ring = size - _AREA_HEADER_BYTES
    if not _AREA_HEADER_BYTES <= offset < size or not 0 < length <= min(ring, _MAX_METADATA_BYTES):
        raise UnreadableVolumeError(WHERE, f"expected metadata within {size} bytes, got {length} at {offset}")
    first = min(length, size - offset)
    data = _read_all(region, start + offset, first) + _read_all(region, start + _AREA_HEADER_BYTES, length - first)
    return data.split(b"\0")[0].decode("utf-8", errors="replace")


def _read_all(region: DiskRegion, offset: int, length: int) -> bytes:
    parts = (
        region.read(offset + done, min(_READ_BYTES, length - done)) for done in range(0, max(length, 0), _READ_BYTES)
    )
    return b"".join(parts)


def logical_volumes(physical: Sequence[PhysicalVolume]) -> tuple[LogicalVolume, ...]:
    """The logical volumes of all groups on these physical volumes, except hidden ones.

    Those that cannot be read say why: a physical volume is missing, or the kind of the volume is not read.
    """
    groups: dict[str, tuple[int, str, Section]] = {}
    for volume in physical:
        for name, group in (volume.metadata or {}).items():
            if not isinstance(group, dict):
                continue
            sequence, id = group.get("seqno"), str(group.get("id"))
            if isinstance(sequence, int) and (id not in groups or sequence > groups[id][0]):
                groups[id] = sequence, name, group
    by_id = {volume.id: volume.region for volume in physical}
    volumes = (each for _, name, group in groups.values() for each in _volumes(name, group, by_id))
    return tuple(each for each, _ in zip(volumes, range(_MAX_VOLUMES), strict=False))


def _volumes(group_name: str, group: Section, by_id: Mapping[str, DiskRegion]) -> Iterator[LogicalVolume]:
    for name, volume in section_of(group, "logical_volumes").items():
        if not isinstance(volume, dict) or _VISIBLE not in _list(volume.get("status")):
            continue
        full_name = printable(f"{group_name}/{name}")
        try:
            segments = tuple(_segments(group, volume, by_id))
        except UnreadableVolumeError as error:
            yield LogicalVolume(full_name, 0, (), error.reason)
        else:
            size = sum(segment.size_bytes for segment in segments)
            is_local = all(stripe.region.content.is_local for segment in segments for stripe in segment.stripes)
            yield LogicalVolume(full_name, size, segments, None if size else "it has no extents", is_local)


def _segments(group: Section, volume: Section, by_id: Mapping[str, DiskRegion]) -> Iterator[Segment]:
    extent = number_of(group, "extent_size") * SECTOR_BYTES
    count = number_of(volume, "segment_count")
    if not extent or count > _MAX_SEGMENTS:
        raise UnreadableVolumeError(WHERE, f"expected at most {_MAX_SEGMENTS} segments, got {count}")
    end = 0
    for number in range(1, count + 1):
        segment = section_of(volume, f"segment{number}")
        kind = segment.get("type")
        if kind != _STRIPED:
            raise UnreadableVolumeError(WHERE, f"its type {printable(str(kind))} is not read")
        start, extents = number_of(segment, "start_extent"), number_of(segment, "extent_count")
        stripes = tuple(_stripes(group, segment, by_id, extent))
        stripe_bytes = number_of(segment, "stripe_size") * SECTOR_BYTES if len(stripes) > 1 else extent
        if start * extent != end or not extents or not stripes or not stripe_bytes:
            raise UnreadableVolumeError(WHERE, f"segment {number} does not follow the one before it")
        end += extents * extent
        yield Segment(start * extent, extents * extent, stripes, stripe_bytes)


def _stripes(group: Section, segment: Section, by_id: Mapping[str, DiskRegion], extent: int) -> Iterator[Stripe]:
    places = _list(segment.get("stripes"))
    for name, first in zip(places[::2], places[1::2], strict=False):
        physical = section_of(section_of(group, "physical_volumes"), str(name))
        region = by_id.get(str(physical.get("id")).replace("-", ""))
        if region is None:
            raise UnreadableVolumeError(WHERE, f"its physical volume {printable(str(name))} is not on this disk")
        if not isinstance(first, int) or first < 0:
            raise UnreadableVolumeError(WHERE, f"expected a number as the first extent of {printable(str(name))}")
        yield Stripe(region, number_of(physical, "pe_start") * SECTOR_BYTES + first * extent)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
