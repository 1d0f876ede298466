"""The hardware of a virtual machine, as plain facts. Does not import pyVmomi: the import takes a tenth of a second."""

from dataclasses import dataclass

from pulumi_vmimport.vsphere.hardware_kinds import AdapterKind, ControllerKind, DiskBacking, PowerState


@dataclass(frozen=True)
class StorageController:
    """A storage controller; `type_name` is its vSphere type, such as `VirtualLsiLogicSASController`."""

    key: int
    kind: ControllerKind
    bus_number: int
    type_name: str
    is_shared: bool = False
    """Whether virtual machines share its bus"""


@dataclass(frozen=True)
class VirtualDisk:
    """A disk and its slot."""

    key: int
    label: str
    capacity_bytes: int
    controller_key: int
    unit_number: int
    backing: DiskBacking
    mode: str = "persistent"
    """vSphere's VirtualDiskMode"""
    is_multi_writer: bool = False
    """Whether several virtual machines may write to it at the same time"""
    is_encrypted: bool = False
    file: str = ""
    """The path of its VMDK, such as `[datastore1] web/web.vmdk`; empty if vSphere reports none"""
    is_delta: bool = False
    """Whether it holds only the changes since a snapshot, or since the disk that a linked clone uses"""


@dataclass(frozen=True)
class NetworkAdapter:
    """A network adapter; `network` is empty if vSphere reports no name."""

    kind: AdapterKind
    network: str


@dataclass(frozen=True)
class MachineFacts:
    """A virtual machine as vSphere reports it."""

    name: str
    moid: str
    """The managed object id"""
    uuid: str
    """The BIOS UUID"""
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
    change_version: str
    """Changes with every reconfiguration"""
    committed_bytes: int | None
    """The space that the machine uses on its datastores: an upper bound for the size of its exported disks"""

    is_encrypted: bool = False
    """Whether vSphere encrypts the files of the machine"""
    has_vtpm: bool = False
    passthrough_devices: tuple[str, ...] = ()
    """The labels of the devices of the host or of a client that the machine uses directly"""
    connected_host_media: tuple[str, ...] = ()
    """The labels of the drives and ports that are connected to a device of the host or of a client"""
    needs_consolidation: bool = False
    """Whether delta disks of deleted snapshots are left"""
    connection_state: str = "connected"
    """vSphere's VirtualMachineConnectionState"""

    def controller_of(self, disk: VirtualDisk) -> StorageController:
        """The controller of a disk."""
        return next(controller for controller in self.controllers if controller.key == disk.controller_key)
