from typing import Any

import pytest
from pyVmomi import vim
from tests.unit.vsphere.received import received

from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.machine_snapshot import find_snapshot
from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.vsphere_errors import SnapshotNotFoundError


def snapshot(machines: Any, machine: Any, name: str) -> str:
    task = machine.reference.CreateSnapshot_Task(name=name, memory=False, quiesce=False)
    return str(machines.vcenter.session.wait("snapshot", task)._moId)


def test_a_snapshot_is_found_by_name_and_id_at_any_depth(machines: Any) -> None:
    machine = machines.make("deep", b"disk")
    ids = {name: snapshot(machines, machine, name) for name in ("clean", "patched", "sysprepped")}
    for name, id in ids.items():
        assert (find_snapshot(machine, name).moid, find_snapshot(machine, id).name) == (id, name)


def test_the_disk_of_a_snapshot_is_read_while_the_machine_runs(machines: Any, waits: Any) -> None:
    machine = machines.make("running", b"the only disk")
    snapshot(machines, machine, "clean")
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())
    found = find_snapshot(machine, "clean")
    with ExportLease(found, waits) as lease:
        assert received(lease) == b"the only disk"
    assert (found.facts().power_state, machine.facts().power_state) == (PowerState.OFF, PowerState.ON)


def test_the_facts_of_a_snapshot_are_not_changed_by_later_edits(machines: Any) -> None:
    machine = machines.make("changed", b"disk")
    id = snapshot(machines, machine, "clean")
    before = find_snapshot(machine, "clean").facts()
    machines.vcenter.session.wait("edit", machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(memoryMB=8192)))
    assert find_snapshot(machine, "clean").facts() == before
    assert (before.memory_mib, machine.facts().memory_mib) == (4096, 8192)
    assert before.change_version.startswith(f"{id} ")


def test_fails_for_a_missing_snapshot_with_the_existing_ones(machines: Any) -> None:
    machine = machines.make("few", b"disk")
    with pytest.raises(
        SnapshotNotFoundError, match=f"expected one snapshot 'x' of virtual machine {machine.moid}, got none"
    ):
        find_snapshot(machine, "x")
    id = snapshot(machines, machine, "clean")
    with pytest.raises(SnapshotNotFoundError, match=rf"got clean \({id}\)"):
        find_snapshot(machine, "x")


def test_fails_for_a_name_of_two_snapshots(machines: Any) -> None:
    machine = machines.make("twice", b"disk")
    ids = [snapshot(machines, machine, "clean") for _ in range(2)]
    with pytest.raises(SnapshotNotFoundError) as caught:
        find_snapshot(machine, "clean")
    assert caught.value.candidates == tuple(f"clean ({id})" for id in ids)
