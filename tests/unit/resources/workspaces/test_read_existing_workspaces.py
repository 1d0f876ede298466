"""`X.get` of WorkSpaces resources: outputs by the id alone."""

from collections.abc import Callable
from typing import Any

from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.catalog import lifecycle_of
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox


def read(resource: str, run: Any, id: str) -> Any:
    lifecycle = lifecycle_of(resource)()
    state, _ = read_bag(lifecycle.state_type, {"region": "eu-west-1"})
    found: Any = lifecycle.read_existing(run, id, state)
    return found and found.state


def test_an_image(run: Any, new_image: Callable[..., str]) -> None:
    image = new_image()
    for resource in (
        "ImportWorkspaceImage",
        "ImportCustomWorkspaceImage",
        "CreateWorkspaceImage",
        "CopyWorkspaceImage",
    ):
        found = read(resource, run, image)
        assert (found.image_id, found.image_state) == (image, "AVAILABLE")


def test_a_bundle(run: Any, new_run: Any, bundle_inputs: Any) -> None:
    created = lifecycle_of("WorkspaceBundle")().create(new_run(), bundle_inputs)
    found = read("WorkspaceBundle", run, created.id)
    assert (found.bundle_id, found.bundle_state) == (created.id, "AVAILABLE")
    assert (found.image_id, found.tags) == (bundle_inputs.image_id, {"team": "blue"})


def test_the_permissions_of_an_image(run: Any, new_image: Callable[..., str], aws: AwsSandbox) -> None:
    image, account = new_image(), aws.second_account().account_id
    workspaces = aws.observer("workspaces")
    workspaces.update_workspace_image_permission(ImageId=image, SharedAccountId=account, AllowCopyImage=True)
    found = read("WorkspaceImagePermissions", run, image)
    assert (found.image_id, found.account_ids, found.shared_account_ids) == (image, (account,), (account,))


def test_an_account(run: Any, aws: AwsSandbox) -> None:
    assert read("WorkspacesAccount", run, aws.account_id).dedicated_tenancy_support == "ENABLED"
    aws.disable_byol()
    assert read("WorkspacesAccount", run, aws.account_id) is None
