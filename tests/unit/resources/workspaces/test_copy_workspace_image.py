"""Tests specific to CopyWorkspaceImage. test_workspace_image.py tests what all image resources share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.resources.workspaces.copy_workspace_image import CopyWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.copy_workspace_image_lifecycle import CopyWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = CopyWorkspaceImageLifecycle()
NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
HERE, THERE = "eu-west-1", "us-west-2"
BAG = {
    "region": HERE,
    "imageName": "a",
    "imageDescription": "b",
    "sourceImageId": "wsi-0123456789",
    "sourceRegion": THERE,
}


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"sourceImageId": "ami-01234567"}, "sourceImageId", "9 to 63 of a-z 0-9, got 'ami-", id="ami"),
        pytest.param({"sourceImageId": "wsi-01234567"}, "sourceImageId", "got 'wsi-01234567'", id="short-id"),
        pytest.param({"sourceRegion": "Ireland!"}, "sourceRegion", "got 'Ireland!'", id="no-region"),
        pytest.param({"sourceOwnerAccountId": "12345"}, "sourceOwnerAccountId", "12 digits, got '12345'", id="account"),
        pytest.param(
            {"region": "cn-northwest-1", "sourceRegion": "cn-north-1"},
            "sourceRegion",
            "expected cn-northwest-1, got cn-north-1: in China, ",
            id="china",
        ),
        pytest.param(
            {"region": "us-gov-west-1", "sourceRegion": "us-gov-east-1"},
            "sourceRegion",
            "in GovCloud, AWS Support",
            id="govcloud",
        ),
        pytest.param(
            {"region": "eu-west-1", "sourceRegion": "cn-northwest-1"}, "sourceRegion", "in China", id="out-of-china"
        ),
        pytest.param(
            {"region": "us-gov-west-1", "sourceRegion": "us-west-2"}, "sourceRegion", "in GovCloud", id="into-govcloud"
        ),
        pytest.param(
            {"region": "us-iso-east-1", "sourceRegion": "us-iso-west-1"}, "sourceRegion", "partition", id="isolated"
        ),
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
        {"sourceRegion": HERE},
        {"region": "cn-northwest-1", "sourceRegion": "cn-northwest-1"},
        {"region": "us-gov-west-1", "sourceRegion": "us-gov-west-1"},
        {"sourceOwnerAccountId": "210987654321"},
    ],
)
def test_valid_inputs_have_no_problem(values: dict[str, Any], checked: Checked) -> None:
    assert checked(lifecycle, BAG | values) == []


@pytest.fixture
def shared(new_image: Callable[..., str], other: Account, aws: AwsSandbox) -> str:
    """An image that the first account shares with the other one in THERE."""
    image_id = new_image(THERE)
    calls = aws.observer("workspaces", THERE)
    calls.update_workspace_image_permission(ImageId=image_id, AllowCopyImage=True, SharedAccountId=other.account_id)
    return image_id


@pytest.fixture
def inputs(shared: str, aws: AwsSandbox) -> CopyWorkspaceImageInputs:
    """Inputs of the other account's copy."""
    return CopyWorkspaceImageInputs(
        region=HERE,
        image_name="copy",
        image_description="a desktop",
        source_image_id=shared,
        source_region=THERE,
        source_owner_account_id=aws.account_id,
    )


def test_another_account_copies_a_shared_image_to_its_own_region(
    new_other_run: NewRun, inputs: CopyWorkspaceImageInputs, other: Account, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    assert looked_up(lifecycle, new_other_run(), inputs) == {}
    created = lifecycle.create(new_other_run(), inputs)
    assert (created.state.image_state, created.state.owner_account_id) == ("AVAILABLE", other.account_id)
    found = other.observer("workspaces", HERE).describe_workspace_images(ImageType="OWNED")["Images"]
    assert [(image["ImageId"], image["Name"]) for image in found] == [(created.id, "copy")]


def test_fails_to_copy_from_an_account_that_is_not_named(
    new_other_run: NewRun, inputs: CopyWorkspaceImageInputs, other: Account, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    other_id = other.account_id
    unnamed = replace(inputs, source_owner_account_id=None)
    reason = looked_up(lifecycle, new_other_run(), unnamed)["sourceOwnerAccountId"]
    assert f"account {aws.account_id}, expected {other_id}" in reason
    with pytest.raises(CleanFailureError, match=f"image {inputs.source_image_id} .*source_owner_account_id"):
        lifecycle.create(new_other_run(), unnamed)
    assert aws.calls.of("CopyWorkspaceImage") == []


def test_fails_to_copy_from_another_account_than_the_named_one(
    new_other_run: NewRun, inputs: CopyWorkspaceImageInputs, aws: AwsSandbox
) -> None:
    with pytest.raises(CleanFailureError, match=f"account {aws.account_id}, expected 999999999999"):
        lifecycle.create(new_other_run(), replace(inputs, source_owner_account_id="999999999999"))
    assert aws.calls.of("CopyWorkspaceImage") == []


def test_create_waits_for_an_image_that_is_shared_a_moment_later(
    new_other_run: NewRun, inputs: CopyWorkspaceImageInputs, aws: AwsSandbox, other: Account
) -> None:
    calls = aws.observer("workspaces", THERE)
    permission = {"ImageId": inputs.source_image_id, "SharedAccountId": other.account_id}
    calls.update_workspace_image_permission(**permission, AllowCopyImage=False)
    run = new_other_run()
    run.then = lambda: calls.update_workspace_image_permission(**permission, AllowCopyImage=True)
    assert lifecycle.create(run, inputs).state.image_state == "AVAILABLE"
    assert any(inputs.source_image_id in text and THERE in text for text in run.texts)


def test_fails_when_the_image_is_not_shared(
    new_other_run: NewRun, inputs: CopyWorkspaceImageInputs, looked_up: LookedUp
) -> None:
    missing = replace(inputs, source_image_id="wsi-999999999")
    facts = f"wsi-999999999 in {THERE}"
    assert facts in looked_up(lifecycle, new_other_run(), missing)["sourceImageId"]
    assert looked_up(lifecycle, new_other_run(supplied=("sourceImageId",)), missing) == {}
    with pytest.raises(CleanFailureError, match=facts):
        lifecycle.create(new_other_run(), missing)


def test_preflight_reports_a_source_region_that_is_not_enabled_and_does_not_call_it(
    new_other_run: NewRun, inputs: CopyWorkspaceImageInputs, other: Account, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    other.disable_region(THERE)
    found = looked_up(lifecycle, new_other_run(), inputs)
    assert list(found) == ["sourceRegion"]
    assert (
        f"Region {THERE} is not enabled in account {other.account_id}; enable it with `aws account"
        in found["sourceRegion"]
    )
    assert THERE not in {call.region for call in aws.calls}


def test_preflight_reports_a_byol_image_for_an_account_without_byol(
    new_run: NewRun,
    inputs: CopyWorkspaceImageInputs,
    new_image: Callable[..., str],
    aws: AwsSandbox,
    looked_up: LookedUp,
) -> None:
    byol = replace(inputs, source_image_id=new_image(THERE, "byol", dedicated=True))
    assert looked_up(lifecycle, new_run(), byol) == {}
    aws.disable_byol(HERE)
    found = looked_up(lifecycle, new_run(), byol)
    assert list(found) == ["sourceImageId"]
    assert f"is not enabled for BYOL in {HERE}" in found["sourceImageId"]


def test_preflight_reports_a_pending_source_unless_the_stack_creates_it(
    new_run: NewRun, inputs: CopyWorkspaceImageInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    workspace = aws.make_workspace(THERE, user="late")
    calls = aws.observer("workspaces", THERE)
    late = calls.create_workspace_image(Name="late", Description="d", WorkspaceId=workspace)["ImageId"]
    pending = replace(inputs, source_image_id=late)
    found = looked_up(lifecycle, new_run(), pending)
    assert found == {"sourceImageId": f"expected an image that is AVAILABLE, {late} is PENDING"}
    assert looked_up(lifecycle, new_run(supplied=("sourceImageId",)), pending) == {}
