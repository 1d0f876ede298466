"""Whether the inputs of an import contradict the operating system on the disk."""

from collections.abc import Iterator
from typing import Protocol

from pulumi_vmimport.aws.ec2.import_options import Architecture, BootMode, LicenseType, Platform, UsageOperation
from pulumi_vmimport.aws.ec2.sysprep import Sysprep
from pulumi_vmimport.aws.tables import ingestion_processes, system_rules
from pulumi_vmimport.aws.tables.system_comparison import identify_detected, is_contradiction
from pulumi_vmimport.aws.tables.system_identification import identify
from pulumi_vmimport.aws.workspaces.ingestion_options import IngestionProcess, OsVersion
from pulumi_vmimport.disk.guest.detected_guest import GENERALIZED, INSTALLED, DetectedGuest
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.shown_value import shown_value

_PLATFORMS = {"windows": Platform.WINDOWS, "linux": Platform.LINUX}
_ARCHITECTURES = {"amd64": Architecture.X86_64, "x86": Architecture.I386}
_BOOT_MODES = {"bios": BootMode.LEGACY_BIOS, "efi": BootMode.UEFI}
_OS_VERSIONS = {"Windows 10": OsVersion.WINDOWS_10, "Windows 11": OsVersion.WINDOWS_11}
_REMEDY = "correct or remove it"


class _Inputs(Protocol):
    @property
    def platform(self) -> Platform | None: ...
    @property
    def architecture(self) -> Architecture | None: ...
    @property
    def boot_mode(self) -> BootMode | None: ...
    @property
    def operating_system(self) -> str | None: ...
    @property
    def license_type(self) -> LicenseType | None: ...
    @property
    def usage_operation(self) -> UsageOperation | None: ...
    @property
    def sysprep(self) -> Sysprep | None: ...
    @property
    def ingestion_process(self) -> IngestionProcess | None: ...


def contradictions(inputs: _Inputs, guest: DetectedGuest) -> Iterator[Problem]:
    """The inputs that differ from the detected guest; an input that is not known or not set contradicts nothing."""
    for path, value, detected, what in (
        ("platform", inputs.platform, _PLATFORMS.get(guest.system), guest.release or guest.system),
        ("architecture", inputs.architecture, _ARCHITECTURES.get(guest.architecture or ""), guest.architecture),
        ("bootMode", inputs.boot_mode, _BOOT_MODES.get(guest.firmware or ""), f"a boot loader for {guest.firmware}"),
    ):
        if detected is not None and isinstance(value, type(detected)) and value is not detected:
            yield Problem(path, f"expected {detected}, because the disk has {what}, got {value}; {_REMEDY}")
    yield from _system_problems(inputs.operating_system, guest)
    yield from _license_problems(inputs, guest)
    yield from _sysprep_problems(inputs.sysprep, guest)
    yield from _ingestion_problems(inputs.ingestion_process, guest)


def os_version_of(release: str | None) -> OsVersion | None:
    """The release of a BYOL image, for a release such as `Windows 11 23H2`; None for any other system."""
    return next((version for name, version in _OS_VERSIONS.items() if release and release.startswith(name)), None)


def _system_problems(stated: str | None, guest: DetectedGuest) -> Iterator[Problem]:
    if not is_set(stated) or not stated:
        return
    found = identify_detected(guest.release, guest.distribution, guest.version)
    if found is None:
        named = identify(stated)
        differs = named is not None and named.system.platform is not _PLATFORMS.get(guest.system)
    else:
        differs = is_contradiction(stated, found, guest.release or "")
    if differs:
        has = guest.release or guest.system
        reason = f"expected {has}, because the disk has it, got {shown_value(stated)}"
        yield Problem("operatingSystem", f"{reason}; {_REMEDY}, or import the other disk")


def _license_problems(inputs: _Inputs, guest: DetectedGuest) -> Iterator[Problem]:
    found = identify_detected(guest.release, guest.distribution, guest.version)
    if found is None:
        return
    for path, reason in system_rules.license_problems(
        f"{guest.release or found.system.family} on the disk",
        found.system,
        inputs.license_type if is_set(inputs.license_type) else None,
        inputs.usage_operation if is_set(inputs.usage_operation) else None,
    ):
        yield Problem(path, f"{reason}; {_REMEDY}")


def _sysprep_problems(stated: Sysprep | None, guest: DetectedGuest) -> Iterator[Problem]:
    if not isinstance(stated, Sysprep):
        return
    if guest.sysprep_state == INSTALLED and stated is Sysprep.BEFORE_EXPORT:
        reason = f"expected {Sysprep.AFTER_IMPORT} or {Sysprep.NONE}, because Sysprep has not generalized the disk"
        yield Problem("sysprep", f"{reason}, got {stated}; {_REMEDY}, or run Sysprep in the VM and export it again")
    elif guest.sysprep_state == GENERALIZED and stated is not Sysprep.BEFORE_EXPORT:
        reason = f"expected {Sysprep.BEFORE_EXPORT}, because Sysprep has generalized the disk"
        yield Problem("sysprep", f"{reason}, got {stated}; {_REMEDY}")


def _ingestion_problems(process: IngestionProcess | None, guest: DetectedGuest) -> Iterator[Problem]:
    version = os_version_of(guest.release)
    if version is None or not isinstance(process, IngestionProcess):
        return
    if reason := ingestion_processes.conflict(process, version):
        yield Problem("ingestionProcess", f"{reason}; the disk has {guest.release}")
