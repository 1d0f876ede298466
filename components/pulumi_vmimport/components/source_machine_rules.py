"""The rules of VM Import/Export and WorkSpaces for a virtual machine, checked on its arguments.

Sources: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html,
https://docs.aws.amazon.com/vm-import/latest/userguide/import-image-limitations.html and
https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pulumi_vmimport.components.component_base import Values
from pulumi_vmimport.components.provider_rules import SCSI_TYPES, member
from pulumi_vmimport.disk.rules.byol_disk_size import byol_disk_size_rule
from pulumi_vmimport.image_profile import ImageProfile, profile_named
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.service_limits import (
    BYOL_CHECKER_DISK_GIB,
    BYOL_DISK_GIB,
    BYOL_FREE_GIB,
    BYOL_FREE_WITH_OFFICE_GIB,
    GIB,
    IMAGE_DISK_LIMIT_BYTES,
    MAX_IMPORT_VOLUMES,
)
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.vsphere.hardware_kinds import ControllerKind
from pulumi_vmimport.windows_releases import (
    BIOS,
    CHECKER,
    EFI,
    LANGUAGE,
    WINDOWS_RELEASES,
    WINDOWS_SERVERS,
    WindowsRelease,
)

EC2_DISK_LIMIT_GIB = IMAGE_DISK_LIMIT_BYTES // GIB
DEFAULT_SCSI = ControllerKind.LSI_LOGIC_SAS.value  # Windows has its driver, and imports with it are known to work
FIRMWARE = ("bios", "efi")

# What VM Import/Export rejects, or imports although the AMI cannot boot (TR-20).
UNSUPPORTED_GUESTS = {
    "raw_device_mapping": "raw device mappings cannot be imported; convert the disk to a VMDK",
    "se_sparse_disks": "SEsparse delta files cannot be imported; consolidate the snapshots",
    "dual_boot": "a VM with several operating systems cannot be imported; keep one",
    "mbr_on_other_disk": "a root partition and its MBR on different disks may not boot; put both on the first disk",
    "physical_origin": "a VM converted from a physical machine (P2V) cannot be imported; install it in a VM",
    "encrypted_volumes": "encrypted volumes cannot be imported; decrypt them",
    "arm64": "an ARM64 guest cannot be imported; install the x86-64 edition",
    "hyper_v_role": "a guest with the Hyper-V role cannot be imported; remove the role",
}


class Phase(StrEnum):
    """The phase of the virtual machine: Windows is installed, or the VM is exported."""

    INSTALL = "install"
    EXPORT = "export"


class Rules(StrEnum):
    """What the component does with findings."""

    ENFORCE = "enforce"
    WARN = "warn"
    OFF = "off"


@dataclass(frozen=True)
class Finding(Problem):
    """A problem; one that is not fatal is a warning."""

    is_fatal: bool = True


def release_of(name: Any, custom: Any) -> WindowsRelease | None:
    """The release of a name, from the argument `windows_releases` or else the table; None when it is not known."""
    if not is_set(name):
        return None
    row = custom.get(name) if is_set(custom) else None
    if is_set(row):
        is_complete = is_set(row.get("firmware")) and is_set(row.get("guest_id"))
        return WindowsRelease(row["firmware"], row["guest_id"]) if is_complete else None
    return WINDOWS_RELEASES.get(name) or WINDOWS_SERVERS.get(name)


class SourceMachine:
    """A virtual machine as its arguments describe it; virtual_machine_args take precedence."""

    def __init__(self, values: Values) -> None:
        self._values = values
        override = values.get("virtual_machine_args")
        self._override: Mapping[str, Any] = override if is_set(override) else {}
        self._profile = values.get("profile") if values.get("profile") is not None else ImageProfile.BYOL_WORKSPACES
        self._is_byol = profile_named(self._profile) is ImageProfile.BYOL_WORKSPACES
        self._release = release_of(values.get("windows_release"), values.get("windows_releases"))

    def findings(self) -> Iterator[Finding]:
        """Yield every finding; none while the profile is unknown."""
        if is_set(self._profile):
            yield from self._windows()
            yield from self._firmware()
            yield from self._boot_security()
            yield from self._disks()
            yield from self._devices()
            yield from self._guest()

    def _windows(self) -> Iterator[Finding]:
        name = self._values.get("windows_release")
        expected = f"expected one of {', '.join((*WINDOWS_RELEASES, *(() if self._is_byol else WINDOWS_SERVERS)))}"
        if name is None and self._is_byol:
            yield Finding("windows_release", f"is required for profile {ImageProfile.BYOL_WORKSPACES}, {expected}")
        if is_set(name) and self._release is None and not self._is_custom_release(name):
            yield Finding(
                "windows_release",
                f"{expected}, got {shown_value(name)}; describe a newer release in windows_releases",
            )
        if self._is_byol and self._release and self._release.is_server:
            reason = f"{expected}, got {shown_value(name)}; WorkSpaces BYOL images require a client"
            yield Finding("windows_release", reason)
        elif self._is_byol and self._release and not self._release.is_listed:
            accepts = f"BYOL Checker accepts {name}, but AWS does not list it"
            newer = f"neither AWS's list nor {CHECKER} has {name}; check AWS's page"
            yield Finding("windows_release", accepts if self._release.is_in_checker else newer, is_fatal=False)
        path, guest_id = self._property("guest_id")
        if is_set(guest_id) and not guest_id.endswith("64Guest"):
            yield Finding(path, f"expected a 64-bit guest, got {shown_value(guest_id)}", is_fatal=self._is_byol)

    def _firmware(self) -> Iterator[Finding]:
        path, firmware = self._property("firmware")
        if is_set(firmware) and firmware not in FIRMWARE:
            yield Finding(path, f"expected bios or efi, got {shown_value(firmware)}")
        elif is_set(firmware) and self._is_wrong_firmware(firmware):
            yield Finding(
                path,
                f"expected {self._release_firmware} for Windows {self._values['windows_release']}, got {firmware}; "
                "WorkSpaces boots Windows 10 with BIOS and Windows 11 with UEFI",
                is_fatal=self._is_byol,
            )

    @property
    def _release_firmware(self) -> str | None:
        return self._release.firmware if self._release else None

    def _is_wrong_firmware(self, firmware: str) -> bool:
        return self._release is not None and not self._release.is_server and firmware != self._release.firmware

    def _boot_security(self) -> Iterator[Finding]:
        """Secure Boot and the virtual TPM: what Windows 11 Setup requires, and what vSphere does not export."""
        _, firmware = self._property("firmware")
        effective = firmware if firmware is not None else self._release and self._release.firmware
        is_windows_11 = self._release is not None and self._release.firmware == EFI
        unattended = self._values.get("unattended") is True  # its answer file may bypass the check
        for name, title in (("secure_boot", "Secure Boot"), ("vtpm", "a virtual TPM 2.0")):
            value = self._values.get(name)
            if value is True and effective == BIOS:
                yield Finding(name, f"requires firmware efi, got {effective}; remove {name} or change the firmware")
            elif value is False and is_windows_11 and self._values.get("phase") != Phase.EXPORT and not unattended:
                reason = f"Windows 11 Setup requires {title}; set it to true, or bypass the check in the answer file"
                yield Finding(name, reason, is_fatal=False)
        if is_set(self._override.get("vtpm")) and self._values.get("phase") == Phase.EXPORT:
            reason = "vSphere does not export a VM with a virtual TPM; remove it in phase export"
            yield Finding("virtual_machine_args.vtpm", reason)

    def _disks(self) -> Iterator[Finding]:
        path, disks = self._property("disks")
        if disks is None:
            yield from self._disk_size("disk_gb", self._values.get("disk_gb"))
            return
        if not is_set(disks):
            return
        for i, disk in enumerate(disks):
            yield from self._disk_size(f"{path}[{i}].size", member(disk, "size"))
        most = 1 if self._is_byol else MAX_IMPORT_VOLUMES
        if not 1 <= len(disks) <= most:
            expected = "one disk with one volume" if self._is_byol else f"1 to {most} disks"
            yield Finding(path, f"expected {expected}, got {len(disks)}")

    def _disk_size(self, path: str, size: Any) -> Iterator[Finding]:
        if not is_set(size):
            return
        if size < 1:
            yield Finding(path, f"expected at least 1 GB, got {size}")
        elif self._is_byol and (rule := byol_disk_size_rule(size * GIB)):
            yield Finding(
                path,
                f"expected at most {BYOL_DISK_GIB} GB, with {BYOL_FREE_GIB} GB free ({BYOL_FREE_WITH_OFFICE_GIB} GB "
                f"with Office), for WorkSpaces (BYOL Checker accepts {BYOL_CHECKER_DISK_GIB} GB), got {size} ({rule}); "
                "to only warn, set rules to warn",
            )
        elif size >= EC2_DISK_LIMIT_GIB:
            yield Finding(path, f"expected less than {EC2_DISK_LIMIT_GIB} GB (8 TiB), got {size}")

    def _devices(self) -> Iterator[Finding]:
        path, scsi_type = self._property("scsi_type")
        if is_set(scsi_type) and scsi_type in SCSI_TYPES and scsi_type != DEFAULT_SCSI:
            yield Finding(
                path, f"expected {DEFAULT_SCSI}, got {scsi_type}; the imported image may not boot", is_fatal=False
            )
        path, cards = self._property("network_interfaces")
        if is_set(cards) and len(cards) != 1:
            yield Finding(path, f"expected one network adapter, got {len(cards)}; add others after the import")
        path, drives = self._property("cdroms")
        if is_set(drives) and drives and self._values.get("phase") == Phase.EXPORT:
            yield Finding(path, f"expected no CD drive in phase {Phase.EXPORT}, got {len(drives)}; remove them")

    def _guest(self) -> Iterator[Finding]:
        given = self._values.get("guest")
        guest: Mapping[str, Any] = given if is_set(given) else {}
        for name, reason in UNSUPPORTED_GUESTS.items():
            if guest.get(name) is True:
                yield Finding(f"guest.{name}", reason)
        if guest.get("static_ip") is True:
            reason = (
                "expected DHCP, got a static address, which the import drops; configure the network adapter for DHCP"
            )
            yield Finding("guest.static_ip", reason, is_fatal=self._is_byol)
        language = guest.get("language")
        if is_set(language) and language != LANGUAGE:
            is_english = language.split("-")[0].lower() == "en"
            yield Finding(
                "guest.language",
                f"expected {LANGUAGE}, got {shown_value(language)}; install from the English ISO",
                is_fatal=self._is_byol and not is_english,
            )

    def _property(self, name: str) -> tuple[str, Any]:
        """The path and the value of a property of the machine."""
        if name in self._override:
            return f"virtual_machine_args.{name}", self._override[name]
        return name, self._values.get(name)

    def _is_custom_release(self, name: str) -> bool:
        custom = self._values.get("windows_releases")
        return custom is not None and (not is_set(custom) or name in custom)
