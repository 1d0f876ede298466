"""The facts of a VMDK of any kind, also of those whose content cannot be read here.

Source: VMware "Virtual Disk Format 5.0" (the technical note of 2011); for COWD and SE sparse files, which no public
specification has, the headers as QEMU's block/vmdk.c describes them.
"""

import struct
from dataclasses import replace

from pulumi_vmimport.disk import vmdk
from pulumi_vmimport.disk.content import MOST_BYTES, SECTOR_BYTES, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection import vmdk_descriptor
from pulumi_vmimport.disk.inspection.facts import VmdkFacts
from pulumi_vmimport.disk.inspection.reading import Beside, Reading, damage_of, plain_name
from pulumi_vmimport.disk.inspection.sources import ReadAhead, SourceSlice
from pulumi_vmimport.disk.inspection.vmdk_descriptor import VmdkDescriptor, read_descriptor
from pulumi_vmimport.disk.inspection.vmdk_grains import TABLE_ENTRIES, SparseLayout, check_grains, damage_of_grains
from pulumi_vmimport.disk.raw_content import RawContent
from pulumi_vmimport.disk.vmdk_content import VmdkContent

COWD = b"COWD"
SE_SPARSE = struct.pack("<Q", 0xCAFEBABE)
_COWD_HEADER = struct.Struct("<4sIIIIII")  # magic, version, flags, sectors, grain, directory, directory entries
_SE_SPARSE_HEADER = struct.Struct("<QQQQ")  # magic, version, capacity, grain
_MARKER = struct.Struct("<QII")  # sectors, size, type
_FOOTER_MARKER = (1, 0, 3)
_END_SECTORS = 3  # the marker of the footer, the footer, the end-of-stream marker
_TAIL_BYTES = 64 << 10  # where the end is looked for when something was added to the file
_GRAIN_SECTORS = range(1, 1 << 16)
_FLAT_KINDS = {"FLAT", "VMFS"}
_LARGEST_CAPACITY = MOST_BYTES // SECTOR_BYTES

_NOTHING = VmdkFacts(
    create_type=None,
    version=None,
    is_compressed=False,
    has_markers=False,
    compression_algorithm=None,
    grain_bytes=None,
    directory_at_end=False,
    has_footer=None,
    ends_in_end_of_stream=None,
    line_ends_intact=True,
    parent_cid=None,
    adapter_type=None,
    hardware_version=None,
    extent_files=(),
    grains_end_within_file=None,
)


def is_vmdk(start: bytes) -> bool:
    """Whether a file starts as any kind of VMDK does."""
    return start.startswith((vmdk.MAGIC, vmdk.TEXT_DESCRIPTOR, COWD, SE_SPARSE))


def read_vmdk(source: Source, beside: Beside, *, deep: bool = False) -> Reading:
    """The facts and the disk of a VMDK; `deep` inflates all of its grains. Raises: what the source raises."""
    start = source.read_at(0, SECTOR_BYTES)
    if start.startswith(vmdk.MAGIC):
        return _read_sparse(source, start, deep=deep)
    if start.startswith(vmdk.TEXT_DESCRIPTOR):
        return _read_text(source, beside)
    return _read_esx(start)


def _read_esx(start: bytes) -> Reading:
    """A file of an ESX file system: its header is read, its content is not."""
    reading = Reading(vmdk=_NOTHING)
    if len(start) < SECTOR_BYTES:
        reading.damaged("header", f"the file ends after {len(start)} bytes")
        return reading
    if start.startswith(COWD):
        kind = "vmfsSparse"
        _, version, _, capacity, grain, _, _ = _COWD_HEADER.unpack_from(start)
    else:
        kind = "seSparse"
        _, version, capacity, grain = _SE_SPARSE_HEADER.unpack_from(start)
        version >>= 32
    reading.vmdk = replace(_NOTHING, create_type=kind, version=version, grain_bytes=grain * SECTOR_BYTES)
    if 0 < capacity <= _LARGEST_CAPACITY:
        reading.capacity_bytes = capacity * SECTOR_BYTES
    else:
        reading.damaged("header", f"it says a capacity of {capacity} sectors")
    return reading


def _read_sparse(source: Source, start: bytes, *, deep: bool) -> Reading:
    reading = Reading()
    if len(start) < SECTOR_BYTES:
        reading.damaged("header", f"the file ends after {len(start)} bytes")
    header = vmdk.HEADER.unpack_from(start.ljust(SECTOR_BYTES, b"\0"))
    _, version, flags, capacity, grain, at, size, entries, _, directory, _, _, line_ends, compression = header
    if len(start) == SECTOR_BYTES:
        if line_ends != vmdk.LINE_ENDS:
            reading.damaged("header", "its line ends were converted by a transfer in text mode")
        if not 0 < capacity <= _LARGEST_CAPACITY:
            reading.damaged("header", f"it says a capacity of {capacity} sectors")
        elif grain not in _GRAIN_SECTORS or grain & (grain - 1) or entries != TABLE_ENTRIES:
            found = f"it says grains of {grain} sectors and grain tables of {entries} entries"
            reading.damaged("header", f"{found}, expected a power of two and {TABLE_ENTRIES}")
    sound = not reading.damage
    descriptor = _embedded(source, reading, at * SECTOR_BYTES, size * SECTOR_BYTES)
    facts = replace(
        _described(descriptor),
        # The extent of a disk in one file is that file, under the name it once had.
        extent_files=tuple(extent.file for extent in descriptor.extents[1:] if extent.file),
        version=version,
        is_compressed=bool(flags & vmdk.FLAG_COMPRESSED),
        has_markers=bool(flags & vmdk.FLAG_MARKERS),
        compression_algorithm=compression,
        grain_bytes=grain * SECTOR_BYTES,
        directory_at_end=directory == vmdk.DIRECTORY_AT_END,
        line_ends_intact=line_ends == vmdk.LINE_ENDS,
    )
    if 0 < capacity <= _LARGEST_CAPACITY:
        reading.capacity_bytes = capacity * SECTOR_BYTES
    reading.vmdk = facts
    layout = SparseLayout(capacity, grain, directory, facts.is_compressed)
    if facts.directory_at_end:
        whole, footer, ends = _find_end(source, reading)
        reading.vmdk = replace(facts, has_footer=footer is not None, ends_in_end_of_stream=ends)
        if sound and whole is not None and footer is not None:
            _read_grains(whole, reading, layout, footer, deep=deep)
    elif sound:
        _read_grains(source, reading, layout, None, deep=deep)
    return reading


def _read_grains(source: Source, reading: Reading, layout: SparseLayout, footer: bytes | None, *, deep: bool) -> None:
    """Looks for the grains, and opens the content."""
    if footer is not None:
        _, _, flags, capacity, grain, *_, directory, _, _, _, _ = vmdk.HEADER.unpack_from(footer)
        if (capacity, grain, bool(flags & vmdk.FLAG_COMPRESSED)) != (layout.capacity, layout.grain, layout.compressed):
            found = f"it says {capacity} sectors in grains of {grain} with flags {flags:#x}"
            reading.damaged("footer", f"{found}, the header {layout.capacity} sectors in grains of {layout.grain}")
            return
        layout = replace(layout, directory=directory)
    check = check_grains(source, layout)
    facts = reading.vmdk = replace(
        reading.vmdk or _NOTHING,
        grains_end_within_file=check.within_file,
        every_grain_table_read=check.every_table_read,
    )
    if check.damage is not None:
        reading.damage.append(check.damage)
    reading.open(lambda: VmdkContent(source))
    if check.last_grain is None or check.damage is not None or not isinstance(reading.content, VmdkContent):
        return
    if deep and layout.compressed:
        bad = damage_of_grains(VmdkContent(ReadAhead(source)))
        reading.damage += bad
        reading.vmdk = replace(facts, every_grain_inflates=not bad)
        return
    try:  # the last grain must inflate
        reading.content.read(check.last_grain * reading.content.chunk_bytes, 1)
    except DiskImageError as error:
        reading.damage.append(damage_of("grain", error))


def _find_end(source: Source, reading: Reading) -> tuple[Source | None, bytes | None, bool]:
    """(the file up to its end-of-stream marker, the footer, whether that marker is there)."""
    first = max(source.size_bytes - _TAIL_BYTES, 0) // SECTOR_BYTES * SECTOR_BYTES
    tail = source.read_at(first, source.size_bytes - first)
    for at in range((len(tail) // SECTOR_BYTES - 2) * SECTOR_BYTES, -1, -SECTOR_BYTES):
        footer = tail[at + SECTOR_BYTES : at + 2 * SECTOR_BYTES]
        if footer.startswith(vmdk.MAGIC) and _MARKER.unpack_from(tail, at) == _FOOTER_MARKER:
            break
    else:
        reading.damaged(
            "footer", f"its last {len(tail)} bytes have none, but its header says that its directory is told by one"
        )
        return None, None, False
    end = at + _END_SECTORS * SECTOR_BYTES
    if tail[end - SECTOR_BYTES : end] != bytes(SECTOR_BYTES):
        reading.damaged("end of stream", f"the marker at {first + end - SECTOR_BYTES} is missing")
        return None, footer, False
    if end < len(tail):
        reading.damaged("end of stream", f"{len(tail) - end} bytes stand behind the marker")
    return SourceSlice(source, source.name, 0, first + end), footer, True


def _embedded(source: Source, reading: Reading, offset: int, size: int) -> VmdkDescriptor:
    """The descriptor in a sparse file; an empty one where it has none, as a part of a split disk."""
    if offset == 0 or size == 0:
        return VmdkDescriptor()
    if size > vmdk_descriptor.MOST_BYTES:
        reading.damaged("descriptor", f"the header says that it has {size} bytes")
        return VmdkDescriptor()
    try:
        return read_descriptor(read_exactly(source, "the descriptor", offset, size))
    except DiskImageError as error:
        reading.damage.append(damage_of("descriptor", error))
        return VmdkDescriptor()


def _described(descriptor: VmdkDescriptor) -> VmdkFacts:
    return replace(
        _NOTHING,
        create_type=descriptor.create_type,
        parent_cid=descriptor.parent_cid,
        adapter_type=descriptor.adapter_type,
        hardware_version=descriptor.hardware_version,
    )


def _read_text(source: Source, beside: Beside) -> Reading:
    """A descriptor whose data is in other files: of a single flat one the content can be read."""
    reading = Reading()
    if source.size_bytes > vmdk_descriptor.MOST_BYTES:
        reading.damaged("descriptor", f"it has {source.size_bytes} bytes; {vmdk_descriptor.MOST_BYTES} are read")
    descriptor = read_descriptor(source.read_at(0, min(source.size_bytes, vmdk_descriptor.MOST_BYTES)))
    files = tuple(dict.fromkeys(extent.file for extent in descriptor.extents if extent.file))
    reading.vmdk = replace(_described(descriptor), extent_files=files)
    sectors = sum(extent.sectors for extent in descriptor.extents)
    if not 0 < sectors <= _LARGEST_CAPACITY:
        reading.damaged("descriptor", f"its {len(descriptor.extents)} extents have {sectors} sectors")
        return reading
    reading.capacity_bytes = sectors * SECTOR_BYTES
    if len(descriptor.extents) != 1 or descriptor.extents[0].kind not in _FLAT_KINDS:
        return reading
    extent = descriptor.extents[0]
    data = beside(extent.file) if plain_name(extent.file) else None
    if data is None:
        return reading
    size = reading.capacity_bytes
    part = SourceSlice(data, extent.file, extent.offset_sectors * SECTOR_BYTES, size)
    if part.size_bytes < size:
        reading.damaged("extent", f"{extent.file} has {part.size_bytes} bytes of {size}")
    reading.open(lambda: RawContent(part, size))
    return reading
