"""What keeps a virtual machine from becoming an AMI or a WorkSpaces image, told from its properties. Pure.

Sources: requirements VM-01 to VM-12, FMT-03, IMG-04 and the pages they name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pulumi_vmimport.components.byol_presets import WINDOWS_RELEASES, WindowsRelease
from pulumi_vmimport.components.component_base import Values
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

EC2_DISK_LIMIT_GIB = IMAGE_DISK_LIMIT_BYTES // GIB
DEFAULT_SCSI = "lsilogic-sas"  # VM-05
DEFAULT_LANGUAGE = "en-US"  # VM-03
FIRMWARE = ("bios", "efi")

# VM-10, TR-20: what VM Import/Export refuses, or imports and cannot boot.
REFUSED_GUESTS = {
    "raw_device_mapping": "raw device mappings cannot be imported; copy the disk into a VMDK",
    "se_sparse_disks": "SEsparse delta files cannot be imported; consolidate the snapshots",
    "dual_boot": "a machine with several systems cannot be imported; leave one",
    "mbr_on_other_disk": "a root partition and its MBR on two disks may not boot; put both on the first disk",
    "physical_origin": "a machine converted from a physical one (P2V) cannot be imported; install it natively",
    "encrypted_volumes": "encrypted volumes cannot be imported; decrypt them",
    "arm64": "a guest for ARM64 cannot be imported; install the one for x86-64",
    "hyper_v_role": "a guest with the Hyper-V role cannot be imported; remove the role",
}


class Phase(StrEnum):
    """Whether Windows is being installed, or the machine is ready to leave."""

    INSTALL = "install"
    EXPORT = "export"


class Rules(StrEnum):
    """What becomes of what the rules find."""

    ENFORCE = "enforce"
    WARN = "warn"
    OFF = "off"


@dataclass(frozen=True)
class Finding(Problem):
    """A problem, and whether it is one for sure or worth a warning."""

    is_fatal: bool = True


def release_of(name: Any, own: Any) -> WindowsRelease | None:
    """A release by its name, from the caller's table before ours; None when neither has it or it is unknown."""
    if not is_set(name):
        return None
    row = own.get(name) if is_set(own) else None
    if is_set(row):
        known = is_set(row.get("firmware")) and is_set(row.get("guest_id"))
        return WindowsRelease(row["firmware"], row["guest_id"]) if known else None
    return WINDOWS_RELEASES.get(name)


class SourceMachine:
    """A machine as its arguments and virtual_machine_args, which go before them, make it."""

    def __init__(self, values: Values) -> None:
        self._values = values
        override = values.get("virtual_machine_args")
        self._override: Mapping[str, Any] = override if is_set(override) else {}
        self._profile = values.get("profile") if values.get("profile") is not None else ImageProfile.BYOL_WORKSPACES
        self._is_byol = profile_named(self._profile) is ImageProfile.BYOL_WORKSPACES
        self._release = release_of(values.get("windows_release"), values.get("windows_releases"))

    def findings(self) -> Iterator[Finding]:
        """All that the rules find; nothing while the profile is unknown."""
        if is_set(self._profile):
            yield from self._windows()
            yield from self._firmware()
            yield from self._disks()
            yield from self._devices()
            yield from self._guest()

    def _windows(self) -> Iterator[Finding]:
        name, expected = self._values.get("windows_release"), f"expected one of {', '.join(WINDOWS_RELEASES)}"
        if name is None and self._is_byol:
            yield Finding("windows_release", f"is required for profile {ImageProfile.BYOL_WORKSPACES}, {expected}")
        if is_set(name) and self._release is None and not self._is_own_release(name):
            yield Finding(
                "windows_release",
                f"{expected}, got {name!r}; say what a newer one wants in windows_releases",
            )
        if self._is_byol and self._release and not self._release.is_listed:
            yield Finding("windows_release", f"the BYOL checker takes {name}, but AWS does not list it", is_fatal=False)
        path, guest_id = self._property("guest_id")
        if is_set(guest_id) and not guest_id.endswith("64Guest"):
            yield Finding(path, f"expected a 64-bit guest, got {guest_id!r}", is_fatal=self._is_byol)

    def _firmware(self) -> Iterator[Finding]:
        path, firmware = self._property("firmware")
        if is_set(firmware) and firmware not in FIRMWARE:
            yield Finding(path, f"expected bios or efi, got {firmware!r}")
        elif is_set(firmware) and self._release and firmware != self._release.firmware:
            yield Finding(
                path,
                f"expected {self._release.firmware} for Windows {self._values['windows_release']}, got {firmware}: "
                "Windows 10 as a WorkSpaces image starts by BIOS, Windows 11 by UEFI",
                is_fatal=self._is_byol,
            )

    def _disks(self) -> Iterator[Finding]:
        path, disks = self._property("disks")
        if disks is None:
            yield from self._disk_size("disk_gb", self._values.get("disk_gb"))
            return
        if not is_set(disks):
            return
        for i, disk in enumerate(disks):
            yield from self._disk_size(f"{path}[{i}].size", _member(disk, "size"))
        most = 1 if self._is_byol else MAX_IMPORT_VOLUMES
        if not 1 <= len(disks) <= most:
            expected = "one disk with one volume" if self._is_byol else f"1 to {most} disks"
            yield Finding(path, f"expected {expected}, got {len(disks)}")

    def _disk_size(self, path: str, size: Any) -> Iterator[Finding]:
        if not is_set(size):
            return
        if size < 1:
            yield Finding(path, f"expected at least 1 GB, got {size}")
        elif self._is_byol and size > BYOL_DISK_GIB:
            yield Finding(
                path,
                f"expected at most {BYOL_DISK_GIB} GB, with {BYOL_FREE_GIB} GB free ({BYOL_FREE_WITH_OFFICE_GIB} GB "
                f"with Office), for WorkSpaces (BYOL Checker accepts {BYOL_CHECKER_DISK_GIB} GB), got {size}",
            )
        elif size >= EC2_DISK_LIMIT_GIB:
            yield Finding(path, f"expected less than {EC2_DISK_LIMIT_GIB} GB (8 TiB), got {size}")

    def _devices(self) -> Iterator[Finding]:
        path, scsi_type = self._property("scsi_type")
        if is_set(scsi_type) and scsi_type != DEFAULT_SCSI:
            yield Finding(path, f"{DEFAULT_SCSI} is known to import, {scsi_type} may not start", is_fatal=False)
        path, cards = self._property("network_interfaces")
        if is_set(cards) and len(cards) != 1:
            yield Finding(path, f"expected one network card, got {len(cards)}; add others after the import")
        path, drives = self._property("cdroms")
        if is_set(drives) and drives and self._values.get("phase") == Phase.EXPORT:
            yield Finding(path, f"expected no CD drive in phase {Phase.EXPORT}, got {len(drives)}; drop them")

    def _guest(self) -> Iterator[Finding]:
        given = self._values.get("guest")
        guest: Mapping[str, Any] = given if is_set(given) else {}
        for name, reason in REFUSED_GUESTS.items():
            if guest.get(name) is True:
                yield Finding(f"guest.{name}", reason)
        if guest.get("static_ip") is True:
            reason = "expected DHCP: a static address is lost at the import; set the guest's card to DHCP"
            yield Finding("guest.static_ip", reason, is_fatal=self._is_byol)
        language = guest.get("language")
        if is_set(language) and language != DEFAULT_LANGUAGE:
            is_english = language.split("-")[0].lower() == "en"
            yield Finding(
                "guest.language",
                f"expected {DEFAULT_LANGUAGE}, got {language!r}; install from the English ISO",
                is_fatal=self._is_byol and not is_english,
            )

    def _property(self, name: str) -> tuple[str, Any]:
        """Where a property of the machine was written, and what it is there."""
        if name in self._override:
            return f"virtual_machine_args.{name}", self._override[name]
        return name, self._values.get(name)

    def _is_own_release(self, name: str) -> bool:
        own = self._values.get("windows_releases")
        return own is not None and (not is_set(own) or name in own)


def _member(item: Any, name: str) -> Any:
    """A member of a structure, which may be a mapping or one of pulumi's argument classes."""
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)
