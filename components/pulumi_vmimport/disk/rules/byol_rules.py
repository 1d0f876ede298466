"""Rules for a VM that becomes a WorkSpaces BYOL image."""

import re
from collections.abc import Iterator
from functools import partial

from pulumi_vmimport.disk.inspection.facts import FileSystem, Partition, PartitionScheme
from pulumi_vmimport.disk.rules.boot_layout import efi_system_partitions
from pulumi_vmimport.disk.rules.byol_disk_size import ABOVE_DOCUMENTED, TOO_LARGE, byol_disk_size_rule
from pulumi_vmimport.disk.rules.guest_systems import is_windows_server
from pulumi_vmimport.disk.rules.layout_rules import free_space_words
from pulumi_vmimport.disk.rules.ova_rules import firmware_mismatch
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext
from pulumi_vmimport.disk.rules.text_format import exact_size, name_list
from pulumi_vmimport.service_limits import (
    BYOL_FREE_GIB,
    BYOL_FREE_WITH_OFFICE_GIB,
    GIB,
)
from pulumi_vmimport.shown_value import shown_value

_WINDOWS = frozenset({FileSystem.NTFS, FileSystem.BITLOCKER})
# By guest id: the release, and the firmware that WorkSpaces rejects for it.
_REJECTED_FIRMWARE = {"windows9_64guest": ("Windows 10", "efi"), "windows11_64guest": ("Windows 11", "bios")}
_FIRMWARE_NAMES = {"bios": "BIOS", "efi": "UEFI"}
_LSI_LOGIC_SAS = "lsilogicsas"
_ALTERNATIVES = re.compile(r"[,\s]+")  # ResourceSubType may list several
_LETTERED = frozenset({FileSystem.NTFS, FileSystem.REFS, FileSystem.EXFAT, FileSystem.FAT, FileSystem.BITLOCKER})
# Of MBR and GPT; hidden, recovery and EFI partitions have other types.
_LETTERED_TYPES = frozenset({"01", "04", "06", "07", "0b", "0c", "0e", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"})
_SYSTEM_LABELS = frozenset({"system reserved", "system-reserviert", "système réservé", "recovery", "winre"})
_MAX_SYSTEM_BYTES = 2 << 30


def _disk_size(context: RuleContext, rule: str) -> Iterator[Evidence]:
    if context.root and byol_disk_size_rule(capacity := context.root.capacity_bytes or 0) == rule:
        yield Evidence(context.root.name, f"capacity {exact_size(capacity)}")


def _several_disks(context: RuleContext) -> Iterator[Evidence]:
    if len(context.disks) > 1:
        names = name_list([disk.name for disk in context.disks])
        yield Evidence(context.image.name, f"{len(context.disks)} disks: {names}")


def _several_volumes(context: RuleContext) -> Iterator[Evidence]:
    layout = context.root_layout
    if context.root is None or layout is None:
        return
    found = [partition for partition in layout.partitions if _is_volume(partition)]
    if len(found) > 1:
        volumes = [f"{p.number} ({p.file_system}{f' {shown_value(p.label)}' if p.label else ''})" for p in found]
        yield Evidence(context.root.name, f"{len(found)} volumes: partitions {name_list(volumes)}")


def _is_volume(partition: Partition) -> bool:
    """Whether Windows assigns a drive letter: not to the recovery, EFI and "System Reserved" partitions."""
    is_system = partition.is_active and partition.size_bytes < _MAX_SYSTEM_BYTES
    is_named_so = partition.label.lower() in _SYSTEM_LABELS and partition.size_bytes < _MAX_SYSTEM_BYTES
    return (
        partition.file_system in _LETTERED
        and partition.type in _LETTERED_TYPES
        and partition.has_drive_letter
        and not (is_system or is_named_so)
    )


def _free_space(context: RuleContext, most_gib: int, least_gib: int = 0) -> Iterator[Evidence]:
    partition = context.root_partition
    if context.root is None or partition is None or partition.free_bytes is None:
        return
    if least_gib * GIB <= partition.free_bytes < most_gib * GIB < partition.size_bytes:
        yield Evidence(context.root.name, free_space_words(partition, most_gib * GIB))


def _not_windows(context: RuleContext) -> Iterator[Evidence]:
    partition = context.root_partition
    if context.root and partition and partition.file_system not in _WINDOWS:
        detail = f"partition {partition.number}, probably the root, holds {partition.file_system}"
        yield Evidence(context.root.name, detail)


def _windows_server(context: RuleContext) -> Iterator[Evidence]:
    if context.ovf and is_windows_server(context.ovf.guest_id):
        yield Evidence(context.image.name, f"the OVF states {context.ovf.guest_id}, a Windows Server")


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
        offered = set(_ALTERNATIVES.split((disk.controller or "").lower().replace("-", "")))
        if disk.file == root and not offered & {"", _LSI_LOGIC_SAS}:
            yield Evidence(disk.file or disk.id, f"attached to {disk.controller}")


CHECKS: Checks = {
    TOO_LARGE: partial(_disk_size, rule=TOO_LARGE),
    ABOVE_DOCUMENTED: partial(_disk_size, rule=ABOVE_DOCUMENTED),
    "byol-several-disks": _several_disks,
    "byol-several-volumes": _several_volumes,
    "byol-free-space": partial(_free_space, most_gib=BYOL_FREE_GIB),
    "byol-free-space-for-office": partial(_free_space, most_gib=BYOL_FREE_WITH_OFFICE_GIB, least_gib=BYOL_FREE_GIB),
    "byol-not-windows": _not_windows,
    "byol-windows-server": _windows_server,
    "byol-windows-10-uefi": _wrong_firmware,
    "byol-controller": _other_controller,
}
