"""The rules of an OVA and of the machine that its descriptor tells of."""

from collections.abc import Callable, Iterator

from pulumi_vmimport.disk.inspection.facts import Container, OvaFacts, OvfFacts, PartitionScheme
from pulumi_vmimport.disk.rules.rule_context import (
    Checks,
    Evidence,
    RuleContext,
    counted,
    listed,
    sized,
    starts_by_bios,
)
from pulumi_vmimport.service_limits import MAX_IMPORT_VOLUMES

# Exporters write the descriptor before they know the sizes.
_UNSAID = frozenset({None, 0})


def _of_ova(check: Callable[[OvaFacts], str | None]) -> Callable[[RuleContext], Iterator[Evidence]]:
    def checked(context: RuleContext) -> Iterator[Evidence]:
        words = check(context.image.ova) if context.image.ova else None
        if words:
            yield Evidence(context.image.name, words)

    return checked


def _of_ovf(check: Callable[[OvfFacts], str | None]) -> Callable[[RuleContext], Iterator[Evidence]]:
    def checked(context: RuleContext) -> Iterator[Evidence]:
        words = check(context.ovf) if context.ovf else None
        if words:
            yield Evidence(context.image.name, words)

    return checked


def _not_first(ova: OvaFacts) -> str | None:
    names = [member.name for member in ova.members]
    at = next((at for at, name in enumerate(names) if name.lower().endswith(".ovf")), 0)
    return f"{names[0]} is the first file, {names[at]} number {at + 1}" if at else None


def _without_ovf(ova: OvaFacts) -> str | None:
    if any(member.name.lower().endswith(".ovf") for member in ova.members):
        return None
    return f"its files are {listed([m.name for m in ova.members])}" if ova.members else "it holds no files"


def _not_packed(context: RuleContext) -> Iterator[Evidence]:
    if context.image.container is Container.OVF:
        yield Evidence(context.image.name, "the file is an OVF descriptor")


def _without_disk(ovf: OvfFacts) -> str | None:
    return None if any(disk.file for disk in ovf.disks) else f"{counted(len(ovf.disks), 'disk')}, none with a file"


def _file_missing(ova: OvaFacts) -> str | None:
    there = {member.name for member in ova.members}
    missing = [f.href for f in ova.ovf.files if not f.chunk_bytes and f.href not in there] if ova.ovf else []
    return f"{listed(missing)} is not in it" if missing else None


def _chunked(ovf: OvfFacts) -> str | None:
    chunked = [f"{f.href} in chunks of {f.chunk_bytes} bytes" for f in ovf.files if f.chunk_bytes]
    return listed(chunked) if chunked else None


def _compressed(ovf: OvfFacts) -> str | None:
    found = [f"{f.href}: {f.compression}" for f in ovf.files if f.compression and f.compression != "identity"]
    return listed(found) if found else None


def _mismatch(ova: OvaFacts) -> str | None:
    found = [f"{e.file} has another {e.algorithm} than {e.digest[:16]}..." for e in ova.manifest if e.matches is False]
    return listed(found) if found else None


def _not_compared(ova: OvaFacts) -> str | None:
    found = [entry.file for entry in ova.manifest if entry.matches is None]
    return f"{listed(found)} was not compared" if found else None


def _manifest_damaged(context: RuleContext) -> Iterator[Evidence]:
    for damage in context.image.damage:
        if damage.where == "manifest":
            yield Evidence(context.image.name, f"manifest: {damage.words}")
    if (
        context.image.ova
        and not context.image.ova.manifest
        and not any(d.where == "manifest" for d in context.image.damage)
    ):
        for member in context.image.ova.members:
            if member.name.lower().endswith(".mf"):
                yield Evidence(context.image.name, f"{member.name} has no line")


def _size_wrong(ova: OvaFacts) -> str | None:
    sizes = {member.name: member.size_bytes for member in ova.members}
    found = [
        f"{f.href}: {f.stated_bytes} stated, it has {sizes[f.href]}"
        for f in (ova.ovf.files if ova.ovf else ())
        if f.href in sizes and f.stated_bytes not in _UNSAID | {sizes[f.href]}
    ]
    return listed(found) if found else None


def _adapters(ovf: OvfFacts) -> str | None:
    count = len(ovf.adapters)
    if count <= 1:
        return None
    names = [adapter.network or adapter.kind for adapter in ovf.adapters if adapter.network or adapter.kind]
    return f"{count} adapters" + (f": {listed(names)}" if names else "")


def _machines(ovf: OvfFacts) -> str | None:
    return None if ovf.virtual_systems == 1 else f"it tells of {ovf.virtual_systems} machines"


def _linked(ovf: OvfFacts) -> str | None:
    found = [f"{disk.id} has the parent {disk.parent}" for disk in ovf.disks if disk.parent]
    return listed(found) if found else None


def _empty_disks(ovf: OvfFacts) -> str | None:
    found = [disk.id for disk in ovf.disks if not disk.file]
    return f"{listed(found)} has no file" if found and len(found) < len(ovf.disks) else None


def _capacity(context: RuleContext) -> Iterator[Evidence]:
    there = {disk.name: disk.capacity_bytes for disk in context.disks}
    for stated in context.ovf.disks if context.ovf else ():
        found = there.get(stated.file or "")
        if found is not None and stated.capacity_bytes not in {None, found}:
            words = f"{sized(stated.capacity_bytes or 0)} stated, the disk has {sized(found)}"
            yield Evidence(stated.file or stated.id, words)


def firmware_mismatch(context: RuleContext) -> Iterator[Evidence]:
    """That the firmware of the descriptor cannot start what is on the root disk."""
    layout, ovf = context.root_layout, context.ovf
    if layout is None or ovf is None or context.root is None:
        return
    if ovf.firmware == "bios" and layout.scheme is PartitionScheme.GPT and not starts_by_bios(layout):
        yield Evidence(context.root.name, "the machine's firmware is BIOS, the root disk has a GPT")
    if ovf.firmware == "efi" and layout.scheme is PartitionScheme.MBR:
        yield Evidence(context.root.name, "the machine's firmware is UEFI, the root disk has an MBR")


def _too_many(context: RuleContext) -> Iterator[Evidence]:
    count = max(len(context.disks), sum(1 for disk in context.ovf.disks if disk.file) if context.ovf else 0)
    if count > MAX_IMPORT_VOLUMES:
        yield Evidence(context.image.name, f"{count} disks")


def descriptor_rule_fires(context: RuleContext) -> bool:
    """Whether a rule of its own tells what is wrong with the descriptor."""
    ova = context.image.ova
    return ova is not None and bool(_without_ovf(ova) or _file_missing(ova) or (ova.ovf and _chunked(ova.ovf)))


CHECKS: Checks = {
    "ova-ovf-not-first": _of_ova(_not_first),
    "ova-without-ovf": _of_ova(_without_ovf),
    "ova-without-disk": _of_ovf(_without_disk),
    "ova-file-missing": _of_ova(_file_missing),
    "ovf-not-packed": _not_packed,
    "ova-not-ended": _of_ova(lambda ova: None if ova.ends_in_zero_blocks else "its last blocks are no zeros"),
    "ova-manifest-damaged": _manifest_damaged,
    "ova-chunked-disk": _of_ovf(_chunked),
    "ova-compressed-file": _of_ovf(_compressed),
    "ova-manifest-mismatch": _of_ova(_mismatch),
    "ova-manifest-not-compared": _of_ova(_not_compared),
    "ova-size-wrong": _of_ova(_size_wrong),
    "ova-cd-image": _of_ovf(lambda ovf: listed(ovf.cd_images) if ovf.cd_images else None),
    "ovf-several-adapters": _of_ovf(_adapters),
    "ovf-not-one-machine": _of_ovf(_machines),
    "ovf-linked-disk": _of_ovf(_linked),
    "ovf-empty-disk": _of_ovf(_empty_disks),
    "ovf-capacity-wrong": _capacity,
    "ovf-firmware-mismatch": firmware_mismatch,
    "too-many-disks": _too_many,
}
