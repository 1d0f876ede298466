"""Inspects an OVF package: descriptor, manifest and disks, in an archive or as separate files.

Source: DMTF DSP0243 1.1.1, section 5.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.container_inspection import OpenSibling, is_plain_name
from pulumi_vmimport.disk.inspection.facts import Damage, DiskFacts
from pulumi_vmimport.disk.inspection.inspect_disk import inspect_disk
from pulumi_vmimport.disk.inspection.manifest_check import check_manifest
from pulumi_vmimport.disk.inspection.ovf_parser import MAX_BYTES, read_ovf
from pulumi_vmimport.disk.inspection.ovf_xml import InvalidXmlError
from pulumi_vmimport.disk.inspection.package_facts import ManifestEntry, OvaFacts, OvaMember, OvfFacts
from pulumi_vmimport.disk.inspection.source_views import JoinedSources, SourceSlice
from pulumi_vmimport.disk.inspection.tar_archive import read_archive
from pulumi_vmimport.disk.package_file_names import FileNames, decoded

_DISK_SUFFIXES = (".vmdk", ".vhd", ".vhdx", ".raw", ".img", ".qcow2", ".vdi")
_CHUNK = re.compile(r"(.+)\.(\d{9})")
_MAX_CHUNKS = 1000
_MAX_DISKS = 64


@dataclass(frozen=True)
class Package:
    """The facts of a package."""

    ova: OvaFacts
    disks: tuple[DiskFacts, ...]
    damage: tuple[Damage, ...]


def inspect_archive(source: Source, *, deep: bool) -> Package:
    """The facts of an OVA. Raises: what the source raises."""
    archive = read_archive(source)
    damage = list(archive.damage)
    files: dict[str, SourceSlice] = {}
    whole: dict[str, Source] = {}
    for member in archive.members:
        if member.name in files:
            damage.append(Damage("tar archive", f"{member.name} occurs twice; the first one was read"))
            continue
        part = files[member.name] = SourceSlice(source, member.name, member.offset, member.size_bytes)
        if part.size_bytes == member.size_bytes:
            whole[member.name] = part
    names = [member.name for member in archive.members]
    descriptor = next((name for name in names if name.lower().endswith(".ovf")), None)
    manifest = next((name for name in names if name.lower().endswith(".mf")), None)
    ovf = None
    if descriptor is None:
        damage.append(Damage("OVF descriptor", "the archive has none"))
    else:
        ovf = _read_descriptor(files[descriptor], damage)
    ovf = _with_names(ovf, files) if ovf else None
    entries = _read_manifest(files[manifest], whole, damage, deep=deep) if manifest else ()
    if not archive.damage:  # else the file may follow the damage
        there = FileNames(files)
        damage += [
            Damage("manifest", f"it names {entry.file}, which is missing")
            for entry in entries
            if there.find(entry.file) is None
        ]
    disks = _disks(ovf, files, damage, deep=deep)
    facts = OvaFacts(tuple(archive.members), archive.ends_in_zero_blocks, entries, ovf, archive.every_member_read)
    return Package(facts, disks, tuple(damage))


def inspect_descriptor(source: Source, open_sibling: OpenSibling, *, deep: bool) -> Package:
    """The facts of a descriptor and of the files that it names. `ends_in_zero_blocks` is true, as there is no archive.

    Raises: what the sources raise.
    """
    damage: list[Damage] = []
    ovf = _read_descriptor(source, damage)
    name = re.split(r"[/\\]", source.name)[-1]
    files: dict[str, Source] = {name: source}
    for file in ovf.files if ovf else ():
        hrefs = [file.href]
        if file.chunk_bytes:
            count = min(-(-(file.stated_bytes or 0) // file.chunk_bytes), _MAX_CHUNKS)
            hrefs = [f"{file.href}.{number:09}" for number in range(count)]
        for href in hrefs:
            for spelled in dict.fromkeys((href, decoded(href))):
                found = files.get(spelled) or (open_sibling(spelled) if is_plain_name(spelled) else None)
                if found is not None:
                    files[spelled] = found
                    break
    ovf = _with_names(ovf, files) if ovf else None
    stem = name.removesuffix(".ovf")
    manifest = open_sibling(f"{stem}.mf") if stem != name and is_plain_name(f"{stem}.mf") else None
    entries = _read_manifest(manifest, files, damage, deep=deep) if manifest else ()
    disks = _disks(ovf, files, damage, deep=deep)
    members = tuple(OvaMember(name, 0, file.size_bytes) for name, file in files.items())
    return Package(OvaFacts(members, ends_in_zero_blocks=True, manifest=entries, ovf=ovf), disks, tuple(damage))


def _read_descriptor(source: Source, damage: list[Damage]) -> OvfFacts | None:
    if source.size_bytes > MAX_BYTES:
        damage.append(Damage("OVF descriptor", f"it has {source.size_bytes} bytes, expected at most {MAX_BYTES}"))
        return None
    try:
        return read_ovf(source.read_at(0, source.size_bytes))
    except InvalidXmlError as error:
        damage.append(Damage("OVF descriptor", str(error)))
        return None


def _read_manifest(
    manifest: Source, files: Mapping[str, Source], damage: list[Damage], *, deep: bool
) -> tuple[ManifestEntry, ...]:
    entries, found = check_manifest(manifest, files, whole=deep)
    damage += found
    return entries


def _with_names(ovf: OvfFacts, files: Mapping[str, Source]) -> OvfFacts:
    """The descriptor with the actual names of its files, as far as they exist."""
    names = FileNames((*files, *_chunks(files)))
    return replace(
        ovf,
        files=tuple(replace(file, href=names.find(file.href) or file.href) for file in ovf.files),
        disks=tuple(replace(disk, file=disk.file and (names.find(disk.file) or disk.file)) for disk in ovf.disks),
        cd_images=tuple(names.find(image) or image for image in ovf.cd_images),
    )


def _disks(
    ovf: OvfFacts | None, files: Mapping[str, Source], damage: list[Damage], *, deep: bool
) -> tuple[DiskFacts, ...]:
    """The disks in the order of the descriptor, then those that it does not name."""
    chunks = _chunks(files)
    names = FileNames(files)

    def open_sibling(spelling: str) -> Source | None:
        name = names.find(spelling)
        return None if name is None else files[name]

    wanted = list(dict.fromkeys(disk.file for disk in ovf.disks if disk.file)) if ovf else []
    missing = [href for href in wanted if href not in files and href not in chunks]
    damage += [Damage("OVF descriptor", f"it names {href}, which is missing") for href in missing[:_MAX_DISKS]]
    others = [name for name in (*files, *chunks) if name.lower().endswith(_DISK_SUFFIXES) and name not in wanted]
    cds = set(ovf.cd_images) if ovf else set()
    found: list[DiskFacts] = []
    for name in islice((name for name in (*wanted, *others) if name not in cds), _MAX_DISKS):
        if name in files:
            found.append(inspect_disk(files[name], name, open_sibling, deep=deep))
        elif name in chunks:
            found.append(inspect_disk(JoinedSources(name, chunks[name]), name, open_sibling, deep=deep))
    # The data file of a flat VMDK is not a disk of its own.
    data = {names.find(extent) for disk in found if disk.vmdk for extent in disk.vmdk.extent_files}
    return tuple(disk for disk in found if disk.name not in data)


def _chunks(files: Mapping[str, Source]) -> Mapping[str, Sequence[Source]]:
    """The chunks of split files in order, up to the first missing one."""
    numbered: dict[str, dict[int, Source]] = {}
    for name, file in files.items():
        if (chunk := _CHUNK.fullmatch(name)) is not None:
            numbered.setdefault(chunk[1], {})[int(chunk[2])] = file
    found = {}
    for name, parts in numbered.items():
        there = next((number for number in range(len(parts)) if number not in parts), len(parts))
        if there:
            found[name] = [parts[number] for number in range(there)]
    return found
