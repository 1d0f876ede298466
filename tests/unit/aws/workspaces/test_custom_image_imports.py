from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.workspaces import custom_image_imports
from pulumi_vmimport.aws.workspaces.custom_image_imports import CustomImageImport
from pulumi_vmimport.aws.workspaces.workspace_images import ImageError

IMAGE = "wsi-0123456789"
Stub = Callable[..., Stubber]


@pytest.mark.parametrize(
    ("answer", "name", "is_over"),
    [
        ({}, "pending", False),
        ({"State": "IN_PROGRESS", "ProgressPercentage": 0}, "in progress", False),
        ({"State": "TESTING_IMAGE", "ProgressPercentage": 47, "StateMessage": "step 3"}, "testing image", False),
        ({"State": "COMPLETED"}, "completed", True),
        ({"State": "ERROR", "StateMessage": "no"}, "error", True),
    ],
)  # fmt: skip
def test_a_state_has_a_name_and_decides_whether_the_import_is_over(
    answer: dict[str, Any], name: str, is_over: bool
) -> None:
    found = CustomImageImport.read(IMAGE, answer)
    assert found.image_id == IMAGE
    assert (found.state_name, found.is_over) == (name, is_over)
    assert (found.progress, found.message) == (answer.get("ProgressPercentage"), answer.get("StateMessage"))


@pytest.mark.parametrize(
    ("answer", "errors"),
    [
        pytest.param(
            {"State": "ERROR", "StateMessage": "no", "ErrorDetails": [{"ErrorCode": "A", "ErrorMessage": "a"}]},
            (ImageError("A", "a"),),
            id="details",
        ),
        pytest.param({"State": "ERROR", "StateMessage": "no"}, (ImageError("ERROR", "no"),), id="message"),
        pytest.param({"State": "ERROR"}, (ImageError("ERROR", "no message"),), id="neither"),
        pytest.param({"State": "IN_PROGRESS", "StateMessage": "step 3"}, (), id="not-failed"),
    ],
)
def test_errors_are_the_details_or_else_the_message(answer: dict[str, Any], errors: tuple[ImageError, ...]) -> None:
    assert CustomImageImport.read(IMAGE, answer).errors == errors


def test_imports_are_described_one_by_one_without_unknown_ids(aws: AwsConnection, stub: Stub) -> None:
    operation = "describe_custom_workspace_image_import"
    stub("workspaces").add_client_error(
        operation, "ResourceNotFoundException", expected_params={"ImageId": "wsi-1111111111"}
    )
    stub("workspaces").add_response(operation, {"State": "COMPLETED"}, {"ImageId": IMAGE})
    found = custom_image_imports.describe(aws, ["wsi-1111111111", IMAGE])
    assert found == {IMAGE: CustomImageImport.read(IMAGE, {"State": "COMPLETED"})}


def test_fails_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_client_error("describe_custom_workspace_image_import", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        custom_image_imports.describe(aws, [IMAGE])
