"""The facts of a VMDK of any kind, including kinds whose content this library does not read.

Source: VMware "Virtual Disk Format 5.0" (the technical note of 2011); for COWD and SE sparse files, which have no
public specification, block/vmdk.c of QEMU.
"""

import struct
from dataclasses import replace

from pulumi_vmimport.disk import stream_optimized
from pulumi_vmimport.disk.descriptor_kind import is_vmdk_descriptor
from pulumi_vmimport.disk.disk_content import MAX_DISK_BYTES, SECTOR_BYTES, Source, read_exactly
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection import vmdk_descriptor
from pulumi_vmimport.disk.inspection.container_inspection import (
    ContainerInspection,
    OpenSibling,
    damage_of,
)
from pulumi_vmimport.disk.inspection.facts import VmdkFacts
from pulumi_vmimport.disk.inspection.source_views import ReadAhead, SourceSlice
from pulumi_vmimport.disk.inspection.vmdk_descriptor import VmdkDescriptor, read_descriptor
from pulumi_vmimport.disk.inspection.vmdk_grain_check import TABLE_ENTRIES, SparseLayout, check_grains, damage_of_grains
from pulumi_vmimport.disk.raw_content import RawContent
from pulumi_vmimport.disk.vmdk_content import VmdkContent
from pulumi_vmimport.package_file_names import spellings

COWD = b"COWD"
SE_SPARSE = struct.pack("<Q", 0xCAFEBABE)
_COWD_HEADER = struct.Struct("<4sIIIIII")  # magic, version, flags, sectors, grain, directory, directory entries
_SE_SPARSE_HEADER = struct.Struct("<QQQQ")  # magic, version, capacity, grain
_END_SECTORS = 3  # the marker of the footer, the footer, the end-of-stream marker
_TAIL_BYTES = 64 << 10  # searched for the end if bytes were appended
_GRAIN_SECTORS = range(1, 1 << 16)
_FLAT_KINDS = {"FLAT", "VMFS"}
_LARGEST_CAPACITY = MAX_DISK_BYTES // SECTOR_BYTES

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
    """Whether a file starts like a VMDK of any kind."""
    return start.startswith((stream_optimized.MAGIC, COWD, SE_SPARSE)) or is_vmdk_descriptor(start)


def inspect_vmdk(source: Source, open_sibling: OpenSibling, *, deep: bool = False) -> ContainerInspection:
    """The facts and the content of a VMDK. `deep` decompresses all grains. Raises: what the source raises."""
    start = source.read_at(0, SECTOR_BYTES)
    if start.startswith(stream_optimized.MAGIC):
        return _read_sparse(source, start, deep=deep)
    if start.startswith((COWD, SE_SPARSE)):
        return _read_esx(start)
    return _read_text(source, open_sibling)


def _read_esx(start: bytes) -> ContainerInspection:
    """A disk of an ESX file system, of which only the header is read."""
    inspected = ContainerInspection(vmdk=_NOTHING)
    if len(start) < SECTOR_BYTES:
        inspected.add_damage("header", f"the file ends after {len(start)} bytes")
        return inspected
    if start.startswith(COWD):
        kind = "vmfsSparse"
        _, version, _, capacity, grain, _, _ = _COWD_HEADER.unpack_from(start)
    else:
        kind = "seSparse"
        _, version, capacity, grain = _SE_SPARSE_HEADER.unpack_from(start)
        version >>= 32
    inspected.vmdk = replace(_NOTHING, create_type=kind, version=version, grain_bytes=grain * SECTOR_BYTES)
    if 0 < capacity <= _LARGEST_CAPACITY:
        inspected.capacity_bytes = capacity * SECTOR_BYTES
    else:
        inspected.add_damage("header", f"it states a capacity of {capacity} sectors")
    return inspected


def _read_sparse(source: Source, start: bytes, *, deep: bool) -> ContainerInspection:
    inspected = ContainerInspection()
    if len(start) < SECTOR_BYTES:
        inspected.add_damage("header", f"the file ends after {len(start)} bytes")
    header = stream_optimized.HEADER.unpack_from(start.ljust(SECTOR_BYTES, b"\0"))
    _, version, flags, capacity, grain, at, size, entries, _, directory, _, _, line_ends, compression = header
    if len(start) == SECTOR_BYTES:
        if line_ends != stream_optimized.LINE_ENDS:
            inspected.add_damage("header", "the line endings were converted by a transfer in text mode")
        if not 0 < capacity <= _LARGEST_CAPACITY:
            inspected.add_damage("header", f"it states a capacity of {capacity} sectors")
        elif grain not in _GRAIN_SECTORS or grain & (grain - 1) or entries != TABLE_ENTRIES:
            found = f"it states grains of {grain} sectors and grain tables of {entries} entries"
            inspected.add_damage("header", f"{found}, expected a power of two and {TABLE_ENTRIES}")
    sound = not inspected.damage
    descriptor = _read_embedded_descriptor(source, inspected, at * SECTOR_BYTES, size * SECTOR_BYTES)
    facts = replace(
        _descriptor_facts(descriptor),
        # The first extent is this file, possibly under its original name.
        extent_files=tuple(extent.file for extent in descriptor.extents[1:] if extent.file),
        version=version,
        is_compressed=bool(flags & stream_optimized.FLAG_COMPRESSED),
        has_markers=bool(flags & stream_optimized.FLAG_MARKERS),
        compression_algorithm=compression,
        grain_bytes=grain * SECTOR_BYTES,
        directory_at_end=directory == stream_optimized.DIRECTORY_AT_END,
        line_ends_intact=line_ends == stream_optimized.LINE_ENDS,
    )
    if 0 < capacity <= _LARGEST_CAPACITY:
        inspected.capacity_bytes = capacity * SECTOR_BYTES
    inspected.vmdk = facts
    layout = SparseLayout(capacity, grain, directory, facts.is_compressed)
    if facts.directory_at_end:
        whole, footer, ends = _find_end(source, inspected)
        inspected.vmdk = replace(facts, has_footer=footer is not None, ends_in_end_of_stream=ends)
        if sound and whole is not None and footer is not None:
            _read_grains(whole, inspected, layout, footer, deep=deep)
    elif sound:
        _read_grains(source, inspected, layout, None, deep=deep)
    return inspected


def _read_grains(
    source: Source, inspected: ContainerInspection, layout: SparseLayout, footer: bytes | None, *, deep: bool
) -> None:
    """Check the grains, and open the content."""
    if footer is not None:
        _, _, flags, capacity, grain, *_, directory, _, _, _, _ = stream_optimized.HEADER.unpack_from(footer)
        if (capacity, grain, bool(flags & stream_optimized.FLAG_COMPRESSED)) != (
            layout.capacity,
            layout.grain,
            layout.compressed,
        ):
            found = f"it states {capacity} sectors in grains of {grain} with flags {flags:#x}"
            inspected.add_damage("footer", f"{found}, the header {layout.capacity} sectors in grains of {layout.grain}")
            return
        layout = replace(layout, directory=directory)
    check = check_grains(source, layout)
    facts = inspected.vmdk = replace(
        inspected.vmdk or _NOTHING,
        grains_end_within_file=check.within_file,
        every_grain_table_read=check.every_table_read,
    )
    if check.damage is not None:
        inspected.damage.append(check.damage)
    inspected.open_content(lambda: VmdkContent(source))
    if check.last_grain is None or check.damage is not None or not isinstance(inspected.content, VmdkContent):
        return
    if deep and layout.compressed:
        bad = damage_of_grains(VmdkContent(ReadAhead(source)))
        inspected.damage += bad
        inspected.vmdk = replace(facts, every_grain_inflates=not bad)
        return
    try:  # the last grain must be decompressible
        inspected.content.read(check.last_grain * inspected.content.chunk_bytes, 1)
    except DiskImageError as error:
        inspected.damage.append(damage_of("grain", error))


def _find_end(source: Source, inspected: ContainerInspection) -> tuple[Source | None, bytes | None, bool]:
    """(the file up to its end-of-stream marker, the footer, whether the marker exists)."""
    first = max(source.size_bytes - _TAIL_BYTES, 0) // SECTOR_BYTES * SECTOR_BYTES
    tail = source.read_at(first, source.size_bytes - first)
    for at in range((len(tail) // SECTOR_BYTES - 2) * SECTOR_BYTES, -1, -SECTOR_BYTES):
        footer = tail[at + SECTOR_BYTES : at + 2 * SECTOR_BYTES]
        marker = stream_optimized.MARKER.unpack_from(tail, at)
        if footer.startswith(stream_optimized.MAGIC) and marker == stream_optimized.FOOTER_MARKER:
            break
    else:
        inspected.add_damage(
            "footer", f"not found in the last {len(tail)} bytes; the header requires one to locate the grain directory"
        )
        return None, None, False
    end = at + _END_SECTORS * SECTOR_BYTES
    if tail[end - SECTOR_BYTES : end] != bytes(SECTOR_BYTES):
        inspected.add_damage("end of stream", f"the marker at {first + end - SECTOR_BYTES} is missing")
        return None, footer, False
    if end < len(tail):
        inspected.add_damage("end of stream", f"{len(tail) - end} bytes follow the marker")
    return SourceSlice(source, source.name, 0, first + end), footer, True


def _read_embedded_descriptor(source: Source, inspected: ContainerInspection, offset: int, size: int) -> VmdkDescriptor:
    """The descriptor in a sparse file; empty if there is none, as in a part of a split disk."""
    if offset == 0 or size == 0:
        return VmdkDescriptor()
    if size > vmdk_descriptor.MAX_BYTES:
        inspected.add_damage("descriptor", f"the header states {size} bytes")
        return VmdkDescriptor()
    try:
        return read_descriptor(read_exactly(source, "the descriptor", offset, size))
    except DiskImageError as error:
        inspected.damage.append(damage_of("descriptor", error))
        return VmdkDescriptor()


def _descriptor_facts(descriptor: VmdkDescriptor) -> VmdkFacts:
    return replace(
        _NOTHING,
        create_type=descriptor.create_type,
        parent_cid=descriptor.parent_cid,
        adapter_type=descriptor.adapter_type,
        hardware_version=descriptor.hardware_version,
    )


def _read_text(source: Source, open_sibling: OpenSibling) -> ContainerInspection:
    """A descriptor whose data is in other files. The content is read if it is a single flat extent."""
    inspected = ContainerInspection()
    if source.size_bytes > vmdk_descriptor.MAX_BYTES:
        inspected.add_damage(
            "descriptor", f"it has {source.size_bytes} bytes; only {vmdk_descriptor.MAX_BYTES} are read"
        )
    descriptor = read_descriptor(source.read_at(0, min(source.size_bytes, vmdk_descriptor.MAX_BYTES)))
    files = tuple(dict.fromkeys(extent.file for extent in descriptor.extents if extent.file))
    inspected.vmdk = replace(_descriptor_facts(descriptor), extent_files=files)
    sectors = sum(extent.sectors for extent in descriptor.extents)
    if not 0 < sectors <= _LARGEST_CAPACITY:
        inspected.add_damage("descriptor", f"its {len(descriptor.extents)} extents have {sectors} sectors")
        return inspected
    inspected.capacity_bytes = sectors * SECTOR_BYTES
    if len(descriptor.extents) != 1 or descriptor.extents[0].kind not in _FLAT_KINDS:
        return inspected
    extent = descriptor.extents[0]
    data = next(filter(None, map(open_sibling, spellings(extent.file))), None)
    if data is None:
        return inspected
    size = inspected.capacity_bytes
    part = SourceSlice(data, extent.file, extent.offset_sectors * SECTOR_BYTES, size)
    if part.size_bytes < size:
        inspected.add_damage("extent", f"{extent.file} has {part.size_bytes} bytes of {size}")
    inspected.open_content(lambda: RawContent(part, size))
    return inspected
