"""ContainerInspection an OVF descriptor: of versions 1 and 2, as VMware and VirtualBox write them.

Source: DMTF DSP0243 1.1.1 and 2.1.1; the CIM classes of its items; `vmw:` extensions as vSphere's exports spell them,
`vbox:` ones as VirtualBox's.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import islice

from pulumi_vmimport.disk.inspection.facts import OvfAdapter, OvfDisk, OvfFacts, OvfFile
from pulumi_vmimport.disk.inspection.ovf_xml import Element, InvalidXmlError, parse
from pulumi_vmimport.disk.inspection.printable import printable

MAX_BYTES = 2 << 20
"""Larger descriptors are not read: those with licence texts have some 100 KiB"""

_VERSION = re.compile(r"https?://schemas\.dmtf\.org/ovf/envelope/([12])")
_MAX_FILES, _MAX_ITEMS = 1000, 2000
_ITEMS = ("Item", "StorageItem", "EthernetPortItem")
# CIM_ResourceAllocationSettingData.ResourceType
_PROCESSOR, _MEMORY, _IDE, _SCSI, _ETHERNET, _FLOPPY, _CD, _DVD, _DISK, _OTHER_STORAGE = map(
    str, (3, 4, 5, 6, 10, 14, 15, 16, 17, 20)
)
_CONTROLLERS = {_IDE: "ide", _SCSI: "scsi", _OTHER_STORAGE: "other storage"}
_HOST_RESOURCE = re.compile(r"(?:ovf:)?/?/?(disk|file)/(.+)")
_UNIT = re.compile(r"byte(?:s)?(?:\s*\*\s*(2|10)\s*\^\s*(\d{1,2}))?", re.IGNORECASE)
_OLD_UNITS = {"kilobytes": 1 << 10, "megabytes": 1 << 20, "gigabytes": 1 << 30, "terabytes": 1 << 40}
_MIB = 1 << 20
_MAX_BYTES_OF_A_SIZE = 1 << 63
_TRUE = {"true": True, "1": True, "false": False, "0": False}
_SECURE_BOOT = ("bootOptions.efiSecureBootEnabled", "uefi.secureBoot.enabled")


def read_ovf(data: bytes) -> OvfFacts:
    """What a descriptor says. Raises: InvalidXmlError."""
    envelope = parse(data)
    if envelope.name != "Envelope":
        raise InvalidXmlError(f"its element is {printable(envelope.name, 64)!r}, expected Envelope")
    version = _VERSION.fullmatch(envelope.namespace)
    systems = envelope.below("VirtualSystem")
    system = systems[0] if systems else Element("", "")
    hardware = system.first("VirtualHardwareSection") or Element("", "")
    files = {file.id: file for file in _files(envelope)}
    items = _items(envelope, hardware)
    disks, cd_images = _disks(envelope, files, items)
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
    )


def _attribute(element: Element, name: str) -> str:
    return printable(element.attributes.get(name, ""))


def _type(item: Element) -> str:
    return item.words("ResourceType")


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,19}", text) else None


def _whole(item: Element, name: str) -> int | None:
    return _number(item.words(name))


def _files(envelope: Element) -> list[OvfFile]:
    references = envelope.first("References") or Element("", "")
    return [
        OvfFile(
            id=_attribute(file, "id"),
            href=_attribute(file, "href"),
            stated_bytes=_number(_attribute(file, "size")),
            chunk_bytes=_number(_attribute(file, "chunkSize")),
            compression=_attribute(file, "compression") or None,
            stated_href=_attribute(file, "href"),
        )
        for file in islice(references.all("File"), _MAX_FILES)
    ]


def _items(envelope: Element, hardware: Element) -> list[Element]:
    """The items of the machine as it is by default, where a descriptor offers several configurations."""
    offered = [
        option for section in envelope.below("DeploymentOptionSection") for option in section.all("Configuration")
    ]
    default = next((o for o in offered if _attribute(o, "default") in {"true", "1"}), offered[0] if offered else None)
    chosen = _attribute(default, "id") if default else ""
    items = [
        item
        for item in hardware.all(*_ITEMS)
        # Several configurations may share an item: their names stand side by side.
        if "configuration" not in item.attributes or chosen in item.attributes["configuration"].split()
    ]
    # An item of a configuration replaces the general one that bears its number.
    numbered = {item.words("InstanceID"): item for item in items if "configuration" in item.attributes}
    return [item for item in items if numbered.get(item.words("InstanceID"), item) is item][:_MAX_ITEMS]


def _disks(
    envelope: Element, files: Mapping[str, OvfFile], items: Sequence[Element]
) -> tuple[tuple[OvfDisk, ...], tuple[str, ...]]:
    """(the hard disks, the files in CD drives); VirtualBox counts a CD's image among the disks."""
    hard: dict[str, Element] = {}
    optical: set[str] = set()
    cd_images: list[str] = []
    by_number = {item.words("InstanceID"): item for item in items}
    for item in items:
        kind, resource = _type(item), _HOST_RESOURCE.fullmatch(item.words("HostResource"))
        if resource is None:
            continue
        if kind == _DISK and resource[1] == "disk":
            hard.setdefault(resource[2], item)
        elif kind in {_CD, _DVD, _FLOPPY}:
            if resource[1] == "disk":
                optical.add(resource[2])
            elif kind != _FLOPPY and resource[2] in files:
                cd_images.append(files[resource[2]].href)
    disks = []
    sections = [section for section in envelope.children if section.name == "DiskSection"]
    for disk in islice((disk for section in sections for disk in section.all("Disk")), _MAX_FILES):
        id = _attribute(disk, "diskId")
        file = files.get(_attribute(disk, "fileRef"))
        if id in optical and id not in hard:
            if file is not None:
                cd_images.append(file.href)
            continue
        slot = hard.get(id)
        controller = by_number.get(slot.words("Parent")) if slot else None
        disks.append(
            OvfDisk(
                id=id,
                file=file.href if file else None,
                capacity_bytes=_size(_attribute(disk, "capacity"), _attribute(disk, "capacityAllocationUnits")),
                format=_attribute(disk, "format"),
                parent=_attribute(disk, "parentRef") or None,
                controller=_controller(controller) if controller else None,
                unit_number=(slot.words("AddressOnParent") or None) if slot else None,
            )
        )
    return tuple(disks), tuple(cd_images)


def _controller(item: Element) -> str:
    """Its subtype; IDE controllers are `ide` whatever their subtype, such as VirtualBox's PIIX4."""
    kind = _type(item)
    return "ide" if kind == _IDE else item.words("ResourceSubType") or _CONTROLLERS.get(kind, "unknown")


def _size(text: str, unit: str) -> int | None:
    """In bytes; `byte * 2^30` and the like. None for what is no number, such as a property's name."""
    number = _number(text)
    known = _UNIT.fullmatch(unit.strip())
    factor = _OLD_UNITS.get(unit.strip().lower()) or (1 if not unit.strip() else None)
    if known is not None:
        factor = int(known[1]) ** int(known[2]) if known[1] else 1
    if number is None or factor is None or number * factor >= _MAX_BYTES_OF_A_SIZE:
        return None
    return number * factor


def _memory_mib(item: Element) -> int | None:
    # Without a unit it is MiB, as it was in drafts of the standard.
    size = _size(item.words("VirtualQuantity"), item.words("AllocationUnits") or "MegaBytes")
    return None if size is None else size // _MIB


def _config(hardware: Element) -> Mapping[str, str]:
    """vmw:Config and vmw:ExtraConfig."""
    return {
        _attribute(entry, "key"): _attribute(entry, "value").lower() for entry in hardware.all("ExtraConfig", "Config")
    }


def _firmware(system: Element, config: Mapping[str, str]) -> str | None:
    """VirtualBox leaves out its default, BIOS; VMware writes it, if only since vSphere 5."""
    if (said := config.get("firmware")) is not None:
        return said if said in {"bios", "efi"} else None
    machine = system.first("Machine", "Hardware")
    if machine is None:
        return None
    kind = machine.first("Firmware")
    return "efi" if kind is not None and _attribute(kind, "type").lower().startswith("efi") else "bios"
