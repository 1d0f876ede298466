from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account, Samples

    from pulumi_vmimport_sandbox.aws import AwsSandbox

DAY = 86400


def _start(account: Account, key: str = "data.vmdk", **parameters: Any) -> str:
    form = parameters.pop("Format", key.rpartition(".")[2].upper())
    container = {"Description": "data", "Format": form, "UserBucket": {"S3Bucket": "disk-images", "S3Key": key}}
    return str(account.ec2.import_snapshot(DiskContainer=container, **parameters)["ImportTaskId"])


def _task(account: Account, task_id: str) -> dict[str, Any]:
    found: dict[str, Any] = account.ec2.describe_import_snapshot_tasks(ImportTaskIds=[task_id])["ImportSnapshotTasks"][
        0
    ]
    return found


def _ended(account: Account, task_id: str) -> dict[str, Any]:
    account.aws.clock.advance(account.aws.settings.snapshot_seconds + account.aws.settings.deleting_seconds)
    detail: dict[str, Any] = _task(account, task_id)["SnapshotTaskDetail"]
    return detail


@pytest.fixture
def ready(account: Account, samples: type[Samples]) -> Account:
    """With a bucket, a data disk in it, and the role."""
    account.ready("data.vmdk", samples.vmdk(3))
    return account


def test_the_first_response_does_not_describe_the_disk(ready: Account) -> None:
    container = {
        "Description": "data",
        "Format": "VMDK",
        "UserBucket": {"S3Bucket": "disk-images", "S3Key": "data.vmdk"},
    }
    answer = ready.ec2.import_snapshot(DiskContainer=container, Description="mine")
    del answer["ResponseMetadata"]
    detail = {"DiskImageSize": 0.0, "Progress": "3", "Status": "active", "StatusMessage": "pending", **container}
    assert answer == {
        "Description": "mine",
        "ImportTaskId": answer["ImportTaskId"],
        "SnapshotTaskDetail": detail,
        "Tags": [],
    }
    assert len(answer["ImportTaskId"]) == len("import-snap-") + 17


def test_an_import_goes_through_all_stages_with_growing_progress(ready: Account, aws: AwsSandbox) -> None:
    task_id = _start(ready)
    seen: list[tuple[str, int]] = []
    while (detail := _task(ready, task_id)["SnapshotTaskDetail"])["Status"] == "active":
        seen.append((detail["StatusMessage"], int(detail["Progress"])))
        aws.clock.advance(30)
    assert list(dict(seen)) == ["pending", "downloading/converting"]
    assert [percent for _, percent in seen] == sorted(percent for _, percent in seen)
    assert (detail["Status"], "StatusMessage" in detail, "Progress" in detail) == ("completed", False, False)
    assert len(seen) * 30 == aws.settings.snapshot_seconds


def test_a_completed_import_creates_a_snapshot_of_the_size_of_the_disk(
    ready: Account, aws: AwsSandbox, samples: type[Samples]
) -> None:
    tags = [{"ResourceType": "import-snapshot-task", "Tags": [{"Key": "of", "Value": "the task"}]}]
    task_id = _start(ready, Description="of the task", TagSpecifications=tags)
    assert _task(ready, task_id)["SnapshotTaskDetail"].get("SnapshotId") is None
    detail = _ended(ready, task_id)
    [snapshot] = ready.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot["SnapshotId"] == detail["SnapshotId"]
    assert (snapshot["VolumeSize"], snapshot["State"], snapshot["Encrypted"]) == (3, "completed", False)
    assert snapshot["Description"] == f"Created by AWS-VMImport service for {task_id}"
    assert snapshot.get("Tags", []) == []
    assert snapshot["VolumeId"] == "vol-ffffffff"
    assert detail["DiskImageSize"] == len(samples.vmdk(3))


def test_a_volume_can_be_created_from_the_snapshot(ready: Account) -> None:
    snapshot_id = _ended(ready, _start(ready))["SnapshotId"]
    volume = ready.ec2.create_volume(SnapshotId=snapshot_id, AvailabilityZone="eu-west-1a")
    assert volume["Size"] == 3
    ready.ec2.delete_snapshot(SnapshotId=snapshot_id)
    assert ready.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


@pytest.mark.parametrize("way", ["requested", "default", "none"])
def test_a_snapshot_is_encrypted_on_request_or_by_default(ready: Account, way: str) -> None:
    if way == "default":
        ready.ec2.enable_ebs_encryption_by_default()
    parameters: dict[str, Any] = {"Encrypted": True} if way == "requested" else {}
    _ended(ready, _start(ready, **parameters))
    [snapshot] = ready.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot["Encrypted"] is (way != "none")


def test_the_task_and_the_snapshot_name_the_key(ready: Account, aws: AwsSandbox) -> None:
    _allow_everything(ready)
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    detail = _ended(ready, _start(ready, Encrypted=True, KmsKeyId=key))
    [snapshot] = ready.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert (detail["Encrypted"], detail["KmsKeyId"], snapshot["KmsKeyId"]) == (True, key, key)


def test_the_task_fails_for_a_key_that_does_not_exist(ready: Account) -> None:
    _allow_everything(ready)
    key = "12345678-1234-1234-1234-123456789012"
    detail = _ended(ready, _start(ready, Encrypted=True, KmsKeyId=key))
    assert (detail["Status"], key in detail["StatusMessage"]) == ("deleted", True)


def test_the_record_of_a_task_describes_its_source_at_the_start(
    ready: Account, aws: AwsSandbox, samples: type[Samples]
) -> None:
    task_id = _start(ready)
    ready.put("data.vmdk", b"something else by now")
    [record] = aws.snapshot_tasks
    data = samples.vmdk(3)
    assert (record.id, record.region, record.source.key) == (task_id, "eu-west-1", "data.vmdk")
    assert (record.source.size, record.source.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (record.status, record.snapshot_id, aws.import_tasks) == ("active", None, [])


CONTENTS: dict[str, tuple[str, str]] = {
    "vmdk": ("sparse.vmdk", "ClientError: Disk validation failed [Unsupported VMDK File Format]"),
    "vhd": ("differencing.vhd", "ClientError: Disk validation failed [Unsupported VHD File Format]"),
}


@pytest.mark.parametrize(("key", "message"), CONTENTS.values(), ids=CONTENTS)
def test_fails_for_a_disk_that_is_not_in_the_stated_format(
    ready: Account, aws: AwsSandbox, samples: type[Samples], key: str, message: str
) -> None:
    ready.put(key, samples.vmdk(flags=3))
    task_id = _start(ready, key)
    aws.clock.advance(aws.settings.snapshot_seconds)
    assert _task(ready, task_id)["SnapshotTaskDetail"]["Status"] == "deleted"
    detail = _ended(ready, task_id)
    assert (detail["Status"], detail["StatusMessage"]) == ("deleted", message)
    assert ready.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_disk_without_partitions_is_accepted(ready: Account) -> None:
    ready.put("data.raw", bytes(5000))
    assert _ended(ready, _start(ready, "data.raw"))["Status"] == "completed"


def test_an_injected_failure_ends_the_task_with_its_message(ready: Account, aws: AwsSandbox) -> None:
    aws.faults.fail_import("ClientError: something", at_percent=50)
    first, second = _start(ready), _start(ready)
    aws.clock.advance(aws.settings.snapshot_seconds - 1)
    details = [_task(ready, task_id)["SnapshotTaskDetail"] for task_id in (first, second)]
    assert [d["Status"] for d in details] == ["deleted", "active"]
    assert details[0]["StatusMessage"] == "ClientError: something"


@pytest.mark.parametrize("form", ["VHDX", "OVA", "QCOW2"])
def test_fails_for_a_format_that_is_not_a_disk_format(ready: Account, aws: AwsSandbox, form: str) -> None:
    code, message = ready.refused(_start, account=ready, Format=form)
    assert (code, form in message) == ("InvalidParameterValue", True)
    assert aws.snapshot_tasks == []


def test_fails_for_a_missing_disk_or_role(ready: Account) -> None:
    assert ready.refused(_start, account=ready, key="no.vmdk") == (
        "InvalidParameter",
        "User does not have access to the S3 object (disk-images/no.vmdk).",
    )
    assert ready.refused(_start, account=ready, RoleName="nobody")[0] == "InvalidParameter"
    assert ready.refused(_start, account=ready, KmsKeyId="k")[0] == "InvalidParameterDependency"
    assert ready.refused(ready.ec2.import_snapshot) == ("InvalidParameter", "Invalid S3 source location")


def test_a_role_can_be_limited_to_snapshots(account: Account, samples: type[Samples]) -> None:
    account.bucket()
    account.put("data.vmdk", samples.vmdk())
    source = "arn:aws:vmie:eu-west-1:123456789012:import-snapshot-task/*"
    condition = {"StringEquals": {"sts:Externalid": "vmimport"}, "ArnLike": {"aws:SourceArn": source}}
    account.role(trust=account.trust | {"Condition": condition})
    assert _start(account).startswith("import-snap-")
    assert account.refused(account.start, key="data.vmdk")[0] == "InvalidParameter"


def test_a_cancelled_task_is_deleting_and_then_deleted(ready: Account, aws: AwsSandbox) -> None:
    task_id = _start(ready)
    answer = ready.cancel(task_id)
    assert (answer["PreviousState"], answer["State"]) == ("active", "deleting")
    assert _task(ready, task_id)["SnapshotTaskDetail"]["Status"] == "deleting"
    assert _ended(ready, task_id)["Status"] == "deleted"
    assert ready.refused(ready.cancel, task_id=task_id)[0] == "IncorrectState"
    assert [line for line in aws.remaining_resources() if line.startswith("ec2")] == []


def test_an_active_task_is_a_remaining_resource(ready: Account, aws: AwsSandbox) -> None:
    task_id = _start(ready)
    assert aws.remaining_resources()[0] == f"ec2 eu-west-1 import task {task_id} (active, pending)"


def test_snapshot_and_image_imports_have_separate_client_tokens(ready: Account, aws: AwsSandbox) -> None:
    first = _start(ready, ClientToken="token", Description="d")
    assert _start(ready, ClientToken="token", Description="d") == first
    assert ready.start("data.vmdk", ClientToken="token", Description="d") != first
    assert ready.refused(_start, account=ready, ClientToken="token")[0] == "IdempotentParameterMismatch"
    assert (len(aws.snapshot_tasks), len(aws.import_tasks)) == (1, 1)


def test_images_and_snapshots_share_a_quota(ready: Account, aws: AwsSandbox) -> None:
    for _ in range(3):
        _start(ready)
    for _ in range(2):
        ready.start("data.vmdk")
    assert ready.refused(_start, account=ready)[0] == aws.settings.quota_error_code
    assert ready.refused(ready.start, key="data.vmdk")[0] == aws.settings.quota_error_code


def test_images_and_snapshots_are_listed_apart(ready: Account) -> None:
    snapshot, image = _start(ready), ready.start("data.vmdk")
    shown = ready.ec2.describe_import_snapshot_tasks()["ImportSnapshotTasks"]
    assert [task["ImportTaskId"] for task in shown] == [snapshot]
    shown = ready.ec2.describe_import_image_tasks()["ImportImageTasks"]
    assert [task["ImportTaskId"] for task in shown] == [image]
    assert ready.refused(ready.task, task_id=snapshot)[0] == "InvalidConversionTaskId"
    assert ready.refused(_task, account=ready, task_id="nonsense")[0] == "InvalidConversionTaskId.Malformed"


def test_tasks_come_in_pages_and_filtered(ready: Account) -> None:
    started = [_start(ready) for _ in range(3)]
    ready.cancel(started[1])
    pages = ready.ec2.get_paginator("describe_import_snapshot_tasks").paginate(PaginationConfig={"PageSize": 2})
    seen = [[task["ImportTaskId"] for task in page["ImportSnapshotTasks"]] for page in pages]
    assert seen == [started[:2], started[2:]]
    wanted = [{"Name": "task-state", "Values": ["active"]}]
    active = ready.ec2.describe_import_snapshot_tasks(Filters=wanted)["ImportSnapshotTasks"]
    assert [task["ImportTaskId"] for task in active] == [started[0], started[2]]


def test_tags_of_snapshot_tasks_are_created_changed_and_listed(ready: Account) -> None:
    task_id = _start(ready)
    ready.ec2.create_tags(Resources=[task_id], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ready.ec2.delete_tags(Resources=[task_id], Tags=[{"Key": "b"}])
    assert _task(ready, task_id)["Tags"] == [{"Key": "a", "Value": "1"}]
    by_type = [{"Name": "resource-type", "Values": ["import-snapshot-task"]}]
    assert [tag["ResourceId"] for tag in ready.ec2.describe_tags(Filters=by_type)["Tags"]] == [task_id]
    image_tags = [{"ResourceType": "import-image-task", "Tags": [{"Key": "a", "Value": "1"}]}]
    assert ready.refused(_start, account=ready, TagSpecifications=image_tags)[0] == "InvalidParameterValue"


def test_a_dry_run_starts_no_task(ready: Account, aws: AwsSandbox) -> None:
    assert ready.refused(_start, account=ready, DryRun=True)[0] == "DryRunOperation"
    assert aws.snapshot_tasks == []


def test_an_ended_task_is_listed_for_seven_days(ready: Account, aws: AwsSandbox) -> None:
    task_id = _start(ready)
    _ended(ready, task_id)
    aws.clock.advance(7 * DAY)
    assert ready.refused(_task, account=ready, task_id=task_id)[0] == "InvalidConversionTaskId"


def _allow_everything(account: Account) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    account.iam.put_role_policy(RoleName="vmimport", PolicyName="all", PolicyDocument=account.document(everything))
    account.aws.clock.advance(account.aws.settings.iam_propagation_seconds)
