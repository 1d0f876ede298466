from typing import Any

import pulumi
import pytest

from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshot
from pulumi_vmimport_sandbox import Sandbox

BUCKET, KEY = "images-of-web", "web.raw"


@pytest.fixture
def args() -> dict[str, Any]:
    return {"disk_container": {"format": "raw", "user_bucket": {"s3_bucket": BUCKET, "s3_key": KEY}}, "encrypted": True}


@pytest.fixture
def stack(new_stack: Any, image_args: dict[str, Any], args: dict[str, Any]) -> Any:
    """A stack with one snapshot; bucket, object and role are those of `image_args`."""

    def program() -> None:
        snapshot = ImportSnapshot("data", **args)
        pulumi.export("snapshotId", snapshot.snapshot_id)

    return new_stack(program)


@pytest.mark.both_hosts
def test_up_then_nothing_then_drift_then_repair_then_destroy_with_nothing_left(
    stack: Any, sandbox: Sandbox, args: dict[str, Any]
) -> None:
    ec2 = sandbox.aws.observer("ec2", "eu-west-1")
    assert stack.preview() == {"create": 2}
    assert stack.up() == {"create": 2}
    before = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 2}
    assert sandbox.aws.calls.writes() == before
    args["tags"] = {"cost_center": "red"}
    assert stack.up() == {"same": 1, "update": 1}
    first = stack.outputs()["snapshotId"]
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=[first])["Snapshots"]
    assert {"Key": "cost_center", "Value": "red"} in snapshot["Tags"]
    assert snapshot["Encrypted"]
    ec2.delete_snapshot(SnapshotId=first)
    assert stack.up(refresh=True) == {"create": 1, "same": 1}
    assert stack.outputs()["snapshotId"] != first
    args["disk_container"]["format"] = "OVA"
    printed = stack.fails(stack.preview)
    assert "expected one of VHD, VMDK, RAW, got 'OVA'" in printed
    stack.destroy()
    assert stack.remaining_resources() == []
