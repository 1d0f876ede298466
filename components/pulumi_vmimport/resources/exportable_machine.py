"""What a virtual machine must be, that AWS has a use for its image."""

from collections.abc import Iterator
from enum import StrEnum

from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.vsphere.virtual_machine import DiskBacking, MachineFacts, PowerState

_GIB = 1 << 30
# WorkSpaces takes a root volume of at most 70 GB; its checker lets 80 pass (VM-04, AMB-02).
BYOL_DISK_GIB = 70
_MOST_DISKS = 21  # IMG-04


class PoweredOn(StrEnum):
    """What to do with a machine that runs."""

    REFUSE = "refuse"
    SHUT_DOWN = "shutDown"
    POWER_OFF = "powerOff"
    WAIT = "wait"


class ImageProfile(StrEnum):
    """What the image is for; the rules follow it."""

    EC2 = "ec2"
    BYOL_WORKSPACES = "byol-workspaces"


def problems(
    path: str, facts: MachineFacts, powered_on: PoweredOn | None, profile: ImageProfile | None
) -> Iterator[Problem]:
    """What makes the machine's image useless to AWS (VM-04, VM-09, VM-10, VM-11); path is the input that names it."""
    if facts.power_state is not PowerState.OFF and powered_on in (None, PoweredOn.REFUSE):
        yield Problem(
            "poweredOn", f"{facts.name} is powered on: shut it down, or set poweredOn to shutDown, powerOff or wait"
        )
    if not 1 <= len(facts.disks) <= _MOST_DISKS:
        yield Problem(path, f"expected 1 to {_MOST_DISKS} disks, {facts.name} has {len(facts.disks)}")
    for disk in facts.disks:
        if disk.backing in {DiskBacking.RAW_DEVICE, DiskBacking.SE_SPARSE}:
            yield Problem(path, f"{disk.label} of {facts.name} is a {disk.backing} disk; copy it to a flat one (VM-10)")
    if profile is not ImageProfile.BYOL_WORKSPACES:
        return
    if len(facts.disks) > 1:
        yield Problem(path, f"expected one disk for BYOL WorkSpaces, {facts.name} has {len(facts.disks)} (VM-04)")
    for disk in facts.disks:
        if disk.capacity_bytes > BYOL_DISK_GIB * _GIB:
            yield Problem(
                path,
                f"{disk.label} of {facts.name} has {disk.capacity_bytes / _GIB:.0f} GB, expected at most "
                f"{BYOL_DISK_GIB} (WorkSpaces refuses more, though its checker lets 80 pass; VM-04)",
            )
    if len(facts.network_adapters) > 1:
        yield Problem(path, f"expected one network adapter, {facts.name} has {len(facts.network_adapters)} (VM-09)")
