from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.workspaces import workspace_images
from pulumi_vmimport.aws.workspaces.workspace_images import ImageError, WorkspaceImage

IMAGE = "wsi-0123456789"
Stub = Callable[..., Stubber]


def image(id: str = IMAGE, **members: Any) -> dict[str, Any]:
    return {"ImageId": id, "Name": "win10", **members}


def test_an_image_is_read_with_all_its_facts() -> None:
    found = WorkspaceImage.read(
        image(
            State="AVAILABLE",
            Description="web",
            RequiredTenancy="DEDICATED",
            OwnerAccountId="123456789012",
            Updates={"UpdateAvailable": True},
        )
    )
    assert found == WorkspaceImage(IMAGE, "win10", "AVAILABLE", "web", "DEDICATED", "123456789012", (), True)
    assert not found.pending


def test_absent_members_have_neutral_values() -> None:
    found = WorkspaceImage.read({"ImageId": IMAGE})
    assert found == WorkspaceImage(IMAGE, "", "PENDING", "", None, None, (), None)
    assert found.pending


@pytest.mark.parametrize(
    ("members", "errors"),
    [
        pytest.param(
            {"ErrorDetails": [{"ErrorCode": "A", "ErrorMessage": "a"}, {"ErrorCode": "B"}], "ErrorCode": "C"},
            (ImageError("A", "a"), ImageError("B", "")),
            id="details",
        ),
        pytest.param({"ErrorCode": "C", "ErrorMessage": "c"}, (ImageError("C", "c"),), id="summary-alone"),
        pytest.param({"ErrorMessage": "c"}, (), id="no-code"),
    ],
)
def test_errors_are_the_details_or_else_the_summary(members: dict[str, Any], errors: tuple[ImageError, ...]) -> None:
    assert WorkspaceImage.read(image(**members)).errors == errors


def test_an_error_is_shown_with_code_and_message() -> None:
    assert str(ImageError("A", "a")) == "A: a"


def test_describe_sends_at_most_25_ids(aws: AwsConnection, stub: Stub) -> None:
    ids = [f"wsi-{number:010}" for number in range(26)]
    for batch in (ids[:25], ids[25:]):
        stub("workspaces").add_response("describe_workspace_images", {"Images": [image(batch[0])]}, {"ImageIds": batch})
    assert set(workspace_images.describe(aws, ids)) == {ids[0], ids[25]}


def test_an_image_is_found_or_none(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response("describe_workspace_images", {"Images": [image()]}, {"ImageIds": [IMAGE]})
    stub("workspaces").add_response("describe_workspace_images", {}, {"ImageIds": [IMAGE]})
    stub("workspaces").add_client_error("describe_workspace_images", "ResourceNotFoundException")
    found = workspace_images.find(aws, IMAGE)
    assert found is not None
    assert found.id == IMAGE
    assert workspace_images.find(aws, IMAGE) is None
    assert workspace_images.find(aws, IMAGE) is None


def test_an_own_image_is_found_before_a_shared_one(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response("describe_workspace_images", {"Images": [image()]}, {"ImageIds": [IMAGE]})
    assert workspace_images.find_shared(aws, IMAGE) == WorkspaceImage.read(image())


@pytest.mark.parametrize("images", [[image()], []])
def test_a_shared_image_is_found_by_its_type(aws: AwsConnection, stub: Stub, images: list[dict[str, Any]]) -> None:
    stub("workspaces").add_response("describe_workspace_images", {"Images": []}, {"ImageIds": [IMAGE]})
    stub("workspaces").add_response(
        "describe_workspace_images", {"Images": images}, {"ImageIds": [IMAGE], "ImageType": "SHARED"}
    )
    expected = WorkspaceImage.read(images[0]) if images else None
    assert workspace_images.find_shared(aws, IMAGE) == expected


def test_an_own_image_is_found_by_name_on_any_page(aws: AwsConnection, stub: Stub) -> None:
    for _ in range(2):
        stub("workspaces").add_response(
            "describe_workspace_images",
            {"Images": [image("wsi-1111111111", Name="other")], "NextToken": "more"},
            {"ImageType": "OWNED"},
        )
        stub("workspaces").add_response(
            "describe_workspace_images", {"Images": [image()]}, {"ImageType": "OWNED", "NextToken": "more"}
        )
    found = workspace_images.find_by_name(aws, "win10")
    assert found is not None
    assert found.id == IMAGE
    assert workspace_images.find_by_name(aws, "nobody") is None


def test_delete_names_the_image_and_accepts_one_that_is_gone(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response("delete_workspace_image", {}, {"ImageId": IMAGE})
    stub("workspaces").add_client_error("delete_workspace_image", "ResourceNotFoundException")
    workspace_images.delete(aws, IMAGE)
    workspace_images.delete(aws, IMAGE)


def test_fails_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_client_error("describe_workspace_images", "AccessDeniedException")
    stub("workspaces").add_client_error("delete_workspace_image", "ResourceAssociatedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        workspace_images.find(aws, IMAGE)
    with pytest.raises(ClientError, match="ResourceAssociatedException"):
        workspace_images.delete(aws, IMAGE)
