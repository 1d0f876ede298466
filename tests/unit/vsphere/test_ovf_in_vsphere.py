"""Our descriptors as vSphere reads them. The simulator parses them with govmomi, an independent implementation."""

from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.disk import ovf_writer
from pulumi_vmimport.vsphere.hardware_kinds import ControllerKind
from pulumi_vmimport.vsphere.machine_properties import controller_kind
from pulumi_vmimport.vsphere.session import VSphereSession

GIB = 1 << 30
MACHINE = ovf_writer.Machine(
    name="win10",
    guest_id="windows9_64Guest",
    firmware=ovf_writer.Firmware.BIOS,
    hardware_version="vmx-13",
    cpus=2,
    memory_mib=4096,
    controllers=(
        ovf_writer.Controller(1000, ovf_writer.ControllerSubtype.LSI_LOGIC_SAS, 0),
        ovf_writer.Controller(1001, ovf_writer.ControllerSubtype.PVSCSI, 1),
    ),
    disks=(ovf_writer.Disk("a.vmdk", 1000, 70 * GIB, 1000, 0), ovf_writer.Disk("b.vmdk", 2000, 20 * GIB, 1001, 2)),
)


@pytest.fixture
def imported(session: VSphereSession) -> Any:
    datacenter = session.content.rootFolder.childEntity[0]
    result = session.content.ovfManager.CreateImportSpec(
        ovfDescriptor=ovf_writer.descriptor(MACHINE).decode(),
        resourcePool=datacenter.hostFolder.childEntity[0].resourcePool,
        datastore=datacenter.datastore[0],
        cisp=vim.OvfManager.CreateImportSpecParams(entityName="win10", diskProvisioning="thin"),
    )
    assert not result.error
    assert not result.warning
    return result


def devices(imported: Any, kind: Any) -> list[Any]:
    made = [change.device for change in imported.importSpec.configSpec.deviceChange]
    return [device for device in made if isinstance(device, kind)]


def test_vsphere_reads_guest_processors_and_memory(imported: Any) -> None:
    spec = imported.importSpec.configSpec
    assert (spec.guestId, spec.numCPUs, spec.memoryMB) == ("windows9_64Guest", 2, 4096)


def test_vsphere_reads_the_disks_on_their_controllers(imported: Any) -> None:
    controllers = {device.key: device for device in devices(imported, vim.vm.device.VirtualController)}
    found = [
        (disk.capacityInKB * 1024, controller_kind(controllers[disk.controllerKey]))
        for disk in devices(imported, vim.vm.device.VirtualDisk)
    ]
    assert found == [(70 * GIB, ControllerKind.LSI_LOGIC_SAS), (20 * GIB, ControllerKind.PVSCSI)]


def test_vsphere_requests_the_files_of_the_descriptor(imported: Any) -> None:
    assert [(item.path, item.size) for item in imported.fileItem] == [("a.vmdk", 1000), ("b.vmdk", 2000)]


def test_vsphere_creates_one_network_adapter_and_no_drive(imported: Any) -> None:
    assert len(devices(imported, vim.vm.device.VirtualE1000e)) == 1
    assert devices(imported, vim.vm.device.VirtualCdrom) == devices(imported, vim.vm.device.VirtualFloppy) == []
