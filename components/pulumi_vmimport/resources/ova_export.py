"""From a virtual machine that is off to the bytes of an OVA: vSphere's lease, our descriptor, one tar stream.

The one place where vSphere, disk formats and transfers meet; each of them only sees iterators of bytes and facts.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pulumi_vmimport.disk import ovf
from pulumi_vmimport.disk.vmdk import StreamOptimizedCheck
from pulumi_vmimport.transfer.ova import Ova
from pulumi_vmimport.transfer.staging import StagedFile, StagingArea
from pulumi_vmimport.vsphere.lease_disks import disks_of_lease
from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.virtual_machine import MachineFacts, VirtualDisk, VirtualMachine

_SHOWN_EVERY_BYTES = 64 << 20
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@contextmanager
def exported_ova(
    machine: VirtualMachine,
    *,
    wait: Callable[[float], None],
    status: Callable[[str], None],
    staging_directory: Path | None,
) -> Iterator[Ova]:
    """The OVA of a machine that is off; its disks are staged on the local disk while the block runs.

    The CD drive is left out: EC2 refuses images with one, and an ISO mounted for installing is no part of the machine.
    """
    facts = machine.facts()
    expected = facts.committed_bytes or sum(disk.capacity_bytes for disk in facts.disks)
    name = _NOT_IN_NAMES.sub("-", facts.name).strip("-.") or facts.moid
    with StagingArea(staging_directory, expected_bytes=expected) as area:
        staged: list[tuple[VirtualDisk, StagedFile, int]] = []
        with ExportLease(machine, wait, expected_bytes=expected) as lease:
            for number, (disk, offered) in enumerate(disks_of_lease(facts, lease.disks), 1):
                check = StreamOptimizedCheck(f"{facts.name} {disk.label}")
                chunks = _counted(check.passing(lease.read(offered)), status, f"reading disk {number}", wait)
                file = area.stage(f"{name}-disk{number}.vmdk", chunks)
                lease.verify(offered, size_bytes=file.size_bytes, sha256=file.sha256)
                capacity = check.header.capacity_bytes if check.header else disk.capacity_bytes
                staged.append((disk, file, capacity))
        yield Ova(name, ovf.descriptor(_machine(name, facts, staged)), tuple(file for _, file, _ in staged))


def _machine(name: str, facts: MachineFacts, staged: list[tuple[VirtualDisk, StagedFile, int]]) -> ovf.Machine:
    used = {disk.controller_key for disk, _, _ in staged}
    kinds = {kind.name: kind for kind in ovf.ControllerKind}
    adapters = {kind.name: kind for kind in ovf.AdapterKind}
    nic = facts.network_adapters[0] if facts.network_adapters else None
    return ovf.Machine(
        name=name,
        guest_id=facts.guest_id,
        firmware=ovf.Firmware(facts.firmware),
        hardware_version=facts.hardware_version,
        cpus=facts.cpus,
        cores_per_socket=facts.cores_per_socket,
        memory_mib=facts.memory_mib,
        controllers=tuple(
            ovf.Controller(c.key, kinds.get(c.kind.name, ovf.ControllerKind.LSI_LOGIC_SAS), c.bus_number)
            for c in facts.controllers
            if c.key in used
        ),
        disks=tuple(
            ovf.Disk(file.name, file.size_bytes, capacity, disk.controller_key, disk.unit_number)
            for disk, file, capacity in staged
        ),
        adapter=adapters.get(nic.kind.name, ovf.AdapterKind.E1000E) if nic else None,
        network=(nic.network if nic else "") or "VM Network",
    )


def _counted(
    chunks: Iterator[bytes], status: Callable[[str], None], what: str, wait: Callable[[float], None]
) -> Iterator[bytes]:
    """The same chunks; shows now and then how far it is, and ends where the run does."""
    shown = done = 0
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        if done - shown >= _SHOWN_EVERY_BYTES:
            shown = done
            status(f"{what}: {done >> 20} MiB")
            wait(0)
