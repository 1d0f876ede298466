"""Writes the OVF 1.1 descriptor of one VM.

Source: DMTF DSP0243 1.1.1 (the envelope and the order of its sections; the elements of an item stand in alphabetical
order) and the CIM schema (classes CIM_ResourceAllocationSettingData, CIM_VirtualSystemSettingData). VMware's subtypes
and `vmw:` extensions follow the exports of vSphere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree as ET

from pulumi_vmimport.disk.disk_errors import InvalidDescriptorError
from pulumi_vmimport.shown_value import shown_value

_NAMESPACES = {
    "xmlns": "http://schemas.dmtf.org/ovf/envelope/1",
    "xmlns:ovf": "http://schemas.dmtf.org/ovf/envelope/1",
    "xmlns:rasd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData",
    "xmlns:vmw": "http://www.vmware.com/schema/ovf",
    "xmlns:vssd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData",
}
_STREAM_OPTIMIZED = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"
# CIM_OperatingSystem.OsType "Other": CIM does not list every guest; vmw:osType names it.
_OS_TYPE_OTHER = "1"
# CIM_ResourceAllocationSettingData.ResourceType
_PROCESSOR, _MEMORY, _IDE, _SCSI, _ETHERNET, _DISK, _OTHER_STORAGE = "3", "4", "5", "6", "10", "17", "20"


class ControllerSubtype(StrEnum):
    """A storage controller, by the ResourceSubType that vSphere writes."""

    LSI_LOGIC_SAS = "lsilogicsas"
    LSI_LOGIC = "lsilogic"
    PVSCSI = "VirtualSCSI"
    BUS_LOGIC = "buslogic"
    SATA = "vmware.sata.ahci"
    NVME = "vmware.nvme.controller"
    IDE = "ide"  # its own ResourceType, no subtype


class AdapterSubtype(StrEnum):
    """A network adapter, by the ResourceSubType that vSphere writes."""

    VMXNET3 = "VmxNet3"
    E1000E = "E1000e"
    E1000 = "E1000"


class Firmware(StrEnum):
    """The firmware of the VM."""

    BIOS = "bios"
    EFI = "efi"


@dataclass(frozen=True)
class Controller:
    """A storage controller. Disks refer to its `key`."""

    key: int
    kind: ControllerSubtype
    bus_number: int


@dataclass(frozen=True)
class Disk:
    """A disk: its file next to the descriptor, the size of the file, its capacity and its slot."""

    file_name: str
    size_bytes: int
    capacity_bytes: int
    controller_key: int
    unit_number: int


@dataclass(frozen=True)
class Machine:
    """The VM that a descriptor describes, with at most one network adapter and without CD and floppy drives."""

    name: str
    guest_id: str
    """vSphere's guest identifier, such as `windows9_64Guest`"""
    firmware: Firmware
    hardware_version: str
    """Such as `vmx-13`"""
    cpus: int
    memory_mib: int
    controllers: tuple[Controller, ...]
    disks: tuple[Disk, ...]
    adapter: AdapterSubtype | None = AdapterSubtype.E1000E
    cores_per_socket: int = 1
    network: str = "VM Network"


def descriptor(machine: Machine) -> bytes:
    """The descriptor; equal machines have equal bytes. Raises: InvalidDescriptorError."""
    _check(machine)
    envelope = ET.Element("Envelope", _NAMESPACES)
    references = ET.SubElement(envelope, "References")
    disk_section = _section(envelope, "DiskSection", "Virtual disks")
    for number, disk in enumerate(machine.disks, 1):
        file = {"ovf:id": f"file{number}", "ovf:href": disk.file_name, "ovf:size": str(disk.size_bytes)}
        ET.SubElement(references, "File", file)
        facts = {
            "ovf:diskId": f"vmdisk{number}",
            "ovf:fileRef": f"file{number}",
            "ovf:capacity": str(disk.capacity_bytes),
            "ovf:capacityAllocationUnits": "byte",
            "ovf:format": _STREAM_OPTIMIZED,
        }
        ET.SubElement(disk_section, "Disk", facts)
    if machine.adapter is not None:
        networks = _section(envelope, "NetworkSection", "Logical networks")
        network = ET.SubElement(networks, "Network", {"ovf:name": machine.network})
        ET.SubElement(network, "Description").text = f"The {machine.network} network"
    _virtual_system(envelope, machine)
    ET.indent(envelope)
    return bytes(ET.tostring(envelope, encoding="UTF-8", xml_declaration=True)) + b"\n"


def _virtual_system(envelope: ET.Element, machine: Machine) -> None:
    system = _section(envelope, "VirtualSystem", "A virtual machine", {"ovf:id": machine.name})
    ET.SubElement(system, "Name").text = machine.name
    os_type = {"ovf:id": _OS_TYPE_OTHER, "vmw:osType": machine.guest_id}
    operating_system = _section(system, "OperatingSystemSection", "The guest operating system", os_type)
    ET.SubElement(operating_system, "Description").text = machine.guest_id
    hardware = _section(system, "VirtualHardwareSection", "Virtual hardware")
    family = ET.SubElement(hardware, "System")
    _elements(
        family,
        "vssd",
        {
            "ElementName": "Virtual Hardware Family",
            "InstanceID": "0",
            "VirtualSystemIdentifier": machine.name,
            "VirtualSystemType": machine.hardware_version,
        },
    )
    _items(hardware, machine)
    firmware = {"ovf:required": "false", "vmw:key": "firmware", "vmw:value": machine.firmware.value}
    ET.SubElement(hardware, "vmw:Config", firmware)


def _items(hardware: ET.Element, machine: Machine) -> None:
    item = _item(
        hardware,
        AllocationUnits="hertz * 10^6",
        Description="Number of virtual CPUs",
        ElementName=f"{machine.cpus} virtual CPU(s)",
        ResourceType=_PROCESSOR,
        VirtualQuantity=str(machine.cpus),
    )
    ET.SubElement(item, "vmw:CoresPerSocket", {"ovf:required": "false"}).text = str(machine.cores_per_socket)
    _item(
        hardware,
        AllocationUnits="byte * 2^20",
        Description="Memory size",
        ElementName=f"{machine.memory_mib} MiB of memory",
        ResourceType=_MEMORY,
        VirtualQuantity=str(machine.memory_mib),
    )
    parents = {}
    for controller in machine.controllers:
        subtype = {} if controller.kind is ControllerSubtype.IDE else {"ResourceSubType": controller.kind.value}
        item = _item(
            hardware,
            Address=str(controller.bus_number),
            Description="Storage controller",
            ElementName=f"{controller.kind.name} controller {controller.bus_number}",
            ResourceType=_RESOURCE_TYPES.get(controller.kind, _SCSI),
            **subtype,
        )
        parents[controller.key] = item.findtext("rasd:InstanceID") or ""
    for number, disk in enumerate(machine.disks, 1):
        _item(
            hardware,
            AddressOnParent=str(disk.unit_number),
            ElementName=f"Hard disk {number}",
            HostResource=f"ovf:/disk/vmdisk{number}",
            Parent=parents[disk.controller_key],
            ResourceType=_DISK,
        )
    if machine.adapter is not None:
        _item(
            hardware,
            AddressOnParent="7",
            AutomaticAllocation="true",
            Connection=machine.network,
            ElementName="Network adapter 1",
            ResourceSubType=machine.adapter.value,
            ResourceType=_ETHERNET,
        )


_RESOURCE_TYPES = {
    ControllerSubtype.IDE: _IDE,
    ControllerSubtype.SATA: _OTHER_STORAGE,
    ControllerSubtype.NVME: _OTHER_STORAGE,
}


def _section(parent: ET.Element, name: str, info: str, attributes: Mapping[str, str] | None = None) -> ET.Element:
    section = ET.SubElement(parent, name, dict(attributes or {}))
    ET.SubElement(section, "Info").text = info
    return section


def _item(hardware: ET.Element, **facts: str) -> ET.Element:
    number = len(hardware.findall("Item")) + 1
    item = ET.SubElement(hardware, "Item")
    _elements(item, "rasd", facts | {"InstanceID": str(number)})
    return item


def _elements(parent: ET.Element, prefix: str, facts: Mapping[str, str]) -> None:
    for name, text in sorted(facts.items()):
        ET.SubElement(parent, f"{prefix}:{name}").text = text


def _check(machine: Machine) -> None:
    texts = {"name": machine.name, "guest id": machine.guest_id, "network": machine.network}
    texts |= {f"file name {number}": disk.file_name for number, disk in enumerate(machine.disks, 1)}
    for fact, text in texts.items():
        if not text or not text.isprintable():
            raise InvalidDescriptorError(fact, f"expected printable text, got {shown_value(text)}")
    if not machine.disks:
        raise InvalidDescriptorError("disks", "expected at least one, got none")
    keys = {controller.key for controller in machine.controllers}
    for disk in machine.disks:
        if disk.controller_key not in keys:
            raise InvalidDescriptorError(
                f"disk {disk.file_name}",
                f"expected a controller key of {shown_value(sorted(keys))}, got {disk.controller_key}",
            )
