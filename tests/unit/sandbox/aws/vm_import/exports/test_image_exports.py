from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.vm_import.exports.conftest import ImageExporter

    from pulumi_vmimport_sandbox.aws import AwsSandbox

DAY = 86400
BUCKET = "exports"


def test_the_first_response_names_the_source_and_the_object(images: ImageExporter) -> None:
    answer = images.export(Description="mine")
    del answer["ResponseMetadata"]
    task_id = answer["ExportImageTaskId"]
    assert answer == {
        "Description": "mine",
        "DiskImageFormat": "VMDK",
        "ExportImageTaskId": task_id,
        "ImageId": images.image_id,
        "Progress": "0",
        "S3ExportLocation": {"S3Bucket": BUCKET, "S3Prefix": "vms/"},
        "Status": "active",
        "StatusMessage": "validating",
        "Tags": [],
    }
    assert task_id.startswith("export-ami-")
    assert len(task_id) == len("export-ami-") + 17
    assert images.task(task_id).keys() == answer.keys() - {"DiskImageFormat", "ImageId"}


def test_an_export_goes_through_all_stages_to_an_object(images: ImageExporter, aws: AwsSandbox) -> None:
    task_id = images.start()
    seen: list[tuple[str, int]] = []
    while (task := images.task(task_id))["Status"] == "active":
        seen.append((task["StatusMessage"], int(task["Progress"])))
        aws.clock.advance(30)
    assert list(dict(seen)) == ["validating", "updating", "converting"]
    assert [percent for _, percent in seen] == sorted(percent for _, percent in seen)
    assert (task["Status"], "StatusMessage" in task, "Progress" in task) == ("completed", False, False)
    assert len(seen) * 30 == aws.settings.export_seconds
    assert images.in_s3() == [f"s3 object {BUCKET}/vms/{task_id}.vmdk"]
    body = images.account.s3.get_object(Bucket=BUCKET, Key=f"vms/{task_id}.vmdk")["Body"].read()
    assert images.image_id.encode() in body


@pytest.mark.parametrize(
    ("form", "prefix", "key"),
    [("VHD", "", "{}.vhd"), ("raw", "a/b-", "a/b-{}.raw")],
    ids=["no prefix", "prefix without a slash"],
)
def test_the_key_consists_of_prefix_task_id_and_format(
    images: ImageExporter, aws: AwsSandbox, form: str, prefix: str, key: str
) -> None:
    task_id = images.start(DiskImageFormat=form, S3ExportLocation={"S3Bucket": BUCKET, "S3Prefix": prefix})
    [record] = aws.export_tasks
    assert (record.bucket, record.key) == (BUCKET, key.format(task_id))
    assert (record.id, record.source_id, record.region) == (task_id, images.image_id, "eu-west-1")
    aws.clock.advance(aws.settings.export_seconds)
    assert images.in_s3() == [f"s3 object {BUCKET}/{key.format(task_id)}"]


def test_a_deleted_object_is_not_exported_again(images: ImageExporter, aws: AwsSandbox) -> None:
    task_id = images.start()
    aws.clock.advance(aws.settings.export_seconds)
    assert images.task(task_id)["Status"] == "completed"
    images.account.s3.delete_object(Bucket=BUCKET, Key=f"vms/{task_id}.vmdk")
    assert images.task(task_id)["Status"] == "completed"
    assert images.in_s3() == []


def test_a_cancelled_export_leaves_nothing(images: ImageExporter, aws: AwsSandbox) -> None:
    task_id = images.start()
    aws.clock.advance(aws.settings.export_seconds * 0.5)
    assert images.in_s3() == [f"s3 multipart upload {BUCKET}/vms/{task_id}.vmdk"]
    images.cancel(task_id)
    assert images.task(task_id)["Status"] == "deleting"
    aws.clock.advance(aws.settings.deleting_seconds)
    assert images.task(task_id)["Status"] == "deleted"
    aws.clock.advance(DAY)
    assert images.in_s3() == []


@pytest.mark.parametrize(
    ("share", "why"), [(0.99, "transferring the final disk image"), (1, "completed")], ids=["transferring", "completed"]
)
def test_fails_to_cancel_an_export_that_transfers_its_disk_image(
    images: ImageExporter, aws: AwsSandbox, share: float, why: str
) -> None:
    task_id = images.start()
    aws.clock.advance(aws.settings.export_seconds * share)
    code, message = images.account.refused(images.cancel, task_id=task_id)
    assert (code, why in message) == ("IncorrectState", True)
    aws.clock.advance(DAY)
    assert images.task(task_id)["Status"] == "completed"


@pytest.mark.parametrize(
    ("task_id", "code"),
    [
        ("export-ami-0123456789abcdef0", "InvalidExportTaskID.NotFound"),
        ("export-i-0123456789abcdef0", "InvalidExportTaskID.NotFound"),
        ("nonsense", "InvalidExportTaskID.Malformed"),
    ],
)
def test_fails_for_an_invalid_task_id(images: ImageExporter, task_id: str, code: str) -> None:
    assert images.account.refused(images.cancel, task_id=task_id)[0] == code
    assert images.account.refused(images.task, task_id=task_id)[0] == code


def test_an_injected_failure_ends_the_export_without_an_object(images: ImageExporter, aws: AwsSandbox) -> None:
    aws.faults.fail_export("ClientError: something", at_percent=70)
    aws.faults.fail_import("ClientError: not of an export")
    task_id = images.start()
    aws.clock.advance(aws.settings.export_seconds + aws.settings.deleting_seconds)
    task = images.task(task_id)
    assert (task["Status"], task["StatusMessage"]) == ("deleted", "ClientError: something")
    assert images.in_s3() == []


def test_the_task_fails_if_the_bucket_was_deleted(images: ImageExporter, aws: AwsSandbox) -> None:
    task_id = images.start()
    images.account.s3.delete_bucket(Bucket=BUCKET)
    aws.clock.advance(aws.settings.export_seconds)
    images.task(task_id)
    aws.clock.advance(aws.settings.deleting_seconds)
    task = images.task(task_id)
    assert (task["Status"], BUCKET in task["StatusMessage"]) == ("deleted", True)


def test_the_same_client_token_gives_the_same_task(images: ImageExporter, aws: AwsSandbox) -> None:
    first = images.start(ClientToken="token")
    assert images.start(ClientToken="token") == first
    code, _ = images.refused(ClientToken="token", DiskImageFormat="RAW")
    assert (code, len(aws.export_tasks)) == ("IdempotentParameterMismatch", 1)


def test_fails_to_export_an_image_twice_at_once(images: ImageExporter, aws: AwsSandbox) -> None:
    first = images.start()
    code, message = images.refused()
    assert (code, first in message) == ("IncorrectState", True)
    images.start(ImageId=images.another_image())
    aws.clock.advance(aws.settings.export_seconds)
    images.start()


def test_exports_have_their_own_quota(images: ImageExporter, aws: AwsSandbox) -> None:
    others = [images.another_image() for _ in range(2)]
    aws.settings.active_export_quota, aws.settings.active_import_quota = 2, 1
    images.account.start()
    images.start()
    first = images.start(ImageId=others[0])
    code, message = images.refused(ImageId=others[1])
    assert (code, "limit is 2" in message) == (aws.settings.quota_error_code, True)
    images.cancel(first)
    images.start(ImageId=others[1])


def test_tasks_are_tagged_paged_and_filtered(images: ImageExporter) -> None:
    tags = [{"ResourceType": "export-image-task", "Tags": [{"Key": "name", "Value": "a"}]}]
    ids = [images.image_id, images.another_image(), images.another_image()]
    started = [images.start(ImageId=image, TagSpecifications=tags) for image in ids]
    images.ec2.create_tags(Resources=[started[1]], Tags=[{"Key": "name", "Value": "b"}])
    images.ec2.delete_tags(Resources=[started[2]], Tags=[{"Key": "name"}])
    pages = images.ec2.get_paginator("describe_export_image_tasks").paginate(PaginationConfig={"PageSize": 2})
    seen = [[task["ExportImageTaskId"] for task in page["ExportImageTasks"]] for page in pages]
    assert seen == [started[:2], started[2:]]
    images.cancel(started[0])
    wanted = [{"Name": "task-state", "Values": ["active"]}]
    active = images.ec2.describe_export_image_tasks(Filters=wanted)["ExportImageTasks"]
    assert [task["Tags"] for task in active] == [[{"Key": "name", "Value": "b"}], []]
    by_type = [{"Name": "resource-type", "Values": ["export-image-task"]}]
    assert len(images.ec2.describe_tags(Filters=by_type)["Tags"]) == 2


def test_an_active_task_is_a_remaining_resource(images: ImageExporter, aws: AwsSandbox) -> None:
    task_id = images.start()
    assert f"ec2 eu-west-1 export task {task_id} (active, validating)" in aws.remaining_resources()
    aws.clock.advance(7 * DAY + aws.settings.export_seconds)
    assert images.account.refused(images.task, task_id=task_id)[0] == "InvalidExportTaskID.NotFound"


def test_a_dry_run_starts_no_task(images: ImageExporter, aws: AwsSandbox) -> None:
    assert images.refused(DryRun=True)[0] == "DryRunOperation"
    assert aws.export_tasks == []
