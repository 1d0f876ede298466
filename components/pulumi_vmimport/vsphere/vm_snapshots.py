"""A snapshot of a virtual machine: its disks as they were, whether the machine runs or not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pulumi_vmimport.vsphere.soap_faults import faults_as_errors
from pulumi_vmimport.vsphere.virtual_machine import MachineFacts, PowerState, VirtualMachine, facts_of
from pulumi_vmimport.vsphere.vsphere_errors import SnapshotNotFoundError


class Snapshot:
    """A snapshot of a machine, exported as the machine itself would be."""

    def __init__(self, machine: VirtualMachine, name: str, reference: Any) -> None:
        self.machine = machine
        self.session = machine.session
        self.name = name
        self.reference = reference

    @property
    def moid(self) -> str:
        """The managed object id, such as `snapshot-31`."""
        return str(self.reference._moId)  # noqa: SLF001 - pyVmomi has no public name for it

    @property
    def called(self) -> str:
        """What messages call it."""
        return f"snapshot {self.name} ({self.moid}) of {self.machine.called}"

    def begin_export(self) -> Any:
        """The vim.HttpNfcLease of a new export."""
        with faults_as_errors(f"export {self.called}"):
            return self.reference.ExportSnapshot()

    def facts(self) -> MachineFacts:
        """What the machine was made of, off. Its change version is that of then, after the snapshot's id."""
        with faults_as_errors(f"read {self.called}"):
            config = self.session.properties(self.reference, "config")["config"]
            paths = ("name", "runtime.powerState", "snapshot", "summary.storage.committed", "guest.toolsRunningStatus")
            found = self.session.properties(self.machine.reference, *paths)
        facts = facts_of(self.machine.moid, {**found, "config": config})
        # What the machine does by now does not touch the disks of its snapshot.
        version = f"{self.moid} {facts.change_version}"
        return replace(facts, change_version=version, power_state=PowerState.OFF)


def snapshot_of(machine: VirtualMachine, wanted: str) -> Snapshot:
    """The snapshot of a name or a managed object id.

    Raises: SnapshotNotFoundError, with what there is, also when several have the name.
    """
    with faults_as_errors(f"find the snapshots of {machine.called}"):
        tree = machine.session.properties(machine.reference, "snapshot").get("snapshot")
    there = [Snapshot(machine, node.name, node.snapshot) for node in _nodes(tree.rootSnapshotList if tree else [])]
    by_id = [snapshot for snapshot in there if snapshot.moid == wanted]
    found = by_id or [snapshot for snapshot in there if snapshot.name == wanted]
    if len(found) != 1:
        raise SnapshotNotFoundError(machine.moid, wanted, [f"{one.name} ({one.moid})" for one in found or there])
    return found[0]


def _nodes(trees: Any) -> Iterator[Any]:
    for node in trees:
        yield node
        yield from _nodes(node.childSnapshotList or [])
