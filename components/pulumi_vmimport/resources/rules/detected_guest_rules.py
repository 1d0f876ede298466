"""Whether the inputs of an import contradict the operating system on the disk."""

from collections.abc import Iterator
from typing import Protocol

from pulumi_vmimport.aws.ec2.import_options import Architecture, BootMode, Platform
from pulumi_vmimport.disk.guest.detected_guest import DetectedGuest
from pulumi_vmimport.lifecycle.contract import Problem

_PLATFORMS = {"windows": Platform.WINDOWS, "linux": Platform.LINUX}
_ARCHITECTURES = {"amd64": Architecture.X86_64, "x86": Architecture.I386}
_BOOT_MODES = {"bios": BootMode.LEGACY_BIOS, "efi": BootMode.UEFI}


class _Inputs(Protocol):
    @property
    def platform(self) -> Platform | None: ...
    @property
    def architecture(self) -> Architecture | None: ...
    @property
    def boot_mode(self) -> BootMode | None: ...


def contradictions(inputs: _Inputs, guest: DetectedGuest) -> Iterator[Problem]:
    """The inputs that differ from the detected guest; an input that is not known or not set contradicts nothing."""
    for path, value, detected, what in (
        ("platform", inputs.platform, _PLATFORMS.get(guest.system), guest.release or guest.system),
        ("architecture", inputs.architecture, _ARCHITECTURES.get(guest.architecture or ""), guest.architecture),
        ("bootMode", inputs.boot_mode, _BOOT_MODES.get(guest.firmware or ""), f"a boot loader for {guest.firmware}"),
    ):
        if detected is not None and isinstance(value, type(detected)) and value is not detected:
            yield Problem(path, f"expected {detected}, because the disk has {what}, got {value}; correct or remove it")
