"""Rules for a VM that becomes a WorkSpaces BYOL image."""

from collections.abc import Iterator

from pulumi_vmimport.disk.inspection.facts import FileSystem, PartitionScheme
from pulumi_vmimport.disk.rules.boot_layout import efi_system_partitions
from pulumi_vmimport.disk.rules.ova_rules import firmware_mismatch
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext
from pulumi_vmimport.disk.rules.text_format import exact_size, name_list
from pulumi_vmimport.service_limits import BYOL_CHECKER_DISK_GIB, BYOL_DISK_GIB, GIB

_DOCUMENTED_BYTES, _CHECKER_BYTES = BYOL_DISK_GIB * GIB, BYOL_CHECKER_DISK_GIB * GIB
_WINDOWS = frozenset({FileSystem.NTFS, FileSystem.BITLOCKER})
# By guest id: the release, and the firmware that WorkSpaces rejects for it.
_REJECTED_FIRMWARE = {"windows9_64guest": ("Windows 10", "efi"), "windows11_64guest": ("Windows 11", "bios")}
_FIRMWARE_NAMES = {"bios": "BIOS", "efi": "UEFI"}
_LSI_LOGIC_SAS = "lsilogicsas"


def _too_large(context: RuleContext) -> Iterator[Evidence]:
    if context.root and (capacity := context.root.capacity_bytes or 0) > _CHECKER_BYTES:
        yield Evidence(context.root.name, f"capacity {exact_size(capacity)}")


def _above_documented(context: RuleContext) -> Iterator[Evidence]:
    if context.root and _DOCUMENTED_BYTES < (capacity := context.root.capacity_bytes or 0) <= _CHECKER_BYTES:
        yield Evidence(context.root.name, f"capacity {exact_size(capacity)}")


def _several_disks(context: RuleContext) -> Iterator[Evidence]:
    if len(context.disks) > 1:
        names = name_list([disk.name for disk in context.disks])
        yield Evidence(context.image.name, f"{len(context.disks)} disks: {names}")


def _not_windows(context: RuleContext) -> Iterator[Evidence]:
    partition = context.root_partition
    if context.root and partition and partition.file_system not in _WINDOWS:
        detail = f"partition {partition.number}, probably the root, holds {partition.file_system}"
        yield Evidence(context.root.name, detail)


def _wrong_firmware(context: RuleContext) -> Iterator[Evidence]:
    layout, ovf = context.root_layout, context.ovf
    if ovf is None or context.root is None or any(firmware_mismatch(context)):
        return  # such a VM does not boot with either firmware
    is_gpt = layout is not None and layout.scheme is PartitionScheme.GPT and bool(efi_system_partitions(layout))
    is_mbr = layout is not None and layout.scheme is PartitionScheme.MBR
    firmware = ovf.firmware or ("efi" if is_gpt else "bios" if is_mbr else None)
    release, rejected = _REJECTED_FIRMWARE.get(ovf.guest_id.lower(), ("", ""))
    if firmware and firmware == rejected:
        name, table = _FIRMWARE_NAMES[firmware], "a GPT" if is_gpt else "an MBR"
        reason = f" and firmware {name}" if ovf.firmware else f"; the disk has {table}, which {name} boots"
        yield Evidence(context.root.name, f"the OVF states {ovf.guest_id} ({release}){reason}")


def _other_controller(context: RuleContext) -> Iterator[Evidence]:
    root = context.root.name if context.root else None
    for disk in context.ovf.disks if context.ovf else ():
        controller = (disk.controller or "").lower().replace("-", "")
        if disk.file == root and controller not in {"", _LSI_LOGIC_SAS}:
            yield Evidence(disk.file or disk.id, f"attached to {disk.controller}")


CHECKS: Checks = {
    "byol-disk-too-large": _too_large,
    "byol-disk-above-70": _above_documented,
    "byol-several-disks": _several_disks,
    "byol-not-windows": _not_windows,
    "byol-windows-10-uefi": _wrong_firmware,
    "byol-controller": _other_controller,
}
