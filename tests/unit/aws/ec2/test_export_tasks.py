from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.export_tasks import (
    IMAGE_EXPORTS,
    INSTANCE_EXPORTS,
    Ec2ExportTask,
    is_image_busy,
    key_stem,
    start_image_export,
    start_instance_export,
)

IMAGE_TASK, INSTANCE_TASK = "export-ami-0123456789abcdef0", "export-i-0123456789abcdef0"
TAGS = [{"Key": "team", "Value": "blue"}]
Stub = Callable[..., Stubber]


def test_an_image_export_is_read_with_bucket_and_key_stem() -> None:
    location = {"S3Bucket": "exports", "S3Prefix": "vms/"}
    found = Ec2ExportTask.read_image({
        "ExportImageTaskId": IMAGE_TASK,
        "Status": "active",
        "Progress": "5",
        "S3ExportLocation": location,
    })  # fmt: skip
    assert (found.id, found.status, found.progress) == (IMAGE_TASK, "active", 5)
    assert (found.bucket, found.key_stem) == ("exports", f"vms/{IMAGE_TASK}")
    bare = Ec2ExportTask.read_image({"ExportImageTaskId": IMAGE_TASK})
    assert (bare.bucket, bare.key_stem) == (None, IMAGE_TASK)


def test_an_instance_export_is_read_with_bucket_and_key_stem() -> None:
    destination = {"S3Bucket": "exports", "S3Key": f"vms/{INSTANCE_TASK}.ova"}
    found = Ec2ExportTask.read_instance({
        "ExportTaskId": INSTANCE_TASK,
        "State": "completed",
        "ExportToS3Task": destination,
    })  # fmt: skip
    assert (found.id, found.status) == (INSTANCE_TASK, "completed")
    assert (found.bucket, found.key_stem) == ("exports", f"vms/{INSTANCE_TASK}")
    bare = Ec2ExportTask.read_instance({"ExportTaskId": INSTANCE_TASK})
    assert (bare.bucket, bare.key_stem) == (None, None)


@pytest.mark.parametrize(("prefix", "stem"), [("vms/", "vms/export-1"), ("vms", "vmsexport-1"), (None, "export-1")])
def test_nothing_is_between_prefix_and_id(prefix: str | None, stem: str) -> None:
    assert key_stem(prefix, "export-1") == stem


def test_an_image_export_starts_with_members_token_and_tags(aws: AwsConnection, stub: Stub) -> None:
    members: dict[str, Any] = {
        "ImageId": "ami-1",
        "DiskImageFormat": "VMDK",
        "S3ExportLocation": {"S3Bucket": "exports"},
    }
    stub("ec2").add_response(
        "export_image",
        {"ExportImageTaskId": IMAGE_TASK},
        {
            **members,
            "ClientToken": "token",
            "TagSpecifications": [{"ResourceType": "export-image-task", "Tags": TAGS}],
        },
    )
    assert start_image_export(aws, members, "token", {"team": "blue"}).id == IMAGE_TASK


def test_an_instance_export_starts_without_token_and_retries(aws: AwsConnection, stub: Stub) -> None:
    members: dict[str, Any] = {
        "InstanceId": "i-1",
        "TargetEnvironment": "vmware",
        "ExportToS3Task": {"S3Bucket": "exports"},
    }
    client = stub("ec2", without_retries=True)
    client.add_response(
        "create_instance_export_task",
        {"ExportTask": {"ExportTaskId": INSTANCE_TASK, "State": "active"}},
        {**members, "TagSpecifications": [{"ResourceType": "export-instance-task", "Tags": TAGS}]},
    )
    assert start_instance_export(aws, members, {"team": "blue"}).id == INSTANCE_TASK
    config: Any = client.client.meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}


def test_image_exports_are_listed_over_all_pages_and_cancelled_by_id(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response(
        "describe_export_image_tasks", {"ExportImageTasks": [{"ExportImageTaskId": "a"}], "NextToken": "more"}, {}
    )
    stub("ec2").add_response(
        "describe_export_image_tasks", {"ExportImageTasks": [{"ExportImageTaskId": "b"}]}, {"NextToken": "more"}
    )
    stub("ec2").add_response("cancel_export_task", {}, {"ExportTaskId": "a"})
    assert [task.id for task in IMAGE_EXPORTS.list_all(aws)] == ["a", "b"]
    IMAGE_EXPORTS.cancel(aws, "a", "deleted")
    stub("ec2").add_response(
        "describe_export_image_tasks",
        {"ExportImageTasks": [{"ExportImageTaskId": "a"}]},
        {"ExportImageTaskIds": ["a"]},
    )
    assert IMAGE_EXPORTS.find(aws, "a") is not None


def test_instance_exports_are_described_by_id_and_cancelled(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response(
        "describe_export_tasks", {"ExportTasks": [{"ExportTaskId": "a"}]}, {"ExportTaskIds": ["a"]}
    )
    stub("ec2").add_response("cancel_export_task", {}, {"ExportTaskId": "a"})
    assert INSTANCE_EXPORTS.find(aws, "a") is not None
    INSTANCE_EXPORTS.cancel(aws, "a", "deleted")
    assert (IMAGE_EXPORTS.noun, INSTANCE_EXPORTS.noun) == ("export task", "export task")


@pytest.mark.parametrize(
    ("error", "is_busy"),
    [
        pytest.param(ClientError({"Error": {"Code": "IncorrectState"}}, "ExportImage"), True, id="IncorrectState"),
        pytest.param(
            ClientError({"Error": {"Code": "InvalidState", "Message": "no"}}, "ExportImage"), True, id="InvalidState"
        ),
        pytest.param(
            ClientError({"Error": {"Code": "X", "Message": "ami-1 is being exported"}}, "ExportImage"), True, id="words"
        ),
        pytest.param(ClientError({"Error": {"Code": "X", "Message": "no"}}, "ExportImage"), False, id="another"),
        pytest.param(ValueError("already"), False, id="not-of-aws"),
    ],
)
def test_a_busy_image_is_detected_by_code_or_message(error: Exception, is_busy: bool) -> None:
    assert is_image_busy(error) is is_busy
