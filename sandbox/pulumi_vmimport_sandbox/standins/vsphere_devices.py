"""Convert the devices of a virtual machine between properties and vSphere, and compute changes to them."""

from typing import Any

from pyVmomi import vim

from .resource_kind import Rejected
from .values import Properties
from .vsphere_machine_outputs import DISK_OUTPUTS, NETWORK_INTERFACE_OUTPUTS
from .vsphere_session import VSphere, datastore_path

_device = vim.vm.device
SCSI = {
    "lsilogic": _device.VirtualLsiLogicController,
    "lsilogic-sas": _device.VirtualLsiLogicSASController,
    "pvscsi": _device.ParaVirtualSCSIController,
}
NIC = {
    "e1000": _device.VirtualE1000,
    "e1000e": _device.VirtualE1000e,
    "sriov": _device.VirtualSriovEthernetCard,
    "vmxnet3": _device.VirtualVmxnet3,
    "vmxnet3vrdma": _device.VirtualVmxnet3Vrdma,
}

# The device keys that vSphere assigns in a new machine.
_SCSI_KEY, _DISK_KEY, _CDROM_KEY, _NIC_KEY, _IDE_KEY = 1000, 2000, 3000, 4000, 200
_NEW_TPM_KEY = -1
DEFAULT_SCSI = "pvscsi"
_CONTROLLER_UNIT = 7  # the SCSI controller's own unit number
GIB = 1 << 30
_TPM = {"version": "2.0"}


def _is(device: Any, kind: Any) -> bool:
    return isinstance(device, kind)


def scsi_controller(machine: Properties) -> Any:
    """The SCSI controller of the inputs."""
    sharing = machine.get("scsiBusSharing", "noSharing")
    return SCSI[machine.get("scsiType", DEFAULT_SCSI)](key=_SCSI_KEY, busNumber=0, sharedBus=sharing)


def unit_of(disk: Properties) -> int:
    """The unit number of a disk on its bus."""
    unit = int(disk.get("unitNumber", 0))
    return unit if unit < _CONTROLLER_UNIT else unit + 1


def disk(service: VSphere, machine: Properties, inputs: Properties, unit: int) -> Any:
    """A disk of the inputs."""
    datastore = service.by_id(vim.Datastore, inputs.get("datastoreId") or machine["datastoreId"])
    return _device.VirtualDisk(
        key=_DISK_KEY + unit,
        controllerKey=_SCSI_KEY,
        unitNumber=unit,
        capacityInKB=inputs.get("size", 0) * GIB // 1024,
        backing=_device.VirtualDisk.FlatVer2BackingInfo(
            fileName=datastore_path(datastore, inputs.get("path", "")).strip(),
            diskMode=inputs.get("diskMode", "persistent"),
            thinProvisioned=inputs.get("thinProvisioned", True),
            eagerlyScrub=inputs.get("eagerlyScrub", False),
        ),
    )


def cdrom(service: VSphere, inputs: Properties, index: int) -> Any:
    """A CD drive of the inputs, with an ISO image or connected to the client's drive."""
    return _device.VirtualCdrom(
        key=_CDROM_KEY + index,
        controllerKey=_IDE_KEY + index // 2,
        unitNumber=index % 2,
        backing=_cdrom_backing(service, inputs, index),
        connectable=_device.VirtualDevice.ConnectInfo(startConnected=True, allowGuestControl=True, connected=True),
    )


def _cdrom_backing(service: VSphere, inputs: Properties, index: int) -> Any:
    """The backing of a CD drive. As the real provider, `up` finds what preview does not."""
    if inputs.get("clientDevice") and {"datastoreId", "path"} & inputs.keys():
        parameters = "client_device parameter and ISO file parameters (datastore_id, path)"
        raise Rejected(f"cdrom.{index}: cannot have both {parameters} set")
    if not inputs.get("clientDevice") and not {"datastoreId", "path"} <= inputs.keys():
        raise Rejected(f"cdrom.{index}: either client_device or datastore_id and path must be set")
    if inputs.get("clientDevice"):
        return _device.VirtualCdrom.RemotePassthroughBackingInfo(deviceName="", exclusive=False)
    datastore = service.by_id(vim.Datastore, inputs["datastoreId"])
    return _device.VirtualCdrom.IsoBackingInfo(fileName=datastore_path(datastore, inputs["path"]), datastore=datastore)


def nic(service: VSphere, inputs: Properties, index: int) -> Any:
    """A network adapter of the inputs."""
    adapter = NIC[inputs.get("adapterType", "vmxnet3")]
    return adapter(key=_NIC_KEY + index, backing=_nic_backing(service, inputs["networkId"]))


def _nic_backing(service: VSphere, network_id: str) -> Any:
    if network_id.startswith("dvportgroup-"):
        group = service.by_id(vim.dvs.DistributedVirtualPortgroup, network_id)
        switch = group.config.distributedVirtualSwitch.uuid
        port = vim.dvs.PortConnection(portgroupKey=group.key, switchUuid=switch)
        return _device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(port=port)
    network = service.by_id(vim.Network, network_id)
    return _device.VirtualEthernetCard.NetworkBackingInfo(deviceName=network.name, network=network)


def change(operation: str, device: Any, file_operation: str | None = None) -> Any:
    """One change to a device: add, edit or remove."""
    return _device.VirtualDeviceSpec(operation=operation, fileOperation=file_operation, device=device)


def new_devices(service: VSphere, machine: Properties) -> list[Any]:
    """The changes that add the devices of a new machine."""
    changes = [change("add", scsi_controller(machine))]
    for inputs in machine["disks"]:
        device = disk(service, machine, inputs, unit_of(inputs))
        changes.append(change("add", device, None if inputs.get("attach") else "create"))
    changes += [change("add", cdrom(service, inputs, index)) for index, inputs in enumerate(machine.get("cdroms", []))]
    changes += [change("add", nic(service, inputs, index)) for index, inputs in enumerate(machine["networkInterfaces"])]
    return [*changes, *_tpm_changes([], machine)]


def device_changes(service: VSphere, live: Any, olds: Properties, news: Properties) -> list[Any]:
    """The changes that make the devices of a live machine match the inputs."""
    devices = live.config.hardware.device
    return [
        *_disk_changes(service, devices, olds, news),
        *_cdrom_changes(service, devices, news.get("cdroms", [])),
        *_nic_changes(service, devices, news["networkInterfaces"]),
        *_tpm_changes(devices, news),
    ]


def need_power_off(changes: list[Any]) -> bool:
    """Whether the real provider powers the machine off first.

    It does to remove a network adapter without running Tools, and to add or remove a virtual TPM.
    """
    return any(
        _is(spec.device, _device.VirtualTPM)
        or (spec.operation == "remove" and _is(spec.device, _device.VirtualEthernetCard))
        for spec in changes
    )


def cannot_while_on(changes: list[Any]) -> bool:
    """Whether vSphere rejects the changes while the machine runs: IDE, the bus of CD drives, has no hot-plug.

    The real provider does not power the machine off for them either. Source:
    https://github.com/vmware/terraform-provider-vsphere/issues/358
    """
    return any(spec.operation != "edit" and _is(spec.device, _device.VirtualCdrom) for spec in changes)


def _disk_changes(service: VSphere, devices: list[Any], olds: Properties, news: Properties) -> list[Any]:
    changes = []
    live: dict[int, Any] = {device.unitNumber: device for device in devices if _is(device, _device.VirtualDisk)}
    wanted = {unit_of(inputs): inputs for inputs in news["disks"]}
    before = {unit_of(inputs): inputs for inputs in olds.get("disks", [])}
    for unit, inputs in wanted.items():
        capacity = inputs.get("size", 0) * GIB // 1024
        if unit not in live:
            operation = None if inputs.get("attach") else "create"
            changes.append(change("add", disk(service, news, inputs, unit), operation))
        elif not inputs.get("attach") and capacity > live[unit].capacityInKB:
            live[unit].capacityInKB, live[unit].capacityInBytes = capacity, capacity * 1024
            changes.append(change("edit", live[unit]))
        elif not inputs.get("attach") and capacity < live[unit].capacityInKB:
            size = live[unit].capacityInKB * 1024 // GIB
            raise Rejected(
                f"disk {inputs['label']}: virtual disks cannot be shrunk (old: {size} new: {inputs['size']})"
            )
    for unit in live.keys() - wanted.keys():
        is_kept = any(before.get(unit, {}).get(name) for name in ("attach", "keepOnRemove"))
        changes.append(change("remove", live[unit], None if is_kept else "destroy"))
    return changes


def _cdrom_changes(service: VSphere, devices: list[Any], wanted: list[Properties]) -> list[Any]:
    live = [device for device in devices if _is(device, _device.VirtualCdrom)]
    changes = []
    for index, (device, inputs) in enumerate(zip(live, wanted, strict=False)):
        backing = _cdrom_backing(service, inputs, index)
        if (type(backing), getattr(backing, "fileName", "")) != (
            type(device.backing),
            getattr(device.backing, "fileName", ""),
        ):
            device.backing = backing
            changes.append(change("edit", device))
    changes += [change("add", cdrom(service, inputs, len(live) + i)) for i, inputs in enumerate(wanted[len(live) :])]
    changes += [change("remove", device) for device in live[len(wanted) :]]
    return changes


def _nic_changes(service: VSphere, devices: list[Any], wanted: list[Properties]) -> list[Any]:
    live = [device for device in devices if _is(device, _device.VirtualEthernetCard)]
    changes = []
    for index, (device, inputs) in enumerate(zip(live, wanted, strict=False)):
        adapter = nic(service, inputs, index)
        if type(adapter) is not type(device):  # vSphere cannot change the type of an adapter
            changes += [change("remove", device), change("add", adapter)]
        elif _network_key(adapter) != _network_key(device):
            device.backing = adapter.backing
            changes.append(change("edit", device))
    changes += [change("add", nic(service, inputs, len(live) + i)) for i, inputs in enumerate(wanted[len(live) :])]
    changes += [change("remove", device) for device in live[len(wanted) :]]
    return changes


def _tpm_changes(devices: list[Any], inputs: Properties) -> list[Any]:
    live = [device for device in devices if _is(device, _device.VirtualTPM)]
    if inputs.get("vtpm"):
        return [] if live else [change("add", _device.VirtualTPM(key=_NEW_TPM_KEY))]
    return [change("remove", device) for device in live]


def _network_key(adapter: Any) -> str:
    """The name of an adapter's network, or the key of its distributed port group."""
    if isinstance(adapter.backing, _device.VirtualEthernetCard.DistributedVirtualPortBackingInfo):
        return str(adapter.backing.port.portgroupKey)
    return str(adapter.backing.deviceName)


def read_devices(machine: Any, state: Properties) -> Properties:
    """The properties of a live machine's devices. Disk labels come from the state, because vSphere has none."""
    devices = machine.config.hardware.device
    by_name = {datastore.name: datastore._moId for datastore in machine.datastore}  # noqa: SLF001
    networks = {getattr(network, "key", network.name): network._moId for network in machine.network}  # noqa: SLF001
    recorded = {unit_of(disk): disk for disk in state.get("disks", [])}
    has_tpm = any(_is(device, _device.VirtualTPM) for device in devices)
    disks = sorted(disks_of(machine), key=lambda device: [*recorded, *range(64)].index(device.unitNumber))
    return {
        "scsiType": scsi_type(devices),
        "vtpm": (state.get("vtpm") or dict(_TPM)) if has_tpm else None,
        "disks": [_read_disk(device, recorded.get(device.unitNumber, {}), by_name) for device in disks],
        "cdroms": [_read_cdrom(device, by_name) for device in devices if _is(device, _device.VirtualCdrom)],
        "networkInterfaces": [
            {
                **NETWORK_INTERFACE_OUTPUTS,
                "networkId": networks.get(_network_key(device), _network_key(device)),
                "adapterType": next((name for name, kind in NIC.items() if type(device) is kind), None),
                "macAddress": device.macAddress,
                "key": device.key,
                "deviceAddress": f"pci:0:{device.unitNumber}",
            }
            for device in devices
            if _is(device, _device.VirtualEthernetCard)
        ],
    }


def scsi_type(devices: list[Any]) -> str | None:
    """The type of the first SCSI controller."""
    found = (name for name, kind in SCSI.items() if any(type(device) is kind for device in devices))
    return next(found, None)


def disks_of(machine: Any) -> list[Any]:
    """The disks of a live machine in the order of their unit numbers."""
    disks = (device for device in machine.config.hardware.device if _is(device, _device.VirtualDisk))
    return sorted(disks, key=lambda device: device.unitNumber)


def _read_disk(device: Any, recorded: Properties, datastores: dict[str, str]) -> Properties:
    unit = device.unitNumber if device.unitNumber < _CONTROLLER_UNIT else device.unitNumber - 1
    return {
        **DISK_OUTPUTS,
        "label": f"disk{unit}",
        "datastoreId": datastores.get(device.backing.fileName[1:].split("] ", 1)[0]),
        "deviceAddress": f"scsi:0:{unit}",
        "eagerlyScrub": bool(device.backing.eagerlyScrub),
        **recorded,
        **({} if recorded.get("attach") else {"size": device.capacityInKB * 1024 // GIB}),
        "unitNumber": unit,
        "key": device.key,
        "uuid": device.backing.uuid,
        "path": device.backing.fileName.split("] ", 1)[-1],
        "diskMode": device.backing.diskMode,
        "thinProvisioned": bool(device.backing.thinProvisioned),
    }


def _read_cdrom(device: Any, datastores: dict[str, str]) -> Properties:
    if not isinstance(device.backing, _device.VirtualCdrom.IsoBackingInfo):
        return {"clientDevice": True, "key": device.key}
    name, path = device.backing.fileName.removeprefix("[").split("] ", 1)
    return {"datastoreId": datastores.get(name, name), "path": path, "key": device.key}
