"""Enable an account for BYOL and use it: an image by EC2 Image Builder, its update, and a bundle."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from pulumi_vmimport import CreateUpdatedWorkspaceImage, ImportCustomWorkspaceImage, WorkspaceBundle, WorkspacesAccount
from pulumi_vmimport_sandbox import Sandbox

REGION = "eu-west-1"
RANGE = "10.7.0.0/16"


@pytest.fixture
def task_id(sandbox: Sandbox, image_args: dict[str, Any]) -> str:
    """An import task that has just started."""
    place = image_args["disk_containers"][0]["user_bucket"]
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": place["s3_bucket"], "S3Key": place["s3_key"]}}
    ec2 = sandbox.aws.observer("ec2", REGION)
    return str(ec2.import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")["ImportTaskId"])


@pytest.fixture(autouse=True)
def quick(sandbox: Sandbox) -> None:
    """Imports take half an hour instead of two hours."""
    settings = sandbox.aws.settings
    settings.custom_import_stages = tuple(
        replace(stage, seconds=stage.seconds / 4) for stage in settings.custom_import_stages
    )
    settings.update_workspace_image_seconds = settings.modify_account_seconds = 300


@pytest.fixture
def image_names() -> dict[str, str]:
    """The names of the images, and the image that the bundle uses; a test may edit them."""
    return {"custom": "custom", "updated": "updated", "desk": "updated"}


@pytest.fixture
def stack(new_stack: Callable[..., Any], task_id: str, image_names: dict[str, str]) -> Any:
    def program() -> None:
        account = WorkspacesAccount(
            "byol", {"dedicated_tenancy_management_cidr_range": RANGE, "acknowledge_irreversible": True}
        )
        custom = ImportCustomWorkspaceImage(
            "custom",
            {
                "image_name": image_names["custom"],
                "image_description": "by EC2 Image Builder",
                "compute_type": "GRAPHICS_G6",
                "protocol": "DCV",
                "os_version": "Windows_10",
                "infrastructure_configuration_arn": (
                    f"arn:aws:imagebuilder:{REGION}:123456789012:infrastructure-configuration/byol"
                ),
                "ec2_import_task_id": task_id,
                "keep_failed_image": True,
            },
            pulumi.ResourceOptions(depends_on=[account]),
        )
        updated = CreateUpdatedWorkspaceImage(
            "updated",
            {
                "image_name": image_names["updated"],
                "image_description": "the latest",
                "source_image_id": custom.image_id,
            },
        )
        WorkspaceBundle(
            "desk",
            {
                "bundle_name": "desk",
                "bundle_description": "a desk",
                "compute_type": "POWER",
                "user_storage_gib": 100,
                "image_id": custom.image_id if image_names["desk"] == "custom" else updated.image_id,
            },
        )
        pulumi.export("custom", custom.image_id)
        pulumi.export("updated", updated.image_id)

    return new_stack(program)


@pytest.mark.both_hosts
def test_an_account_stays_enabled_while_images_and_a_bundle_are_created_replaced_and_destroyed(
    stack: Any, sandbox: Sandbox, image_names: dict[str, str]
) -> None:
    aws, workspaces = sandbox.aws, sandbox.aws.observer("workspaces", REGION)
    aws.disable_byol(REGION)
    assert stack.preview() == {"create": 5}
    assert aws.calls.writes() == []
    aws.faults.fail_workspace_image("DomainJoined", "AppXPackagesInstalled")
    printed = stack.fails(stack.up)
    assert "ended in ERROR: DomainJoined: " in printed
    assert "AppXPackagesInstalled: " in printed
    assert [image["State"] for image in workspaces.describe_workspace_images()["Images"]] == ["ERROR"]

    def offer_update(_: Any) -> None:
        for image in workspaces.describe_workspace_images()["Images"]:
            aws.offer_image_update(image["ImageId"])

    for nth in (1, 2):
        aws.faults.on("CreateUpdatedWorkspaceImage", offer_update, nth=nth)
    assert stack.up() == {"create": 2, "replace": 1, "same": 2}
    assert re.search(r"\d+% [a-z ]+: .*, wsi-\w+", "\n".join(stack.output))  # percentage, state, message and id
    outputs = stack.outputs()
    states = {image["ImageId"]: image["State"] for image in workspaces.describe_workspace_images()["Images"]}
    assert states == {outputs["custom"]: "AVAILABLE", outputs["updated"]: "AVAILABLE"}
    writes = aws.calls.writes()
    assert stack.up() == {"same": 5}
    assert aws.calls.writes() == writes

    image_names["updated"] = "updated-2"  # the bundle gets the new image before the old image is deleted
    assert stack.up() == {"replace": 1, "same": 3, "update": 1}
    [bundle] = workspaces.describe_workspace_bundles()["Bundles"]
    assert bundle["ImageId"] == stack.outputs()["updated"] != outputs["updated"]
    image_names["desk"] = "custom"
    assert stack.up() == {"same": 4, "update": 1}
    [bundle] = workspaces.describe_workspace_bundles()["Bundles"]
    assert bundle["ImageId"] == outputs["custom"]
    stack.destroy()
    assert "stays enabled for BYOL" in "\n".join(stack.output)
    assert workspaces.describe_account()["DedicatedTenancyManagementCidrRange"] == RANGE
    assert [line for line in aws.remaining_resources() if "workspaces" in line] == []
