"""The lookups of the stand-in for vsphere."""

from collections.abc import Callable
from typing import Any

from pyVmomi import vim

from .values import Properties
from .vsphere_machine import read_machine
from .vsphere_session import VSphere


def _lookup(kind: Any, more: Callable[[Any], Properties] = lambda _: {}) -> Callable[[VSphere, Properties], Properties]:
    def function(service: VSphere, args: Properties) -> Properties:
        datacenter = service.by_id(vim.Datacenter, args["datacenterId"]) if args.get("datacenterId") else None
        found = service.named(kind, args.get("name"), datacenter)
        return {**args, "id": found._moId, "name": found.name, **more(found)}  # noqa: SLF001

    return function


def _pool(found: Any) -> Properties:
    return {"resourcePoolId": found.resourcePool._moId}  # noqa: SLF001


def _pool_of_host(found: Any) -> Properties:
    return _pool(found.parent)


def _network_type(found: Any) -> Properties:
    return {"type": type(found).__name__.rsplit(".", 1)[-1]}


def _machine(found: Any) -> Properties:
    read = read_machine(found, {})
    return {**read, "id": read["uuid"], "instanceUuid": found.config.instanceUuid}


datacenter = _lookup(vim.Datacenter)
datastore = _lookup(vim.Datastore)
network = _lookup(vim.Network, _network_type)
resource_pool = _lookup(vim.ResourcePool)
compute_cluster = _lookup(vim.ClusterComputeResource, _pool)
host = _lookup(vim.HostSystem, _pool_of_host)
virtual_machine = _lookup(vim.VirtualMachine, _machine)
