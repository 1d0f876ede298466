"""Disks that are read by an https URL: who may read them, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sandbox.aws.conftest import Account, Samples

    from pulumi_vmimport_sandbox.aws import AwsSandbox

HOUR = 3600
PRIVATE = "User does not have access to the S3 object (disk-images/vm.ova)."
WITHOUT_S3 = {
    "Effect": "Allow",
    "Action": ["ec2:ModifySnapshotAttribute", "ec2:CopySnapshot", "ec2:RegisterImage", "ec2:Describe*"],
    "Resource": "*",
}


def _start(account: Account, url: str, **parameters: Any) -> str:
    container = {"Format": "OVA", "Url": url}
    return str(account.ec2.import_image(DiskContainers=[container], **parameters)["ImportTaskId"])


def _by_version_2(account: Account) -> str:
    """What boto3 signs for an endpoint of one's own."""
    named = {"Bucket": "disk-images", "Key": "vm.ova"}
    return str(account.s3.generate_presigned_url("get_object", Params=named, ExpiresIn=HOUR))


def _by_version_4(account: Account) -> str:
    return account.aws.presigned_url("disk-images", "vm.ova", HOUR)


@pytest.mark.parametrize("sign", [_by_version_2, _by_version_4], ids=["version 2", "version 4"])
def test_a_presigned_url_of_the_sandbox_is_read(
    ready: Account, aws: AwsSandbox, sign: Callable[[Account], str]
) -> None:
    url = sign(ready)
    assert url.startswith("http://127.0.0.1:")
    task_id = _start(ready, url)
    aws.clock.advance(aws.settings.import_seconds)
    assert ready.task(task_id)["Status"] == "completed"
    assert (aws.import_tasks[0].bucket, aws.import_tasks[0].key) == ("disk-images", "vm.ova")


def test_a_presigned_url_requires_no_role_that_reads_the_bucket(account: Account, samples: type[Samples]) -> None:
    account.bucket()
    account.role(WITHOUT_S3)
    account.put("vm.ova", samples.ova())
    assert account.refused(account.start)[0] == "InvalidParameter"
    assert _start(account, _by_version_4(account))


def test_fails_for_a_private_object_without_a_signature(ready: Account, aws: AwsSandbox) -> None:
    for url in ("https://disk-images.s3.eu-west-1.amazonaws.com/vm.ova", f"{aws.endpoint}/disk-images/vm.ova"):
        assert ready.refused(_start, account=ready, url=url) == ("InvalidParameter", PRIVATE)


@pytest.mark.parametrize("by", ["acl", "policy"])
def test_a_public_object_requires_no_signature(ready: Account, by: str) -> None:
    if by == "acl":
        ready.s3.put_object_acl(Bucket="disk-images", Key="vm.ova", ACL="public-read")
    else:
        anybody = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::disk-images/*",
        }
        ready.s3.put_bucket_policy(Bucket="disk-images", Policy=ready.document(anybody))
    assert _start(ready, "https://s3.eu-west-1.amazonaws.com/disk-images/vm.ova")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/disk-images/vm.ova",
        "http://disk-images.s3.amazonaws.com/vm.ova",
        "ftp://disk-images/vm.ova",
    ],
)
def test_fails_for_a_url_that_is_not_an_s3_url(ready: Account, url: str) -> None:
    assert ready.refused(_start, account=ready, url=url) == ("InvalidParameter", "Invalid S3 source location")


@pytest.mark.parametrize("minutes", [-1, 0, 10])
def test_a_task_fails_if_its_url_expires_before_the_disk_is_read(ready: Account, aws: AwsSandbox, minutes: int) -> None:
    task_id = _start(ready, aws.presigned_url("disk-images", "vm.ova", minutes * 60))
    aws.clock.advance(max(minutes - 1, 1) * 60)
    assert ready.task(task_id)["Status"] == "active"
    aws.clock.advance(aws.settings.import_seconds)
    task = ready.task(task_id)
    assert (task["Status"], "Request has expired" in task["StatusMessage"]) == ("deleted", True)


def test_a_task_fails_for_a_url_with_an_invalid_expiry(ready: Account, aws: AwsSandbox) -> None:
    task_id = _start(ready, f"{aws.endpoint}/disk-images/vm.ova?AWSAccessKeyId=a&Signature=b&Expires=soon")
    aws.clock.advance(aws.settings.import_seconds)
    assert "Request has expired" in ready.task(task_id)["StatusMessage"]


def test_a_url_may_expire_after_the_disk_is_converted(ready: Account, aws: AwsSandbox) -> None:
    task_id = _start(ready, aws.presigned_url("disk-images", "vm.ova", 20 * 60))
    aws.clock.advance(aws.settings.import_seconds)
    assert ready.task(task_id)["Status"] == "completed"


@pytest.mark.parametrize(("minutes", "status"), [(5, "deleted"), (30, "completed")])
def test_a_snapshot_is_imported_from_a_url(
    ready: Account, aws: AwsSandbox, samples: type[Samples], minutes: int, status: str
) -> None:
    ready.put("disk.vmdk", samples.vmdk())
    url = aws.presigned_url("disk-images", "disk.vmdk", minutes * 60)
    task_id = ready.ec2.import_snapshot(DiskContainer={"Format": "VMDK", "Url": url})["ImportTaskId"]
    aws.clock.advance(aws.settings.snapshot_seconds + aws.settings.deleting_seconds)
    [task] = ready.ec2.describe_import_snapshot_tasks(ImportTaskIds=[task_id])["ImportSnapshotTasks"]
    assert task["SnapshotTaskDetail"]["Status"] == status
