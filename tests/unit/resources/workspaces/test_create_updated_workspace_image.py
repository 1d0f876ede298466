"""Tests specific to CreateUpdatedWorkspaceImage. test_workspace_image.py tests what all image resources share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.resources.workspaces.create_updated_workspace_image_lifecycle import (
    CreateUpdatedWorkspaceImageLifecycle,
)
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = CreateUpdatedWorkspaceImageLifecycle()
NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
BAG = {"region": "eu-west-1", "imageName": "a", "imageDescription": "b", "sourceImageId": "wsi-0123456789"}


@pytest.mark.parametrize("value", ["wsi-01234567", "WSI-0123456789", "wsb-0123456789", "wsi-" + "1" * 64])
def test_fails_for_an_invalid_image_id(value: str, checked: Checked) -> None:
    expected = [("sourceImageId", f"expected wsi- and 9 to 63 of a-z 0-9, got {value!r}")]
    assert checked(lifecycle, BAG | {"sourceImageId": value}) == expected
    assert checked(lifecycle, BAG) == []


def test_create_does_not_change_the_source(updated_kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, updated_kind.inputs)
    found = aws.observer("workspaces").describe_workspace_images()["Images"]
    assert {image["ImageId"]: image["State"] for image in found} == {
        updated_kind.inputs.source_image_id: "AVAILABLE",
        created.id: "AVAILABLE",
    }


def test_preflight_warns_when_there_is_no_update(
    updated_kind: Any, run: Any, new_image: Callable[..., str], looked_up: LookedUp
) -> None:
    assert looked_up(lifecycle, run, updated_kind.inputs) == {}
    assert run.warnings == []
    latest = replace(updated_kind.inputs, source_image_id=new_image(name="latest"))
    assert looked_up(lifecycle, run, latest) == {}
    (warning,) = run.warnings
    assert f"no update for image {latest.source_image_id} (latest)" in warning
    with pytest.raises(ClientError):
        lifecycle.create(run, latest)
    assert run.recorded is None


def test_preflight_reports_a_missing_source_unless_the_stack_creates_it(
    updated_kind: Any, new_run: NewRun, looked_up: LookedUp
) -> None:
    missing = replace(updated_kind.inputs, source_image_id="wsi-999999999")
    reason = looked_up(lifecycle, new_run(), missing)["sourceImageId"]
    assert "wsi-999999999 in eu-west-1" in reason
    assert looked_up(lifecycle, new_run(supplied=("sourceImageId",)), missing) == {}


def test_preflight_reports_a_source_of_another_account(
    updated_kind: Any, new_other_run: NewRun, other: Account, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    source = updated_kind.inputs.source_image_id
    share = {"ImageId": source, "SharedAccountId": other.account_id, "AllowCopyImage": True}
    aws.observer("workspaces").update_workspace_image_permission(**share)
    reason = looked_up(lifecycle, new_other_run(), updated_kind.inputs)["sourceImageId"]
    assert f"image {source} belongs to account {aws.account_id}, expected your own, {other.account_id}" in reason
