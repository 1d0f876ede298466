"""Every place that a disk may come from, in one stack."""

import json
from typing import Any

import boto3
import pulumi
import pytest

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshot
from pulumi_vmimport_sandbox import Sandbox

REGION, BUCKET = "eu-west-1", "images-of-web"


@pytest.fixture
def presign(sandbox: Sandbox) -> Any:
    """Signs the URL of an object for some seconds, as AWS's own client does."""
    keys: Any = {"aws_access_key_id": sandbox.aws.access_key, "aws_secret_access_key": sandbox.aws.secret_key}
    s3 = boto3.Session(region_name=REGION, **keys).client("s3")
    return lambda key, seconds: s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key}, seconds)


def test_disks_come_from_buckets_presigned_urls_and_snapshots(
    new_stack: Any, sandbox: Sandbox, image_args: dict[str, Any], presign: Any
) -> None:
    (root,) = image_args["disk_containers"]
    sandbox.aws.observer("s3", REGION).put_object(Bucket=BUCKET, Key="data.raw", Body=bytes(1 << 20))
    key_arn = sandbox.aws.observer("kms", REGION).create_key()["KeyMetadata"]["Arn"]
    policy = json.dumps(iam_documents.role_policy(import_buckets=[BUCKET], kms_key_arns=[key_arn]))
    sandbox.aws.observer("iam").put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
    linux: Any = {"platform": "Linux", "license_type": "BYOL", "operating_system": "Ubuntu 22.04"}
    url = {"value": presign("web.raw", 7 * 3600)}

    def program() -> None:
        data = {"description": "data", "format": "RAW", "url": f"s3://{BUCKET}/data.raw"}
        two: Any = {**image_args, "disk_containers": [root, data], "encrypted": True, "kms_key_id": key_arn}
        disks = ImportImage("two-disks", two)
        by_url: Any = {"disk_containers": [{"format": "raw", "url": url["value"]}], **linux}
        ImportImage("by-url", by_url)
        snapshot = ImportSnapshot("root", disk_container={"format": "RAW", "url": f"s3://{BUCKET}/web.raw"})
        of_it: Any = {"disk_containers": [{"snapshot_id": snapshot.snapshot_id}], "boot_mode": "uefi", **linux}
        from_snapshot = ImportImage("from-snapshot", of_it)
        pulumi.export("snapshotIds", disks.snapshot_ids)
        outputs = (from_snapshot.image_name, from_snapshot.detected_boot_mode, from_snapshot.billed_usage_operation)
        pulumi.export("fromSnapshot", [from_snapshot.image_id, *outputs])
        pulumi.export("report", disks.post_import_report)

    stack = new_stack(program)
    assert stack.up() == {"create": 5}
    ec2 = sandbox.aws.observer("ec2", REGION)
    snapshots = ec2.describe_snapshots(SnapshotIds=stack.outputs()["snapshotIds"])["Snapshots"]
    assert [(snapshot["Encrypted"], snapshot["KmsKeyId"]) for snapshot in snapshots] == [(True, key_arn)] * 2
    assert any(line.startswith("hardening: ") for line in stack.outputs()["report"])
    image_id, *outputs = stack.outputs()["fromSnapshot"]
    (image,) = ec2.describe_images(ImageIds=[image_id])["Images"]
    assert image["BootMode"] == "uefi"
    assert outputs == [image["Name"], "uefi", image["UsageOperation"]]
    # A program presigns the URL in each run; the disk is the same.
    before, url["value"] = sandbox.aws.calls.writes(), presign("web.raw", 8 * 3600)
    assert stack.up() == {"same": 5}
    assert sandbox.aws.calls.writes() == before
    assert stack.preview(refresh=True) == {"same": 5}
    url["value"] = presign("data.raw", 600)
    printed = stack.fails(stack.preview)
    assert "disk_containers[0].url" in printed
    assert "expected a URL that is valid for at least" in printed
    url["value"] = presign("web.raw", 7 * 3600)
    stack.destroy()
    assert stack.remaining_resources() == []
