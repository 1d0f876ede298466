"""Which virtual machine is exported, and what it must be, that AWS has a use for its image."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pulumi_vmimport.image_profile import ImageProfile, MachineProfile
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.service_limits import BYOL_CHECKER_DISK_GIB, BYOL_DISK_GIB, GIB, MAX_IMPORT_VOLUMES
from pulumi_vmimport.vsphere import inventory
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.virtual_machine import DiskBacking, MachineFacts, PowerState, VirtualMachine
from pulumi_vmimport.vsphere.vm_snapshots import Snapshot, snapshot_of


class PoweredOn(StrEnum):
    """What to do with a machine that runs."""

    REFUSE = "refuse"
    SHUT_DOWN = "shutDown"
    POWER_OFF = "powerOff"
    WAIT = "wait"


@dataclass(frozen=True, kw_only=True)
class MachineReference:
    """The inputs that name a machine, and a snapshot of it."""

    uuid: str | None = None
    moid: str | None = None
    path: str | None = None
    snapshot: str | None = None

    def given(self) -> tuple[str, str | None]:
        """The input that names the machine, and its value."""
        names = {"uuid": self.uuid, "moid": self.moid, "path": self.path}
        values = ((path, name) for path, name in names.items() if not is_known(name) or name is not None)
        return next(values, ("uuid", None))

    def found(self, session: VSphereSession) -> VirtualMachine | Snapshot:
        """What is to be exported. Raises: VSphereError."""
        if self.uuid is not None:
            machine = inventory.by_uuid(session, self.uuid)
        elif self.moid is not None:
            machine = inventory.by_moid(session, self.moid)
        else:
            machine = inventory.by_path(session, str(self.path))
        return machine if self.snapshot is None else snapshot_of(machine, self.snapshot)


def reference_problems(reference: MachineReference) -> Iterator[Problem]:
    """What is wrong with the names alone."""
    names = (reference.uuid, reference.moid, reference.path)
    given = sum(map(is_set, names))
    if given > 1 or (given == 0 and is_known(*names)):
        yield Problem("uuid", f"expected exactly one of uuid, moid and path, got {given}")


def switch_off(run: Run, source: VirtualMachine | Snapshot, powered_on: PoweredOn | None) -> None:
    """Let a machine that runs be off, in the way that was asked for."""
    if isinstance(source, Snapshot) or source.power_state() is PowerState.OFF:
        return
    match powered_on:
        case PoweredOn.SHUT_DOWN:
            run.status("shutting down the guest")
            source.shut_down_guest(run.wait)
        case PoweredOn.POWER_OFF:
            source.power_off(run.wait)
        case PoweredOn.WAIT:
            while source.power_state() is not PowerState.OFF:
                run.status("waiting until the machine is off: its guest is to be prepared and shut down")
                run.wait(run.poll_seconds)


def problems(
    path: str, facts: MachineFacts, powered_on: PoweredOn | None, profile: MachineProfile | None
) -> Iterator[Problem]:
    """What makes the machine's image useless to AWS (VM-04, VM-09, VM-10, VM-11); path is the input that names it."""
    if facts.power_state is not PowerState.OFF and powered_on in (None, PoweredOn.REFUSE):
        yield Problem(
            "poweredOn", f"{facts.name} is powered on: shut it down, or set poweredOn to shutDown, powerOff or wait"
        )
    if not 1 <= len(facts.disks) <= MAX_IMPORT_VOLUMES:
        yield Problem(path, f"expected 1 to {MAX_IMPORT_VOLUMES} disks, {facts.name} has {len(facts.disks)}")
    for disk in facts.disks:
        if disk.backing in {DiskBacking.RAW_DEVICE, DiskBacking.SE_SPARSE}:
            yield Problem(path, f"{disk.label} of {facts.name} is a {disk.backing} disk; copy it to a flat one (VM-10)")
    if profile is not ImageProfile.BYOL_WORKSPACES:
        return
    if len(facts.disks) > 1:
        yield Problem(path, f"expected one disk for BYOL WorkSpaces, {facts.name} has {len(facts.disks)} (VM-04)")
    for disk in facts.disks:
        if disk.capacity_bytes > BYOL_DISK_GIB * GIB:
            yield Problem(
                path,
                f"{disk.label} of {facts.name} has {disk.capacity_bytes / GIB:.0f} GB, expected at most "
                f"{BYOL_DISK_GIB} GB for WorkSpaces (BYOL Checker accepts {BYOL_CHECKER_DISK_GIB} GB)",
            )
    if len(facts.network_adapters) > 1:
        yield Problem(path, f"expected one network adapter, {facts.name} has {len(facts.network_adapters)} (VM-09)")
