"""Facts about network adapters and drive letters."""

import struct
from collections.abc import Iterator
from uuid import UUID

from pulumi_vmimport.disk.guest.fact_catalog import HiveName
from pulumi_vmimport.disk.guest.guest_facts import Fact, FactValue
from pulumi_vmimport.disk.inspection.facts import Layout, Partition
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.disk.registry.hive import Key
from pulumi_vmimport.disk.windows.windows_hives import WindowsHives, number, strings, text

_INTERFACES = "CCS\\Services\\Tcpip\\Parameters\\Interfaces"
_DRIVE_D = "\\DosDevices\\D:"
_MBR_DEVICE = struct.Struct("<IQ")  # signature of the disk, offset of the partition
_GPT_DEVICE = b"DMIO:ID:"
_GUID_BYTES = 16
_MAX_DEVICE_CHARACTERS = 120


def network_facts(hives: WindowsHives) -> Iterator[Fact]:
    """The adapters with their addresses. Raises: what the source of the image raises."""
    yield hives.fact("network.interfaces", HiveName.SYSTEM, _INTERFACES, _interfaces)


def _interfaces(key: Key | None) -> FactValue:
    if key is None:
        return None
    return [
        {
            "id": interface.name,
            "dhcp": number(interface, "EnableDHCP"),
            "addresses": [address for address in strings(interface, "IPAddress") or () if address],
            "lease": text(interface, "DhcpIPAddress"),
        }
        for interface in key.subkeys()
    ]


def drive_letter_facts(hives: WindowsHives, layout: Layout) -> Iterator[Fact]:
    """What has the letter D:. Raises: what the source of the image raises."""
    yield hives.fact("mounted.d", HiveName.SYSTEM, "MountedDevices", lambda key: _device(key, layout), _DRIVE_D)


def _device(key: Key | None, layout: Layout) -> FactValue:
    value = key.value(_DRIVE_D) if key is not None else None
    if value is None:
        return None
    data = value.data
    if len(data) == _MBR_DEVICE.size:
        signature, offset = _MBR_DEVICE.unpack(data)
        matching = [p for p in layout.partitions if layout.disk_signature == f"{signature:08x}"]
        found = next((p for p in matching if p.start_bytes == offset), None)
        return _mounted(f"offset {offset} of the disk with the signature {signature:08x}", found)
    if data.startswith(_GPT_DEVICE) and len(data) == len(_GPT_DEVICE) + _GUID_BYTES:
        guid = str(UUID(bytes_le=data[len(_GPT_DEVICE) :])).upper()
        return _mounted(f"the partition {guid}", next((p for p in layout.partitions if p.guid == guid), None))
    name = data[: len(data) & ~1].decode("utf-16-le", errors="replace")
    return _mounted(printable(name, _MAX_DEVICE_CHARACTERS), None)


def _mounted(device: str, partition: Partition | None) -> FactValue:
    return {"device": device, "partition": partition.number if partition else None}
