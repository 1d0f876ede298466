"""Reading, updating and deleting a bundle."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.lifecycle.contract import PartialFailureError
from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundleInputs
from pulumi_vmimport.resources.workspaces.workspace_bundle_lifecycle import WorkspaceBundleLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = WorkspaceBundleLifecycle()
NewRun = Callable[..., Any]


def test_update_sets_another_image_in_place(
    run: Any, bundle_inputs: WorkspaceBundleInputs, bundles: Any, new_image: Callable[..., str], aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    changed = replace(bundle_inputs, image_id=new_image(name="newer"), tags={"stage": "prod"})
    state = lifecycle.update(run, created.id, created.state, changed)
    assert bundles()[created.id]["ImageId"] == changed.image_id
    assert bundles.tags(created.id) == {"stage": "prod", **run.identity.tags(changed)}
    assert state == replace(created.state, image_id=changed.image_id, tags={"stage": "prod"})
    assert state == lifecycle.read(run, created.id, state)
    assert len(aws.calls.of("UpdateWorkspaceBundle")) == 1


@pytest.mark.parametrize("operation", ["UpdateWorkspaceBundle", "workspaces:CreateTags", "workspaces:DeleteTags"])
def test_the_next_update_completes_an_interrupted_one(
    run: Any,
    bundle_inputs: WorkspaceBundleInputs,
    bundles: Any,
    new_image: Callable[..., str],
    aws: AwsSandbox,
    operation: str,
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    changed = replace(bundle_inputs, image_id=new_image(name="newer"), tags={"stage": "prod"})
    aws.faults.deny(operation)
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.update(run, created.id, created.state, changed)
    aws.faults.allow(operation)
    id, state = run.recorded
    assert lifecycle.inputs_of(state) != changed  # so that Pulumi sees a change
    lifecycle.update(run, id, state, changed)
    assert bundles()[created.id]["ImageId"] == changed.image_id
    assert bundles.tags(created.id) == {"stage": "prod", **run.identity.tags(changed)}


def test_read_reports_a_changed_image_changed_tags_and_a_deleted_bundle(
    run: Any, bundle_inputs: WorkspaceBundleInputs, new_image: Callable[..., str], aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    calls, another = aws.observer("workspaces"), new_image(name="by-hand")
    assert lifecycle.read(run, created.id, created.state) == created.state
    calls.update_workspace_bundle(BundleId=created.id, ImageId=another)
    calls.create_tags(ResourceId=created.id, Tags=[{"Key": "team", "Value": "red"}])
    drifted = lifecycle.read(run, created.id, created.state)
    assert drifted == replace(created.state, image_id=another, tags={"team": "red"})
    calls.delete_workspace_bundle(BundleId=created.id)
    assert lifecycle.read(run, created.id, created.state) is None


def test_delete_removes_the_bundle_and_succeeds_again(
    run: Any, bundle_inputs: WorkspaceBundleInputs, bundles: Any
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    lifecycle.delete(run, created.id, created.state)
    lifecycle.delete(run, created.id, created.state)
    assert bundles() == {}


def test_delete_waits_until_the_bundle_is_no_longer_listed(
    run: Any, bundle_inputs: WorkspaceBundleInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    client = run.aws.client("workspaces")
    still = [client.describe_workspace_bundles(BundleIds=[created.id])] * 2
    listed = client.describe_workspace_bundles
    monkeypatch.setattr(client, "describe_workspace_bundles", lambda **m: still.pop() if still else listed(**m))
    before = run.waits
    lifecycle.delete(run, created.id, created.state)
    assert run.waits - before == 2


def test_fails_to_delete_a_bundle_that_workspaces_use_and_names_them(
    run: Any, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    workspace = aws.make_workspace(user="user", bundle_id=created.id)
    with pytest.raises(
        PartialFailureError, match=rf"bundle {created.id} \(desk\) .*ResourceAssociated.*; .* {workspace} first"
    ):
        lifecycle.delete(run, created.id, created.state)
    aws.faults.deny("DescribeWorkspaces")
    with pytest.raises(PartialFailureError, match=r"ResourceAssociated.*; .*WorkSpaces \(.*AccessDenied"):
        lifecycle.delete(run, created.id, created.state)


def test_fails_to_delete_without_permission_in_the_words_of_aws(
    run: Any, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    aws.faults.deny("DeleteWorkspaceBundle")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.delete(run, created.id, created.state)


def test_delete_retries_while_the_bundle_is_unavailable(
    run: Any, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox, bundles: Any
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    aws.faults.error("DeleteWorkspaceBundle", "ResourceUnavailableException", "The bundle is being updated.", times=2)
    lifecycle.delete(run, created.id, created.state)
    assert bundles() == {}


@pytest.mark.parametrize("operation", ["DescribeWorkspaceBundles", "DescribeTags"])
def test_fails_to_read_without_permission_instead_of_reporting_the_bundle_as_gone(
    run: Any, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox, operation: str
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    aws.faults.deny(operation)
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.read(run, created.id, created.state)


@pytest.mark.parametrize("given", [None, {}], ids=["no-tags", "an-empty-map"])
def test_a_bundle_without_tags_does_not_drift(
    run: Any, bundle_inputs: WorkspaceBundleInputs, given: dict[str, str] | None
) -> None:
    created = lifecycle.create(run, replace(bundle_inputs, tags=given))
    assert lifecycle.read(run, created.id, created.state) == created.state
