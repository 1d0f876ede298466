"""The facts of a virtual machine, read from its pyVmomi properties."""

from typing import Any

from pyVmomi import vim

from pulumi_vmimport.vsphere.hardware_kinds import AdapterKind, ControllerKind, DiskBacking, PowerState
from pulumi_vmimport.vsphere.machine_facts import MachineFacts, NetworkAdapter, StorageController, VirtualDisk

PROPERTIES = (
    "name",
    "runtime.connectionState",
    "runtime.consolidationNeeded",
    "runtime.powerState",
    "summary.storage.committed",
)
"""The properties that `facts_from` needs in addition to `config`; a snapshot has its own `config`"""

# Subclasses come before their bases: VirtualLsiLogicSASController is no VirtualLsiLogicController, but E1000e and E1000
# are siblings, and newer pyVmomi versions may add more.
_CONTROLLERS = (
    (vim.vm.device.VirtualLsiLogicSASController, ControllerKind.LSI_LOGIC_SAS),
    (vim.vm.device.VirtualLsiLogicController, ControllerKind.LSI_LOGIC),
    (vim.vm.device.ParaVirtualSCSIController, ControllerKind.PVSCSI),
    (vim.vm.device.VirtualBusLogicController, ControllerKind.BUS_LOGIC),
    (vim.vm.device.VirtualSATAController, ControllerKind.SATA),
    (vim.vm.device.VirtualNVMEController, ControllerKind.NVME),
    (vim.vm.device.VirtualIDEController, ControllerKind.IDE),
    (vim.vm.device.VirtualSCSIController, ControllerKind.OTHER),
)
_ADAPTERS = (
    (vim.vm.device.VirtualVmxnet3, AdapterKind.VMXNET3),
    (vim.vm.device.VirtualE1000e, AdapterKind.E1000E),
    (vim.vm.device.VirtualE1000, AdapterKind.E1000),
    (vim.vm.device.VirtualEthernetCard, AdapterKind.OTHER),
)
_BACKINGS = (
    (vim.vm.device.VirtualDisk.RawDiskMappingVer1BackingInfo, DiskBacking.RAW_DEVICE),
    (vim.vm.device.VirtualDisk.RawDiskVer2BackingInfo, DiskBacking.RAW_DEVICE),
    (vim.vm.device.VirtualDisk.FlatVer2BackingInfo, DiskBacking.FLAT),
    (vim.vm.device.VirtualDisk.FlatVer1BackingInfo, DiskBacking.FLAT),
    (vim.vm.device.VirtualDisk.SeSparseBackingInfo, DiskBacking.SE_SPARSE),
    (vim.vm.device.VirtualDisk.SparseVer2BackingInfo, DiskBacking.SPARSE),
    (vim.vm.device.VirtualDisk.SparseVer1BackingInfo, DiskBacking.SPARSE),
)
_VIRTUAL = vim.vm.device.VirtualDevice
_PASSTHROUGH = (
    vim.vm.device.VirtualNVDIMM,
    vim.vm.device.VirtualPCIPassthrough,
    vim.vm.device.VirtualSCSIPassthrough,
    vim.vm.device.VirtualSriovEthernetCard,
    vim.vm.device.VirtualUSB,
)
_MEDIA = (
    vim.vm.device.VirtualCdrom,
    vim.vm.device.VirtualFloppy,
    vim.vm.device.VirtualParallelPort,
    vim.vm.device.VirtualSerialPort,
)
_HOST_BACKINGS = (_VIRTUAL.DeviceBackingInfo, _VIRTUAL.RemoteDeviceBackingInfo)
_MULTI_WRITER, _NO_SHARING = "sharingMultiWriter", "noSharing"


def facts_from(moid: str, properties: dict[str, Any]) -> MachineFacts:
    """The facts of a machine, or of a snapshot whose `config` is among the properties."""
    config = properties["config"]
    devices = config.hardware.device
    return MachineFacts(
        name=properties["name"],
        moid=moid,
        uuid=config.uuid,
        power_state=PowerState(properties["runtime.powerState"]),
        firmware=config.firmware or "bios",
        guest_id=config.guestId or "",
        hardware_version=config.version or "",
        cpus=config.hardware.numCPU,
        cores_per_socket=config.hardware.numCoresPerSocket or 1,
        memory_mib=config.hardware.memoryMB,
        controllers=tuple(
            StorageController(
                device.key, kind, device.busNumber, type(device).__name__.rpartition(".")[2], _shares_its_bus(device)
            )
            for device in devices
            if (kind := controller_kind(device)) is not None
        ),
        disks=tuple(disk_from(device) for device in devices if isinstance(device, vim.vm.device.VirtualDisk)),
        network_adapters=tuple(
            NetworkAdapter(kind, getattr(device.backing, "deviceName", None) or "")
            for device in devices
            if (kind := _first_match(device, _ADAPTERS)) is not None
        ),
        change_version=config.changeVersion,
        committed_bytes=properties.get("summary.storage.committed"),
        is_encrypted=config.keyId is not None,
        has_vtpm=any(isinstance(device, vim.vm.device.VirtualTPM) for device in devices),
        passthrough_devices=tuple(_label(device) for device in devices if isinstance(device, _PASSTHROUGH)),
        connected_host_media=tuple(_label(device) for device in devices if _is_connected_to_host(device)),
        needs_consolidation=bool(properties.get("runtime.consolidationNeeded")),
        connection_state=str(properties.get("runtime.connectionState", "connected")),
    )


def controller_kind(device: Any) -> ControllerKind | None:
    """The kind of a storage controller; None for any other device."""
    kind: ControllerKind | None = _first_match(device, _CONTROLLERS)
    return kind


def disk_from(device: Any) -> VirtualDisk:
    """The facts of a vim.vm.device.VirtualDisk."""
    return VirtualDisk(
        key=device.key,
        label=_label(device),
        capacity_bytes=device.capacityInBytes or device.capacityInKB * 1024,
        controller_key=device.controllerKey,
        unit_number=device.unitNumber or 0,
        backing=_first_match(device.backing, _BACKINGS) or DiskBacking.OTHER,
        mode=getattr(device.backing, "diskMode", None) or "persistent",
        is_multi_writer=getattr(device.backing, "sharing", None) == _MULTI_WRITER,
        is_encrypted=getattr(device.backing, "keyId", None) is not None,
        file=getattr(device.backing, "fileName", None) or "",
        is_delta=getattr(device.backing, "parent", None) is not None,
    )


def _label(device: Any) -> str:
    kind = "disk" if isinstance(device, vim.vm.device.VirtualDisk) else type(device).__name__.rpartition(".")[2]
    return device.deviceInfo.label if device.deviceInfo else f"{kind} {device.key}"


def _shares_its_bus(device: Any) -> bool:
    """Only SCSI and NVMe controllers can."""
    sharing = getattr(device, "sharedBus", None) or getattr(device, "sharing", None)
    return sharing is not None and sharing != _NO_SHARING


def _is_connected_to_host(device: Any) -> bool:
    connectable = device.connectable
    is_connected = connectable is not None and (connectable.connected or connectable.startConnected)
    return bool(is_connected) and isinstance(device, _MEDIA) and isinstance(device.backing, _HOST_BACKINGS)


def _first_match(device: Any, kinds: tuple[tuple[Any, Any], ...]) -> Any:
    return next((kind for type_, kind in kinds if isinstance(device, type_)), None)
