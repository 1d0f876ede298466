"""What keeps vSphere from exporting a machine is found before the export."""

from dataclasses import replace
from typing import Any

import pytest
from pyVmomi import vim
from tests.unit.resources.virtual_machine_export.test_machine_rules import DISK, FACTS, problems

from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.resources.virtual_machine_export.export_blockers import export_warnings
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import PoweredOn
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export_lifecycle import (
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport.vsphere.hardware_kinds import ControllerKind, PowerState
from pulumi_vmimport.vsphere.machine_facts import StorageController
from pulumi_vmimport.vsphere.machine_properties import disk_from, facts_from

SHARED = StorageController(1000, ControllerKind.LSI_LOGIC_SAS, 0, "VirtualLsiLogicSASController", is_shared=True)
DEVICE = vim.vm.device
lifecycle = VirtualMachineExportLifecycle()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"has_vtpm": True}, ("web", "virtual TPM", "BitLocker", "remove"), id="vtpm"),
        pytest.param({"is_encrypted": True}, ("web is encrypted", "storage policy"), id="encrypted-machine"),
        pytest.param({"disks": (replace(DISK, is_encrypted=True),)}, ("encrypted", "disks"), id="encrypted-disk"),
        pytest.param({"needs_consolidation": True}, ("consolidation", "Snapshots > Consolidate"), id="consolidation"),
        pytest.param({"passthrough_devices": ("PCI device 0", "USB 1")}, ("PCI device 0, USB 1",), id="passthrough"),
        pytest.param({"disks": (replace(DISK, is_multi_writer=True),)}, ("Hard disk 1", "multi-writer"), id="shared"),
        pytest.param({"controllers": (SHARED,)}, ("Hard disk 1", "shared bus"), id="shared-bus"),
        pytest.param(
            {"disks": (replace(DISK, mode="independent_persistent"),)},
            ("Hard disk 1", "independent_persistent", "dependent"),
            id="independent",
        ),
        pytest.param({"disks": (replace(DISK, mode="independent_nonpersistent"),)}, ("independent",), id="nonpersistent"),
        pytest.param({"connection_state": "inaccessible"}, ("web is inaccessible", "expected connected"), id="lost"),
    ],
)  # fmt: skip
def test_fails_for_a_machine_that_vsphere_does_not_export(changes: dict[str, Any], words: tuple[str, ...]) -> None:
    (problem,) = problems(changes)
    assert problem[0] == "moid"
    for word in words:
        assert word in problem[1]


def test_all_blockers_are_reported_at_once() -> None:
    disk = replace(DISK, mode="independent_persistent", is_multi_writer=True)
    assert len(problems({"has_vtpm": True, "is_encrypted": True, "disks": (disk,)})) == 4


def test_a_connected_drive_of_the_host_is_a_warning() -> None:
    assert list(export_warnings(FACTS)) == []
    (warning,) = export_warnings(replace(FACTS, connected_host_media=("CD/DVD drive 1",)))
    assert "CD/DVD drive 1" in warning


def with_devices(*devices: Any, **config: Any) -> Any:
    hardware = vim.vm.VirtualHardware(numCPU=2, memoryMB=4096, device=list(devices))
    described = vim.vm.ConfigInfo(hardware=hardware, uuid="4206", changeVersion="1", **config)
    return {"config": described, "name": "web", "runtime.powerState": "poweredOff"}


def connected(is_connected: bool) -> Any:
    return DEVICE.VirtualDevice.ConnectInfo(connected=False, startConnected=is_connected, allowGuestControl=True)


def disk(**backing: Any) -> Any:
    of = {"fileName": "[ds] a.vmdk", "diskMode": "persistent", **backing}
    return DEVICE.VirtualDisk(
        key=2000,
        controllerKey=1000,
        unitNumber=0,
        capacityInKB=1024,
        backing=DEVICE.VirtualDisk.FlatVer2BackingInfo(**of),
    )


def test_the_facts_of_a_plain_machine_block_nothing() -> None:
    iso = DEVICE.VirtualCdrom.IsoBackingInfo(fileName="[ds] windows.iso")
    network = DEVICE.VirtualEthernetCard.NetworkBackingInfo(deviceName="VM Network")
    mouse = DEVICE.VirtualPointingDevice(key=700, backing=DEVICE.VirtualPointingDevice.DeviceBackingInfo(deviceName=""))
    facts = facts_from(
        "vm-7",
        with_devices(
            DEVICE.VirtualLsiLogicSASController(key=1000, busNumber=0, sharedBus="noSharing"),
            disk(sharing="sharingNone"),
            DEVICE.VirtualCdrom(key=3000, backing=iso, connectable=connected(True)),
            DEVICE.VirtualE1000e(key=4000, backing=network, connectable=connected(True)),
            DEVICE.VirtualUSBXHCIController(key=7000, busNumber=0),
            mouse,
        ),
    )
    assert (facts.is_encrypted, facts.has_vtpm, facts.needs_consolidation) == (False, False, False)
    assert (facts.passthrough_devices, facts.connected_host_media) == ((), ())
    assert not facts.controllers[0].is_shared
    assert (facts.disks[0].mode, facts.disks[0].is_multi_writer) == ("persistent", False)


def test_the_facts_name_what_blocks_an_export() -> None:
    key = vim.encryption.CryptoKeyId(keyId="one")
    host_cd = DEVICE.VirtualCdrom.AtapiBackingInfo(deviceName="/vmfs/devices/cdrom")
    client_cd = DEVICE.VirtualCdrom.RemotePassthroughBackingInfo(deviceName="", exclusive=False)
    found = with_devices(
        DEVICE.ParaVirtualSCSIController(key=1000, busNumber=0, sharedBus="physicalSharing"),
        disk(sharing="sharingMultiWriter", diskMode="independent_persistent", keyId=key),
        DEVICE.VirtualTPM(key=11000),
        DEVICE.VirtualPCIPassthrough(key=13000, deviceInfo=vim.Description(label="PCI device 0", summary="GPU")),
        DEVICE.VirtualUSB(key=9000, connected=True),
        DEVICE.VirtualSCSIPassthrough(key=9100),
        DEVICE.VirtualSriovEthernetCard(key=4000),
        DEVICE.VirtualCdrom(key=3000, backing=host_cd, connectable=connected(True)),
        DEVICE.VirtualCdrom(key=3001, backing=client_cd, connectable=connected(True)),
        DEVICE.VirtualCdrom(key=3002, backing=host_cd, connectable=connected(False)),
        keyId=key,
    )
    facts = facts_from("vm-7", {**found, "runtime.consolidationNeeded": True, "runtime.connectionState": "orphaned"})
    assert (facts.is_encrypted, facts.has_vtpm, facts.needs_consolidation) == (True, True, True)
    assert facts.connection_state == "orphaned"
    assert facts.passthrough_devices == (
        "PCI device 0", "VirtualUSB 9000", "VirtualSCSIPassthrough 9100", "VirtualSriovEthernetCard 4000",
    )  # fmt: skip
    assert facts.connected_host_media == ("VirtualCdrom 3000", "VirtualCdrom 3001")
    assert facts.controllers[0].is_shared
    assert disk_from(found["config"].hardware.device[1]) == facts.disks[0]
    assert (facts.disks[0].mode, facts.disks[0].is_multi_writer) == ("independent_persistent", True)
    assert facts.disks[0].is_encrypted


def test_fails_before_the_machine_is_powered_off_for_a_passthrough_device(
    machines: Any, machine: Any, new_export_run: Any, export_inputs: Any
) -> None:
    spec = DEVICE.VirtualDeviceSpec(operation="add", device=DEVICE.VirtualPCIPassthrough(key=-1))
    session = machines.vcenter.session
    session.wait("reconfigure", machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[spec])))
    session.wait("power on", machine.reference.PowerOnVM_Task())
    run, inputs = new_export_run(), replace(export_inputs, powered_on=PoweredOn.POWER_OFF)
    (problem,) = lifecycle.preflight(run, inputs)
    assert (problem.path, "directly" in problem.reason) == ("uuid", True)
    with pytest.raises(CleanFailureError, match="uuid: web uses devices of the host directly"):
        lifecycle.create(run, inputs)
    assert machine.power_state() is PowerState.ON
