"""What the guest wrote to its own disk about its preparation, read from the datastore while the machine is off.

The serial port may be missing, because a host refused it, or its file may have been deleted. Power off alone is no
success: a person, or a host, may have powered the machine off.
"""

import json
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection.facts import Layout
from pulumi_vmimport.guest import cloud_init, windows_preparation
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallationState
from pulumi_vmimport.resources.guest_installation.machine_problems import INSTALLATION_KEY
from pulumi_vmimport.vsphere.installation_devices import InstallationDevices
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine

_READY = "ready"
_MAX_SHOWN_CHARACTERS = 500


@dataclass(frozen=True)
class DiskStatus:
    """What the disk says."""

    words: str
    """The same for a message"""
    is_ready: bool = False
    is_known: bool = True
    """Whether the disk could be read"""
    passes: int | None = None
    checker: str = ""
    """What BYOL Checker reported"""


def status_path(profile: GuestProfile) -> str:
    """The status file in the guest, as a person looks for it."""
    if profile is GuestProfile.EC2_LINUX:
        return cloud_init.STATUS_FILE
    return f"{windows_preparation.ROOT}\\status.json"


def read_disk_status(run: Run, machine: VSphereMachine, state: GuestInstallationState) -> DiskStatus:
    """Read the status file of the guest. Raises: VSphereError; RunInterruptedError."""
    # Most runs read no disk.
    from pulumi_vmimport.disk import system_file  # noqa: PLC0415
    from pulumi_vmimport.resources import machine_inspection  # noqa: PLC0415

    is_linux = state.guest_profile is GuestProfile.EC2_LINUX
    path = status_path(state.guest_profile)

    def read(content: DiskContent, layout: Layout) -> bytes | None:
        if is_linux:
            return system_file.read_linux_file(content, layout, cloud_init.STATUS_FILE)
        return system_file.read_windows_file(content, layout, windows_preparation.STATUS_FILE)

    try:
        found = machine_inspection.read_first_disk(machine, machine.facts(), run.wait, read)
    except DiskImageError as error:
        return DiskStatus(f"{path} cannot be read from its disk: {error}", is_known=False)
    if found is None:
        return DiskStatus(f"its disk has no {path}")
    return _status(found, path, InstallationDevices(machine).noted(INSTALLATION_KEY))


def _status(content: bytes, path: str, installation: str | None) -> DiskStatus:
    try:
        found: Any = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return DiskStatus(f"{path} on its disk is incomplete")
    if found.get("installation", installation) != installation:
        return DiskStatus(f"{path} on its disk is of an earlier installation")
    words = f"{path} on its disk says {found.get('status')}"
    if step := found.get("step"):
        words += f" in step {step}"
    if message := found.get("message"):
        words += f': "{str(message)[:_MAX_SHOWN_CHARACTERS]}"'
    passes = found.get("passes")
    return DiskStatus(
        words,
        is_ready=found.get("status") == _READY and installation is not None and "installation" in found,
        passes=passes if isinstance(passes, int) and not isinstance(passes, bool) else None,
        checker=str(found.get("checker") or "")[:_MAX_SHOWN_CHARACTERS],
    )
