"""What shows only later or only in some buckets: forgotten tasks, changed sources, required encryption, versions."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import raw_disk

from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUpload
from pulumi_vmimport_sandbox import Sandbox

REGION, BUCKET, KEY, DAY = "eu-west-1", "versions-of-web", "web.raw", 86400
ENGINE, DESCRIBE = "bin/pulumi --", "DescribeImportImageTasks"


@pytest.fixture
def image_stack(image_stack: Any) -> Any:
    image_stack.environment["VMIMPORT_POLL_SECONDS"] = "0.1"
    return image_stack


@pytest.fixture
def s3(sandbox: Sandbox) -> Any:
    """A versioned bucket that requires SSE-KMS and contains an object of another owner."""
    client = sandbox.aws.observer("s3", REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=BUCKET, Key="of-others", Body=b"kept")
    condition = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": "RequireKms", "Condition": condition, **denied}]}
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    return client


@pytest.fixture
def upload(new_stack: Any, s3: Any, tmp_path: Path) -> dict[str, Any]:
    """The arguments of an upload to that bucket."""
    file = tmp_path / KEY
    file.write_bytes(raw_disk())
    return {"path": str(file), "bucket": BUCKET, "key": KEY, "image_profile": "snapshot"}


@pytest.fixture
def upload_stack(new_stack: Any, upload: dict[str, Any]) -> Any:
    def program() -> None:
        DiskImageUpload("web", **upload)

    return new_stack(program)


def versions(s3: Any) -> list[str]:
    """The keys of all versions and delete markers."""
    listed = s3.list_object_versions(Bucket=BUCKET)
    return sorted(entry["Key"] for kind in ("Versions", "DeleteMarkers") for entry in listed.get(kind, []))


def test_an_import_that_was_interrupted_is_completed_when_ec2_has_forgotten_its_task(
    image_stack: Any, image_args: dict[str, Any], sandbox: Sandbox
) -> None:
    image_args["timeout_minutes"] = 2  # where Ctrl-C does not end it
    sandbox.aws.faults.on(DESCRIBE, lambda _: image_stack.kill(ENGINE, by=signal.SIGINT), nth=3)
    image_stack.fails(image_stack.up)
    assert image_stack.is_over()
    sandbox.clock.advance(sandbox.aws.settings.import_seconds + 8 * DAY)
    assert sandbox.aws.observer("ec2", REGION).describe_import_image_tasks()["ImportImageTasks"] == []
    assert image_stack.up(refresh=True) == {"same": 1, "update": 1}
    assert len(sandbox.aws.import_tasks) == 1
    assert image_stack.up() == {"same": 2}
    image_stack.destroy()
    assert image_stack.remaining_resources() == []


def test_an_image_whose_source_has_changed_shows_in_preview_and_is_replaced(
    image_stack: Any, image_args: dict[str, Any], sandbox: Sandbox
) -> None:
    source = image_args["disk_containers"][0]["user_bucket"]
    objects = sandbox.aws.observer("s3", REGION)
    image_stack.up()
    first = image_stack.outputs()["imageId"]
    assert image_stack.preview() == {"same": 2}
    body = objects.get_object(Bucket=source["s3_bucket"], Key=source["s3_key"])["Body"].read()
    objects.put_object(Bucket=source["s3_bucket"], Key=source["s3_key"], Body=body + bytes(512))
    assert image_stack.preview() == {"replace": 1, "same": 1}
    assert image_stack.up() == {"replace": 1, "same": 1}
    assert image_stack.outputs()["imageId"] != first
    ec2 = sandbox.aws.observer("ec2", REGION)
    assert [i["ImageId"] for i in ec2.describe_images(Owners=["self"])["Images"]] == [image_stack.outputs()["imageId"]]


def test_a_bucket_that_requires_encryption_fails_in_preview_without_sse_and_gets_an_encrypted_object_with_it(
    upload_stack: Any, upload: dict[str, Any], sandbox: Sandbox, s3: Any
) -> None:
    printed = upload_stack.fails(upload_stack.preview)
    assert f"statement RequireKms in the policy of bucket '{BUCKET}' denies the upload" in printed
    assert sandbox.aws.calls.writes() == []
    upload |= {"sse": "aws:kms", "kms_key_id": sandbox.aws.observer("kms", REGION).create_key()["KeyMetadata"]["Arn"]}
    assert upload_stack.up() == {"create": 2}
    head = s3.head_object(Bucket=BUCKET, Key=KEY)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", upload["kms_key_id"])
    assert upload_stack.preview(refresh=True) == {"same": 2}


def test_destroy_deletes_every_version_that_the_stack_wrote_and_no_other(
    upload_stack: Any, upload: dict[str, Any], s3: Any
) -> None:
    upload["sse"] = "aws:kms"
    upload_stack.up()
    Path(upload["path"]).write_bytes(raw_disk() + bytes(512))
    assert upload_stack.up() == {"same": 1, "update": 1}
    assert versions(s3) == ["of-others", KEY, KEY]
    upload_stack.destroy()
    assert versions(s3) == ["of-others"]
