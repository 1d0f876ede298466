from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.vsphere.hardware_kinds import AdapterKind, ControllerKind, DiskBacking, PowerState
from pulumi_vmimport.vsphere.machine_properties import disk_from
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import GuestStillRunningError, VSphereFaultError

GIB = 1 << 30


def test_facts_describe_the_hardware_of_the_machine(machines: Any) -> None:
    facts = machines.make("facts", b"", b"").facts()
    assert (facts.name, facts.power_state, facts.firmware) == ("facts", PowerState.OFF, "bios")
    assert (facts.guest_id, facts.cpus, facts.memory_mib) == ("windows9_64Guest", 2, 4096)
    assert [(disk.capacity_bytes, disk.backing, disk.unit_number) for disk in facts.disks] == [
        (1 * GIB, DiskBacking.FLAT, 0),
        (2 * GIB, DiskBacking.FLAT, 1),
    ]
    controller = facts.controller_of(facts.disks[0])
    assert (controller.kind, controller.type_name) == (ControllerKind.LSI_LOGIC_SAS, "VirtualLsiLogicSASController")
    assert [(nic.kind, nic.network) for nic in facts.network_adapters] == [(AdapterKind.E1000E, "VM Network")]
    assert facts.hardware_version.startswith("vmx-")
    assert facts.committed_bytes is not None


def test_a_reconfiguration_changes_the_change_version(machines: Any, vcenter: Any) -> None:
    machine = machines.make("changes")
    before = machine.facts().change_version
    vcenter.session.wait("change", machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="new")))
    assert machine.facts().change_version != before


@pytest.mark.parametrize(
    ("backing", "kind"),
    [
        (vim.vm.device.VirtualDisk.FlatVer2BackingInfo(fileName="a"), DiskBacking.FLAT),
        (vim.vm.device.VirtualDisk.SparseVer2BackingInfo(fileName="a"), DiskBacking.SPARSE),
        (vim.vm.device.VirtualDisk.SeSparseBackingInfo(fileName="a"), DiskBacking.SE_SPARSE),
        (vim.vm.device.VirtualDisk.RawDiskMappingVer1BackingInfo(fileName="a"), DiskBacking.RAW_DEVICE),
        (vim.vm.device.VirtualDisk.LocalPMemBackingInfo(fileName="a"), DiskBacking.OTHER),
    ],
    ids=lambda value: value.value if isinstance(value, DiskBacking) else "",
)
def test_a_disk_has_its_backing(backing: Any, kind: DiskBacking) -> None:
    device = vim.vm.device.VirtualDisk(key=2000, controllerKey=1000, unitNumber=0, capacityInKB=1, backing=backing)
    found = disk_from(device)
    assert (found.backing, found.capacity_bytes, found.label) == (kind, 1024, "disk 2000")


def test_a_running_machine_is_powered_off(machines: Any, waits: Any) -> None:
    machine = running(machines, "power")
    machine.power_off(waits)
    assert machine.power_state() is PowerState.OFF


def test_a_powered_off_machine_is_not_touched(machines: Any, waits: Any) -> None:
    machine = machines.make("rests")
    machine.power_off(waits)
    machine.shut_down_guest(waits)
    assert waits.seconds == []


def test_shutting_down_waits_until_the_machine_is_off(machines: Any, waits: Any) -> None:
    machine = running(machines, "guest")
    machine.shut_down_guest(waits)
    assert machine.power_state() is PowerState.OFF


def test_fails_if_the_guest_still_runs_after_the_grace_period(machines: Any, waits: Any) -> None:
    machine = running(machines, "stubborn")
    with pytest.raises(GuestStillRunningError, match=r"still running 10 s .*manually") as caught:
        machine.wait_until_off(waits, grace_seconds=10)
    assert sum(waits.seconds) == caught.value.seconds == 10


def test_an_exception_of_the_wait_ends_the_waiting(machines: Any, waits: Any) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    machine, waits.then = running(machines, "stopped"), stop
    with pytest.raises(KeyboardInterrupt):
        machine.wait_until_off(waits)


def test_fails_for_a_deleted_machine(session: VSphereSession) -> None:
    gone = VSphereMachine(session, vim.VirtualMachine("vm-4711", session.stub))
    with pytest.raises(VSphereFaultError, match="read virtual machine vm-4711: ManagedObjectNotFound: ") as caught:
        gone.facts()
    assert caught.value.fault == "ManagedObjectNotFound"


def running(machines: Any, name: str) -> VSphereMachine:
    machine: VSphereMachine = machines.make(name)
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())
    return machine
