"""The placement of a virtual machine: ids as pulumi-vsphere requires them, or names to look up."""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pulumi_vsphere as vsphere

from pulumi_vmimport.components.component_base import CheckedInputs, Values
from pulumi_vmimport.lifecycle.contract import Problem, is_set

_NAMES = {
    "datastore_id": ("datastore",),
    "network_id": ("network",),
    "resource_pool_id": ("resource_pool", "cluster", "host"),
}
_ROOT_POOL = "Resources"  # the name of the root resource pool of a host
# The arguments of vsphere.VirtualMachine that replace the placement.
_OVERRIDING = {
    "datastore_id": {"datastore_id", "datastore_cluster_id"},
    "network_id": {"network_interfaces"},
    "resource_pool_id": {"resource_pool_id"},
}


def placement_problems(values: Values) -> Iterator[Problem]:
    """The problems of a placement that is incomplete or ambiguous."""
    override = values.get("virtual_machine_args")
    overriding = set(override) if is_set(override) else set()
    for id, names in _NAMES.items():
        given = [name for name in (id, *names) if values.get(name) is not None]
        if len(given) > 1:
            yield Problem(given[1], f"excludes {given[0]}; set one of {', '.join((id, *names))}")
        # A host without vCenter has one resource pool of its own.
        if not given and id != "resource_pool_id" and not overriding & _OVERRIDING[id]:
            yield Problem(id, f"is required; alternatively, set {' or '.join(names)}")


class Placement:
    """The ids of a virtual machine's placement. Look-ups that fail are reported together."""

    def __init__(self, component: pulumi.ComponentResource, inputs: CheckedInputs, args: Mapping[str, Any]) -> None:
        self._inputs, self._args = inputs, args
        self._opts = pulumi.InvokeOutputOptions(parent=component)
        override = args.get("virtual_machine_args") or {}
        self._overridden = {id for id, names in _OVERRIDING.items() if names & override.keys()}
        datastore = self._datastore(args, "") or inputs.after_check(None)
        ids = inputs.all_found(
            {
                "datastore_id": datastore,
                "network_id": self._network(),
                "resource_pool_id": self._resource_pool(),
                "iso_datastore_id": self._datastore(args.get("iso") or {}, "iso.") or datastore,
            }
        )
        self.datastore_id, self.network_id = ids["datastore_id"], ids["network_id"]
        self.resource_pool_id, self.iso_datastore_id = ids["resource_pool_id"], ids["iso_datastore_id"]

    def _datastore(self, args: Mapping[str, Any], path: str) -> pulumi.Output[Any] | None:
        if args.get("datastore_id") is not None:
            return self._inputs.after_check(args["datastore_id"])
        if args.get("datastore") is None:
            return None
        found = vsphere.get_datastore_output(
            name=self._inputs.after_check(args["datastore"]),
            datacenter_id=self._datacenter(args.get("datacenter") or self._args.get("datacenter")),
            opts=self._opts,
        )
        return self._inputs.look_up(found.id, f"{path}datastore", "expected the name of a datastore")

    def _network(self) -> pulumi.Output[Any]:
        if self._args.get("network") is None:
            return self._inputs.get("network_id")
        found = vsphere.get_network_output(
            name=self._inputs.get("network"), datacenter_id=self._own_datacenter(), opts=self._opts
        )
        return self._inputs.look_up(found.id, "network", "expected the name of a network")

    def _resource_pool(self) -> pulumi.Output[Any]:
        inputs, opts = self._inputs, self._opts
        if self._args.get("resource_pool_id") is not None or "resource_pool_id" in self._overridden:
            return inputs.get("resource_pool_id")
        if self._args.get("cluster") is not None:
            cluster = vsphere.get_compute_cluster_output(
                name=inputs.get("cluster"), datacenter_id=self._own_datacenter(), opts=opts
            )
            return inputs.look_up(cluster.resource_pool_id, "cluster", "expected the name of a cluster")
        if self._args.get("host") is not None:
            host = vsphere.get_host_output(name=inputs.get("host"), datacenter_id=self._own_datacenter(), opts=opts)
            return inputs.look_up(host.resource_pool_id, "host", "expected the name of a host")
        if self._args.get("resource_pool") is not None:
            pool = vsphere.get_resource_pool_output(
                name=inputs.get("resource_pool"), datacenter_id=self._own_datacenter(), opts=opts
            )
            return inputs.look_up(pool.id, "resource_pool", "expected the name or path of a resource pool")
        # pulumi-vsphere requires a name. A host without vCenter ignores it; a vCenter requires a datacenter with it.
        only = vsphere.get_resource_pool_output(name=inputs.after_check(_ROOT_POOL), opts=opts)
        advice = "with vCenter, a resource pool is required: set resource_pool_id, resource_pool, cluster or host"
        return inputs.look_up(only.id, "resource_pool_id", advice)

    def _own_datacenter(self) -> pulumi.Output[str]:
        return self._datacenter(self._args.get("datacenter"))

    def _datacenter(self, name: pulumi.Input[str] | None) -> pulumi.Output[str]:
        found = vsphere.get_datacenter_output(name=self._inputs.after_check(name), opts=self._opts)
        return self._inputs.or_problem(
            found.id, "datacenter", "expected the name of a datacenter; omit it where there is only one"
        )
