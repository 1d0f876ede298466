"""The rules of a machine that is to become a WorkSpaces image."""

from collections.abc import Iterator

from pulumi_vmimport.disk.inspection.facts import FileSystem, PartitionScheme
from pulumi_vmimport.disk.rules.ova_rules import firmware_mismatch
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext, efi_systems, listed, sized
from pulumi_vmimport.service_limits import BYOL_CHECKER_DISK_GIB, BYOL_DISK_GIB, GIB

_DOCUMENTED_BYTES, _CHECKED_BYTES = BYOL_DISK_GIB * GIB, BYOL_CHECKER_DISK_GIB * GIB
_WINDOWS = frozenset({FileSystem.NTFS, FileSystem.BITLOCKER})
# Of the guest's system: its name, and the firmware that WorkSpaces does not take it with.
_REFUSED = {"windows9_64guest": ("Windows 10", "efi"), "windows11_64guest": ("Windows 11", "bios")}
_NAMES = {"bios": "BIOS", "efi": "UEFI"}
_LSI_LOGIC_SAS = "lsilogicsas"


def _too_large(context: RuleContext) -> Iterator[Evidence]:
    if context.root and (capacity := context.root.capacity_bytes or 0) > _CHECKED_BYTES:
        yield Evidence(context.root.name, f"a capacity of {sized(capacity)}")


def _above_advice(context: RuleContext) -> Iterator[Evidence]:
    if context.root and _DOCUMENTED_BYTES < (capacity := context.root.capacity_bytes or 0) <= _CHECKED_BYTES:
        yield Evidence(context.root.name, f"a capacity of {sized(capacity)}")


def _several(context: RuleContext) -> Iterator[Evidence]:
    if len(context.disks) > 1:
        yield Evidence(
            context.image.name, f"{len(context.disks)} disks: {listed([disk.name for disk in context.disks])}"
        )


def _not_windows(context: RuleContext) -> Iterator[Evidence]:
    partition = context.root_partition
    if context.root and partition and partition.file_system not in _WINDOWS:
        yield Evidence(context.root.name, f"the root is likely partition {partition.number}, {partition.file_system}")


def _firmware(context: RuleContext) -> Iterator[Evidence]:
    layout, ovf = context.root_layout, context.ovf
    if ovf is None or context.root is None or any(firmware_mismatch(context)):
        return  # a machine that does not start by either
    is_gpt = layout is not None and layout.scheme is PartitionScheme.GPT and bool(efi_systems(layout))
    is_mbr = layout is not None and layout.scheme is PartitionScheme.MBR
    firmware = ovf.firmware or ("efi" if is_gpt else "bios" if is_mbr else None)
    release, refused = _REFUSED.get(ovf.guest_id.lower(), ("", ""))
    if firmware and firmware == refused:
        name = _NAMES[firmware]
        table = "GPT" if is_gpt else "MBR"
        by = f" and {name}" if ovf.firmware else f", the disk's {table} is started by {name}"
        yield Evidence(context.root.name, f"the OVF says {ovf.guest_id} ({release}){by}")


def _controller(context: RuleContext) -> Iterator[Evidence]:
    root = context.root.name if context.root else None
    for disk in context.ovf.disks if context.ovf else ():
        controller = (disk.controller or "").lower().replace("-", "")
        if disk.file == root and controller not in {"", _LSI_LOGIC_SAS}:
            yield Evidence(disk.file or disk.id, f"it is on {disk.controller}")


CHECKS: Checks = {
    "byol-disk-too-large": _too_large,
    "byol-disk-above-70": _above_advice,
    "byol-several-disks": _several,
    "byol-not-windows": _not_windows,
    "byol-windows-10-uefi": _firmware,
    "byol-controller": _controller,
}
