"""The rules of a machine that is to become a WorkSpaces image."""

from collections.abc import Iterator

from pulumi_vmimport.disk.inspection.case import Case, Checks, Evidence, efi_systems, listed, sized
from pulumi_vmimport.disk.inspection.facts import FileSystem, PartitionScheme
from pulumi_vmimport.disk.inspection.ova_rules import firmware_mismatch
from pulumi_vmimport.service_limits import BYOL_CHECKER_DISK_GIB, BYOL_DISK_GIB, GIB

_DOCUMENTED_BYTES, _CHECKED_BYTES = BYOL_DISK_GIB * GIB, BYOL_CHECKER_DISK_GIB * GIB
_WINDOWS = frozenset({FileSystem.NTFS, FileSystem.BITLOCKER})
# Of the guest's system: its name, and the firmware that WorkSpaces does not take it with.
_REFUSED = {"windows9_64guest": ("Windows 10", "efi"), "windows11_64guest": ("Windows 11", "bios")}
_NAMES = {"bios": "BIOS", "efi": "UEFI"}
_LSI_LOGIC_SAS = "lsilogicsas"


def _too_large(case: Case) -> Iterator[Evidence]:
    if case.root and (capacity := case.root.capacity_bytes or 0) > _CHECKED_BYTES:
        yield Evidence(case.root.name, f"a capacity of {sized(capacity)}")


def _above_advice(case: Case) -> Iterator[Evidence]:
    if case.root and _DOCUMENTED_BYTES < (capacity := case.root.capacity_bytes or 0) <= _CHECKED_BYTES:
        yield Evidence(case.root.name, f"a capacity of {sized(capacity)}")


def _several(case: Case) -> Iterator[Evidence]:
    if len(case.disks) > 1:
        yield Evidence(case.image.name, f"{len(case.disks)} disks: {listed([disk.name for disk in case.disks])}")


def _not_windows(case: Case) -> Iterator[Evidence]:
    partition = case.root_partition
    if case.root and partition and partition.file_system not in _WINDOWS:
        yield Evidence(case.root.name, f"the root is likely partition {partition.number}, {partition.file_system}")


def _firmware(case: Case) -> Iterator[Evidence]:
    layout, ovf = case.root_layout, case.ovf
    if ovf is None or case.root is None or any(firmware_mismatch(case)):
        return  # a machine that does not start by either
    is_gpt = layout is not None and layout.scheme is PartitionScheme.GPT and bool(efi_systems(layout))
    is_mbr = layout is not None and layout.scheme is PartitionScheme.MBR
    firmware = ovf.firmware or ("efi" if is_gpt else "bios" if is_mbr else None)
    release, refused = _REFUSED.get(ovf.guest_id.lower(), ("", ""))
    if firmware and firmware == refused:
        name = _NAMES[firmware]
        table = "GPT" if is_gpt else "MBR"
        by = f" and {name}" if ovf.firmware else f", the disk's {table} is started by {name}"
        yield Evidence(case.root.name, f"the OVF says {ovf.guest_id} ({release}){by}")


def _controller(case: Case) -> Iterator[Evidence]:
    root = case.root.name if case.root else None
    for disk in case.ovf.disks if case.ovf else ():
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
