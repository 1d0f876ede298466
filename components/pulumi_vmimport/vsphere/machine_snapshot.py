"""A snapshot of a virtual machine. Its disks can be exported while the machine runs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.machine_facts import MachineFacts
from pulumi_vmimport.vsphere.machine_properties import PROPERTIES, facts_from
from pulumi_vmimport.vsphere.soap_faults import faults_as_errors
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import SnapshotNotFoundError


class MachineSnapshot:
    """A snapshot of a machine; it is exported in the same way as a machine."""

    def __init__(self, machine: VSphereMachine, name: str, reference: Any) -> None:
        self.machine = machine
        self.session = machine.session
        self.name = name
        self.reference = reference

    @property
    def moid(self) -> str:
        """The managed object id, such as `snapshot-31`."""
        return str(self.reference._moId)  # noqa: SLF001 - pyVmomi has no public name for it

    @property
    def display_name(self) -> str:
        """The name in messages."""
        return f"snapshot {self.name} ({self.moid}) of {self.machine.display_name}"

    def start_export(self) -> Any:
        """Start an export; returns its vim.HttpNfcLease."""
        with faults_as_errors(f"export {self.display_name}"):
            return self.reference.ExportSnapshot()

    def disk_host(self) -> tuple[str, int] | None:
        """Name and port of the ESXi host that serves the disks; None if the session is with the host itself."""
        return self.machine.disk_host()

    def facts(self) -> MachineFacts:
        """Read the facts at the time of the snapshot. `change_version` is `<snapshot id> <change version>`."""
        with faults_as_errors(f"read {self.display_name}"):
            config = self.session.properties(self.reference, "config")["config"]
            found = self.session.properties(self.machine.reference, *PROPERTIES)
        facts = facts_from(self.machine.moid, {**found, "config": config})
        # A running machine does not write to the disks of its snapshot.
        version = f"{self.moid} {facts.change_version}"
        return replace(facts, change_version=version, power_state=PowerState.OFF)


def find_snapshot(machine: VSphereMachine, name_or_id: str) -> MachineSnapshot:
    """The snapshot with this name or managed object id.

    Raises: SnapshotNotFoundError, with the existing snapshots, if none or several match.
    """
    with faults_as_errors(f"find the snapshots of {machine.display_name}"):
        tree = machine.session.properties(machine.reference, "snapshot").get("snapshot")
    existing = [MachineSnapshot(machine, node.name, node.snapshot) for node in _nodes(tree and tree.rootSnapshotList)]
    by_id = [snapshot for snapshot in existing if snapshot.moid == name_or_id]
    found = by_id or [snapshot for snapshot in existing if snapshot.name == name_or_id]
    if len(found) != 1:
        candidates = [f"{snapshot.name} ({snapshot.moid})" for snapshot in found or existing]
        raise SnapshotNotFoundError(machine.moid, name_or_id, candidates)
    return found[0]


def _nodes(trees: Any) -> Iterator[Any]:
    for node in trees or []:
        yield node
        yield from _nodes(node.childSnapshotList)
