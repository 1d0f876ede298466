"""Reading, updating and deleting a WorkSpaces image of any kind."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, PartialFailureError, RunInterruptedError
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

NewRun = Callable[..., Any]


def test_read_reports_changed_tags_and_a_deleted_image(kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    calls = aws.observer("workspaces")
    assert kind.lifecycle.read(run, created.id, created.state) == created.state
    calls.create_tags(ResourceId=created.id, Tags=[{"Key": "team", "Value": "red"}])
    drifted = kind.lifecycle.read(run, created.id, created.state)
    assert drifted == replace(created.state, tags={"team": "red"})
    calls.delete_workspace_image(ImageId=created.id)
    assert kind.lifecycle.read(run, created.id, created.state) is None


@pytest.mark.parametrize("given", [None, {}], ids=["no-tags", "an-empty-map"])
def test_an_image_without_tags_does_not_drift(kind: Any, run: Any, given: dict[str, str] | None) -> None:
    created = kind.lifecycle.create(run, replace(kind.inputs, tags=given))
    assert kind.lifecycle.read(run, created.id, created.state) == created.state


def test_read_refreshes_the_state_of_an_unfinished_image(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    id, state = kind.interrupt_create(new_run(stop_after_waits=0))
    still = kind.lifecycle.read(new_run(), id, state)
    assert kind.lifecycle.condition(still) is Condition.UNFINISHED
    aws.clock.advance(3600)
    done = kind.lifecycle.read(new_run(), id, state)
    assert kind.lifecycle.condition(done) is Condition.READY


@pytest.mark.parametrize("operation", ["DescribeWorkspaceImages", "DescribeTags"])
def test_fails_to_read_without_permission_instead_of_reporting_the_image_as_gone(
    kind: Any, run: Any, aws: AwsSandbox, operation: str
) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    aws.faults.deny(operation)
    with pytest.raises(ClientError, match="AccessDenied"):
        kind.lifecycle.read(run, created.id, created.state)


def test_update_changes_tags_in_place(kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    changed = replace(kind.inputs, tags={"stage": "prod"}, timeout_minutes=7)
    state = kind.lifecycle.update(run, created.id, created.state, changed)
    assert state == replace(created.state, tags={"stage": "prod"}, timeout_minutes=7)
    assert state == kind.lifecycle.read(run, created.id, state)
    assert kind.tags(created.id) == {"stage": "prod", **run.identity.tags(changed)}


@pytest.mark.parametrize("operation", ["workspaces:CreateTags", "workspaces:DeleteTags"])
def test_the_next_update_completes_an_interrupted_one(kind: Any, run: Any, aws: AwsSandbox, operation: str) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    changed = replace(kind.inputs, tags={"stage": "prod"})
    aws.faults.deny(operation)
    with pytest.raises(ClientError, match="AccessDenied"):
        kind.lifecycle.update(run, created.id, created.state, changed)
    aws.faults.allow(operation)
    kind.lifecycle.update(run, *run.recorded, changed)
    assert kind.tags(created.id) == {"stage": "prod", **run.identity.tags(changed)}


def test_delete_removes_the_image_and_succeeds_again(kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    kind.lifecycle.delete(run, created.id, created.state)
    kind.lifecycle.delete(run, created.id, created.state)
    assert kind.images() == {}


def test_delete_waits_until_a_pending_image_is_complete(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    recorded = kind.interrupt_create(new_run(stop_after_waits=0))
    second = new_run()
    kind.lifecycle.delete(second, *recorded)
    assert second.waits > 0
    assert kind.images() == {}


def test_retain_on_delete_keeps_the_image_and_releases_it(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(new_run(), replace(kind.inputs, retain_on_delete=True))
    kind.lifecycle.delete(new_run(), created.id, created.state)
    assert kind.tags(created.id) == {"team": "blue"}
    with pytest.raises(CleanFailureError, match=created.id):
        kind.lifecycle.create(new_run(), kind.inputs)


def test_delete_succeeds_when_a_retained_image_is_gone(kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, replace(kind.inputs, retain_on_delete=True))
    aws.observer("workspaces").delete_workspace_image(ImageId=created.id)
    kind.lifecycle.delete(run, created.id, created.state)
    assert kind.images() == {}


def test_delete_removes_an_unfinished_image_despite_retain_on_delete(
    kind: Any, new_run: NewRun, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        kind.lifecycle.create(first, replace(kind.inputs, retain_on_delete=True))
    kind.lifecycle.delete(new_run(), *first.recorded)
    assert kind.images() == {}


def test_fails_to_delete_a_shared_image_and_names_the_accounts(kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    calls = aws.observer("workspaces")
    accounts = sorted(aws.second_account().account_id for _ in range(2))
    for account in accounts:
        calls.update_workspace_image_permission(ImageId=created.id, AllowCopyImage=True, SharedAccountId=account)
    facts = rf"image {created.id} \(win10\) .*ResourceAssociatedException: .*; stop sharing .*{', '.join(accounts)}"
    with pytest.raises(PartialFailureError, match=facts):
        kind.lifecycle.delete(run, created.id, created.state)


def test_fails_to_delete_an_image_that_bundles_use(kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    calls = aws.observer("workspaces")
    bundle_id = calls.create_workspace_bundle(
        BundleName="desk",
        BundleDescription="b",
        ImageId=created.id,
        ComputeType={"Name": "STANDARD"},
        UserStorage={"Capacity": "50"},
    )["WorkspaceBundle"]["BundleId"]
    facts = rf"image {created.id} .*; delete its bundles {bundle_id} \(desk\) first; .*image_name"
    with pytest.raises(PartialFailureError, match=facts):
        kind.lifecycle.delete(run, created.id, created.state)
    calls.delete_workspace_bundle(BundleId=bundle_id)
    kind.lifecycle.delete(run, created.id, created.state)
    assert kind.images() == {}


def test_fails_to_delete_an_image_in_use_although_its_users_cannot_be_listed(
    created_kind: Any, run: Any, aws: AwsSandbox
) -> None:
    created = created_kind.lifecycle.create(run, created_kind.inputs)
    share = {"ImageId": created.id, "SharedAccountId": aws.second_account().account_id, "AllowCopyImage": True}
    aws.observer("workspaces").update_workspace_image_permission(**share)
    aws.faults.deny("DescribeWorkspaceBundles")
    with pytest.raises(PartialFailureError, match=rf"{created.id} .*ResourceAssociatedException: .*; .*AccessDenied"):
        created_kind.lifecycle.delete(run, created.id, created.state)


def test_fails_to_delete_an_image_that_something_else_uses_with_a_general_remedy(
    created_kind: Any, run: Any, aws: AwsSandbox
) -> None:
    created = created_kind.lifecycle.create(run, created_kind.inputs)
    aws.faults.error("DeleteWorkspaceImage", "ResourceAssociatedException", "The image is in use.")
    with pytest.raises(PartialFailureError, match=r"The image is in use\..*; delete its bundles and the images being"):
        created_kind.lifecycle.delete(run, created.id, created.state)


def test_fails_to_delete_without_permission_in_the_words_of_aws(created_kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = created_kind.lifecycle.create(run, created_kind.inputs)
    aws.faults.deny("DeleteWorkspaceImage")
    with pytest.raises(ClientError, match="AccessDenied"):
        created_kind.lifecycle.delete(run, created.id, created.state)
