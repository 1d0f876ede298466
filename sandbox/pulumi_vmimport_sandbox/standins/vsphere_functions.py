"""The lookups of the stand-in for vsphere."""

from collections.abc import Callable
from typing import Any

from pyVmomi import vim

from .function_arguments import accepts
from .resource_kind import NotFound, Rejected
from .values import Properties
from .vsphere_machine import read_machine
from .vsphere_session import VSphere


def _lookup(kind: Any, more: Callable[[Any], Properties] = lambda _: {}) -> Callable[[VSphere, Properties], Properties]:
    @accepts("name", "datacenterId")
    def function(service: VSphere, args: Properties) -> Properties:
        datacenter = service.by_id(vim.Datacenter, args["datacenterId"]) if args.get("datacenterId") else None
        found = service.named(kind, args.get("name"), datacenter)
        return {"name": found.name, **args, "id": found._moId, **more(found)}  # noqa: SLF001

    return function


def _pool(found: Any) -> Properties:
    return {"resourcePoolId": found.resourcePool._moId}  # noqa: SLF001


def _pool_of_host(found: Any) -> Properties:
    return _pool(found.parent)


def _network_type(found: Any) -> Properties:
    return {"type": type(found).__name__.rsplit(".", 1)[-1], "retryInterval": 500, "retryTimeout": 0}


def _statistics(found: Any) -> Properties:
    return {"stats": {"capacity": str(found.summary.capacity), "free": str(found.summary.freeSpace)}}


def _machines(found: Any) -> Properties:
    return {"virtualMachines": [child.name for child in found.vmFolder.childEntity if _is_machine(child)]}


def _is_machine(item: Any) -> bool:
    return isinstance(item, vim.VirtualMachine)


def _machine(found: Any) -> Properties:
    read = read_machine(found, {})
    return {**read, "id": read["uuid"], "instanceUuid": found.config.instanceUuid}


@accepts("name", "datacenterId", "moid", "uuid")
def virtual_machine(service: VSphere, args: Properties) -> Properties:
    """A virtual machine by its UUID, its managed object id or its name."""
    if args.get("uuid"):
        try:
            return _machine(service.machine(args["uuid"]))
        except NotFound as missing:
            raise Rejected(str(missing)) from missing
    if args.get("moid"):
        return _machine(service.by_id(vim.VirtualMachine, args["moid"]))
    return _machine_by_name(service, args)


@accepts("name", "datacenterId")
def resource_pool(service: VSphere, args: Properties) -> Properties:
    """A resource pool. The real provider requires a datacenter, except with a path from the root or without vCenter."""
    if not args.get("name"):
        raise Rejected("argument 'name' is required when 'parent_resource_pool_id' is not specified")
    if not args.get("datacenterId") and not args["name"].startswith("/"):
        raise Rejected(f'error fetching resource pool by path "{args["name"]}": please specify a datacenter')
    return _lookup(vim.ResourcePool)(service, args)


datacenter = _lookup(vim.Datacenter, _machines)
datastore = _lookup(vim.Datastore, _statistics)
network = _lookup(vim.Network, _network_type)
compute_cluster = _lookup(vim.ClusterComputeResource, _pool)
host = _lookup(vim.HostSystem, _pool_of_host)
_machine_by_name = _lookup(vim.VirtualMachine, _machine)
