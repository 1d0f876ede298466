"""Stacks of early versions: the current version refreshes and destroys them.

fixtures/state_<version>.json is the `pulumi stack export` of `program` by that version, without source positions. The
test replaces $image_id and the other placeholders with the ids of the AWS resources that it creates.
"""

import json
from pathlib import Path
from string import Template
from typing import Any

import pytest

from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImage
from pulumi_vmimport_sandbox import Sandbox

STATES = sorted((Path(__file__).parent / "fixtures").glob("state_*.json"))
NAME, DESCRIPTION = "web-2026", "Windows 11 of the web team"


@pytest.fixture
def stack(new_stack: Any, image_args: dict[str, Any]) -> Any:
    def program() -> None:
        image = ImportImage("web", **image_args, description="web")
        ImportWorkspaceImage(
            "web",
            {
                "ec2_image_id": image.image_id,
                "ingestion_process": "BYOL_REGULAR_WSP",
                "image_name": NAME,
                "image_description": DESCRIPTION,
                "tags": {"cost_center": "blue"},
            },
        )

    return new_stack(program)


def create_resources(sandbox: Sandbox, bucket: str, key: str) -> dict[str, str]:
    """Create the resources of the stack; returns their ids."""
    ec2, workspaces = sandbox.aws.observer("ec2", "eu-west-1"), sandbox.aws.observer("workspaces", "eu-west-1")
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": key}}
    started = ec2.import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")
    sandbox.clock.advance(3600)
    ids = {"ImportTaskIds": [started["ImportTaskId"]]}
    (task,) = ec2.describe_import_image_tasks(**ids)["ImportImageTasks"]
    image_id, snapshot_id = task["ImageId"], task["SnapshotDetails"][0]["SnapshotId"]
    ec2.create_tags(Resources=[image_id, snapshot_id], Tags=[{"Key": "cost_center", "Value": "blue"}])
    ec2.modify_image_attribute(ImageId=image_id, Description={"Value": "web"})
    ingested = workspaces.import_workspace_image(
        Ec2ImageId=image_id,
        IngestionProcess="BYOL_REGULAR_WSP",
        ImageName=NAME,
        ImageDescription=DESCRIPTION,
        Tags=[{"Key": "cost_center", "Value": "blue"}],
    )
    sandbox.clock.advance(2 * 3600)
    return {
        "import_task_id": started["ImportTaskId"],
        "image_id": image_id,
        "snapshot_id": snapshot_id,
        "workspace_image_id": ingested["ImageId"],
    }


@pytest.mark.parametrize("state", STATES, ids=[path.stem for path in STATES])
def test_the_state_of_an_early_version_is_refreshed_unchanged_and_destroyed(
    stack: Any, image_args: dict[str, Any], sandbox: Sandbox, state: Path
) -> None:
    location = image_args["disk_containers"][0]["user_bucket"]
    ids = create_resources(sandbox, location["s3_bucket"], location["s3_key"])
    stack.load(json.loads(Template(state.read_text()).substitute(ids)))
    assert stack.refresh() == {"same": 3}
    assert stack.preview() == {"same": 3}
    stack.destroy()
    assert stack.remaining_resources() == []
