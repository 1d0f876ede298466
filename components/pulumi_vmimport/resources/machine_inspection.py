"""Inspects a virtual machine in vSphere before it is exported: its hardware, and its disks on their datastores.

vSphere serves the files of a VM that is powered off, on VMFS and NFS. This module combines vSphere, transfers and disk
formats, which only exchange bytes and facts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from pulumi_vmimport.disk.descriptor_kind import is_vmdk_descriptor
from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.guest.guest_facts import GuestFacts
from pulumi_vmimport.disk.inspection.facts import Container, DiskFacts, ImageFacts, Layout
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest, inspect_disk
from pulumi_vmimport.disk.inspection.package_facts import OvfAdapter, OvfDisk, OvfFacts
from pulumi_vmimport.disk.ovf_writer import AdapterSubtype, ControllerSubtype
from pulumi_vmimport.transfer.ranged_image import NEAR_READ, RangedImage
from pulumi_vmimport.vsphere.datastore_file import DatastorePath
from pulumi_vmimport.vsphere.hardware_kinds import AdapterKind, ControllerKind, DiskBacking, PowerState
from pulumi_vmimport.vsphere.machine_facts import MachineFacts, VirtualDisk
from pulumi_vmimport.vsphere.machine_files import MachineFiles
from pulumi_vmimport.vsphere.machine_snapshot import MachineSnapshot
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import DatastoreFileError, VSphereFaultError

_FLAT = frozenset({"vmfs", "monolithicflat", "vmfseagerzeroedthick", "vmfsthin", "vmfspreallocated"})
_DELTA = frozenset({"vmfssparse", "sesparse"})
_OBJECTS = {"vsan://": "vSAN", "vvol://": "Virtual Volumes", "objectid://": "an object store"}
_EXPORT_FIRST = "export the VM and inspect the result"

FoundT = TypeVar("FoundT")


@dataclass(frozen=True)
class InspectedMachine:
    """The facts of a VM, and what reading them took."""

    facts: ImageFacts
    requests: int
    received_bytes: int


def inspect_machine(
    source: VSphereMachine | MachineSnapshot,
    facts: MachineFacts,
    wait: Callable[[float], None],
    read_guest: ReadGuest | None = None,
) -> InspectedMachine:
    """The facts of a machine, or of a snapshot of it.

    `wait` waits for seconds. `read_guest` is that of `disk.inspection.inspect_image`.

    A disk that vSphere does not serve has no layout, and `not_read` gives the reason. Raises: VSphereError if the
    machine itself cannot be read; what `wait` raises.
    """
    machine = source.machine if isinstance(source, MachineSnapshot) else source
    reader = _DiskReader(machine, facts, wait)
    # A snapshot reports no power state of its own, but its machine locks its files.
    reason = _not_off(machine.power_state())
    disks = tuple(
        # A machine boots from its first disk.
        reader.read(disk, None if number else read_guest) if reason is None else _not_read(disk, reason)
        for number, disk in enumerate(facts.disks)
    )
    image = ImageFacts(
        name=facts.name,
        size_bytes=sum(disk.capacity_bytes for disk in facts.disks),
        container=Container.VIRTUAL_MACHINE,
        ova=None,
        disks=disks,
        machine=_hardware(facts),
    )
    return InspectedMachine(image, reader.requests, reader.received_bytes)


def read_first_disk(
    machine: VSphereMachine,
    facts: MachineFacts,
    wait: Callable[[float], None],
    read: Callable[[DiskContent, Layout], FoundT],
) -> FoundT:
    """What `read` finds on the disk that a machine boots from.

    Raises: DiskImageError if the disk cannot be read; VSphereError if the machine itself cannot be read; what `wait`
    and `read` raise.
    """
    if (reason := _not_off(machine.power_state())) is not None:
        raise DiskImageError(reason)
    found: list[FoundT] = []

    def read_guest(content: DiskContent, layout: Layout) -> GuestFacts:
        found.append(read(content, layout))
        return GuestFacts(None)

    disk = _DiskReader(machine, facts, wait).read(facts.disks[0], read_guest)
    if not found:
        damage = "; ".join(f"{each.where}: {each.words}" for each in disk.damage)
        raise DiskImageError(disk.not_read or damage or f"{disk.name} has no content")
    return found[0]


class _DiskReader:
    """Reads the disks of a machine, and counts the requests."""

    def __init__(self, machine: VSphereMachine, facts: MachineFacts, wait: Callable[[float], None]) -> None:
        self._machine, self._facts, self._wait = machine, facts, wait
        self.requests = self.received_bytes = 0

    def read(self, disk: VirtualDisk, read_guest: ReadGuest | None) -> DiskFacts:
        path = DatastorePath.parse(disk.file)
        reason = _unreadable(self._facts, disk) or ("vSphere reports no file for it" if path is None else None)
        if reason or path is None:
            return _not_read(disk, reason or "")
        try:
            return self._read_files(disk, path, read_guest)
        except (DatastoreFileError, VSphereFaultError) as error:
            return _not_read(disk, str(error))

    def _read_files(self, disk: VirtualDisk, path: DatastorePath, read_guest: ReadGuest | None) -> DiskFacts:
        images: list[RangedImage] = []
        with MachineFiles(self._machine, self._wait) as files:

            def open_image(at: DatastorePath) -> RangedImage:
                images.append(RangedImage(files.open(at, NEAR_READ.chunk_bytes)))
                return images[-1]

            try:
                descriptor = open_image(path)
                if not is_vmdk_descriptor(descriptor.read_at(0, NEAR_READ.chunk_bytes)):
                    return _not_read(disk, f"{path} is no descriptor of a VMDK; {_EXPORT_FIRST}")

                def open_sibling(name: str) -> RangedImage:
                    return open_image(path.sibling(name))

                found = inspect_disk(descriptor, str(path), open_sibling, deep=False, read_guest=read_guest)
                size_bytes = images[-1].size_bytes
            finally:
                self.requests += sum(image.requests for image in images)
                self.received_bytes += sum(image.received_bytes for image in images)
        if found.layout is None and (reason := _reason_of(found)):
            return _not_read(disk, reason)
        return replace(found, container=Container.DATASTORE, size_bytes=size_bytes, vmdk=None)


def _not_off(state: PowerState) -> str | None:
    if state is PowerState.OFF:
        return None
    words = "powered on" if state is PowerState.ON else state
    return f"the VM is {words}, and vSphere locks the files of its disks until it is powered off"


def _unreadable(facts: MachineFacts, disk: VirtualDisk) -> str | None:
    """Why the file of this disk is not the content of the disk."""
    if facts.is_encrypted or disk.is_encrypted:
        return "vSphere encrypts its file"
    if disk.is_delta:
        return "it holds only the changes since a snapshot or a linked clone; delete the snapshots, or clone the VM"
    if disk.backing is not DiskBacking.FLAT:
        return f"it is a {disk.backing} disk, of which only flat ones are read; {_EXPORT_FIRST}"
    return None


def _reason_of(found: DiskFacts) -> str | None:
    """Why the descriptor did not lead to the content, unless the damage says so."""
    kind = (found.vmdk.create_type if found.vmdk else None) or "unknown"
    for extent in found.vmdk.extent_files if found.vmdk else ():
        scheme = next((scheme for scheme in _OBJECTS if extent.startswith(scheme)), None)
        if scheme:
            return f"its data is in {_OBJECTS[scheme]}, which does not serve it as a file; {_EXPORT_FIRST}"
    if kind.lower() in _DELTA:
        return f"it holds only the changes since a snapshot ({kind}); delete the snapshots, or clone the VM"
    if kind.lower() not in _FLAT:
        return f"it is a VMDK of type {kind}, of which only flat ones are read; {_EXPORT_FIRST}"
    return None if found.damage else f"its descriptor names no flat file; {_EXPORT_FIRST}"


def _not_read(disk: VirtualDisk, reason: str) -> DiskFacts:
    return DiskFacts(
        name=disk.file or disk.label,
        container=Container.DATASTORE,
        size_bytes=disk.capacity_bytes,
        capacity_bytes=disk.capacity_bytes,
        sector_bytes=None,
        not_read=reason,
    )


def _hardware(facts: MachineFacts) -> OvfFacts:
    """The hardware as a descriptor that vSphere writes describes it."""
    return OvfFacts(
        version="1",
        virtual_systems=1,
        name=facts.name,
        operating_system_id="",
        guest_id=facts.guest_id,
        operating_system="",
        firmware=facts.firmware,
        secure_boot=None,
        hardware_version=facts.hardware_version,
        cpus=facts.cpus,
        memory_mib=facts.memory_mib,
        files=(),
        disks=tuple(
            OvfDisk(
                id=disk.label,
                file=disk.file or disk.label,
                capacity_bytes=disk.capacity_bytes,
                format="",
                parent=None,
                controller=_subtype(facts.controller_of(disk).kind),
                unit_number=str(disk.unit_number),
            )
            for disk in facts.disks
        ),
        adapters=tuple(OvfAdapter(_adapter(nic.kind), nic.network) for nic in facts.network_adapters),
        cd_drives=0,
        cd_images=(),  # an export has none
        floppy_drives=0,
        controllers=tuple(_subtype(controller.kind) for controller in facts.controllers),
    )


def _subtype(kind: ControllerKind) -> str:
    known = {subtype.name: subtype.value for subtype in ControllerSubtype}
    return known.get(kind.name, kind.value)


def _adapter(kind: AdapterKind) -> str:
    known = {subtype.name: subtype.value for subtype in AdapterSubtype}
    return known.get(kind.name, kind.value)
