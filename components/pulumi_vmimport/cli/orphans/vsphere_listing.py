"""What a killed run left in vSphere: virtual machines of SourceVirtualMachine, answer ISOs of GuestInstallation.

A virtual machine has no tags of the library. It is found by the name in the interrupted create of the export, and the
state contains it if it contains its BIOS UUID, which is the id of the resource. A file beside an answer ISO has the
tags of its resource.
"""

import os
import time
from collections.abc import Iterator

from pulumi_vmimport.cli.orphans.found_resource import FoundResource, ListingError, own_tags
from pulumi_vmimport.cli.orphans.stack_export import StackExport
from pulumi_vmimport.lifecycle.identity import RESOURCE_TAG, STACK_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind
from pulumi_vmimport.vsphere import inventory
from pulumi_vmimport.vsphere.answer_iso_files import all_answer_isos
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.vsphere_errors import InvalidSettingError, VSphereError

KINDS = frozenset({OrphanKind.VIRTUAL_MACHINE, OrphanKind.ANSWER_ISO})


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


def answer_isos(errors: list[ListingError]) -> Iterator[FoundResource]:
    """The answer ISOs in all datastores, if the environment names a server. Adds what was not listed to `errors`."""
    try:
        if VSphereSettings.from_environment(os.environ) is None:
            return
        with _session() as session:
            found = [(session.server, file, file.use(session)) for file in all_answer_isos(session, time.sleep)]
    except VSphereError as error:
        errors.append(ListingError("vSphere", "vsphere", "answer ISOs", str(error)))
        return
    for server, file, use in found:
        yield FoundResource(
            kind=OrphanKind.ANSWER_ISO,
            id=str(file.iso),
            region=server,
            state=use,
            tags=own_tags(file.tags),
            created=file.modified,
        )


def delete_answer_iso(path: str) -> None:
    """Delete an answer ISO with the files beside it. Raises: VSphereError."""
    with _session() as session:
        for file in all_answer_isos(session, time.sleep):
            if str(file.iso) == path:
                file.delete(time.sleep)


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
