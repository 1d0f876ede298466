"""`pulumi import` of what other tools made: the program then changes nothing, and the stack manages the resources."""

from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import BUCKET, KEY, raw_disk

from pulumi_vmimport import DirectSnapshot, DiskImageUpload, ImportSnapshot, WorkspaceBundle
from pulumi_vmimport_sandbox import Sandbox

REGION = "eu-west-1"


@pytest.fixture
def made(sandbox: Sandbox, image_args: dict[str, Any]) -> dict[str, str]:
    """The ids of what plain calls made, by the resources that manage it."""
    del image_args  # the bucket, the object and the role
    aws, ec2 = sandbox.aws, sandbox.aws.observer("ec2", REGION)
    disk: Any = {"Format": "RAW", "Url": f"s3://{BUCKET}/{KEY}"}
    task = ec2.import_snapshot(DiskContainer=disk)["ImportTaskId"]
    volume = ec2.create_volume(Size=2, AvailabilityZone=f"{REGION}a")["VolumeId"]
    workspaces = aws.observer("workspaces", REGION)
    image = workspaces.create_workspace_image(Name="a", Description="b", WorkspaceId=aws.make_workspace(REGION))
    sandbox.clock.advance(7200)
    detail = ec2.describe_import_snapshot_tasks(ImportTaskIds=[task])["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]
    bundle = workspaces.create_workspace_bundle(
        BundleName="desk",
        BundleDescription="a desk",
        ImageId=image["ImageId"],
        ComputeType={"Name": "POWER"},
        UserStorage={"Capacity": "100"},
    )
    sandbox.clock.advance(7200)
    return {
        "ImportSnapshot": detail["SnapshotId"],
        "DirectSnapshot": ec2.create_snapshot(VolumeId=volume, Description="data")["SnapshotId"],
        "DiskImageUpload": f"{BUCKET}/{KEY}",
        "WorkspaceBundle": bundle["WorkspaceBundle"]["BundleId"],
        "image": image["ImageId"],
    }


def test_what_other_tools_made_is_imported_and_the_program_changes_nothing(
    new_stack: Any, sandbox: Sandbox, made: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "web.raw"
    file.write_bytes(raw_disk())

    def program() -> None:
        ImportSnapshot("disk", disk_container={"user_bucket": {"s3_bucket": BUCKET, "s3_key": KEY}})
        DirectSnapshot("data", file=str(file), description="data", encrypted=False)
        DiskImageUpload("upload", path=str(file), bucket=BUCKET, key=KEY, image_profile="snapshot")
        WorkspaceBundle(
            "desk",
            bundle_name="desk",
            bundle_description="a desk",
            image_id=made["image"],
            compute_type="POWER",
            user_storage_gib=100,
        )

    stack = new_stack(lambda: None, host="native")
    stack.up()
    names = {"ImportSnapshot": "disk", "DirectSnapshot": "data", "DiskImageUpload": "upload", "WorkspaceBundle": "desk"}
    printed = "".join(stack.import_resource(f"vmimport:index:{r}", name, made[r]) for r, name in names.items())
    assert "path cannot be read back: S3 does not record the file on the machine that runs Pulumi" in printed
    assert stack.resource(":ImportSnapshot")["id"].startswith("import-snap-")
    stack.program = program
    assert stack.preview() == {"same": 5}
    stack.up()
    stack.refresh()
    assert stack.preview() == {"same": 5}
    stack.destroy()
    assert sandbox.aws.observer("s3", REGION).head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] == len(raw_disk())
    assert sandbox.aws.observer("workspaces", REGION).describe_workspace_bundles()["Bundles"] == []
