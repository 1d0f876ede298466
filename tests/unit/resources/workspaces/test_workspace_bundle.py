"""Creating a bundle. test_workspace_bundle_upkeep.py tests reading, updating and deleting it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from pulumi_vmimport.aws.workspaces.compute_types import ComputeType
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, PartialFailureError, RunInterruptedError
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundleInputs
from pulumi_vmimport.resources.workspaces.workspace_bundle_lifecycle import WorkspaceBundleLifecycle
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = WorkspaceBundleLifecycle()
NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
ANOTHER_RESOURCE = Identity("urn:pulumi:dev::shop::vmimport:index:Thing::another")
BAG: dict[str, Any] = {
    "region": "eu-west-1",
    "bundleName": "desk",
    "bundleDescription": "a desk",
    "imageId": "wsi-0123456789",
    "computeType": "STANDARD",
    "userStorageGib": 50,
}


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"bundleName": "a b"}, "bundleName", "no space, got 'a b'", id="space-in-name"),
        pytest.param({"bundleDescription": "a" * 256}, "bundleDescription", "expected 1 to 255", id="long-description"),
        pytest.param({"imageId": "ami-1"}, "imageId", "9 to 63 of a-z 0-9", id="image"),
        pytest.param({"computeType": "HUGE"}, "computeType", "expected one of VALUE", id="compute-type"),
        pytest.param({"userStorageGib": 20}, "userStorageGib", "10, 50, 100, or 100 to 2000, got 20", id="user"),
        pytest.param(
            {"rootStorageGib": 80, "userStorageGib": 200},
            "userStorageGib",
            "10, 50, 100 with a root volume of 80 GiB, got 200",
            id="large-user-with-small-root",
        ),
        pytest.param(
            {"rootStorageGib": 175, "userStorageGib": 50},
            "userStorageGib",
            "100 to 2000 with a root volume of 175 GiB, got 50",
            id="small-user-with-large-root",
        ),
        pytest.param(
            {"rootStorageGib": 100, "userStorageGib": 100}, "rootStorageGib", "80 or 175 to 2000, got 100", id="root"
        ),
        pytest.param(
            {"rootStorageGib": 2001, "userStorageGib": 100}, "rootStorageGib", "175 to 2000, got 2001", id="huge-root"
        ),
        pytest.param({"tags": {"a": "b" * 256}}, "tags.a", "at most 255 characters", id="tag"),
    ],
)
def test_fails_in_check(values: dict[str, Any], path: str, reason: str, checked: Checked) -> None:
    found = checked(lifecycle, BAG | values)
    assert [p for p, _ in found] == [path]
    assert reason in found[0][1]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"userStorageGib": 10},
        {"rootStorageGib": 80, "userStorageGib": 100},
        {"rootStorageGib": 2000, "userStorageGib": 2000},
        {"rootStorageGib": 100, "userStorageGib": 100, "computeType": "GRAPHICS_G4DN"},
    ],
)
def test_valid_inputs_have_no_problem(values: dict[str, Any], checked: Checked) -> None:
    assert checked(lifecycle, BAG | values) == []


def test_compute_types_are_those_of_the_service_model() -> None:
    shape: Any = get_session().get_service_model("workspaces").shape_for("Compute")
    assert {c.value for c in ComputeType} == set(shape.enum)


def test_create_tags_the_bundle_and_records_every_output(
    run: Any, bundle_inputs: WorkspaceBundleInputs, bundles: Any, requests_of: Callable[[str], list[dict[str, Any]]]
) -> None:
    created = lifecycle.create(run, bundle_inputs)
    (found,) = bundles().values()
    assert (found["BundleId"], found["State"]) == (created.id, "AVAILABLE")
    (request,) = requests_of("CreateWorkspaceBundle")
    del request["Tags"]
    assert request == {
        "BundleName": "desk",
        "BundleDescription": "a desk",
        "ImageId": bundle_inputs.image_id,
        "ComputeType": {"Name": "POWER"},
        "UserStorage": {"Capacity": "100"},
        "RootStorage": {"Capacity": "175"},
    }
    assert lifecycle.inputs_of(created.state) == bundle_inputs
    assert bundles.tags(created.id) == {"team": "blue", **run.identity.tags(bundle_inputs)}
    assert (created.state.bundle_id, created.state.bundle_state) == (created.id, "AVAILABLE")
    assert lifecycle.condition(created.state) is Condition.READY


def test_create_adopts_the_bundle_of_an_interrupted_run(
    new_run: NewRun, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, bundle_inputs)
    id, state = first.recorded
    assert lifecycle.condition(state) is Condition.UNFINISHED
    assert lifecycle.create(new_run(), bundle_inputs).id == id
    resumed = lifecycle.update(new_run(), id, state, bundle_inputs)
    assert resumed == lifecycle.read(new_run(), id, resumed)
    assert lifecycle.condition(resumed) is Condition.READY
    assert len(aws.calls.of("CreateWorkspaceBundle")) == 1


def test_create_replaces_the_bundle_of_an_interrupted_run_with_other_inputs(
    new_run: NewRun, bundle_inputs: WorkspaceBundleInputs, bundles: Any
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, bundle_inputs)
    created = lifecycle.create(new_run(), replace(bundle_inputs, compute_type=ComputeType.STANDARD))
    assert list(bundles()) == [created.id]


def test_an_adopted_bundle_gets_the_current_image_and_tags(
    new_run: NewRun, bundle_inputs: WorkspaceBundleInputs, bundles: Any, new_image: Callable[..., str]
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, bundle_inputs)
    changed = replace(bundle_inputs, image_id=new_image(name="newer"), tags={"stage": "prod"})
    run = new_run()
    created = lifecycle.create(run, changed)
    assert created.id == first.recorded[0]
    assert bundles()[created.id]["ImageId"] == changed.image_id
    assert bundles.tags(created.id) == {"stage": "prod", **run.identity.tags(changed)}
    assert created.state == lifecycle.read(run, created.id, created.state)


def test_a_lost_response_does_not_create_a_second_bundle(
    run: Any, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox, bundles: Any, quick_retries: None
) -> None:
    aws.faults.drop_connection("CreateWorkspaceBundle", after_processing=True)
    created = lifecycle.create(run, bundle_inputs)
    assert len(aws.calls.of("CreateWorkspaceBundle")) == 2
    assert list(bundles()) == [created.id]


def test_create_waits_while_the_name_of_a_deleted_bundle_is_reserved(
    run: Any, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox, bundles: Any
) -> None:
    aws.faults.error("CreateWorkspaceBundle", "ResourceAlreadyExistsException", "The name is in use.", times=50)
    created = lifecycle.create(run, bundle_inputs)
    assert list(bundles()) == [created.id]
    assert any("'desk'" in text and "The name is in use." in text for text in run.texts)


def test_create_waits_for_an_image_that_is_not_available_yet(
    run: Any, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox, bundles: Any
) -> None:
    workspace = aws.make_workspace(user="late")
    calls = aws.observer("workspaces")
    late = calls.create_workspace_image(Name="late", Description="d", WorkspaceId=workspace)["ImageId"]
    created = lifecycle.create(run, replace(bundle_inputs, image_id=late))
    assert bundles()[created.id]["ImageId"] == late


def test_fails_when_the_bundle_ends_in_error_and_deletes_it(
    new_run: NewRun, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox, bundles: Any
) -> None:
    aws.faults.fail_workspace_bundle()
    with pytest.raises(CleanFailureError, match=f"ended in ERROR.* image {bundle_inputs.image_id}"):
        lifecycle.create(new_run(), bundle_inputs)
    assert bundles() == {}
    assert lifecycle.create(new_run(), bundle_inputs).state.bundle_state == "AVAILABLE"


def test_a_failed_bundle_that_cannot_be_deleted_is_reported_with_both_reasons_and_recorded(
    new_run: NewRun, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_workspace_bundle()
    aws.faults.deny("DeleteWorkspaceBundle")
    run = new_run()
    with pytest.raises(PartialFailureError, match=r"ended in ERROR.*could not be removed: AccessDenied"):
        lifecycle.create(run, bundle_inputs)
    assert lifecycle.condition(run.recorded[1]) is Condition.BROKEN


def test_fails_to_resume_a_failed_bundle_and_records_it_as_broken(
    new_run: NewRun, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_workspace_bundle()
    first, second = new_run(stop_after_waits=0), new_run()
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, bundle_inputs)
    id, state = first.recorded
    with pytest.raises(PartialFailureError, match=f"bundle {id} ended in ERROR"):
        lifecycle.update(second, id, state, bundle_inputs)
    assert lifecycle.condition(second.recorded[1]) is Condition.BROKEN


def test_fails_when_an_adopted_bundle_does_not_accept_the_image_and_deletes_it(
    new_run: NewRun,
    bundle_inputs: WorkspaceBundleInputs,
    bundles: Any,
    new_image: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, bundle_inputs)
    run = new_run()
    client = run.aws.client("workspaces")
    updates: list[Any] = []
    describe, update = client.describe_workspace_bundles, client.update_workspace_bundle

    def describe_failed(**members: Any) -> Any:
        answer = describe(**members)
        for bundle in answer["Bundles"] if updates else ():
            bundle["State"] = "ERROR"
        return answer

    def update_recorded(**members: Any) -> Any:
        updates.append(members)
        return update(**members)

    monkeypatch.setattr(client, "describe_workspace_bundles", describe_failed)
    monkeypatch.setattr(client, "update_workspace_bundle", update_recorded)
    with pytest.raises(CleanFailureError, match=f"{first.recorded[0]} ended in ERROR.*; the bundle was deleted"):
        lifecycle.create(run, replace(bundle_inputs, image_id=new_image(name="newer")))
    assert bundles() == {}


def test_fails_to_adopt_the_bundle_of_another_resource(
    new_run: NewRun, bundle_inputs: WorkspaceBundleInputs, bundles: Any, looked_up: LookedUp
) -> None:
    existing = lifecycle.create(new_run(identity=ANOTHER_RESOURCE), bundle_inputs)
    assert f"'desk' belongs to bundle {existing.id}" in looked_up(lifecycle, new_run(), bundle_inputs)["bundleName"]
    assert looked_up(lifecycle, new_run(identity=ANOTHER_RESOURCE), bundle_inputs) == {}
    with pytest.raises(CleanFailureError, match=existing.id):
        lifecycle.create(new_run(), bundle_inputs)
    assert list(bundles()) == [existing.id]


def test_preflight_reports_a_missing_or_pending_image_unless_the_stack_creates_it(
    new_run: NewRun, bundle_inputs: WorkspaceBundleInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    missing = replace(bundle_inputs, image_id="wsi-999999999")
    assert "wsi-999999999 in eu-west-1" in looked_up(lifecycle, new_run(), missing)["imageId"]
    assert looked_up(lifecycle, new_run(supplied=("imageId",)), missing) == {}
    workspace = aws.make_workspace(user="late")
    calls = aws.observer("workspaces")
    late = calls.create_workspace_image(Name="late", Description="d", WorkspaceId=workspace)["ImageId"]
    pending = replace(bundle_inputs, image_id=late)
    found = looked_up(lifecycle, new_run(), pending)
    assert found == {"imageId": f"expected an image that is AVAILABLE, {late} is PENDING"}
    assert looked_up(lifecycle, new_run(supplied=("imageId",)), pending) == {}


def test_preflight_reports_an_image_of_another_account(
    new_other_run: NewRun,
    bundle_inputs: WorkspaceBundleInputs,
    other: Account,
    aws: AwsSandbox,
    looked_up: LookedUp,
) -> None:
    share = {"ImageId": bundle_inputs.image_id, "SharedAccountId": other.account_id, "AllowCopyImage": True}
    aws.observer("workspaces").update_workspace_image_permission(**share)
    reason = looked_up(lifecycle, new_other_run(), bundle_inputs)["imageId"]
    assert f"belongs to account {aws.account_id}, expected your own, {other.account_id}" in reason
    assert "CopyWorkspaceImage" in reason
    with pytest.raises(ClientError):
        lifecycle.create(new_other_run(), bundle_inputs)
