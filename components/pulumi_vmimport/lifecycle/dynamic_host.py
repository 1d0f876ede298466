"""The provider of a custom resource, as programs and states refer to it.

A resource's state names its provider as `host_for("<Resource>")`. That path and the resources' names are frozen
(tests/contract/test_frozen_paths.py), so that later versions can refresh and destroy existing stacks.
"""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import ResourceProvider

from pulumi_vmimport.imported_objects import uncollected_imports
from pulumi_vmimport.lifecycle.contract import Lifecycle

if TYPE_CHECKING:
    from pulumi_vmimport.lifecycle.resource_host import DynamicHost


class HostReference(ResourceProvider):
    """What a program passes to Pulumi as the provider of a resource. It loads neither the lifecycle nor boto3."""

    serialize_as_secret_always = False

    def __init__(self, resource: str) -> None:
        super().__init__()
        self._resource = resource

    def __reduce__(self) -> tuple[Callable[[str], ResourceProvider], tuple[str]]:
        return host_for, (self._resource,)


def host_for(resource: str) -> "DynamicHost":
    """The provider of a resource, in Pulumi's provider process; the state of a stack refers to this function."""
    with uncollected_imports():
        # A program imports this module, but runs no lifecycle.
        from pulumi_vmimport.lifecycle.resource_host import DynamicHost  # noqa: PLC0415

        catalog = importlib.import_module("pulumi_vmimport.resources.catalog")  # lifecycle may not depend on resources
        lifecycle: type[Lifecycle[Any, Any]] = catalog.lifecycle_of(resource)
    return DynamicHost(resource, lifecycle())
