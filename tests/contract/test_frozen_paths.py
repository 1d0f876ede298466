"""The provider references in the states of existing stacks: every later version must resolve them."""

import base64
import pickle
from collections.abc import Sequence
from typing import Any

import dill
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_vmimport.lifecycle.dynamic_host import HostReference
from pulumi_vmimport.lifecycle.resource_host import DynamicHost

# `__provider` of each resource in states. Never change a value; a new resource adds one.
PROVIDERS = {
    "CopyWorkspaceImage": "gASVUAAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMEkNvcHlXb3Jrc3BhY2VJbWFnZZSFlFKULg==",
    "CreateUpdatedWorkspaceImage": "gASVWQAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMG0NyZWF0ZVVwZGF0ZWRXb3Jrc3BhY2VJbWFnZZSFlFKULg==",
    "CreateWorkspaceImage": "gASVUgAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMFENyZWF0ZVdvcmtzcGFjZUltYWdllIWUUpQu",
    "GuestInstallation": "gASVTwAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMEUd1ZXN0SW5zdGFsbGF0aW9ulIWUUpQu",
    "DirectSnapshot": "gASVTAAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMDkRpcmVjdFNuYXBzaG90lIWUUpQu",
    "DiskImageUpload": "gASVTQAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMD0Rpc2tJbWFnZVVwbG9hZJSFlFKULg==",
    "DistributeImage": "gASVTQAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMD0Rpc3RyaWJ1dGVJbWFnZZSFlFKULg==",
    "DistributionSettings": "gASVUgAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMFERpc3RyaWJ1dGlvblNldHRpbmdzlIWUUpQu",
    "ExportImage": "gASVSQAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMC0V4cG9ydEltYWdllIWUUpQu",
    "FastLaunch": "gASVSAAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMCkZhc3RMYXVuY2iUhZRSlC4=",
    "ImportCustomWorkspaceImage": "gASVWAAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMGkltcG9ydEN1c3RvbVdvcmtzcGFjZUltYWdllIWUUpQu",
    "ImportDiskImage": "gASVTQAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMD0ltcG9ydERpc2tJbWFnZZSFlFKULg==",
    "ImportImage": "gASVSQAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMC0ltcG9ydEltYWdllIWUUpQu",
    "ImportSnapshot": "gASVTAAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMDkltcG9ydFNuYXBzaG90lIWUUpQu",
    "ImportVmImage": "gASVSwAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMDUltcG9ydFZtSW1hZ2WUhZRSlC4=",
    "ImportWorkspaceImage": "gASVUgAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMFEltcG9ydFdvcmtzcGFjZUltYWdllIWUUpQu",
    "InstanceExport": "gASVTAAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMDkluc3RhbmNlRXhwb3J0lIWUUpQu",
    "PreparationFiles": "gASVTgAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMEFByZXBhcmF0aW9uRmlsZXOUhZRSlC4=",
    "RoleReadiness": "gASVSwAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMDVJvbGVSZWFkaW5lc3OUhZRSlC4=",
    "VirtualMachineExport": "gASVUgAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMFFZpcnR1YWxNYWNoaW5lRXhwb3J0lIWUUpQu",
    "WorkspaceBundle": "gASVTQAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMD1dvcmtzcGFjZUJ1bmRsZZSFlFKULg==",
    "WorkspaceImagePermissions": "gASVVwAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMGVdvcmtzcGFjZUltYWdlUGVybWlzc2lvbnOUhZRSlC4=",
    "WorkspacesAccount": "gASVTwAAAAAAAACMJnB1bHVtaV92bWltcG9ydC5saWZlY3ljbGUuZHluYW1pY19ob3N0lIwIaG9zdF9mb3KUk5SMEVdvcmtzcGFjZXNBY2NvdW50lIWUUpQu",
}


@pytest.mark.skipif(pickle.DEFAULT_PROTOCOL != 4, reason="Python 3.14 and later pickle with another protocol")
def test_provider_references_are_unchanged(all_declared: Sequence[Any]) -> None:
    assert {d.name: serialize_provider(HostReference(d.name)) for d in all_declared} == PROVIDERS


@pytest.mark.parametrize("resource", PROVIDERS)
def test_a_provider_reference_in_a_state_resolves(resource: str) -> None:
    host = dill.loads(base64.b64decode(PROVIDERS[resource]))  # as pulumi.dynamic does
    assert isinstance(host, DynamicHost)
    assert type(host._lifecycle).__name__ == resource + "Lifecycle"
