"""Stream a powered-off machine, or a snapshot, into an OVA or VMDKs: one pass, without a copy on the local disk.

This module combines vSphere, disk formats and transfers, which only exchange buffers, iterators and facts.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from pulumi_vmimport.disk import ovf_writer
from pulumi_vmimport.disk.grain_position import GrainPosition
from pulumi_vmimport.disk.stream_optimized import StreamOptimizedCheck
from pulumi_vmimport.lifecycle.contract import Progress, Run
from pulumi_vmimport.transfer.ova_stream import OvaStream, StreamedFile
from pulumi_vmimport.transfer.part_sizes import growing_part_sizes
from pulumi_vmimport.transfer.part_stream import PartStream, SendPart
from pulumi_vmimport.vsphere.lease_disks import LeaseDisk, match_lease_disks
from pulumi_vmimport.vsphere.machine_facts import MachineFacts, VirtualDisk
from pulumi_vmimport.vsphere.machine_snapshot import MachineSnapshot
from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine

_REPORT_SECONDS = 0.5
_INVALID_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class ExportedDisk:
    """A disk of a machine and the file that was streamed from it."""

    disk: VirtualDisk
    name: str
    size_bytes: int
    capacity_bytes: int
    sha256: str


def member_name(facts: MachineFacts) -> str:
    """The machine's name without characters that are invalid in file names."""
    return _INVALID_IN_NAMES.sub("-", facts.name).strip("-.") or facts.moid


def stream_ova(
    source: VSphereMachine | MachineSnapshot, facts: MachineFacts, send: SendPart, run: Run
) -> list[ExportedDisk]:
    """Send the OVA of a machine; the parts may be sent in any order.

    The OVA has no CD drive, which EC2 rejects, and no NVRAM, which VM Import does not use.
    """
    name, exported = member_name(facts), list[ExportedDisk]()
    with _part_stream(send, facts, run) as parts:
        ova = OvaStream(parts)
        with ExportLease(source, run.wait, expected_bytes=_expected_bytes(facts), show=run.status) as lease:
            for number, (disk, lease_disk) in enumerate(match_lease_disks(facts, lease.disks), 1):
                file = ova.start_disk(f"{name}-disk{number}.vmdk")
                exported.append(_stream_disk(lease, lease_disk, _NumberedDisk(facts, disk, number), file, run))
                ova.end_disk(file)
        ova.finish(name, ovf_writer.descriptor(ovf_machine(name, facts, exported)))
    return exported


def stream_disks(
    source: VSphereMachine | MachineSnapshot, facts: MachineFacts, start: Callable[[str], SendPart], run: Run
) -> list[ExportedDisk]:
    """Send each disk of a machine separately; `start` is called with the name of each, such as disk1.vmdk."""
    exported = list[ExportedDisk]()
    with ExportLease(source, run.wait, expected_bytes=_expected_bytes(facts), show=run.status) as lease:
        for number, (disk, lease_disk) in enumerate(match_lease_disks(facts, lease.disks), 1):
            name = f"disk{number}.vmdk"
            with _part_stream(start(name), facts, run) as parts:
                file = StreamedFile(parts, name)
                exported.append(_stream_disk(lease, lease_disk, _NumberedDisk(facts, disk, number), file, run))
                parts.finish()
    return exported


def _part_stream(send: SendPart, facts: MachineFacts, run: Run) -> PartStream:
    return PartStream(send, size_of=growing_part_sizes(_expected_bytes(facts)), on_wait=lambda: run.wait(0))


def _expected_bytes(facts: MachineFacts) -> int:
    return facts.committed_bytes or sum(disk.capacity_bytes for disk in facts.disks)


@dataclass(frozen=True)
class _NumberedDisk:
    facts: MachineFacts
    disk: VirtualDisk
    number: int


def _stream_disk(
    lease: ExportLease, lease_disk: LeaseDisk, numbered: _NumberedDisk, file: StreamedFile, run: Run
) -> ExportedDisk:
    check = StreamOptimizedCheck(f"{numbered.facts.name} {numbered.disk.label}")
    lease.read(lease_disk, _CheckedFile(file, check, numbered, run))
    header = check.end()
    return ExportedDisk(numbered.disk, file.name, file.size_bytes, header.capacity_bytes, file.sha256)


class _CheckedFile:
    """A disk sink that checks the format of the bytes, reports progress, and ends the export when the run ends."""

    def __init__(self, file: StreamedFile, check: StreamOptimizedCheck, numbered: _NumberedDisk, run: Run) -> None:
        self._file = file
        self._check = check
        self._run = run
        self._position = GrainPosition()
        self._disk_of = f"disk {numbered.number} of {len(numbered.facts.disks)}"
        self._buffer = memoryview(b"")
        self._start_seconds = self._reported_seconds = time.monotonic()

    @property
    def size_bytes(self) -> int:
        return self._file.size_bytes

    @property
    def sha256(self) -> str:
        return self._file.sha256

    def get_buffer(self, max_bytes: int) -> memoryview:
        self._buffer = self._file.get_buffer(max_bytes)
        return self._buffer

    def advance(self, size_bytes: int) -> None:
        self._check.see(self._buffer[:size_bytes])
        self._position.see(self._buffer[:size_bytes])
        self._file.advance(size_bytes)
        now = time.monotonic()
        if now - self._reported_seconds >= _REPORT_SECONDS:
            self._reported_seconds = now
            self._run.status(self._progress(max(now - self._start_seconds, _REPORT_SECONDS)))
            self._run.wait(0)

    def _progress(self, seconds: float) -> Progress:
        percent = self._position.percent
        return Progress(
            f"exporting {self._disk_of}",
            percent,
            details=f"{self._file.size_bytes >> 20} MiB sent",
            bytes_per_second=self._file.size_bytes / seconds,
            seconds_left=seconds * (100 - percent) / percent if percent else None,
        )


def ovf_machine(name: str, facts: MachineFacts, exported: list[ExportedDisk]) -> ovf_writer.Machine:
    """The machine as its OVF descriptor describes it."""
    used = {disk.disk.controller_key for disk in exported}
    controllers = {subtype.name: subtype for subtype in ovf_writer.ControllerSubtype}
    adapters = {subtype.name: subtype for subtype in ovf_writer.AdapterSubtype}
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
            ovf_writer.Controller(
                controller.key,
                controllers.get(controller.kind.name, ovf_writer.ControllerSubtype.LSI_LOGIC_SAS),
                controller.bus_number,
            )
            for controller in facts.controllers
            if controller.key in used
        ),
        disks=tuple(
            ovf_writer.Disk(
                file.name, file.size_bytes, file.capacity_bytes, file.disk.controller_key, file.disk.unit_number
            )
            for file in exported
        ),
        adapter=adapters.get(nic.kind.name, ovf_writer.AdapterSubtype.E1000E) if nic else None,
        network=(nic.network if nic else "") or "VM Network",
    )
