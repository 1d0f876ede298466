from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pulumi_vmimport.disk.disk_errors import InvalidDescriptorError
from pulumi_vmimport.disk.ovf_writer import (
    AdapterSubtype,
    Controller,
    ControllerSubtype,
    Disk,
    Firmware,
    Machine,
    descriptor,
)

GIB = 1 << 30
MACHINE = Machine(
    name="win10",
    guest_id="windows9_64Guest",
    firmware=Firmware.BIOS,
    hardware_version="vmx-13",
    cpus=2,
    memory_mib=4096,
    controllers=(Controller(1000, ControllerSubtype.LSI_LOGIC_SAS, 0),),
    disks=(Disk("win10-disk1.vmdk", 17_790_739_968, 70 * GIB, 1000, 0),),
)
# DSP0243 1.1.1: table 1 for the envelope and extensions; CIM schema for the settings.
NAMES = {
    "ovf": "http://schemas.dmtf.org/ovf/envelope/1",
    "rasd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData",
    "vssd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData",
    "vmw": "http://www.vmware.com/schema/ovf",
}


def read(machine: Machine = MACHINE) -> ET.Element:
    return ET.fromstring(descriptor(machine))  # noqa: S314 - our own bytes


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def attribute(element: ET.Element | None, name: str) -> str | None:
    assert element is not None
    prefix, _, own = name.partition(":")
    return element.get(f"{{{NAMES[prefix]}}}{own}")


def items(envelope: ET.Element) -> list[dict[str, str | None]]:
    found = envelope.findall("ovf:VirtualSystem/ovf:VirtualHardwareSection/ovf:Item", NAMES)
    return [{local(fact): fact.text for fact in item} for item in found]


def of_type(envelope: ET.Element, resource_type: str) -> list[dict[str, str | None]]:
    return [item for item in items(envelope) if item["ResourceType"] == resource_type]


def test_sections_are_in_the_order_of_the_standard() -> None:
    envelope = read()
    assert envelope.tag == f"{{{NAMES['ovf']}}}Envelope"
    assert [local(section) for section in envelope] == ["References", "DiskSection", "NetworkSection", "VirtualSystem"]
    system = envelope[3]
    assert [local(part) for part in system] == ["Info", "Name", "OperatingSystemSection", "VirtualHardwareSection"]
    assert [local(part) for part in system[3]] == ["Info", "System", *["Item"] * 5, "Config"]


def test_every_section_starts_with_its_info() -> None:
    sections = [section for section in read().iter() if local(section).endswith(("Section", "VirtualSystem"))]
    assert [local(section[0]) for section in sections] == ["Info"] * 5


def test_the_elements_of_an_item_are_in_alphabetical_order() -> None:
    for item in read().iterfind(".//ovf:Item", NAMES):
        names = [local(fact) for fact in item if fact.tag.startswith(f"{{{NAMES['rasd']}}}")]
        assert names == sorted(names)
        assert {"ElementName", "InstanceID", "ResourceType"} <= set(names)


def test_every_element_and_attribute_is_in_a_namespace_of_the_standard_or_of_vmware() -> None:
    for element in read().iter():
        assert element.tag[1:].partition("}")[0] in NAMES.values()
        assert {name[1:].partition("}")[0] for name in element.attrib} <= {NAMES["ovf"], NAMES["vmw"]}


def test_file_disk_and_drive_refer_to_each_other() -> None:
    envelope = read()
    file, disk = envelope.find("ovf:References/ovf:File", NAMES), envelope.find("ovf:DiskSection/ovf:Disk", NAMES)
    assert attribute(file, "ovf:href") == "win10-disk1.vmdk"
    assert attribute(file, "ovf:size") == "17790739968"
    assert attribute(disk, "ovf:fileRef") == attribute(file, "ovf:id")
    assert attribute(disk, "ovf:capacity") == str(70 * GIB)
    assert attribute(disk, "ovf:capacityAllocationUnits") == "byte"
    assert (attribute(disk, "ovf:format") or "").endswith("vmdk.html#streamOptimized")
    (drive,) = of_type(envelope, "17")
    assert drive["HostResource"] == f"ovf:/disk/{attribute(disk, 'ovf:diskId')}"


@pytest.mark.parametrize(
    ("kind", "resource_type", "subtype"),
    [
        (ControllerSubtype.LSI_LOGIC_SAS, "6", "lsilogicsas"),
        (ControllerSubtype.LSI_LOGIC, "6", "lsilogic"),
        (ControllerSubtype.PVSCSI, "6", "VirtualSCSI"),
        (ControllerSubtype.SATA, "20", "vmware.sata.ahci"),
        (ControllerSubtype.IDE, "5", None),
    ],
)
def test_a_controller_has_the_type_that_vsphere_writes(
    kind: ControllerSubtype, resource_type: str, subtype: str | None
) -> None:
    envelope = read(replace(MACHINE, controllers=(Controller(1000, kind, 0),)))
    (controller,) = of_type(envelope, resource_type)
    (drive,) = of_type(envelope, "17")
    assert controller.get("ResourceSubType") == subtype
    assert drive["Parent"] == controller["InstanceID"]


def test_disks_keep_their_slots() -> None:
    machine = replace(
        MACHINE,
        controllers=(
            Controller(1000, ControllerSubtype.LSI_LOGIC_SAS, 0),
            Controller(1001, ControllerSubtype.PVSCSI, 1),
        ),
        disks=(Disk("a.vmdk", 1, GIB, 1000, 0), Disk("b.vmdk", 2, GIB, 1001, 3), Disk("c.vmdk", 3, GIB, 1000, 1)),
    )
    envelope = read(machine)
    first, second = of_type(envelope, "6")
    found = [(drive["Parent"], drive["AddressOnParent"]) for drive in of_type(envelope, "17")]
    assert found == [(first["InstanceID"], "0"), (second["InstanceID"], "3"), (first["InstanceID"], "1")]
    numbers = [item["InstanceID"] for item in items(envelope)]
    assert len(set(numbers)) == len(numbers)


def test_the_descriptor_states_firmware_guest_processors_and_memory() -> None:
    envelope = read(replace(MACHINE, firmware=Firmware.EFI, cpus=4, cores_per_socket=2))
    config = envelope.find(".//vmw:Config", NAMES)
    assert (attribute(config, "vmw:key"), attribute(config, "vmw:value")) == ("firmware", "efi")
    assert attribute(config, "ovf:required") == "false"
    assert attribute(envelope.find(".//ovf:OperatingSystemSection", NAMES), "vmw:osType") == "windows9_64Guest"
    assert [item["VirtualQuantity"] for item in of_type(envelope, "3")] == ["4"]
    assert [item["CoresPerSocket"] for item in of_type(envelope, "3")] == ["2"]
    assert [item["VirtualQuantity"] for item in of_type(envelope, "4")] == ["4096"]


@pytest.mark.parametrize(
    ("adapter", "subtype"), [(AdapterSubtype.E1000E, "E1000e"), (AdapterSubtype.VMXNET3, "VmxNet3")]
)
def test_the_one_adapter_is_on_a_network_that_is_described(adapter: AdapterSubtype, subtype: str) -> None:
    envelope = read(replace(MACHINE, adapter=adapter, network="Office"))
    (nic,) = of_type(envelope, "10")
    assert (nic["ResourceSubType"], nic["Connection"]) == (subtype, "Office")
    assert attribute(envelope.find("ovf:NetworkSection/ovf:Network", NAMES), "ovf:name") == "Office"


def test_a_vm_without_an_adapter_has_no_network() -> None:
    envelope = read(replace(MACHINE, adapter=None))
    assert [local(section) for section in envelope] == ["References", "DiskSection", "VirtualSystem"]
    assert of_type(envelope, "10") == []


def test_a_descriptor_has_neither_a_cd_drive_nor_a_floppy() -> None:
    assert {item["ResourceType"] for item in items(read())} == {"3", "4", "6", "10", "17"}


def test_equal_machines_have_equal_bytes() -> None:
    assert descriptor(MACHINE) == descriptor(replace(MACHINE))
    assert descriptor(MACHINE).startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<Envelope xmlns=")


def test_names_with_any_characters_survive() -> None:
    envelope = read(replace(MACHINE, name='日本 <win> & "10"'))
    assert envelope.findtext("ovf:VirtualSystem/ovf:Name", namespaces=NAMES) == '日本 <win> & "10"'


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "name: expected printable text, got ''"),
        ({"name": "win\x0010"}, "name: expected printable text"),
        ({"network": "a\nb"}, "network: expected printable text"),
        ({"disks": ()}, "disks: expected at least one, got none"),
        ({"controllers": ()}, r"disk win10-disk1.vmdk: expected a controller key of \[\], got 1000"),
    ],
    ids=str,
)
def test_fails_for_facts_that_ovf_cannot_express(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidDescriptorError, match=words):
        descriptor(replace(MACHINE, **change))
