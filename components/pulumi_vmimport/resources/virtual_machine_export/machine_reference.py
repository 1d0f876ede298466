"""Which virtual machine, or snapshot of one, an export reads."""

from collections.abc import Iterator

from pulumi_vmimport.lifecycle.contract import Problem, is_known, is_set
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import MachineReference
from pulumi_vmimport.vsphere import inventory
from pulumi_vmimport.vsphere.machine_snapshot import MachineSnapshot, find_snapshot
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine


def find_machine(session: VSphereSession, reference: MachineReference) -> VSphereMachine | MachineSnapshot:
    """The machine, or its snapshot. Raises: VSphereError."""
    if reference.uuid is not None:
        machine = inventory.find_by_uuid(session, reference.uuid)
    elif reference.moid is not None:
        machine = inventory.find_by_moid(session, reference.moid)
    else:
        machine = inventory.find_by_path(session, str(reference.path))
    return machine if reference.snapshot is None else find_snapshot(machine, reference.snapshot)


def reference_problems(reference: MachineReference) -> Iterator[Problem]:
    """Reports none or several of uuid, moid and path."""
    values = (reference.uuid, reference.moid, reference.path)
    count = sum(map(is_set, values))
    if count > 1 or (count == 0 and is_known(*values)):
        yield Problem("uuid", f"expected exactly one of uuid, moid and path, got {count}")
