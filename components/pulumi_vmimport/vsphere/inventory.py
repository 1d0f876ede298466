"""Find a virtual machine in the inventory."""

from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

from pyVmomi import vim, vmodl

from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.soap_faults import faults_as_errors
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import AmbiguousMachineError, MachineNotFoundError


def find_by_uuid(session: VSphereSession, uuid: str) -> VSphereMachine:
    """The machine with a BIOS UUID: output `uuid`, and id, of a pulumi-vsphere VirtualMachine.

    Raises: MachineNotFoundError; AmbiguousMachineError, because a copy of a machine may keep its UUID.
    """
    reference = f"uuid {uuid}"
    with faults_as_errors(f"find the virtual machine with {reference}"):
        found = session.content.searchIndex.FindAllByUuid(uuid=uuid, vmSearch=True, instanceUuid=False)
    return _only(session, reference, list(found or ()))


def find_by_moid(session: VSphereSession, moid: str) -> VSphereMachine:
    """The machine with a managed object id, such as `vm-29`. Raises: MachineNotFoundError."""
    reference = f"managed object id {moid}"
    machine = vim.VirtualMachine(moid, session.stub)
    try:
        with faults_as_errors(f"find the virtual machine with {reference}"):
            try:
                session.properties(machine, "name")
            except vmodl.fault.ManagedObjectNotFound as fault:
                raise MachineNotFoundError(reference, session.server) from fault
    except IndexError as error:
        raise MachineNotFoundError(reference, session.server) from error
    return VSphereMachine(session, machine)


def find_by_path(session: VSphereSession, path: str) -> VSphereMachine:
    """The machine with an inventory path, such as `DC0/vm/folder/web01`, or with a unique name.

    Raises: MachineNotFoundError; AmbiguousMachineError with the paths of all machines with this name.
    """
    if "/" in path:
        reference = f"inventory path {path}"
        with faults_as_errors(f"find the virtual machine with {reference}"):
            found = session.content.searchIndex.FindByInventoryPath(path.strip("/"))
        return _only(session, reference, [found] if isinstance(found, vim.VirtualMachine) else [])
    reference = f"name {path}"
    with faults_as_errors(f"find the virtual machine with {reference}"):
        found = _all_machines(session, "name")
    matches = [machine for machine, facts in found if unquote(facts["name"]) == unquote(path)]
    return _only(session, reference, matches)


def datacenter_of_datastore(session: VSphereSession, machine: Any, datastore: str) -> str:
    """The inventory path of the datacenter with a datastore of this machine. Raises: VSphereFaultError."""
    with faults_as_errors(f"find the datacenter of datastore {datastore}"):
        stores = list(session.properties(machine, "datastore").get("datastore", ()))
        found = session.properties_of(stores, "name")
        named = [store for store, facts in found if unquote(facts["name"]) == unquote(datastore)]
        entity = named[0] if named else machine  # all datastores of a machine belong to its datacenter
        while entity is not None and not isinstance(entity, vim.Datacenter):
            entity = session.properties(entity, "parent").get("parent")
        return inventory_path(session, entity)


def machines_named(session: VSphereSession, names: Collection[str]) -> list[tuple[str, str, str]]:
    """Name, BIOS UUID and power state of the machines with one of these names."""
    with faults_as_errors("list the virtual machines"):
        found = _all_machines(session, "name", "config.uuid", "runtime.powerState")
    machines = [(unquote(facts["name"]), facts) for _, facts in found if "config.uuid" in facts]
    return [(name, f["config.uuid"], str(f["runtime.powerState"])) for name, f in machines if name in names]


def _only(session: VSphereSession, reference: str, found: list[Any]) -> VSphereMachine:
    match found:
        case []:
            raise MachineNotFoundError(reference, session.server)
        case [machine]:
            return VSphereMachine(session, machine)
        case _:
            with faults_as_errors(f"list the virtual machines with {reference}"):
                candidates = sorted(f"{inventory_path(session, machine)} ({machine._moId})" for machine in found)  # noqa: SLF001
            raise AmbiguousMachineError(reference, candidates)


def _all_machines(session: VSphereSession, *paths: str) -> list[tuple[Any, dict[str, Any]]]:
    """Every machine with these properties."""
    content = session.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True)
    try:
        return session.properties_of(list(view.view), *paths)
    finally:
        view.Destroy()


def inventory_path(session: VSphereSession, entity: Any) -> str:
    """The inventory path of an entity, without the root folder."""
    names: list[str] = []
    while entity is not None and entity != session.content.rootFolder:
        facts = session.properties(entity, "name", "parent")
        names.insert(0, facts["name"])
        entity = facts.get("parent")
    return "/".join(names)
