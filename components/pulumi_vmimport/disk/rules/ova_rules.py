"""Rules for an OVA, and for the VM that its OVF descriptor describes."""

from collections.abc import Iterator
from urllib.parse import unquote

from pulumi_vmimport.disk.inspection.facts import Container, PartitionScheme
from pulumi_vmimport.disk.inspection.gpt import LINUX_ROOT_X86
from pulumi_vmimport.disk.inspection.package_facts import OvaFacts, OvfFacts
from pulumi_vmimport.disk.rules.boot_layout import can_boot_gpt_by_bios
from pulumi_vmimport.disk.rules.guest_systems import name_of_32_bit_guest
from pulumi_vmimport.disk.rules.package_file_rules import entries_without_data, has_file_finding
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext, for_ova, for_ovf
from pulumi_vmimport.disk.rules.text_format import exact_size, name_list, quantity
from pulumi_vmimport.package_file_names import folder_of
from pulumi_vmimport.service_limits import MAX_IMPORT_VOLUMES

_OVF, _XVA, _HERE = ".ovf", "ova.xml", "./"
_REPACK_ON_MACOS = (
    "repack it without the added files: "
    "`COPYFILE_DISABLE=1 tar -cf web.ova web.ovf web.mf web-disk1.vmdk`, or use DiskImageUpload"
)


def _not_first(context: RuleContext) -> Iterator[Evidence]:
    ova = context.image.ova
    names = [member.name for member in ova.members] if ova else []
    if ova is None or ova.descriptor not in names[1:]:
        return
    first, number = names[0], names.index(ova.descriptor) + 1
    origin = ", a file of macOS's tar," if first.rpartition("/")[2].startswith("._") else ""
    remedy = _REPACK_ON_MACOS if ova.foreign_files else None
    yield Evidence(
        context.image.name, f"{first}{origin} is the first file; {ova.descriptor} is number {number}", remedy
    )


def _foreign(context: RuleContext) -> Iterator[Evidence]:
    ova = context.image.ova
    if ova is None:
        return
    reported = set(entries_without_data(ova).values())
    if found := [*ova.foreign_files, *(header for header in ova.unusual_headers if header not in reported)]:
        yield Evidence(context.image.name, f"not part of the VM: {name_list(found)}")


def _without_ovf(ova: OvaFacts) -> str | None:
    if ova.ovf is not None and ova.descriptor and not ova.descriptor.lower().endswith(_OVF):
        return f"{ova.descriptor} is an OVF descriptor, but its name does not end in {_OVF}"
    if any(member.name.lower().endswith(_OVF) and member.name not in ova.foreign_files for member in ova.members):
        return None
    if any(member.name == _XVA for member in ova.members):
        return "it is an XVA file of XenServer or Citrix Hypervisor"
    return f"it contains {name_list([m.name for m in ova.members])}" if ova.members else "it contains no files"


def _in_folder(context: RuleContext) -> Iterator[Evidence]:
    ova = context.image.ova
    if ova is None or ova.ovf is None or context.image.container is not Container.OVA:
        return
    members = {member.name for member in ova.members}
    files = [file.href for file in ova.ovf.files if file.href in members]
    found = [f"{name} is in the folder {folder_of(name)}" for name in (ova.descriptor or "", *files) if folder_of(name)]
    if found:
        yield Evidence(context.image.name, name_list(found))


def _names_differ(context: RuleContext) -> Iterator[Evidence]:
    ova = context.image.ova
    if ova is None or ova.ovf is None or context.image.container is not Container.OVA:
        return
    folder, members = folder_of(ova.descriptor or ""), {member.name for member in ova.members}
    found = [
        f"the descriptor has {file.stated_href}, the archive has {file.href}"
        for file in ova.ovf.files
        if file.stated_href
        and file.href in members
        and unquote(file.stated_href).removeprefix(_HERE) != file.href.removeprefix(_HERE).removeprefix(folder)
        and file.stated_href != file.href
    ]
    if found:
        yield Evidence(context.image.name, name_list(found))


def _invalid_values(ovf: OvfFacts) -> str | None:
    return name_list(ovf.invalid_values) if ovf.invalid_values else None


def _is_unread(ovf: OvfFacts) -> bool:
    """Whether the descriptor is of a version of which only the references are read."""
    return ovf.other_version is not None and ovf.virtual_systems == 0


def _not_packed(context: RuleContext) -> Iterator[Evidence]:
    if context.image.container is Container.OVF:
        yield Evidence(context.image.name, "the file is an OVF descriptor")


def _without_disk(ovf: OvfFacts) -> str | None:
    return (
        None
        if _is_unread(ovf) or any(disk.file or disk.missing_file_id for disk in ovf.disks)
        else f"{quantity(len(ovf.disks), 'disk')}, none with a file"
    )


def _several_adapters(ovf: OvfFacts) -> str | None:
    count = len(ovf.adapters)
    if count <= 1:
        return None
    names = [adapter.network or adapter.kind for adapter in ovf.adapters if adapter.network or adapter.kind]
    return f"{count} adapters" + (f": {name_list(names)}" if names else "")


def _not_one_machine(ovf: OvfFacts) -> str | None:
    return (
        None if _is_unread(ovf) or ovf.virtual_systems == 1 else f"the descriptor describes {ovf.virtual_systems} VMs"
    )


def _linked(ovf: OvfFacts) -> str | None:
    found = [f"{disk.id} has the parent {disk.parent}" for disk in ovf.disks if disk.parent]
    return name_list(found) if found else None


def _empty_disks(ovf: OvfFacts) -> str | None:
    found = [disk.id for disk in ovf.disks if not disk.file and not disk.missing_file_id]
    return f"without a file: {name_list(found)}" if found and len(found) < len(ovf.disks) else None


def _wrong_capacity(context: RuleContext) -> Iterator[Evidence]:
    capacities = {disk.name: disk.capacity_bytes for disk in context.disks}
    for disk in context.ovf.disks if context.ovf else ():
        found = capacities.get(disk.file or "")
        if found is not None and disk.capacity_bytes not in {None, found}:
            detail = f"expected {exact_size(disk.capacity_bytes or 0)} as stated, got {exact_size(found)}"
            yield Evidence(disk.file or disk.id, detail)


def firmware_mismatch(context: RuleContext) -> Iterator[Evidence]:
    """Evidence that the firmware in the descriptor cannot boot the root disk."""
    layout, ovf = context.root_layout, context.ovf
    if layout is None or ovf is None or context.root is None:
        return
    if ovf.firmware == "bios" and layout.scheme is PartitionScheme.GPT and not can_boot_gpt_by_bios(layout):
        yield Evidence(context.root.name, "the VM's firmware is BIOS, but the root disk has a GPT")
    if ovf.firmware == "efi" and layout.scheme is PartitionScheme.MBR:
        yield Evidence(context.root.name, "the VM's firmware is UEFI, but the root disk has an MBR")


def _is_32_bit(context: RuleContext) -> Iterator[Evidence]:
    ovf, layout, root = context.ovf, context.root_layout, context.root
    if root and layout and any(partition.type.upper() == LINUX_ROOT_X86 for partition in layout.partitions):
        yield Evidence(root.name, "the GPT has a root partition of type Linux root (x86)")
    elif ovf and (found := name_of_32_bit_guest(ovf.guest_id, ovf.operating_system)):
        yield Evidence(context.image.name, f"the OVF states {found}")


def _too_many_disks(context: RuleContext) -> Iterator[Evidence]:
    described = sum(1 for disk in context.ovf.disks if disk.file) if context.ovf else 0
    count = max(len(context.disks), described)
    if count > MAX_IMPORT_VOLUMES:
        yield Evidence(context.image.name, f"{count} disks")


def has_descriptor_finding(context: RuleContext) -> bool:
    """Whether a more specific rule reports a defect of the descriptor."""
    ova = context.image.ova
    return ova is not None and bool(_without_ovf(ova) or has_file_finding(ova))


CHECKS: Checks = {
    "ova-ovf-not-first": _not_first,
    "ova-foreign-files": _foreign,
    "ova-in-folder": _in_folder,
    "ova-file-name-differs": _names_differ,
    "ovf-version": for_ovf(lambda ovf: ovf.other_version),
    "ovf-invalid-value": for_ovf(_invalid_values),
    "ova-without-ovf": for_ova(_without_ovf),
    "ova-without-disk": for_ovf(_without_disk),
    "ovf-not-packed": _not_packed,
    "ova-not-ended": for_ova(lambda ova: None if ova.ends_in_zero_blocks else "the last blocks are not zeros"),
    "ova-cd-image": for_ovf(lambda ovf: name_list(ovf.cd_images) if ovf.cd_images else None),
    "ovf-several-adapters": for_ovf(_several_adapters),
    "ovf-not-one-machine": for_ovf(_not_one_machine),
    "ovf-linked-disk": for_ovf(_linked),
    "ovf-empty-disk": for_ovf(_empty_disks),
    "ovf-capacity-wrong": _wrong_capacity,
    "ovf-firmware-mismatch": firmware_mismatch,
    "ovf-32-bit": _is_32_bit,
    "too-many-disks": _too_many_disks,
}
