"""One virtual machine: what it is made of, and switching it off."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pyVmomi import vim

from pulumi_vmimport.vsphere.session import VSphereSession, Wait
from pulumi_vmimport.vsphere.soap_faults import faults_as_errors
from pulumi_vmimport.vsphere.vsphere_errors import GuestStillRunningError

_POLL_SECONDS = 2.0


class PowerState(StrEnum):
    """vSphere's VirtualMachinePowerState."""

    ON = "poweredOn"
    OFF = "poweredOff"
    SUSPENDED = "suspended"


class ControllerKind(StrEnum):
    """A storage controller; SCSI ones by the names of pulumi-vsphere's `scsi_type`."""

    LSI_LOGIC_SAS = "lsilogic-sas"
    LSI_LOGIC = "lsilogic"
    PVSCSI = "pvscsi"
    BUS_LOGIC = "buslogic"
    SATA = "sata"
    NVME = "nvme"
    IDE = "ide"
    OTHER = "other"


class AdapterKind(StrEnum):
    """A network adapter, by the names of pulumi-vsphere's `adapter_type`."""

    VMXNET3 = "vmxnet3"
    E1000E = "e1000e"
    E1000 = "e1000"
    OTHER = "other"


class DiskBacking(StrEnum):
    """What holds a disk's bytes. vSphere exports flat and sparse ones; VM-10 refuses the others."""

    FLAT = "flat"
    SPARSE = "sparse"
    SE_SPARSE = "seSparse"
    RAW_DEVICE = "rawDeviceMapping"
    OTHER = "other"


@dataclass(frozen=True)
class StorageController:
    """A storage controller, and the name of its vSphere type, such as `VirtualLsiLogicSASController`."""

    key: int
    kind: ControllerKind
    bus_number: int
    type_name: str


@dataclass(frozen=True)
class VirtualDisk:
    """A disk in its slot."""

    key: int
    label: str
    capacity_bytes: int
    controller_key: int
    unit_number: int
    backing: DiskBacking
    file_name: str
    """Datastore path, such as `[datastore1] web01/web01.vmdk`"""
    thin: bool | None
    disk_mode: str
    """`persistent`, `independent_persistent` ..."""


@dataclass(frozen=True)
class NetworkAdapter:
    """A network adapter; `network` is empty where vSphere names none."""

    key: int
    kind: AdapterKind
    mac_address: str
    network: str


@dataclass(frozen=True)
class CdromDrive:
    """A CD drive; `iso_path` is the datastore path of its ISO file, None for any other backing."""

    key: int
    iso_path: str | None
    connected: bool
    start_connected: bool


@dataclass(frozen=True)
class MachineFacts:
    """A virtual machine as it stands."""

    name: str
    moid: str
    uuid: str
    instance_uuid: str
    power_state: PowerState
    firmware: str
    """`bios` or `efi`"""
    guest_id: str
    hardware_version: str
    cpus: int
    cores_per_socket: int
    memory_mib: int
    controllers: tuple[StorageController, ...]
    disks: tuple[VirtualDisk, ...]
    network_adapters: tuple[NetworkAdapter, ...]
    cdroms: tuple[CdromDrive, ...]
    change_version: str
    """Changes with every reconfiguration"""
    has_snapshots: bool
    committed_bytes: int | None
    """What the machine takes up on its datastores: the upper end of what its exported disks can weigh"""
    tools_running: bool

    def controller_of(self, disk: VirtualDisk) -> StorageController:
        """The controller a disk hangs on."""
        return next(controller for controller in self.controllers if controller.key == disk.controller_key)


class VirtualMachine:
    """A virtual machine of a session."""

    def __init__(self, session: VSphereSession, reference: Any) -> None:
        self.session = session
        self.reference = reference

    @property
    def moid(self) -> str:
        """The managed object id, such as `vm-29`."""
        return str(self.reference._moId)  # noqa: SLF001 - pyVmomi has no public name for it

    @property
    def called(self) -> str:
        """What messages call it."""
        return f"virtual machine {self.moid}"

    def begin_export(self) -> Any:
        """The vim.HttpNfcLease of a new export; the machine must be off."""
        with faults_as_errors(f"export {self.called}"):
            return self.reference.ExportVm()

    def facts(self) -> MachineFacts:
        """What the machine is made of."""
        with faults_as_errors(f"read virtual machine {self.moid}"):
            found = self.session.properties(
                self.reference,
                "name",
                "config",
                "runtime.powerState",
                "snapshot",
                "summary.storage.committed",
                "guest.toolsRunningStatus",
            )
        return facts_of(self.moid, found)

    def power_state(self) -> PowerState:
        """Whether it runs."""
        with faults_as_errors(f"read the power state of virtual machine {self.moid}"):
            return PowerState(self.session.properties(self.reference, "runtime.powerState")["runtime.powerState"])

    def power_off(self, wait: Wait) -> None:
        """Cut the power, as pulling the plug would. Nothing to do when it is off."""
        if self.power_state() is PowerState.OFF:
            return
        action = f"power off virtual machine {self.moid}"
        with faults_as_errors(action):
            task = self.reference.PowerOffVM_Task()
        self.session.result_of(task, action, wait)

    def shut_down_guest(self, wait: Wait, *, grace_seconds: float = 300.0) -> None:
        """Ask the guest to shut down, and wait until the machine is off. Nothing to do when it is.

        Raises: VSphereFaultError `ToolsUnavailable` when no VMware Tools run in the guest; GuestStillRunningError.
        """
        if self.power_state() is PowerState.OFF:
            return
        with faults_as_errors(f"shut down the guest of virtual machine {self.moid}"):
            self.reference.ShutdownGuest()
        self.wait_until_off(wait, grace_seconds=grace_seconds)

    def wait_until_off(self, wait: Wait, *, grace_seconds: float = 300.0) -> None:
        """Wait until the machine is off. Raises: GuestStillRunningError when the grace is over."""
        waited = 0.0
        while self.power_state() is not PowerState.OFF:
            if waited >= grace_seconds:
                raise GuestStillRunningError(self.moid, waited)
            wait(_POLL_SECONDS)
            waited += _POLL_SECONDS


# Subclasses before what they derive from: the LSI Logic SAS controller is no LSI Logic one, but E1000e and E1000 are
# siblings, and newer pyVmomi may add more.
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


def facts_of(moid: str, found: dict[str, Any]) -> MachineFacts:
    """The facts in a machine's properties; a snapshot has a `config` of its own."""
    config = found["config"]
    devices = config.hardware.device
    return MachineFacts(
        name=found["name"],
        moid=moid,
        uuid=config.uuid,
        instance_uuid=config.instanceUuid or "",
        power_state=PowerState(found["runtime.powerState"]),
        firmware=config.firmware or "bios",
        guest_id=config.guestId or "",
        hardware_version=config.version or "",
        cpus=config.hardware.numCPU,
        cores_per_socket=config.hardware.numCoresPerSocket or 1,
        memory_mib=config.hardware.memoryMB,
        controllers=tuple(
            StorageController(device.key, kind, device.busNumber, type(device).__name__.rpartition(".")[2])
            for device in devices
            if (kind := _kind(device, _CONTROLLERS)) is not None
        ),
        disks=tuple(_disk(device) for device in devices if isinstance(device, vim.vm.device.VirtualDisk)),
        network_adapters=tuple(
            NetworkAdapter(device.key, kind, device.macAddress or "", getattr(device.backing, "deviceName", None) or "")
            for device in devices
            if (kind := _kind(device, _ADAPTERS)) is not None
        ),
        cdroms=tuple(_cdrom(device) for device in devices if isinstance(device, vim.vm.device.VirtualCdrom)),
        change_version=config.changeVersion,
        has_snapshots=found.get("snapshot") is not None,
        committed_bytes=found.get("summary.storage.committed"),
        tools_running=found.get("guest.toolsRunningStatus") == "guestToolsRunning",
    )


def _kind(device: Any, kinds: tuple[tuple[Any, Any], ...]) -> Any:
    return next((kind for type_, kind in kinds if isinstance(device, type_)), None)


def _disk(device: Any) -> VirtualDisk:
    return VirtualDisk(
        key=device.key,
        label=device.deviceInfo.label if device.deviceInfo else f"disk {device.key}",
        capacity_bytes=device.capacityInBytes or device.capacityInKB * 1024,
        controller_key=device.controllerKey,
        unit_number=device.unitNumber or 0,
        backing=_kind(device.backing, _BACKINGS) or DiskBacking.OTHER,
        file_name=getattr(device.backing, "fileName", None) or "",
        thin=getattr(device.backing, "thinProvisioned", None),
        disk_mode=getattr(device.backing, "diskMode", None) or "",
    )


def _cdrom(device: Any) -> CdromDrive:
    state = device.connectable
    return CdromDrive(
        key=device.key,
        iso_path=device.backing.fileName
        if isinstance(device.backing, vim.vm.device.VirtualCdrom.IsoBackingInfo)
        else None,
        connected=bool(state and state.connected),
        start_connected=bool(state and state.startConnected),
    )
