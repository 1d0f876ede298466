"""Rules for the files of an OVF package: whether they exist, and are as the descriptor and the manifest state."""

from collections.abc import Iterator, Mapping

from pulumi_vmimport.disk.inspection.facts import Container
from pulumi_vmimport.disk.inspection.package_facts import OvaFacts, OvfFacts
from pulumi_vmimport.disk.inspection.tar_archive import WITHOUT_DATA
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext, for_ova, for_ovf
from pulumi_vmimport.disk.rules.text_format import name_list
from pulumi_vmimport.package_file_names import FileNames, folder_of, relative_path

# Exporters write the descriptor before they know the sizes.
_UNSTATED = frozenset({None, 0})
_PACK = "use DiskImageUpload, which packs them"


def _members(ova: OvaFacts) -> set[str]:
    return {member.name for member in ova.members}


def _missing_files(ova: OvaFacts) -> list[str]:
    names = _members(ova)
    return [f.href for f in ova.ovf.files if not f.chunk_bytes and f.href not in names] if ova.ovf else []


def entries_without_data(ova: OvaFacts) -> Mapping[str, str]:
    """The entries of the archive that stand for a file of the descriptor without being it: links and sparse files."""
    missing = set(_missing_files(ova))
    found: dict[str, str] = {}
    for header in ova.unusual_headers:
        kind = next((kind for kind in WITHOUT_DATA if header.startswith(f"{kind} ")), None)
        if kind and (name := header[len(kind) + 1 :]) in missing:
            found.setdefault(name, header)
    return found


def _file_missing(context: RuleContext) -> Iterator[Evidence]:
    ova = context.image.ova
    if ova is None:
        return
    missing, without_data = _missing_files(ova), entries_without_data(ova)
    outside = [href for href in missing if relative_path(href) is None]
    found = {
        "missing": [href for href in missing if href not in without_data and relative_path(href) is not None],
        "outside the folder of the descriptor": outside,
        "stored without data": list(without_data.values()),
        "without a File element": [
            f"{disk.missing_file_id} of disk {disk.id}"
            for disk in (ova.ovf.disks if ova.ovf else ())
            if disk.missing_file_id
        ],
    }
    detail = "; ".join(f"{words}: {name_list(names)}" for words, names in found.items() if names)
    if detail:
        yield Evidence(context.image.name, detail, _remedy(context, [words for words, names in found.items() if names]))


def _remedy(context: RuleContext, kinds: list[str]) -> str | None:
    """The remedy if there is one kind of missing files; None for that of the rule."""
    if kinds == ["without a File element"]:
        return "correct ovf:fileRef of the disk to the ovf:id of its file, or export the VM again"
    if kinds == ["stored without data"]:
        return f"unpack it with `tar -xf web.ova`, replace each link by its file, and {_PACK}"
    if context.image.container is Container.OVF:
        return "put the file into the folder of the descriptor and correct the href, or export the VM again"
    if kinds == ["outside the folder of the descriptor"]:
        return f"unpack it with `tar -xf web.ova`, correct each href to the name of the file, and {_PACK}"
    return None


def _chunked(context: RuleContext) -> Iterator[Evidence]:
    ova = context.image.ova
    files = [file for file in ova.ovf.files if file.chunk_bytes] if ova and ova.ovf else []
    whole = [file for file in files if ova and file.href in _members(ova)]
    if split := [f"{file.href} in chunks of {file.chunk_bytes} bytes" for file in files if file not in whole]:
        yield Evidence(context.image.name, name_list(split))
    if whole:
        found = name_list([f"{file.href} is one file, but has ovf:chunkSize {file.chunk_bytes}" for file in whole])
        remedy = f"unpack it with `tar -xf web.ova`, remove ovf:chunkSize from the descriptor, and {_PACK}"
        yield Evidence(context.image.name, found, remedy)


def _compressed(ovf: OvfFacts) -> str | None:
    found = [f"{f.href}: {f.compression}" for f in ovf.files if f.compression and f.compression != "identity"]
    return name_list(found) if found else None


def _mismatch(ova: OvaFacts) -> str | None:
    found = [
        f"{entry.file}: expected {entry.algorithm} {entry.digest[:16]}..., got another"
        for entry in ova.manifest
        if entry.matches is False
    ]
    return name_list(found) if found else None


def _not_compared(ova: OvaFacts) -> str | None:
    there = FileNames((member.name for member in ova.members), folder_of(ova.descriptor or ""))
    # A file that is missing is reported as such: `--deep` does not find it.
    found = [entry.file for entry in ova.manifest if entry.matches is None and there.find(entry.file)]
    return f"not compared: {name_list(found)}" if found else None


def _manifest_damaged(context: RuleContext) -> Iterator[Evidence]:
    image = context.image
    damage = [damage.words for damage in image.damage if damage.where == "manifest"]
    if damage:
        yield Evidence(image.name, f"manifest: {name_list(damage)}")
    if image.ova and not image.ova.manifest and not damage:
        for member in image.ova.members:
            if member.name.lower().endswith(".mf"):
                yield Evidence(image.name, f"{member.name} is empty")


def _wrong_size(ova: OvaFacts) -> str | None:
    sizes = {member.name: member.size_bytes for member in ova.members}
    found = [
        f"{f.href}: expected {f.stated_bytes} bytes, got {sizes[f.href]}"
        for f in (ova.ovf.files if ova.ovf else ())
        if f.href in sizes and f.stated_bytes not in _UNSTATED | {sizes[f.href]}
    ]
    return name_list(found) if found else None


def has_file_finding(ova: OvaFacts) -> bool:
    """Whether a rule reports that a file of the descriptor is missing or split."""
    return bool(_missing_files(ova) or (ova.ovf and any(file.chunk_bytes for file in ova.ovf.files)))


CHECKS: Checks = {
    "ova-file-missing": _file_missing,
    "ova-manifest-damaged": _manifest_damaged,
    "ova-chunked-disk": _chunked,
    "ova-compressed-file": for_ovf(_compressed),
    "ova-manifest-mismatch": for_ova(_mismatch),
    "ova-manifest-not-compared": for_ova(_not_compared),
    "ova-size-wrong": for_ova(_wrong_size),
}
