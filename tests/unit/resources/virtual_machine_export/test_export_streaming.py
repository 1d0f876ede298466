from dataclasses import replace

import pytest
from tests.unit.resources.virtual_machine_export.test_machine_rules import DISK, FACTS

from pulumi_vmimport.disk import ovf_writer
from pulumi_vmimport.resources.virtual_machine_export.export_streaming import ExportedDisk, member_name, ovf_machine
from pulumi_vmimport.vsphere.hardware_kinds import AdapterKind, ControllerKind
from pulumi_vmimport.vsphere.machine_facts import NetworkAdapter, StorageController

SAS = StorageController(1000, ControllerKind.LSI_LOGIC_SAS, 0, "VirtualLsiLogicSASController")
SATA = StorageController(15000, ControllerKind.SATA, 1, "VirtualAHCIController")
FILE = ExportedDisk(DISK, "web-disk1.vmdk", 1234, 70 << 30, "ab" * 32)


@pytest.mark.parametrize(
    ("name", "member"), [("web", "web"), ("web server/2", "web-server-2"), ("-.web.-", "web"), ("日本", "vm-7")]
)
def test_the_member_name_has_no_characters_that_files_cannot_have(name: str, member: str) -> None:
    assert member_name(replace(FACTS, name=name)) == member


def test_only_controllers_of_exported_disks_are_described() -> None:
    machine = ovf_machine("web", replace(FACTS, controllers=(SATA, SAS)), [FILE])
    assert machine.controllers == (ovf_writer.Controller(1000, ovf_writer.ControllerSubtype.LSI_LOGIC_SAS, 0),)
    assert machine.disks == (ovf_writer.Disk("web-disk1.vmdk", 1234, 70 << 30, 1000, 0),)


def test_an_unknown_controller_becomes_lsi_logic_sas() -> None:
    other = replace(SAS, kind=ControllerKind.OTHER)
    (controller,) = ovf_machine("web", replace(FACTS, controllers=(other,)), [FILE]).controllers
    assert controller.kind is ovf_writer.ControllerSubtype.LSI_LOGIC_SAS


@pytest.mark.parametrize(
    ("adapters", "adapter", "network"),
    [
        ((), None, "VM Network"),
        ((NetworkAdapter(AdapterKind.VMXNET3, "dmz"),), ovf_writer.AdapterSubtype.VMXNET3, "dmz"),
        ((NetworkAdapter(AdapterKind.OTHER, ""),), ovf_writer.AdapterSubtype.E1000E, "VM Network"),
    ],
)
def test_the_first_network_adapter_is_described(
    adapters: tuple[NetworkAdapter, ...], adapter: ovf_writer.AdapterSubtype | None, network: str
) -> None:
    machine = ovf_machine("web", replace(FACTS, network_adapters=adapters), [])
    assert (machine.adapter, machine.network) == (adapter, network)
