"""Parses an OVF descriptor of version 1 or 2, as VMware and VirtualBox write them.

Source: DMTF DSP0243 1.1.1 and 2.1.1; the CIM classes of its items; the `vmw:` extensions of vSphere exports and the
`vbox:` extensions of VirtualBox.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from pulumi_vmimport.disk.descriptor_text import as_utf8
from pulumi_vmimport.disk.inspection.ovf_invalid_values import (
    capacity_unit,
    invalid_values,
    memory_unit,
    properties_of,
    resolved,
)
from pulumi_vmimport.disk.inspection.ovf_quantities import parse_number, parse_size
from pulumi_vmimport.disk.inspection.ovf_xml import Element, InvalidXmlError, parse
from pulumi_vmimport.disk.inspection.package_facts import OvfAdapter, OvfDisk, OvfFacts, OvfFile
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.shown_value import shown_value

MAX_BYTES = 2 << 20
"""Limit of a descriptor; those with license texts have about 100 KiB"""

_VERSION = re.compile(r"https?://schemas\.dmtf\.org/ovf/envelope/([12])/?")
_MAX_FILES, _MAX_ITEMS = 1000, 2000
_ITEMS = ("Item", "StorageItem", "EthernetPortItem")
# CIM_ResourceAllocationSettingData.ResourceType
_PROCESSOR, _MEMORY, _IDE, _SCSI, _ETHERNET, _FLOPPY, _CD, _DVD, _DISK, _OTHER_STORAGE = map(
    str, (3, 4, 5, 6, 10, 14, 15, 16, 17, 20)
)
_CONTROLLERS = {_IDE: "ide", _SCSI: "scsi", _OTHER_STORAGE: "other storage"}
_HOST_RESOURCE = re.compile(r"(?:ovf:)?/?/?(disk|file)/(.+)")
_MIB = 1 << 20
_TRUE = {"true": True, "1": True, "false": False, "0": False}
_SECURE_BOOT = ("bootOptions.efiSecureBootEnabled", "uefi.secureBoot.enabled")


def read_ovf(data: bytes) -> OvfFacts:
    """The facts of a descriptor. Raises: InvalidXmlError."""
    text = as_utf8(data)
    envelope = parse(text.utf8)
    if envelope.name != "Envelope":
        raise InvalidXmlError(f"expected the element Envelope, got {shown_value(printable(envelope.name, 64))}")
    version = _VERSION.fullmatch(envelope.namespace)
    systems = envelope.below("VirtualSystem")
    system = systems[0] if systems else Element("", "")
    hardware = system.first("VirtualHardwareSection") or Element("", "")
    files = {file.id: file for file in _files(envelope)}
    items = _items(envelope, hardware)
    properties = properties_of(envelope)
    disks, cd_images = _disks(envelope, files, items, properties)
    os = system.first("OperatingSystemSection") or Element("", "")
    config = _config(hardware)
    return OvfFacts(
        version=version[1] if version else "",
        virtual_systems=len(systems),
        name=system.words("Name") or _attribute(system, "id"),
        operating_system_id=_attribute(os, "id"),
        guest_id=_attribute(os, "osType"),
        operating_system=os.words("Description"),
        firmware=_firmware(system, config),
        secure_boot=next((_TRUE[value] for key in _SECURE_BOOT if (value := config.get(key, "")) in _TRUE), None),
        hardware_version=hardware.words("System", "VirtualSystemType"),
        cpus=next((_whole(item, "VirtualQuantity") for item in items if _type(item) == _PROCESSOR), None),
        memory_mib=next((_memory_mib(item) for item in items if _type(item) == _MEMORY), None),
        files=tuple(files.values()),
        disks=disks,
        adapters=tuple(
            OvfAdapter(item.words("ResourceSubType"), item.words("Connection"))
            for item in items
            if _type(item) == _ETHERNET
        ),
        cd_drives=sum(_type(item) in {_CD, _DVD} for item in items),
        cd_images=cd_images,
        floppy_drives=sum(_type(item) == _FLOPPY for item in items),
        controllers=tuple(_controller(item) for item in items if _type(item) in _CONTROLLERS),
        other_version=_other_version(envelope, is_read=version is not None and bool(systems)),
        encoding=text.encoding,
        declared_encoding=text.declared,
        invalid_values=invalid_values(
            envelope,
            [item for item in items if _type(item) == _PROCESSOR],
            [item for item in items if _type(item) == _MEMORY],
            properties,
        ),
    )


def _other_version(envelope: Element, *, is_read: bool) -> str | None:
    """The version of a descriptor that is neither 1 nor 2: by its namespace, or by the elements of the drafts.

    OVF 0.9 has Content and Section elements in place of VirtualSystem and its sections.
    """
    is_draft = bool(envelope.all("Content", "Section"))
    if is_read or (_VERSION.fullmatch(envelope.namespace) and not is_draft):
        return None
    stated = _attribute(envelope, "version") or ("0.9" if is_draft else "not stated")
    return f"version {stated}, namespace {printable(envelope.namespace) or 'not stated'}"


def _attribute(element: Element, name: str) -> str:
    return printable(element.attributes.get(name.lower(), ""))


def _type(item: Element) -> str:
    return item.words("ResourceType")


def _whole(item: Element, name: str) -> int | None:
    return parse_number(item.words(name))


def _files(envelope: Element) -> list[OvfFile]:
    references = envelope.first("References") or Element("", "")
    return [
        OvfFile(
            id=_attribute(file, "id"),
            href=_attribute(file, "href"),
            stated_bytes=parse_number(_attribute(file, "size")),
            chunk_bytes=parse_number(_attribute(file, "chunkSize")),
            compression=_attribute(file, "compression") or None,
            stated_href=_attribute(file, "href"),
        )
        for file in islice(references.all("File"), _MAX_FILES)
    ]


def _items(envelope: Element, hardware: Element) -> list[Element]:
    """The hardware items of the default configuration."""
    offered = [
        option for section in envelope.below("DeploymentOptionSection") for option in section.all("Configuration")
    ]
    default = next((o for o in offered if _TRUE.get(_attribute(o, "default").lower())), offered[0] if offered else None)
    chosen = _attribute(default, "id") if default else ""
    items = [
        item
        for item in hardware.all(*_ITEMS)
        # The attribute lists all configurations that share the item.
        if "configuration" not in item.attributes or chosen in item.attributes["configuration"].split()
    ]
    # An item of a configuration replaces the general item with the same InstanceID.
    numbered = {_instance(item): item for item in items if "configuration" in item.attributes and _instance(item)}
    return [item for item in items if numbered.get(_instance(item), item) is item][:_MAX_ITEMS]


def _instance(item: Element) -> str:
    """The id of an item; empty if it has none."""
    return item.words("InstanceID")


class _Drives:
    """The drives of the VM, and the disks and files in them."""

    def __init__(self, items: Sequence[Element]) -> None:
        # A controller takes precedence over another item with the same id: only controllers are parents.
        by_rank = sorted(items, key=lambda item: _type(item) in _CONTROLLERS)
        self.items = {_instance(item): item for item in by_rank if _instance(item)}
        self.hard_disks: dict[str, Element] = {}
        self.cd_files: list[str] = []
        self._removable: set[str] = set()
        for item in items:
            resource = _HOST_RESOURCE.fullmatch(item.words("HostResource"))
            if resource is not None:
                self._add(item, kind=resource[1], name=resource[2])

    def is_removable(self, disk_id: str) -> bool:
        """Whether a disk is the image in a CD or floppy drive; VirtualBox lists these among the disks."""
        return disk_id in self._removable and disk_id not in self.hard_disks

    def _add(self, item: Element, *, kind: str, name: str) -> None:
        drive = _type(item)
        if kind == "disk" and drive == _DISK:
            self.hard_disks.setdefault(name, item)
        elif kind == "disk" and drive in {_CD, _DVD, _FLOPPY}:
            self._removable.add(name)
        elif kind == "file" and drive in {_CD, _DVD}:
            self.cd_files.append(name)


def _disks(
    envelope: Element, files: Mapping[str, OvfFile], items: Sequence[Element], properties: Mapping[str, str]
) -> tuple[tuple[OvfDisk, ...], tuple[str, ...]]:
    """(the hard disks, the files in CD drives)."""
    drives = _Drives(items)
    cd_images = [files[name].href for name in drives.cd_files if name in files]
    disks = []
    for element in islice((d for section in envelope.all("DiskSection") for d in section.all("Disk")), _MAX_FILES):
        id, file = _attribute(element, "diskId"), files.get(_attribute(element, "fileRef"))
        if not drives.is_removable(id):
            disk = _disk(element, id, file, drives, properties)
            reference = _attribute(element, "fileRef") or None
            disks.append(disk if file else replace(disk, missing_file_id=reference))
        elif file is not None:
            cd_images.append(file.href)
    return tuple(disks), tuple(cd_images)


def _disk(element: Element, id: str, file: OvfFile | None, drives: _Drives, properties: Mapping[str, str]) -> OvfDisk:
    item = drives.hard_disks.get(id)
    controller = drives.items.get(item.words("Parent")) if item else None
    return OvfDisk(
        id=id,
        file=file.href if file else None,
        capacity_bytes=parse_size(resolved(_attribute(element, "capacity"), properties), capacity_unit(element)),
        format=_attribute(element, "format"),
        parent=_attribute(element, "parentRef") or None,
        controller=_controller(controller) if controller else None,
        unit_number=(item.words("AddressOnParent") or None) if item else None,
    )


def _controller(item: Element) -> str:
    """The subtype. IDE controllers are `ide`, regardless of subtypes such as PIIX4 of VirtualBox."""
    kind = _type(item)
    return "ide" if kind == _IDE else item.words("ResourceSubType") or _CONTROLLERS.get(kind, "unknown")


def _memory_mib(item: Element) -> int | None:
    size = parse_size(item.words("VirtualQuantity"), memory_unit(item))
    return None if size is None else size // _MIB


def _config(hardware: Element) -> Mapping[str, str]:
    """vmw:Config and vmw:ExtraConfig."""
    return {
        _attribute(entry, "key"): _attribute(entry, "value").lower() for entry in hardware.all("ExtraConfig", "Config")
    }


def _firmware(system: Element, config: Mapping[str, str]) -> str | None:
    """VirtualBox omits BIOS, its default; vSphere writes the firmware since version 5."""
    if (firmware := config.get("firmware")) is not None:
        return firmware if firmware in {"bios", "efi"} else None
    machine = system.first("Machine", "Hardware")
    if machine is None:
        return None
    kind = machine.first("Firmware")
    return "efi" if kind is not None and _attribute(kind, "type").lower().startswith("efi") else "bios"
