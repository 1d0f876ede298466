"""Virtual machines of SourceVirtualMachine that a killed run left in vSphere.

A virtual machine has no tags of the library. It is found by the name in the interrupted create of the export, and the
state contains it if it contains its BIOS UUID, which is the id of the resource.
"""

import os
import time
from collections.abc import Iterator

from pulumi_vmimport.cli.orphans.found_resource import FoundResource, ListingError
from pulumi_vmimport.cli.orphans.stack_export import StackExport
from pulumi_vmimport.lifecycle.identity import RESOURCE_TAG, STACK_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind
from pulumi_vmimport.vsphere import inventory
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.vsphere_errors import InvalidSettingError, VSphereError

KINDS = frozenset({OrphanKind.VIRTUAL_MACHINE})


def virtual_machines(export: StackExport | None, errors: list[ListingError]) -> Iterator[FoundResource]:
    """The machines with the name of an interrupted create of the stack. Adds what could not be listed to `errors`."""
    if export is None or not export.creating_machines:
        return
    try:
        with _session() as session:
            found = [(session.server, *facts) for facts in inventory.machines_named(session, export.creating_machines)]
    except VSphereError as error:
        names = ", ".join(sorted(export.creating_machines))
        errors.append(ListingError("vSphere", "vsphere", f"virtual machines named {names}", str(error)))
        return
    for server, name, uuid, power_state in found:
        yield FoundResource(
            kind=OrphanKind.VIRTUAL_MACHINE,
            id=uuid,
            region=server,
            state=power_state,
            tags={STACK_TAG: export.stack, RESOURCE_TAG: f"VirtualMachine::{name}"},
            has_own_tags=False,
        )


def delete_machine(uuid: str) -> None:
    """Power a machine off and delete it with its disks. Raises: VSphereError."""
    with _session() as session:
        machine = inventory.find_by_uuid(session, uuid)
        machine.power_off(time.sleep)
        machine.delete(time.sleep)


def _session() -> VSphereSession:
    settings = VSphereSettings.from_environment(os.environ)
    if settings is None:
        raise InvalidSettingError("VSPHERE_SERVER", "expected the server of the stack, got none")
    return VSphereSession(settings)
