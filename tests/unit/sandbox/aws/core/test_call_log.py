from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from botocore.exceptions import ClientError

from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall, RecordedCall

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox


def test_calls_are_recorded_with_service_region_and_time(account: Account, aws: AwsSandbox) -> None:
    account.ec2.describe_images()
    aws.clock.advance(5)
    aws.client("workspaces", "us-west-2").describe_account()
    aws.client("sts").get_caller_identity()
    now = aws.clock.now()
    assert list(aws.calls) == [
        RecordedCall("ec2", "DescribeImages", "eu-west-1", now - 5),
        RecordedCall("workspaces", "DescribeAccount", "us-west-2", now),
        RecordedCall("sts", "GetCallerIdentity", "eu-west-1", now),
    ]


def test_s3_calls_have_the_names_of_their_operations(account: Account, aws: AwsSandbox) -> None:
    account.bucket()
    s3, where = account.s3, {"Bucket": "disk-images"}
    s3.head_bucket(**where)
    s3.put_bucket_policy(**where, Policy=account.document())
    s3.get_bucket_location(**where)
    s3.put_object(**where, Key="a/b c", Body=b"x")
    s3.head_object(**where, Key="a/b c")
    s3.get_object(**where, Key="a/b c")
    s3.copy_object(**where, Key="copy", CopySource="disk-images/a/b c")
    s3.list_objects_v2(**where)
    upload = {**where, "Key": "big", "UploadId": s3.create_multipart_upload(**where, Key="big")["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    s3.list_parts(**upload)
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    other = s3.create_multipart_upload(**where, Key="other")["UploadId"]
    s3.list_multipart_uploads(**where)
    s3.abort_multipart_upload(**where, Key="other", UploadId=other)
    s3.delete_object(**where, Key="big")
    s3.delete_objects(**where, Delete={"Objects": [{"Key": "copy"}, {"Key": "a/b c"}]})
    s3.delete_bucket(**where)
    s3.list_buckets()
    assert aws.calls.operations == [
        "CreateBucket", "HeadBucket", "PutBucketPolicy", "GetBucketLocation", "PutObject", "HeadObject", "GetObject",
        "CopyObject", "ListObjectsV2", "CreateMultipartUpload", "UploadPart", "ListParts", "CompleteMultipartUpload",
        "CreateMultipartUpload", "ListMultipartUploads", "AbortMultipartUpload", "DeleteObject", "DeleteObjects",
        "DeleteBucket", "ListBuckets",
    ]  # fmt: skip
    assert aws.calls.of("PutObject")[0].path == "/disk-images/a/b c"
    assert "partNumber=1" in aws.calls.of("s3:UploadPart")[0].path


def test_the_content_of_an_object_is_not_parsed_as_a_form(account: Account, aws: AwsSandbox) -> None:
    account.bucket()
    form = {"ContentType": "application/x-www-form-urlencoded", "Body": b"Action=DeleteBucket"}
    account.s3.put_object(Bucket="disk-images", Key="form", **form)
    assert aws.calls.operations[-1] == "PutObject"


def test_writes_are_distinguished_from_reads(ready: Account, aws: AwsSandbox) -> None:
    aws.calls.clear()
    ready.start()
    ready.ec2.describe_import_image_tasks()
    ready.s3.head_object(Bucket="disk-images", Key="vm.ova")
    ready.s3.list_buckets()
    ready.iam.get_role(RoleName="vmimport")
    ready.s3.delete_object(Bucket="disk-images", Key="vm.ova")
    assert [call.operation for call in aws.calls.writes()] == ["ImportImage", "DeleteObject"]
    assert len(aws.calls) == 6


def test_the_body_of_a_json_call_is_parsed_and_a_dry_run_is_no_write(account: Account, aws: AwsSandbox) -> None:
    incoming: list[IncomingCall] = []
    aws.faults.watch(lambda call, when: incoming.append(call) if when == "before" else None)
    builder, name = aws.client("imagebuilder", "eu-west-1"), {"name": "web-{{ imagebuilder:buildDate }}"}
    to = [{"region": "eu-west-1", "amiDistributionConfiguration": name}]
    with pytest.raises(ClientError, match="DryRunOperationException"):
        builder.create_distribution_configuration(name="web", distributions=to, dryRun=True)
    builder.create_distribution_configuration(name="web", distributions=to)
    aws.client("workspaces").describe_workspace_images(ImageIds=["wsi-1"])
    aws.client("ebs").start_snapshot(VolumeSize=1, Description="web")
    account.ec2.describe_images()
    assert [(call.body.get("name"), call.call.is_write) for call in incoming[:2]] == [("web", False), ("web", True)]
    assert [call.body for call in incoming[2:3]] == [{"ImageIds": ["wsi-1"]}]
    assert [call.body.get("Description") for call in incoming[3:]] == ["web", None]


def test_the_observers_calls_are_not_recorded(account: Account, aws: AwsSandbox) -> None:
    aws.observer("ec2").describe_images()
    aws.make_workspace()
    assert aws.calls.operations == []


def test_rejected_calls_are_recorded(account: Account, aws: AwsSandbox) -> None:
    aws.faults.throttle("DescribeImages")
    account.refused(account.ec2.describe_images)
    assert aws.calls.operations == ["DescribeImages"]


def test_a_request_of_a_presigned_url_is_recorded(account: Account, aws: AwsSandbox) -> None:
    account.bucket()
    account.put("key", b"bytes")
    url = account.s3.generate_presigned_url("get_object", Params={"Bucket": "disk-images", "Key": "key"})
    aws.calls.clear()
    with requests.Session() as session:
        session.trust_env = False  # no proxy leads to this machine
        assert session.get(url, timeout=10).content == b"bytes"
    assert [(call.service, call.operation) for call in aws.calls] == [("s3", "GetObject")]


def test_fails_with_the_name_of_an_unsupported_operation(account: Account) -> None:
    code, message = account.refused(account.ec2.create_store_image_task, ImageId="ami-0123456789abcdef0", Bucket="b")
    assert (code, "ec2 CreateStoreImageTask" in message) == ("NotImplemented", True)


@pytest.mark.parametrize("operation", ["import", "image", "workspaces image"])
def test_remaining_resources_lists_existing_resources(ready: Account, aws: AwsSandbox, operation: str) -> None:
    arranged = ["s3 bucket disk-images", "s3 object disk-images/vm.ova", "iam role vmimport"]
    assert aws.remaining_resources() == arranged
    match operation:
        case "import":
            task_id = ready.start()
            assert aws.remaining_resources()[0] == f"ec2 eu-west-1 import task {task_id} (active, pending)"
            ready.cancel(task_id)
        case "image":
            ready.start()
            aws.clock.advance(aws.settings.import_seconds)  # and nobody asks how it stands
            assert [line.split()[2] for line in aws.remaining_resources()[:2]] == ["image", "snapshot"]
            [image] = ready.ec2.describe_images(Owners=["self"])["Images"]
            ready.ec2.deregister_image(ImageId=image["ImageId"], DeleteAssociatedSnapshots=True)
        case "workspaces image":
            workspace = aws.make_workspace()
            request = {"Name": "n", "Description": "d", "WorkspaceId": workspace}
            image_id = ready.workspaces.create_workspace_image(**request)["ImageId"]
            assert aws.remaining_resources()[0] == f"workspaces eu-west-1 image {image_id} (n, PENDING)"
            aws.clock.advance(aws.settings.create_workspace_image_seconds)
            ready.workspaces.delete_workspace_image(ImageId=image_id)
    assert aws.remaining_resources() == arranged


def test_remaining_resources_lists_uploads_policies_and_other_regions(account: Account, aws: AwsSandbox) -> None:
    account.bucket()
    account.s3.create_multipart_upload(Bucket="disk-images", Key="half")
    account.iam.create_policy(PolicyName="mine", PolicyDocument=account.document(*account.permissions))
    far = aws.client("ec2", "us-west-2")
    volume = far.create_volume(Size=1, AvailabilityZone="us-west-2a")["VolumeId"]
    snapshot = far.create_snapshot(VolumeId=volume, Description="far")["SnapshotId"]
    assert aws.remaining_resources() == [
        f"ec2 us-west-2 snapshot {snapshot} (far)",
        f"ec2 us-west-2 volume {volume} (1 GiB, available)",
        "s3 bucket disk-images",
        "s3 multipart upload disk-images/half",
        "iam policy mine",
    ]
