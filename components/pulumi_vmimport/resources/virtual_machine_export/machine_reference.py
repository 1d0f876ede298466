"""Which virtual machine, or snapshot of one, an export reads."""

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.lifecycle.contract import Problem, is_known, is_set
from pulumi_vmimport.vsphere import inventory
from pulumi_vmimport.vsphere.machine_snapshot import MachineSnapshot, find_snapshot
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine


@dataclass(frozen=True, kw_only=True)
class MachineReference:
    """The inputs that identify a machine and, optionally, a snapshot of it."""

    uuid: str | None = None
    moid: str | None = None
    path: str | None = None
    snapshot: str | None = None

    def machine_input(self) -> tuple[str, str | None]:
        """The input that identifies the machine, and its value."""
        inputs = {"uuid": self.uuid, "moid": self.moid, "path": self.path}
        return next(((name, value) for name, value in inputs.items() if value is not None), ("uuid", None))

    def find(self, session: VSphereSession) -> VSphereMachine | MachineSnapshot:
        """The machine, or its snapshot. Raises: VSphereError."""
        if self.uuid is not None:
            machine = inventory.find_by_uuid(session, self.uuid)
        elif self.moid is not None:
            machine = inventory.find_by_moid(session, self.moid)
        else:
            machine = inventory.find_by_path(session, str(self.path))
        return machine if self.snapshot is None else find_snapshot(machine, self.snapshot)


def reference_problems(reference: MachineReference) -> Iterator[Problem]:
    """Reports none or several of uuid, moid and path."""
    values = (reference.uuid, reference.moid, reference.path)
    count = sum(map(is_set, values))
    if count > 1 or (count == 0 and is_known(*values)):
        yield Problem("uuid", f"expected exactly one of uuid, moid and path, got {count}")
