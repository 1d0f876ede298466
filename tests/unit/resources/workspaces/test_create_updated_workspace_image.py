"""What sets CreateUpdatedWorkspaceImage apart; test_workspace_image.py has what it shares with the other images."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.resources.workspaces.create_updated_workspace_image import CreateUpdatedWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = CreateUpdatedWorkspaceImageLifecycle()
NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
BAG = {"region": "eu-west-1", "imageName": "a", "imageDescription": "b", "sourceImageId": "wsi-0123456789"}


@pytest.mark.parametrize("value", ["wsi-01234567", "WSI-0123456789", "wsb-0123456789", "wsi-" + "1" * 64])
def test_fails_in_check_on_what_is_no_image_id(value: str, checked: Checked) -> None:
    expected = [("sourceImageId", f"expected wsi- and 9 to 63 of a-z 0-9, got {value!r}")]
    assert checked(lifecycle, BAG | {"sourceImageId": value}) == expected
    assert checked(lifecycle, BAG) == []


def test_the_source_stays_as_it_is(updated_kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, updated_kind.inputs)
    found = aws.observer("workspaces").describe_workspace_images()["Images"]
    assert {image["ImageId"]: image["State"] for image in found} == {
        updated_kind.inputs.source_image_id: "AVAILABLE",
        created.id: "AVAILABLE",
    }


def test_preflight_warns_where_there_is_no_update(
    updated_kind: Any, run: Any, new_image: Callable[..., str], looked_up: LookedUp
) -> None:
    assert looked_up(lifecycle, run, updated_kind.inputs) == {}
    assert run.warnings == []
    latest = replace(updated_kind.inputs, source_image_id=new_image(name="latest"))
    assert looked_up(lifecycle, run, latest) == {}
    assert run.warnings == [
        f"WorkSpaces has no update for image {latest.source_image_id} (latest), and may refuse to make one"
    ]
    with pytest.raises(ClientError):
        lifecycle.create(run, latest)
    assert run.recorded is None


def test_preflight_tells_a_missing_source_unless_a_resource_supplies_it(
    updated_kind: Any, new_run: NewRun, looked_up: LookedUp
) -> None:
    missing = replace(updated_kind.inputs, source_image_id="wsi-999999999")
    found = looked_up(lifecycle, new_run(), missing)
    assert found == {"sourceImageId": "there is no image wsi-999999999 in eu-west-1"}
    assert looked_up(lifecycle, new_run(supplied=("sourceImageId",)), missing) == {}


def test_preflight_tells_a_shared_source_which_must_be_copied_first(
    updated_kind: Any, new_other_run: NewRun, other: Account, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    source = updated_kind.inputs.source_image_id
    share = {"ImageId": source, "SharedAccountId": other.account_id, "AllowCopyImage": True}
    aws.observer("workspaces").update_workspace_image_permission(**share)
    reason = looked_up(lifecycle, new_other_run(), updated_kind.inputs)["sourceImageId"]
    assert f"image {source} belongs to account {aws.account_id}, expected your own" in reason
    assert "copy it first (WS-08)" in reason
