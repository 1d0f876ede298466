"""The properties in Pulumi's property bags that belong to the host, not to a resource."""

from collections.abc import Mapping
from typing import Any

from pulumi_vmimport.lifecycle.contract import Lifecycle
from pulumi_vmimport.lifecycle.property_bag import explicit_properties, write_bag
from pulumi_vmimport.lifecycle.schema import wire_fields

PROVIDER = "__provider"
IDENTITY = "identity"
"""The property with the resource's URN, which managed_resource.py sets: the runtime does not pass it to a provider."""
SUPPLIED_INPUTS = "fromResources"
"""The property with the names of the inputs that other resources of the stack supply."""
AWS_PROVIDER = "awsProvider"
"""The property with the inputs of the resource's explicit aws.Provider, which managed_resource.py sets."""
VSPHERE_PROVIDER = "vsphereProvider"
"""The property with the inputs of the explicit vsphere.Provider of a resource that reads vSphere."""
ACCOUNT = "awsAccountId"
"""The output with the account of the resource."""
UNREAD_INPUTS = "unreadInputs"
"""The output with the names of the inputs that an import could not read back: the program's value is only recorded."""
_INPUTS = (IDENTITY, SUPPLIED_INPUTS, AWS_PROVIDER, VSPHERE_PROVIDER)


def without_host_properties(bag: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of the resource."""
    return {name: value for name, value in bag.items() if name not in {PROVIDER, ACCOUNT, UNREAD_INPUTS, *_INPUTS}}


def recorded_inputs(bag: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of the host that a state repeats."""
    return {name: bag[name] for name in _INPUTS if bag.get(name) is not None}


def outputs_of(
    lifecycle: Lifecycle[Any, Any], state: Any, bag: Mapping[str, Any], account: str | None
) -> dict[str, Any]:
    """The outputs that Pulumi records for a state."""
    inputs, explicit = wire_fields(lifecycle.inputs_type), explicit_properties(type(state), bag, state)
    outputs = {name: v for name, v in write_bag(state).items() if name not in inputs or name in explicit}
    return {**outputs, **recorded_inputs(bag), **({ACCOUNT: account} if account else {})}
