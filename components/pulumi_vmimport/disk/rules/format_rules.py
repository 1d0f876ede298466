"""Rules for a file whose content has another format than its name or the import request states."""

from collections.abc import Iterator

from pulumi_vmimport.disk.conversion_remedies import CONVERT, is_split_extent
from pulumi_vmimport.disk.inspection.facts import Container, DiskFacts
from pulumi_vmimport.disk.rules.raw_rules import is_unidentified, lacks_signature
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext
from pulumi_vmimport.image_profile import ImageProfile

# VM Import derives the format from these endings.
_NAMED = {
    ".ova": Container.OVA,
    ".ovf": Container.OVF,
    ".vmdk": Container.VMDK,
    ".vhd": Container.VHD,
    ".vhdx": Container.VHDX,
    ".raw": Container.RAW,
    ".img": Container.RAW,
}


def is_raw_disk(disk: DiskFacts) -> bool:
    """Whether the content of a raw file is a disk, so that only its name may be wrong."""
    return disk.container is Container.RAW and not is_unidentified(disk)


def _named(name: str) -> Container | None:
    """The format that the name of a file states."""
    return next((format for ending, format in _NAMED.items() if name.lower().endswith(ending)), None)


def _is_misnamed_raw(disk: DiskFacts) -> bool:
    """Whether a raw disk has the name of a format with a signature."""
    return lacks_signature(disk) and is_raw_disk(disk)


def _format(context: RuleContext) -> Iterator[Evidence]:
    found = context.image.container
    if context.is_package:
        yield from _disks_of_package(context)
    if found in {Container.OTHER, Container.OVF}:
        return  # other rules report these
    expected = context.stated or _named(context.image.name)
    if expected in {None, found} or _is_vhdx_as_vhd(context) or is_split_extent(context.image.name):
        return  # other rules report these
    is_raw = any(map(_is_misnamed_raw, context.disks))
    # A raw file with the name of another format and no known content is damaged.
    if context.stated or found is not Container.RAW or is_raw:
        by = "the stated format" if context.stated else "the format by the file name"
        evidence = f"{by} is {expected.upper()}, the content is {found.upper()}"
        yield Evidence(context.image.name, evidence, _remedy(context))


def _disks_of_package(context: RuleContext) -> Iterator[Evidence]:
    for disk in context.disks:
        if _is_misnamed_raw(disk) and (named := _named(disk.name)):
            evidence = f"the format by the file name is {named.upper()}, the content is RAW"
            yield Evidence(disk.name, evidence, f"{CONVERT}; name it as before, and repack with DiskImageUpload")


def _is_vhdx_as_vhd(context: RuleContext) -> bool:
    """Whether a snapshot import states VHD for a VHDX: ImportSnapshot has no format VHDX."""
    is_vhdx = context.image.container is Container.VHDX
    return is_vhdx and context.profile is ImageProfile.SNAPSHOT and context.stated is Container.VHD


def _remedy(context: RuleContext) -> str | None:
    """The remedy for a VHDX or an OVA that is stated or named as another format; None for other images."""
    found = context.image.container
    if found in {Container.VHDX, Container.OVA} and context.stated is None:
        return f"rename the file to .{found}, or provide the right file"
    if found is not Container.VHDX:
        return None
    if context.profile is ImageProfile.SNAPSHOT:
        return "leave `format` out, which ImportSnapshot does not have for a VHDX, or provide the right file"
    return "set `format` to VHDX, or provide the right file"


def _vhdx_as_vhd(context: RuleContext) -> Iterator[Evidence]:
    if _is_vhdx_as_vhd(context):
        yield Evidence(context.image.name, "the file is a VHDX, the stated format is VHD")


CHECKS: Checks = {
    "format-differs": _format,
    "vhdx-for-snapshot": _vhdx_as_vhd,
}
