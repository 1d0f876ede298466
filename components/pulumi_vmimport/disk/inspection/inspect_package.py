"""Inspects an OVF package: descriptor, manifest and disks, in an archive or as separate files.

Source: DMTF DSP0243 1.1.1, section 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pulumi_vmimport.disk.descriptor_kind import is_ovf
from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.container_inspection import OpenSibling
from pulumi_vmimport.disk.inspection.facts import DESCRIPTOR_TEXT, Damage, DiskFacts
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest
from pulumi_vmimport.disk.inspection.manifest_check import check_manifest
from pulumi_vmimport.disk.inspection.ovf_parser import MAX_BYTES, read_ovf
from pulumi_vmimport.disk.inspection.ovf_xml import InvalidXmlError
from pulumi_vmimport.disk.inspection.package_disks import chunks_of, inspect_disks
from pulumi_vmimport.disk.inspection.package_facts import ManifestEntry, OvaFacts, OvaMember, OvfFacts
from pulumi_vmimport.disk.inspection.source_views import SourceSlice
from pulumi_vmimport.disk.inspection.tar_archive import read_archive
from pulumi_vmimport.package_file_names import FileNames, folder_of, is_foreign, spellings

_OVF, _MANIFESTS = ".ovf", (".mf", ".MF")
_MAX_CHUNKS = 1000
# Members that may be a descriptor under another name.
_MAX_EXAMINED = 8


@dataclass(frozen=True)
class Package:
    """The facts of a package."""

    ova: OvaFacts
    disks: tuple[DiskFacts, ...]
    damage: tuple[Damage, ...]


def inspect_archive(source: Source, *, deep: bool, read_guest: ReadGuest | None = None) -> Package:
    """The facts of an OVA. Raises: what the source raises."""
    archive = read_archive(source)
    damage = list(archive.damage)
    files: dict[str, SourceSlice] = {}
    whole: dict[str, Source] = {}
    for member in archive.members:
        if is_foreign(member.name):
            continue
        if member.name in files:
            damage.append(Damage("tar archive", f"{member.name} occurs twice; the first one was read"))
            continue
        part = files[member.name] = SourceSlice(source, member.name, member.offset, member.size_bytes)
        if part.size_bytes == member.size_bytes:
            whole[member.name] = part
    descriptor = _descriptor_of(files)
    ovf = None
    if descriptor is None:
        damage.append(Damage("OVF descriptor", "the archive has none"))
    else:
        ovf = _read_descriptor(files[descriptor], damage)
    folder = folder_of(descriptor or "")
    manifest = _manifest_of(files, descriptor)
    ovf = _with_names(ovf, files, folder) if ovf else None
    entries = _read_manifest(files[manifest], whole, damage, deep=deep) if manifest else ()
    if not archive.damage:  # else the file may follow the damage
        there = FileNames(files, folder)
        damage += [
            Damage("manifest", f"it names {entry.file}, which is missing")
            for entry in entries
            if there.find(entry.file) is None
        ]
    disks = inspect_disks(ovf, _others(files, descriptor), damage, deep=deep, read_guest=read_guest)
    facts = OvaFacts(
        members=tuple(archive.members),
        ends_in_zero_blocks=archive.ends_in_zero_blocks,
        manifest=entries,
        ovf=ovf,
        every_member_read=archive.every_member_read,
        descriptor=descriptor,
        foreign_files=tuple(member.name for member in archive.members if is_foreign(member.name)),
        unusual_headers=tuple(dict.fromkeys(archive.unusual_headers)),
    )
    return Package(facts, disks, tuple(damage))


def inspect_descriptor(
    source: Source, open_sibling: OpenSibling, *, deep: bool, read_guest: ReadGuest | None = None
) -> Package:
    """The facts of a descriptor and of the files that it names. `ends_in_zero_blocks` is true, as there is no archive.

    Raises: what the sources raise.
    """
    damage: list[Damage] = []
    ovf = _read_descriptor(source, damage)
    name = source.name.replace("\\", "/").rpartition("/")[2]
    files: dict[str, Source] = {name: source}
    for file in ovf.files if ovf else ():
        hrefs = [file.href]
        if file.chunk_bytes:
            count = min(-(-(file.stated_bytes or 0) // file.chunk_bytes), _MAX_CHUNKS)
            hrefs = [f"{file.href}.{number:09}" for number in range(count)]
        for href in hrefs:
            for spelled in spellings(href):
                found = files.get(spelled) or open_sibling(spelled)
                if found is not None:
                    files[spelled] = found
                    break
    ovf = _with_names(ovf, files) if ovf else None
    manifest = _manifest_beside(name, open_sibling)
    entries = _read_manifest(manifest, files, damage, deep=deep) if manifest else ()
    disks = inspect_disks(ovf, _others(files, name), damage, deep=deep, read_guest=read_guest)
    members = tuple(OvaMember(name, 0, file.size_bytes) for name, file in files.items())
    facts = OvaFacts(members, ends_in_zero_blocks=True, manifest=entries, ovf=ovf, descriptor=name)
    return Package(facts, disks, tuple(damage))


def _others(files: Mapping[str, Source], descriptor: str | None) -> Mapping[str, Source]:
    return {name: file for name, file in files.items() if name != descriptor}


def _descriptor_of(files: Mapping[str, Source]) -> str | None:
    """The descriptor, by its content; a file with its name if no file has its content."""
    named = [name for name in files if name.lower().endswith(_OVF)]
    unnamed = [name for name, file in files.items() if name not in named and 0 < file.size_bytes <= MAX_BYTES]
    examined = (*named, *unnamed)[:_MAX_EXAMINED]
    return next((name for name in examined if is_ovf(files[name])), next(iter(named), None))


def _manifest_of(files: Mapping[str, Source], descriptor: str | None) -> str | None:
    manifests = [name for name in files if name.lower().endswith(_MANIFESTS[0])]
    stem = (descriptor or "").rpartition(".")[0].lower()
    return next((name for name in manifests if name.lower() == stem + _MANIFESTS[0]), next(iter(manifests), None))


def _manifest_beside(name: str, open_sibling: OpenSibling) -> Source | None:
    stem, suffix = name[: -len(_OVF)], name[-len(_OVF) :]
    if suffix.lower() != _OVF or not spellings(name):
        return None
    wanted = _MANIFESTS[::-1] if suffix.isupper() else _MANIFESTS
    return next((found for ending in wanted if (found := open_sibling(stem + ending)) is not None), None)


def _read_descriptor(source: Source, damage: list[Damage]) -> OvfFacts | None:
    if source.size_bytes > MAX_BYTES:
        damage.append(Damage(DESCRIPTOR_TEXT, f"it has {source.size_bytes} bytes, expected at most {MAX_BYTES}"))
        return None
    try:
        return read_ovf(source.read_at(0, source.size_bytes))
    except InvalidXmlError as error:
        damage.append(Damage(DESCRIPTOR_TEXT, str(error) if source.size_bytes else "it is empty"))
        return None


def _read_manifest(
    manifest: Source, files: Mapping[str, Source], damage: list[Damage], *, deep: bool
) -> tuple[ManifestEntry, ...]:
    entries, found = check_manifest(manifest, files, whole=deep)
    damage += found
    return entries


def _with_names(ovf: OvfFacts, files: Mapping[str, Source], folder: str = "") -> OvfFacts:
    """The descriptor with the actual names of its files, as far as they exist."""
    names = FileNames((*files, *chunks_of(files)), folder)
    return replace(
        ovf,
        files=tuple(replace(file, href=names.find(file.href) or file.href) for file in ovf.files),
        disks=tuple(replace(disk, file=disk.file and (names.find(disk.file) or disk.file)) for disk in ovf.disks),
        cd_images=tuple(names.find(image) or image for image in ovf.cd_images),
    )
