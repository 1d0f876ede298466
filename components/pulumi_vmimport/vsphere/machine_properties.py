"""The facts of a virtual machine, read from its pyVmomi properties."""

from typing import Any

from pyVmomi import vim

from pulumi_vmimport.vsphere.machine_facts import (
    AdapterKind,
    ControllerKind,
    DiskBacking,
    MachineFacts,
    NetworkAdapter,
    PowerState,
    StorageController,
    VirtualDisk,
)

PROPERTIES = ("name", "runtime.powerState", "summary.storage.committed")
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
            StorageController(device.key, kind, device.busNumber, type(device).__name__.rpartition(".")[2])
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
    )


def controller_kind(device: Any) -> ControllerKind | None:
    """The kind of a storage controller; None for any other device."""
    kind: ControllerKind | None = _first_match(device, _CONTROLLERS)
    return kind


def disk_from(device: Any) -> VirtualDisk:
    """The facts of a vim.vm.device.VirtualDisk."""
    return VirtualDisk(
        key=device.key,
        label=device.deviceInfo.label if device.deviceInfo else f"disk {device.key}",
        capacity_bytes=device.capacityInBytes or device.capacityInKB * 1024,
        controller_key=device.controllerKey,
        unit_number=device.unitNumber or 0,
        backing=_first_match(device.backing, _BACKINGS) or DiskBacking.OTHER,
    )


def _first_match(device: Any, kinds: tuple[tuple[Any, Any], ...]) -> Any:
    return next((kind for type_, kind in kinds if isinstance(device, type_)), None)
