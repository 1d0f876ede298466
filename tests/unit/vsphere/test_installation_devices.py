"""Devices of an installation, in the simulator."""

from collections.abc import Iterator
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.vsphere.datastore_file import DatastorePath
from pulumi_vmimport.vsphere.installation_devices import InstallationDevices
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine

ISO = DatastorePath("LocalDS_0", "pulumi-vmimport/a b.iso")
LOG = DatastorePath("LocalDS_0", "pulumi-vmimport/a b.log")
DEVICE = vim.vm.device


@pytest.fixture
def machine(machines: Any) -> VSphereMachine:
    made: VSphereMachine = machines.make("guest", b"")
    return made


@pytest.fixture
def devices(machine: VSphereMachine, machines: Any) -> Iterator[InstallationDevices]:
    folder = machines.vcenter.folder_of(ISO.datastore) / "pulumi-vmimport"
    folder.mkdir(exist_ok=True)
    (folder / "a b.iso").write_bytes(b"")
    yield InstallationDevices(machine)
    for file in folder.glob("a b.*"):
        file.unlink()


def hardware(machine: VSphereMachine) -> list[Any]:
    return list(machine.session.properties(machine.reference, "config.hardware.device")["config.hardware.device"])


def of_kind(machine: VSphereMachine, kind: Any) -> list[Any]:
    return [device for device in hardware(machine) if isinstance(device, kind)]


def change(machines: Any, machine: VSphereMachine, operation: str, *changed: Any) -> None:
    specs = [DEVICE.VirtualDeviceSpec(operation=operation, device=device) for device in changed]
    task = machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=specs))
    machines.vcenter.session.wait("reconfigure", task)


def without_ide(machines: Any, machine: VSphereMachine) -> None:
    on_ide = {device.key for device in of_kind(machine, DEVICE.VirtualIDEController)}
    change(machines, machine, "remove", *[d for d in hardware(machine) if d.controllerKey in on_ide])
    change(machines, machine, "remove", *of_kind(machine, DEVICE.VirtualIDEController))


def test_attach_adds_drive_and_port_once_and_detach_restores_the_machine(
    devices: InstallationDevices, machine: VSphereMachine, waits: Any
) -> None:
    before = sorted(device.key for device in hardware(machine))
    devices.attach(ISO, LOG, waits)
    devices.attach(ISO, LOG, waits)
    assert devices.iso_paths().count(str(ISO)) == 1
    (port,) = of_kind(machine, DEVICE.VirtualSerialPort)
    assert port.backing.fileName == str(LOG)
    devices.detach((ISO, LOG), waits, with_tpm=False)
    devices.detach((ISO, LOG), waits, with_tpm=False)
    assert sorted(device.key for device in hardware(machine)) == before


def test_without_a_free_place_a_sata_controller_comes_and_goes(
    devices: InstallationDevices, machine: VSphereMachine, machines: Any, waits: Any
) -> None:
    without_ide(machines, machine)
    before = sorted(device.key for device in hardware(machine))
    devices.attach(ISO, LOG, waits)
    (controller,) = of_kind(machine, DEVICE.VirtualAHCIController)
    assert [drive.controllerKey for drive in of_kind(machine, DEVICE.VirtualCdrom)] == [controller.key]
    devices.detach((ISO, LOG), waits, with_tpm=False)
    assert sorted(device.key for device in hardware(machine)) == before


def test_a_sata_controller_that_the_machine_had_remains(
    devices: InstallationDevices, machine: VSphereMachine, machines: Any, waits: Any
) -> None:
    without_ide(machines, machine)
    change(machines, machine, "add", DEVICE.VirtualAHCIController(key=-5, busNumber=0))
    devices.attach(ISO, LOG, waits)
    devices.detach((ISO, LOG), waits, with_tpm=False)
    assert len(of_kind(machine, DEVICE.VirtualAHCIController)) == 1


@pytest.mark.parametrize("is_disk_first", [True, False])
def test_the_boot_order_begins_with_the_disk_or_the_cd(
    devices: InstallationDevices, machine: VSphereMachine, waits: Any, is_disk_first: bool
) -> None:
    devices.attach(ISO, LOG, waits, is_disk_first=is_disk_first)
    (disk,) = of_kind(machine, DEVICE.VirtualDisk)
    options = machine.session.properties(machine.reference, "config.bootOptions")["config.bootOptions"]
    order = [getattr(entry, "deviceKey", "cd") for entry in options.bootOrder]
    assert order == ([disk.key, "cd"] if is_disk_first else ["cd", disk.key])


@pytest.mark.parametrize(("with_tpm", "removed"), [(True, [11000]), (False, [])])
def test_detach_removes_the_virtual_tpm_on_request(
    devices: InstallationDevices,
    machine: VSphereMachine,
    waits: Any,
    monkeypatch: pytest.MonkeyPatch,
    with_tpm: bool,
    removed: list[int],
) -> None:
    """The simulator forgets the type of a TPM, so the request is compared."""
    found, sent = [*hardware(machine), DEVICE.VirtualTPM(key=11000)], []
    monkeypatch.setattr(devices, "_devices", lambda: found)
    monkeypatch.setattr(devices, "_reconfigure", lambda spec, *_: sent.extend(spec.deviceChange))
    devices.detach((ISO, LOG), waits, with_tpm=with_tpm)
    assert [(spec.operation, spec.device.key) for spec in sent] == [("remove", key) for key in removed]


def test_a_note_is_set_changed_and_removed(devices: InstallationDevices, waits: Any) -> None:
    assert devices.noted("vmimport.test") is None
    devices.note("vmimport.test", "one", waits)
    devices.note("vmimport.test", "two", waits)
    assert devices.noted("vmimport.test") == "two"
    devices.note("vmimport.test", "", waits)
    assert devices.noted("vmimport.test") is None


def test_only_serial_ports_of_others_are_listed(
    devices: InstallationDevices, machine: VSphereMachine, machines: Any, waits: Any
) -> None:
    devices.attach(ISO, LOG, waits)
    assert devices.serial_ports() == []
    backing = DEVICE.VirtualSerialPort.FileBackingInfo(fileName="[LocalDS_0] console.log")
    change(machines, machine, "add", DEVICE.VirtualSerialPort(key=-9, backing=backing))
    assert len(devices.serial_ports()) == 1


def test_a_key_reaches_a_machine_that_is_on(devices: InstallationDevices, waits: Any) -> None:
    devices.power_on(waits)
    devices.press_space_bar()
