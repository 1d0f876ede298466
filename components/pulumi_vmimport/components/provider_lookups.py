"""The Region, account and partition of the AWS provider of a component."""

from collections.abc import Callable
from typing import Any, TypeVar

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.errors import VmimportError

T = TypeVar("T")


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

    return look_up(pulumi.InvokeOptions(parent=component)).recover(fail)
