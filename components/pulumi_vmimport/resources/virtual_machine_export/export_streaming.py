"""From a virtual machine that is off, or a snapshot, to the bytes of an OVA or of its disks: one pass, no local disk.

The one place where vSphere, disk formats and transfers meet; each of them only sees buffers, iterators and facts.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from pulumi_vmimport.disk import ovf_writer
from pulumi_vmimport.disk.stream_optimized import StreamOptimizedCheck
from pulumi_vmimport.transfer.ova_stream import OvaStream, StreamedFile
from pulumi_vmimport.transfer.part_sizes import growing_part_sizes
from pulumi_vmimport.transfer.part_stream import PartStream
from pulumi_vmimport.vsphere.lease_disks import LeaseDisk, disks_of_lease
from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.virtual_machine import MachineFacts, VirtualDisk, VirtualMachine
from pulumi_vmimport.vsphere.vm_snapshots import Snapshot

_LOOK_SECONDS = 0.5
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")

Send = Callable[..., object]
"""Sends a part: its number, and its bytes as buffers"""


@dataclass(frozen=True)
class PassedDisk:
    """A disk that has passed."""

    disk: VirtualDisk
    name: str
    size_bytes: int
    capacity_bytes: int
    sha256: str


@dataclass(frozen=True)
class Watch:
    """What an export is given by its run."""

    wait: Callable[[float], None]
    """Lets time pass; raises to end the export"""
    status: Callable[[str], None]
    """Shows how far it is"""


def member_name(facts: MachineFacts) -> str:
    """The machine's name as a file may have it."""
    return _NOT_IN_NAMES.sub("-", facts.name).strip("-.") or facts.moid


def stream_ova(source: VirtualMachine | Snapshot, facts: MachineFacts, send: Send, watch: Watch) -> list[PassedDisk]:
    """Send the OVA of a machine, the parts in any order.

    The CD drive is left out: EC2 refuses images with one, and an ISO mounted for installing is no part of the machine.
    The NVRAM is left out: VM Import has no use for it, and makes the boot variables of a UEFI machine anew.
    """
    name, passed = member_name(facts), list[PassedDisk]()
    with _parts(send, facts, watch) as parts:
        ova = OvaStream(parts)
        with ExportLease(source, watch.wait, expected_bytes=_expected_bytes(facts)) as lease:
            for number, (disk, offered) in enumerate(disks_of_lease(facts, lease.disks), 1):
                file = ova.start_disk(f"{name}-disk{number}.vmdk")
                passed.append(_pass(lease, offered, _Disk(facts, disk, number), file, watch))
                ova.end_disk(file)
        ova.finish(name, ovf_writer.descriptor(_machine(name, facts, passed)))
    return passed


def stream_disks(
    source: VirtualMachine | Snapshot, facts: MachineFacts, begin: Callable[[str], Send], watch: Watch
) -> list[PassedDisk]:
    """Send each disk of a machine by itself; `begin` is told the name of each, such as disk1.vmdk."""
    passed = list[PassedDisk]()
    with ExportLease(source, watch.wait, expected_bytes=_expected_bytes(facts)) as lease:
        for number, (disk, offered) in enumerate(disks_of_lease(facts, lease.disks), 1):
            name = f"disk{number}.vmdk"
            with _parts(begin(name), facts, watch) as parts:
                file = StreamedFile(parts, name)
                passed.append(_pass(lease, offered, _Disk(facts, disk, number), file, watch))
                parts.finish()
    return passed


def _parts(send: Send, facts: MachineFacts, watch: Watch) -> PartStream:
    return PartStream(send, size_of=growing_part_sizes(_expected_bytes(facts)), on_wait=lambda: watch.wait(0))


def _expected_bytes(facts: MachineFacts) -> int:
    return facts.committed_bytes or sum(disk.capacity_bytes for disk in facts.disks)


@dataclass(frozen=True)
class _Disk:
    facts: MachineFacts
    disk: VirtualDisk
    number: int


def _pass(lease: ExportLease, offered: LeaseDisk, of: _Disk, file: StreamedFile, watch: Watch) -> PassedDisk:
    watched = _WatchedFile(file, StreamOptimizedCheck(f"{of.facts.name} {of.disk.label}"), of, watch)
    lease.read(offered, watched)
    header = watched.check.end()
    return PassedDisk(of.disk, file.name, file.size_bytes, header.capacity_bytes, file.sha256)


class _WatchedFile:
    """A file whose bytes are looked at as they pass; shows now and then how far it is, and ends where the run does."""

    def __init__(self, file: StreamedFile, check: StreamOptimizedCheck, of: _Disk, watch: Watch) -> None:
        self.check = check
        self._file = file
        self._watch = watch
        self._what = f"disk {of.number} of {len(of.facts.disks)}"
        self._room = memoryview(b"")
        self._looked = self._began = time.monotonic()

    @property
    def size_bytes(self) -> int:
        return self._file.size_bytes

    @property
    def sha256(self) -> str:
        return self._file.sha256

    def get_buffer(self, max_bytes: int) -> memoryview:
        self._room = self._file.get_buffer(max_bytes)
        return self._room

    def advance(self, size_bytes: int) -> None:
        self.check.see(self._room[:size_bytes])
        self._file.advance(size_bytes)
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            rate = self._file.size_bytes / max(now - self._began, _LOOK_SECONDS) / 1e6
            self._watch.status(f"{self._what}: {self._file.size_bytes >> 20} MiB sent, {rate:.0f} MB/s")
            self._watch.wait(0)


def _machine(name: str, facts: MachineFacts, passed: list[PassedDisk]) -> ovf_writer.Machine:
    used = {one.disk.controller_key for one in passed}
    kinds = {kind.name: kind for kind in ovf_writer.ControllerKind}
    adapters = {kind.name: kind for kind in ovf_writer.AdapterKind}
    nic = facts.network_adapters[0] if facts.network_adapters else None
    return ovf_writer.Machine(
        name=name,
        guest_id=facts.guest_id,
        firmware=ovf_writer.Firmware(facts.firmware),
        hardware_version=facts.hardware_version,
        cpus=facts.cpus,
        cores_per_socket=facts.cores_per_socket,
        memory_mib=facts.memory_mib,
        controllers=tuple(
            ovf_writer.Controller(c.key, kinds.get(c.kind.name, ovf_writer.ControllerKind.LSI_LOGIC_SAS), c.bus_number)
            for c in facts.controllers
            if c.key in used
        ),
        disks=tuple(
            ovf_writer.Disk(one.name, one.size_bytes, one.capacity_bytes, one.disk.controller_key, one.disk.unit_number)
            for one in passed
        ),
        adapter=adapters.get(nic.kind.name, ovf_writer.AdapterKind.E1000E) if nic else None,
        network=(nic.network if nic else "") or "VM Network",
    )
