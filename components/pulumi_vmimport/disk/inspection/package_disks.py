"""Inspects the disks of an OVF package."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice

from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.facts import Damage, DiskFacts
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest, inspect_disk
from pulumi_vmimport.disk.inspection.package_facts import OvfFacts
from pulumi_vmimport.disk.inspection.source_views import JoinedSources
from pulumi_vmimport.package_file_names import FileNames

_DISK_SUFFIXES = (".vmdk", ".vhd", ".vhdx", ".raw", ".img", ".qcow2", ".vdi")
_CHUNK = re.compile(r"(.+)\.(\d{9})")
_MAX_DISKS = 64


def inspect_disks(
    ovf: OvfFacts | None,
    files: Mapping[str, Source],
    damage: list[Damage],
    *,
    deep: bool,
    read_guest: ReadGuest | None = None,
) -> tuple[DiskFacts, ...]:
    """The disks in the order of the descriptor, then those that it does not name; the guest of the first one."""
    chunks = chunks_of(files)
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
        read = None if found else read_guest
        if name in files:
            found.append(inspect_disk(files[name], name, open_sibling, deep=deep, read_guest=read))
        elif name in chunks:
            joined = JoinedSources(name, chunks[name])
            found.append(inspect_disk(joined, name, open_sibling, deep=deep, read_guest=read))
    # The data file of a flat VMDK is not a disk of its own.
    data = {names.find(extent) for disk in found if disk.vmdk for extent in disk.vmdk.extent_files}
    return tuple(disk for disk in found if disk.name not in data)


def chunks_of(files: Mapping[str, Source]) -> Mapping[str, Sequence[Source]]:
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
