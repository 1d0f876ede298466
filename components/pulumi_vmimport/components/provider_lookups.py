"""The Region, account and partition of the AWS provider of a component."""

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws
from pulumi.runtime.settings import get_monitor

from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.lifecycle.explicit_provider import inherited_provider

T = TypeVar("T")
Key = tuple[str, pulumi.ProviderResource | None]

_looked_up: WeakKeyDictionary[Any, dict[Key, pulumi.Output[Any]]] = WeakKeyDictionary()
"""The look-ups of each connection to an engine: several components of a program need the same facts of one provider."""


class ProviderLookupError(VmimportError, pulumi.RunError):
    """The AWS provider is not configured; as a RunError it ends the program with its text and no traceback."""


def region_of(component: pulumi.ComponentResource) -> pulumi.Output[str]:
    """The Region. Its output fails with a ProviderLookupError, as do those of the functions below."""
    return _or_error(component, "Region", lambda opts: aws.get_region_output(opts=opts).region)


def account_of(component: pulumi.ComponentResource) -> pulumi.Output[str]:
    """The account of the credentials."""
    return _or_error(component, "account", lambda opts: aws.get_caller_identity_output(opts=opts).account_id)


def partition_of(component: pulumi.ComponentResource) -> pulumi.Output[str]:
    """The partition, such as `aws`."""
    return _or_error(component, "partition", lambda opts: aws.get_partition_output(opts=opts).partition)


def _or_error(
    component: pulumi.ComponentResource, what: str, look_up: Callable[[pulumi.InvokeOptions], pulumi.Output[T]]
) -> pulumi.Output[T]:
    def fail(error: Exception) -> Any:
        words = " ".join(str(error).split()).rpartition("returned an error: ")[2]
        raise ProviderLookupError(
            f"{type(component).__name__} {component.pulumi_resource_name}: cannot look up the {what}: {words}; "
            "check the credentials, the profile and the Region of the AWS provider"
        ) from error

    found = _looked_up.setdefault(get_monitor(), {})
    key = (what, inherited_provider("aws", component))
    if key not in found:
        found[key] = look_up(pulumi.InvokeOptions(parent=component))
    return found[key].recover(fail)
