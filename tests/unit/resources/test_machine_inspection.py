"""Machines in the simulator, inspected before an export."""

import io
import re
import time
from dataclasses import replace
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.inspection.facts import Container, DiskFacts, FileSystem, Layout
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.resources.machine_inspection import inspect_machine
from pulumi_vmimport.vsphere.hardware_kinds import DiskBacking
from pulumi_vmimport.vsphere.machine_facts import MachineFacts
from pulumi_vmimport.vsphere.machine_snapshot import find_snapshot
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine

GIB = 1 << 30
DESCRIPTOR = """# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="{kind}"
RW 2097152 {extent}
"""


@pytest.fixture(autouse=True, scope="module")
def declared_actions() -> None:
    """No resource is involved."""


@pytest.fixture
def machine(machines: Any, bootable_disk: bytes) -> VSphereMachine:
    made: VSphereMachine = machines.make_with_disks("web", bootable_disk)
    return made


def inspected(machine: Any, facts: MachineFacts | None = None) -> tuple[DiskFacts, ...]:
    return inspect_machine(machine, facts or machine.facts(), time.sleep).facts.disks


def reasons(machine: Any, facts: MachineFacts | None = None) -> list[str | None]:
    return [disk.not_read for disk in inspected(machine, facts)]


def task(machines: Any, started: Any) -> None:
    machines.vcenter.session.wait("task", started)


def test_the_disk_of_a_machine_that_is_off_is_read_in_three_requests(machine: VSphereMachine) -> None:
    result = inspect_machine(machine, machine.facts(), time.sleep)
    (disk,) = result.facts.disks
    assert (disk.name, disk.container, disk.not_read) == ("[LocalDS_0] web/web.vmdk", Container.DATASTORE, None)
    assert disk.size_bytes == disk.capacity_bytes == GIB
    assert disk.layout is not None
    assert [(p.start_bytes, p.file_system) for p in disk.layout.partitions] == [(1 << 20, FileSystem.NTFS)]
    assert result.requests == 3
    assert result.received_bytes < 200_000
    assert [evaluate(result.facts, profile) for profile in ImageProfile] == [(), (), ()]


def test_the_hardware_is_evaluated_like_a_descriptor(machines: Any, bootable_disk: bytes) -> None:
    machine = machines.make_with_disks("web", bootable_disk, bootable_disk, firmware="efi")
    facts = machine.facts()
    pvscsi = replace(facts.controllers[-1], kind=type(facts.controllers[-1].kind)("pvscsi"))
    facts = replace(
        facts,
        controllers=(*facts.controllers[:-1], pvscsi),
        network_adapters=facts.network_adapters * 2,
    )
    image = inspect_machine(machine, facts, time.sleep).facts
    assert image.machine is not None
    assert (image.machine.guest_id, image.machine.cpus, image.machine.memory_mib) == ("windows9_64Guest", 2, 4096)
    assert [disk.file for disk in image.machine.disks] == [disk.name for disk in image.disks]
    assert {finding.rule for finding in evaluate(image, ImageProfile.BYOL_WORKSPACES)} == {
        "ovf-several-adapters",
        "ovf-firmware-mismatch",
        "byol-several-disks",
        "byol-controller",
    }


def test_only_the_disk_that_boots_has_a_guest(machines: Any, bootable_disk: bytes) -> None:
    machine = machines.make_with_disks("web", bootable_disk, bootable_disk)
    read: list[tuple[bytes, int | None]] = []

    guest: Any = object()

    def read_guest(content: DiskContent, layout: Layout) -> Any:
        read.append((content.read(510, 2), layout.root))
        return guest

    found = inspect_machine(machine, machine.facts(), time.sleep, read_guest).facts
    assert [disk.guest for disk in found.disks] == [guest, None]
    assert read == [(b"\x55\xaa", 1)]


def test_a_running_machine_is_not_read(machine: VSphereMachine, machines: Any) -> None:
    task(machines, machine.reference.PowerOnVM_Task())
    result = inspect_machine(machine, machine.facts(), time.sleep)
    assert result.requests == 0
    (reason,) = (disk.not_read for disk in result.facts.disks)
    assert reason == "the VM is powered on, and vSphere locks the files of its disks until it is powered off"
    (found,) = evaluate(result.facts, ImageProfile.EC2)
    assert found.rule == "machine-disk-not-read"


def test_a_snapshot_of_a_running_machine_is_not_read(machine: VSphereMachine, machines: Any) -> None:
    task(machines, machine.reference.CreateSnapshot_Task(name="clean", memory=False, quiesce=False))
    snapshot = find_snapshot(machine, "clean")
    assert reasons(snapshot) == [None]
    task(machines, machine.reference.PowerOnVM_Task())
    (reason,) = reasons(snapshot)
    assert "the VM is powered on" in (reason or "")


def test_the_current_disk_of_a_machine_with_a_snapshot_is_not_read(machine: VSphereMachine, machines: Any) -> None:
    (base,) = (d for d in machine.reference.config.hardware.device if isinstance(d, vim.vm.device.VirtualDisk))
    backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(
        fileName="[LocalDS_0] web/web-000001.vmdk", diskMode="persistent", parent=base.backing
    )
    delta = vim.vm.device.VirtualDisk(key=-1, controllerKey=base.controllerKey, unitNumber=1, backing=backing)
    changes = [
        vim.vm.device.VirtualDeviceSpec(operation="add", fileOperation="create", device=delta),
        vim.vm.device.VirtualDeviceSpec(operation="remove", device=base),  # its file remains
    ]
    task(machines, machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=changes)))
    (reason,) = reasons(machine)
    assert "changes since a snapshot or a linked clone; delete the snapshots" in (reason or "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_encrypted": True}, "vSphere encrypts its file"),
        ({"backing": DiskBacking.RAW_DEVICE}, "it is a rawDeviceMapping disk"),
        ({"backing": DiskBacking.SE_SPARSE}, "it is a seSparse disk"),
        ({"file": ""}, "vSphere reports no file"),
    ],
)
def test_a_disk_without_a_flat_file_is_not_read(machine: VSphereMachine, change: dict[str, Any], words: str) -> None:
    facts = machine.facts()
    (reason,) = reasons(machine, replace(facts, disks=(replace(facts.disks[0], **change),)))
    assert words in (reason or "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (DESCRIPTOR.format(kind="vmfs", extent='VMFS "vsan://dd2d1464-7654"'), "its data is in vSAN"),
        (DESCRIPTOR.format(kind="vmfs", extent='VMFS "vvol://naa.6000"'), "its data is in Virtual Volumes"),
        (DESCRIPTOR.format(kind="seSparse", extent='SESPARSE "web-sesparse.vmdk"'), "since a snapshot .seSparse."),
        (DESCRIPTOR.format(kind="vmfsRawDeviceMap", extent='VMFSRDM "web-rdm.vmdk"'), "of type vmfsRawDeviceMap"),
        (DESCRIPTOR.format(kind="vmfs", extent='VMFS "other-flat.vmdk"'), "web/other-flat.vmdk cannot be read.*404"),
        ("KDMV is no text", "is no descriptor of a VMDK"),
        ("", "web/web.vmdk cannot be read.*the file is empty"),
    ],
)
def test_a_descriptor_without_a_flat_file_gives_the_reason(
    machine: VSphereMachine, machines: Any, text: str, words: str
) -> None:
    machines.vcenter.put_file("LocalDS_0", "web/web.vmdk", io.BytesIO(text.encode()))
    (disk,) = inspected(machine)
    assert disk.layout is None
    assert disk.not_read is not None
    assert re.search(words, disk.not_read)


def test_a_missing_privilege_is_named(machine: VSphereMachine, machines: Any) -> None:
    manager = machines.vcenter.session.content.authorizationManager
    (datastore,) = machine.reference.datastore
    read_only = vim.AuthorizationManager.Permission(
        principal="operator", group=False, roleId=-2, propagate=True, entity=datastore
    )
    manager.SetEntityPermissions(datastore, [read_only])
    try:
        (reason,) = reasons(machine)
    finally:
        manager.RemoveEntityPermission(datastore, "operator", False)
    assert "Datastore.Browse (Browse datastore) and Datastore.FileManagement (Low level file operations)" in str(reason)


def test_a_flat_file_that_is_shorter_than_the_disk_is_damage(machine: VSphereMachine, machines: Any) -> None:
    machines.vcenter.put_file("LocalDS_0", "web/web-flat.vmdk", io.BytesIO(bytes(1 << 20)))
    (disk,) = inspected(machine)
    assert [damage.where for damage in disk.damage][:1] == ["extent"]
