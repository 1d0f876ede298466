r"""The boot configuration data (BCD): which Windows the boot manager starts, and from which partition.

The store is a registry hive: `\EFI\Microsoft\Boot\BCD` of the EFI system partition, `\Boot\BCD` of the active partition
for BIOS. It also holds entries of the firmware, the recovery environment and other systems; only the default entry of
the boot manager counts.

Sources: the BCD reference of learn.microsoft.com (BcdLibraryElementTypes, BcdBootMgrElementTypes,
BcdOSLoaderElementTypes); the layout of device elements is not published.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.hive import Hive, Key, Value
from pulumi_vmimport.shown_value import shown_value

BOOT_MANAGER = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
EMS_SETTINGS = "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"
DEFAULT_OBJECT, DISPLAY_ORDER = "23000003", "24000001"
APPLICATION_DEVICE, APPLICATION_PATH, OS_DEVICE = "11000001", "12000002", "21000001"
INHERITED_OBJECTS = "14000006"
BOOT_EMS, OS_EMS = "16000020", "260000b0"

_MAX_OBJECTS = 32
_OBJECT_ID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")
_SETUP_MEDIA_FOLDER = "\\system32\\boot\\"
_DEVICE = struct.Struct("<16xI")  # options, then the kind of the device
_PARTITION_DEVICE = 6
_IDENTIFIER_AT, _TABLE_AT, _DISK_AT = 0x20, 0x34, 0x38
_PARTITION_DEVICE_BYTES = 0x58
_GPT, _MBR = 0, 1


@dataclass(frozen=True)
class BootPartition:
    """A partition as the store names it: by its GUID, or by the signature of its MBR and its offset."""

    partition_guid: UUID | None = None
    disk_guid: UUID | None = None
    mbr_signature: int | None = None
    offset_bytes: int | None = None


@dataclass(frozen=True)
class EmsSetting:
    """A setting of the Emergency Management Services."""

    is_enabled: bool
    evidence: str


@dataclass(frozen=True)
class BootConfiguration:
    """What the boot manager starts by default."""

    object_id: str
    """The GUID of the entry, in braces"""
    default_evidence: str
    """The key of the element that names the entry"""
    loader_path: str | None
    r"""Such as `\Windows\system32\winload.efi`; None if the entry has none"""
    loader_evidence: str
    loader_partition: BootPartition | None
    """Where the loader is; None if the store does not name a partition, as for setup media"""
    system_partition: BootPartition | None
    """Where Windows is; None as above"""
    system_evidence: str
    ems_settings: tuple[EmsSetting, ...]
    """Those of the entry, the boot manager and what they inherit; none means disabled"""

    @property
    def is_uefi(self) -> bool:
        """Whether the loader is one for UEFI."""
        return self.loader_path is not None and self.loader_path.lower().endswith(".efi")

    @property
    def is_setup_media(self) -> bool:
        """Whether it starts Windows Setup or a recovery image instead of an installed Windows."""
        return self.loader_path is not None and _SETUP_MEDIA_FOLDER in self.loader_path.lower()

    @property
    def is_ems_enabled(self) -> bool:
        """Whether the Emergency Management Services are on."""
        return any(setting.is_enabled for setting in self.ems_settings)


def read_boot_configuration(store: Hive) -> BootConfiguration | None:
    """The default entry of a BCD store; None if its boot manager starts none, or if it is the store of setup media.

    Raises: UnreadableVolumeError, also if the hive is no BCD store; what the source of the image raises.
    """
    objects = store.key("Objects")
    if objects is None:
        raise UnreadableVolumeError(store.path, "it is no BCD store: it has no key Objects")
    default, evidence = _default_object(objects)
    if default is None:
        return None
    if not _OBJECT_ID.fullmatch(default):
        raise UnreadableVolumeError(store.path, f"{evidence} names no object, but {shown_value(default)}")
    loader = _element(objects, default, APPLICATION_PATH)
    system = _element(objects, default, OS_DEVICE)
    configuration = BootConfiguration(
        object_id=default,
        default_evidence=evidence,
        loader_path=loader.text() if loader is not None else None,
        loader_evidence=_path(objects, default, APPLICATION_PATH),
        loader_partition=_partition(_element(objects, default, APPLICATION_DEVICE)),
        system_partition=_partition(system),
        system_evidence=_path(objects, default, OS_DEVICE),
        ems_settings=tuple(_ems_settings(objects, default)),
    )
    return None if configuration.is_setup_media else configuration


def _default_object(objects: Key) -> tuple[str | None, str]:
    default = _element(objects, BOOT_MANAGER, DEFAULT_OBJECT)
    if default is not None and (named := default.text()):
        return named, default.key_path
    order = _element(objects, BOOT_MANAGER, DISPLAY_ORDER)
    first = next(filter(None, (order.strings() or ()) if order is not None else ()), None)
    return first, order.key_path if order is not None else ""


def _ems_settings(objects: Key, default: str) -> Iterator[EmsSetting]:
    for element, start in ((OS_EMS, (default,)), (BOOT_EMS, (default, BOOT_MANAGER, EMS_SETTINGS))):
        for object_id in _with_inherited(objects, start):
            value = _element(objects, object_id, element)
            if value is not None:
                yield EmsSetting(any(value.data), value.key_path)


def _with_inherited(objects: Key, start: tuple[str, ...]) -> Iterator[str]:
    """Objects and those they inherit from, each once."""
    rest, seen = list(start), {object_id.lower() for object_id in start}
    while rest:
        object_id = rest.pop(0)
        yield object_id
        inherited = _element(objects, object_id, INHERITED_OBJECTS)
        for other in (inherited.strings() or ()) if inherited is not None else ():
            if _OBJECT_ID.fullmatch(other) and other.lower() not in seen and len(seen) < _MAX_OBJECTS:
                seen.add(other.lower())
                rest.append(other)


def _element(objects: Key, object_id: str, element: str) -> Value | None:
    key = objects.key(f"{object_id}\\Elements\\{element}")
    return key.value("Element") if key is not None else None


def _path(objects: Key, object_id: str, element: str) -> str:
    return f"{objects.path}\\{object_id}\\Elements\\{element}"


def _partition(device: Value | None) -> BootPartition | None:
    data = device.data if device is not None else b""
    if len(data) < _PARTITION_DEVICE_BYTES or _DEVICE.unpack_from(data)[0] != _PARTITION_DEVICE:
        return None
    (table,) = struct.unpack_from("<I", data, _TABLE_AT)
    if table == _GPT:
        guid, disk = (UUID(bytes_le=data[at : at + 16]) for at in (_IDENTIFIER_AT, _DISK_AT))
        return BootPartition(partition_guid=guid, disk_guid=disk)
    if table == _MBR:
        (offset,), (signature,) = (
            struct.unpack_from("<Q", data, _IDENTIFIER_AT),
            struct.unpack_from("<I", data, _DISK_AT),
        )
        return BootPartition(mbr_signature=signature, offset_bytes=offset)
    return None
