"""Inspects one file that is, or should be, a disk image."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pulumi_vmimport.disk import other_formats, tar_header, vhd_structures, vhdx_structures
from pulumi_vmimport.disk.conversion_remedies import is_split_extent
from pulumi_vmimport.disk.disk_content import SECTOR_BYTES, DiskContent, Source
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.guest.guest_facts import GuestFacts
from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection, OpenSibling, damage_of
from pulumi_vmimport.disk.inspection.facts import SIGNATURE, Container, Damage, DiskFacts, FileSystem, Layout
from pulumi_vmimport.disk.inspection.inspect_vhd import inspect_vhd
from pulumi_vmimport.disk.inspection.inspect_vhdx import inspect_vhdx
from pulumi_vmimport.disk.inspection.inspect_vmdk import inspect_vmdk, is_vmdk
from pulumi_vmimport.disk.inspection.partition_table import detect_sector_bytes, read_layout
from pulumi_vmimport.disk.raw_content import RawContent

_UNIDENTIFIED = frozenset({FileSystem.UNKNOWN, FileSystem.EMPTY, FileSystem.ISO9660})
# The data file of a flat VMDK has the name of a VMDK and no signature.
_FLAT_DATA = re.compile(r"-(?:flat|f\d+|ctk|rdmp?)\.vmdk$", re.IGNORECASE)
_SIGNED = {".vmdk": "VMDK", ".vhd": "VHD", ".vhdx": "VHDX", ".ova": "tar"}


ReadGuest = Callable[[DiskContent, Layout], GuestFacts]
"""Reads the facts of the operating system on a disk. Raises: what the source raises."""


@dataclass(frozen=True)
class FileKind:
    """The kind of a file."""

    container: Container
    other: str | None = None


def inspect_disk(
    source: Source, name: str, open_sibling: OpenSibling, *, deep: bool, read_guest: ReadGuest | None = None
) -> DiskFacts:
    """The facts of a disk image; `deep` and `read_guest` as in `inspect_image`. Raises: what the source raises."""
    kind = file_kind_of(source)
    match kind.container:
        case Container.VMDK:
            inspected = inspect_vmdk(source, open_sibling, deep=deep)
        case Container.VHD:
            inspected = inspect_vhd(source)
        case Container.VHDX:
            inspected = inspect_vhdx(source)
        case Container.RAW:
            inspected = _read_raw(source, name)
        case _:
            inspected = ContainerInspection()
    layout, damage = _layout(inspected.content)
    guest = read_guest(inspected.content, layout) if read_guest and inspected.content and layout else None
    return DiskFacts(
        name=name,
        container=kind.container,
        size_bytes=source.size_bytes,
        capacity_bytes=inspected.capacity_bytes,
        sector_bytes=inspected.content.sector_bytes if inspected.content else None,
        vmdk=inspected.vmdk,
        vhd=inspected.vhd,
        vhdx=inspected.vhdx,
        other=kind.other,
        layout=layout,
        damage=(*inspected.damage, *damage),
        guest=guest,
    )


def file_kind_of(source: Source) -> FileKind:
    """The kind of a file by its content. A file without a known signature is raw."""
    start = source.read_at(0, min(other_formats.START_BYTES, source.size_bytes))
    if not start:
        return FileKind(Container.OTHER, other_formats.EMPTY.found)
    if is_vmdk(start):
        return FileKind(Container.VMDK)
    if start.startswith(vhdx_structures.SIGNATURE):
        return FileKind(Container.VHDX)
    end = source.read_at(max(source.size_bytes - 2 * SECTOR_BYTES, 0), 2 * SECTOR_BYTES)
    if vhd_structures.is_vhd(source.name, start, end):
        return FileKind(Container.VHD)
    other = other_formats.ARCHIVE if tar_header.starts_archive(start) else other_formats.other_format(source, start)
    if other is None or (other is other_formats.ISO and _is_divided(source)):
        return FileKind(Container.RAW)
    return FileKind(Container.OTHER, other.found)


def _is_divided(source: Source) -> bool:
    """Whether a disk replaced an ISO image: its partitions hold file systems and do not cover the ISO's descriptor.

    Hybrid ISO images, which boot from USB, have a partition table too, whose partitions cover the descriptor.
    """
    try:
        layout, _ = read_layout(RawContent(source))
    except DiskImageError:
        return False
    parts = layout.partitions
    held = any(part.file_system not in _UNIDENTIFIED and not part.is_efi_system for part in parts)
    return held and not any(
        part.start_bytes <= other_formats.ISO_AT < part.start_bytes + part.size_bytes for part in parts
    )


def _read_raw(source: Source, name: str) -> ContainerInspection:
    inspected = ContainerInspection()
    if is_split_extent(name):  # what a part holds is not the disk
        inspected.capacity_bytes = source.size_bytes
    else:
        inspected.open_content(lambda: RawContent(source))
    expected = next((what for suffix, what in _SIGNED.items() if name.lower().endswith(suffix)), None)
    if expected is not None and not _FLAT_DATA.search(name):
        found = f"the {expected} signature is missing, although the file name states the format"
        inspected.add_damage(SIGNATURE, f"{found}: the start or the end is missing, or the image is raw")
    return inspected


def _layout(content: DiskContent | None) -> tuple[Layout | None, tuple[Damage, ...]]:
    if content is None:
        return None, ()
    try:
        # The position of the table decides: an image may be a copy of a disk with other sectors.
        content.sector_bytes = detect_sector_bytes(content) or content.sector_bytes
        return read_layout(content)
    except DiskImageError as error:
        return None, (damage_of("disk content", error),)
