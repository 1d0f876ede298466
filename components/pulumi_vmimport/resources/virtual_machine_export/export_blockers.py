"""What keeps vSphere from exporting a machine, found before the export starts.

Sources: https://techdocs.broadcom.com/us/en/vmware-cis/vsphere/vsphere/8-0/vsphere-virtual-machine-administration.html
(exports, virtual TPM, encryption, shared disks), https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html
"""

from collections.abc import Iterator

from pulumi_vmimport.vsphere.hardware_kinds import DiskBacking
from pulumi_vmimport.vsphere.machine_facts import MachineFacts, VirtualDisk

_INDEPENDENT = "independent"


def export_blockers(facts: MachineFacts) -> Iterator[str]:
    """Why vSphere does not export the machine, each with the remedy."""
    name = facts.name
    if facts.connection_state != "connected":
        yield (
            f"{name} is {facts.connection_state} in vSphere, expected connected; reconnect its ESXi host, or "
            "register the VM again"
        )
    if facts.has_vtpm:
        yield (
            f"{name} has a virtual TPM, with which vSphere does not export a VM; in the guest, suspend BitLocker and "
            "delete the keys that the TPM protects, then power the VM off and remove the TPM (phase export of "
            "SourceVirtualMachine does)"
        )
    if facts.is_encrypted or any(disk.is_encrypted for disk in facts.disks):
        yield (
            f"{name} is encrypted by vSphere, which does not export encrypted VMs; remove the virtual TPM if there is "
            "one, and change the storage policy of the VM and its disks to one without encryption"
        )
    if facts.needs_consolidation:
        yield f"the disks of {name} need consolidation; select Snapshots > Consolidate in the vSphere Client"
    if facts.passthrough_devices:
        devices = ", ".join(facts.passthrough_devices)
        yield f"{name} uses devices of the host directly, which cannot be exported: {devices}; remove them from the VM"
    for disk in facts.disks:
        yield from _disk_blockers(facts, disk)


def export_warnings(facts: MachineFacts) -> Iterator[str]:
    """What may fail the export and is not exported."""
    if facts.connected_host_media:
        devices = ", ".join(facts.connected_host_media)
        yield (
            f"{facts.name} is connected to devices of a host or client that are not exported and may fail the export: "
            f"{devices}; disconnect them"
        )


def _disk_blockers(facts: MachineFacts, disk: VirtualDisk) -> Iterator[str]:
    title = f"{disk.label} of {facts.name}"
    if disk.backing in {DiskBacking.RAW_DEVICE, DiskBacking.SE_SPARSE}:
        yield f"{title} is a {disk.backing} disk; clone the VM to one with a flat disk"
    if disk.is_multi_writer:
        yield f"{title} is shared (multi-writer); detach it, or set its sharing to none and clone the VM"
    elif any(controller.is_shared for controller in facts.controllers if controller.key == disk.controller_key):
        yield f"{title} is on a controller with a shared bus; set its SCSI bus sharing to none, or detach the disk"
    if disk.mode.startswith(_INDEPENDENT):
        yield (
            f"{title} is an {disk.mode} disk, which snapshots and exports do not include; power the VM off and set the "
            "disk mode to dependent (persistent)"
        )
