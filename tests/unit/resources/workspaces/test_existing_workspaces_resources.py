"""Images, bundles, permissions and the account of WorkSpaces that no stack manages."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.resources.imported import REGION, adopt, existing, imported

from pulumi_vmimport.lifecycle.contract import CleanFailureError, PartialFailureError
from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundleInputs
from pulumi_vmimport.resources.workspaces.workspace_bundle_lifecycle import WorkspaceBundleLifecycle
from pulumi_vmimport.resources.workspaces.workspace_image_permissions import WorkspaceImagePermissionsInputs
from pulumi_vmimport.resources.workspaces.workspaces_account import WorkspacesAccountInputs
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

ARN = f"arn:aws:workspaces:{REGION}:123456789012"
UNREAD = {
    "ImportWorkspaceImage": {"ingestionProcess"},
    "ImportCustomWorkspaceImage": {"computeType", "protocol", "osVersion"},
    "CreateWorkspaceImage": {"workspaceId"},
    "CopyWorkspaceImage": set[str](),
    "CreateUpdatedWorkspaceImage": set[str](),
}
"""What WorkSpaces does not report of the images of this library."""
SOURCES = {
    "ImportWorkspaceImage": {"ec2ImageId"},
    "ImportCustomWorkspaceImage": {
        "ec2ImageId", "ec2ImportTaskId", "imageBuildVersionArn", "infrastructureConfigurationArn",
    },
    "CreateWorkspaceImage": set[str](),
    "CopyWorkspaceImage": {"sourceImageId", "sourceRegion"},
    "CreateUpdatedWorkspaceImage": {"sourceImageId"},
}  # fmt: skip
"""What it does not report of those of another tool either."""


def test_an_image_of_this_library(run: Any, new_run: Any, kind: Any) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    for id in (created.id, f"{ARN}:workspaceimage/{created.id}"):
        found = existing(kind.operation, new_run(), id)
        assert (found.id, found.problem, found.unread) == (created.id, None, UNREAD[kind.operation])
        assert found.changes(kind.inputs) == set()
    assert found.state.provenance == created.state.provenance
    assert adopt(found, new_run(), kind.inputs).image_id == created.id
    assert len(kind.images()) == 1


@pytest.mark.parametrize("resource", sorted(UNREAD))
def test_an_image_of_a_plain_call(run: Any, new_image: Callable[..., str], resource: str) -> None:
    found = existing(resource, run, new_image())
    assert (found.problem, found.unread) == (None, UNREAD[resource] | SOURCES[resource])
    assert (found.state.image_name, found.state.image_description) == ("source", "a source")


def test_a_pending_image_is_refused(run: Any, new_run: Any, imported_kind: Any, aws: AwsSandbox) -> None:
    id, _ = imported_kind.interrupt_create(new_run(stop_after_waits=0))
    assert "is not complete (imageState PENDING)" in str(existing("ImportWorkspaceImage", run, id).problem)


def test_an_image_that_does_not_exist(run: Any, aws: AwsSandbox) -> None:
    for resource in UNREAD:
        assert imported(resource, run, "wsi-0123456ab") is None


def test_a_bundle(run: Any, new_run: Any, bundle_inputs: WorkspaceBundleInputs) -> None:
    created = WorkspaceBundleLifecycle().create(run, bundle_inputs)
    for id in (created.id, f"{ARN}:workspacebundle/{created.id}"):
        found = existing("WorkspaceBundle", new_run(), id)
        assert (found.id, found.problem, found.unread) == (created.id, None, set())
        assert found.changes(bundle_inputs) == set()
    assert found.changes(replace(bundle_inputs, root_storage_gib=None)) == set()
    assert found.changes(replace(bundle_inputs, bundle_description="another")) == {"bundleDescription"}
    assert adopt(found, new_run(), bundle_inputs).image_id == bundle_inputs.image_id


def test_a_bundle_of_a_plain_call(run: Any, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox) -> None:
    made = aws.observer("workspaces").create_workspace_bundle(
        BundleName="desk",
        BundleDescription="a desk",
        ImageId=bundle_inputs.image_id,
        ComputeType={"Name": "POWER"},
        UserStorage={"Capacity": "100"},
    )
    aws.clock.advance(3600)
    found = existing("WorkspaceBundle", run, made["WorkspaceBundle"]["BundleId"])
    assert found.changes(replace(bundle_inputs, tags=None, root_storage_gib=None)) == set()


def test_the_permissions_of_an_image(
    run: Any, new_run: Any, new_image: Callable[..., str], aws: AwsSandbox, other: Account
) -> None:
    image, workspaces = new_image(), aws.observer("workspaces")
    assert imported("WorkspaceImagePermissions", run, image) is None
    workspaces.update_workspace_image_permission(ImageId=image, SharedAccountId=other.account_id, AllowCopyImage=True)
    inputs = WorkspaceImagePermissionsInputs(region=REGION, image_id=image, account_ids=(other.account_id,))
    for id in (image, f"{ARN}:workspaceimage/{image}"):
        found = existing("WorkspaceImagePermissions", new_run(), id)
        assert (found.id, found.problem, found.unread, found.changes(inputs)) == (image, None, set(), set())
    two = replace(found, state=replace(found.state, account_ids=("123456789013", "123456789014")))
    assert two.changes(replace(inputs, account_ids=("123456789014", "123456789013"))) == set()
    assert two.changes(inputs) == {"accountIds"}


def test_the_account(run: Any, new_run: Any, aws: AwsSandbox) -> None:
    account = aws.account_id
    for id in (account, f"{account}/{REGION}"):
        found = existing("WorkspacesAccount", new_run(), id)
        assert (found.id, found.problem, found.unread) == (f"{account}/{REGION}", None, set())
    cidr_range = found.state.dedicated_tenancy_management_cidr_range
    inputs = WorkspacesAccountInputs(
        region=REGION, dedicated_tenancy_management_cidr_range=cidr_range, acknowledge_irreversible=True
    )
    assert found.changes(inputs) == set()
    for id in ("210987654321", f"{account}/us-east-1"):
        assert imported("WorkspacesAccount", run, id) is None


def test_a_failed_image_is_refused_with_the_words_of_workspaces(
    run: Any, new_run: Any, imported_kind: Any, aws: AwsSandbox
) -> None:
    aws.faults.fail_workspace_image("PendingReboot")
    with pytest.raises(PartialFailureError):
        imported_kind.lifecycle.create(run, replace(imported_kind.inputs, keep_failed_image=True))
    with pytest.raises(CleanFailureError, match=r"is in state ERROR: PendingReboot: "):
        imported("ImportWorkspaceImage", new_run(), run.recorded[0])
