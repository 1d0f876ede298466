from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport_sandbox.aws.core.simulation_settings import IMPORT_STAGES, SimulationSettings

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account, Samples

    from pulumi_vmimport_sandbox.aws import AwsSandbox

DAY = 86400


def test_an_import_goes_through_all_stages_with_growing_progress(ready: Account, aws: AwsSandbox) -> None:
    task_id = ready.start()
    seen: list[tuple[str, int]] = []
    while (task := ready.task(task_id))["Status"] == "active":
        seen.append((task["StatusMessage"], int(task["Progress"])))
        aws.clock.advance(30)
    assert list(dict(seen)) == [stage.message for stage in IMPORT_STAGES]
    assert [percent for _, percent in seen] == sorted(percent for _, percent in seen)
    assert len({percent for message, percent in seen if message == "converting"}) > 20
    assert (task["Status"], "StatusMessage" in task, "Progress" in task) == ("completed", False, False)
    assert len(seen) * 30 == SimulationSettings().import_seconds == 30 * 60


def test_the_first_response_does_not_describe_the_disk(ready: Account) -> None:
    container = {"Description": "root", "Format": "ova", "UserBucket": {"S3Bucket": "disk-images", "S3Key": "vm.ova"}}
    answer = ready.ec2.import_image(DiskContainers=[container], Description="mine", LicenseType="BYOL")
    del answer["ResponseMetadata"]
    assert answer == {
        "Description": "mine",
        "ImportTaskId": answer["ImportTaskId"],
        "LicenseType": "BYOL",
        "Progress": "1",
        "SnapshotDetails": [{"DiskImageSize": 0.0, "Status": "active"} | container],
        "Status": "active",
        "StatusMessage": "pending",
        "Tags": [],
    }
    assert answer["ImportTaskId"].removeprefix("import-ami-").isalnum()


def test_a_completed_import_lists_the_image_and_its_snapshots(ready: Account, samples: type[Samples]) -> None:
    task = ready.imported()
    details = task["SnapshotDetails"]
    assert (task["Platform"], task["LicenseType"], task["Architecture"]) == ("Windows", "BYOL", "x86_64")
    assert task["ImageId"].startswith("ami-")
    assert [d["SnapshotId"].startswith("snap-") for d in details] == [True]
    assert details[0]["DiskImageSize"] == len(samples.ova())


def test_the_record_of_a_task_describes_its_source_at_the_start(
    ready: Account, aws: AwsSandbox, samples: type[Samples]
) -> None:
    task_id = ready.start()
    ready.put("vm.ova", b"something else by now")
    [record] = aws.import_tasks
    data = samples.ova()
    assert (record.id, record.region, record.bucket, record.key) == (task_id, "eu-west-1", "disk-images", "vm.ova")
    assert (record.size, record.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert record.status == "active"


def test_the_stages_of_an_import_can_be_set(ready: Account, aws: AwsSandbox) -> None:
    aws.settings.import_stages = IMPORT_STAGES[:1]
    assert aws.settings.import_seconds == 60
    assert ready.imported()["Status"] == "completed"


def test_an_ended_task_is_listed_for_seven_days(ready: Account, aws: AwsSandbox) -> None:
    task_id = ready.imported()["ImportTaskId"]
    aws.clock.advance(7 * DAY - 1)
    assert [t["ImportTaskId"] for t in ready.ec2.describe_import_image_tasks()["ImportImageTasks"]] == [task_id]
    aws.clock.advance(2)
    assert ready.ec2.describe_import_image_tasks()["ImportImageTasks"] == []
    assert ready.refused(ready.task, task_id=task_id)[0] == "InvalidConversionTaskId"


def test_a_running_task_is_listed_for_any_duration(ready: Account, aws: AwsSandbox) -> None:
    aws.settings.import_stages = [IMPORT_STAGES[3].__class__("converting", 30 * DAY, 1, 99)]
    task_id = ready.start()
    aws.clock.advance(20 * DAY)
    assert ready.task(task_id)["Status"] == "active"


@pytest.mark.parametrize(
    ("task_id", "code"),
    [("import-ami-0123456789abcdef0", "InvalidConversionTaskId"), ("nonsense", "InvalidConversionTaskId.Malformed")],
    ids=["unknown", "malformed"],
)
@pytest.mark.parametrize("operation", ["describe", "cancel"])
def test_fails_for_an_invalid_task_id(account: Account, task_id: str, code: str, operation: str) -> None:
    call = account.task if operation == "describe" else account.cancel
    assert account.refused(call, task_id=task_id)[0] == code


def test_a_cancelled_task_is_deleting_and_then_deleted(ready: Account, aws: AwsSandbox) -> None:
    task_id = ready.start()
    answer = ready.cancel(task_id)
    assert (answer["PreviousState"], answer["State"]) == ("active", "deleting")
    assert ready.task(task_id)["Status"] == "deleting"
    aws.clock.advance(aws.settings.deleting_seconds)
    task = ready.task(task_id)
    assert (task["Status"], "ImageId" in task) == ("deleted", False)
    aws.clock.advance(DAY)
    assert ready.ec2.describe_images(Owners=["self"])["Images"] == []


@pytest.mark.parametrize("cancelled_before", [True, False], ids=["cancelled", "completed"])
def test_fails_to_cancel_an_ended_task(ready: Account, aws: AwsSandbox, cancelled_before: bool) -> None:
    task_id = ready.start()
    if cancelled_before:
        ready.cancel(task_id)
    aws.clock.advance(DAY)
    code, message = ready.refused(ready.cancel, task_id=task_id)
    assert code == "IncorrectState"
    assert task_id in message


def test_the_same_client_token_gives_the_same_task(ready: Account, aws: AwsSandbox) -> None:
    first = ready.start(ClientToken="token", Description="d")
    assert ready.start(ClientToken="token", Description="d") == first
    assert ready.start(ClientToken="another", Description="d") != first
    assert len(aws.import_tasks) == 2


def test_an_ended_task_keeps_its_client_token(ready: Account, aws: AwsSandbox) -> None:
    first = ready.start(ClientToken="token")
    ready.cancel(first)
    aws.clock.advance(DAY)
    assert ready.start(ClientToken="token") == first
    aws.clock.advance(7 * DAY)
    assert ready.start(ClientToken="token") != first


def test_a_repeated_client_token_returns_the_task_without_the_disk(ready: Account) -> None:
    first = ready.start(ClientToken="token")
    ready.s3.delete_object(Bucket="disk-images", Key="vm.ova")
    ready.iam.delete_role_policy(RoleName="vmimport", PolicyName="vmimport")
    assert ready.start(ClientToken="token") == first


def test_fails_on_a_client_token_with_other_parameters(ready: Account) -> None:
    ready.start(ClientToken="token", Description="one")
    code, _ = ready.refused(ready.start, ClientToken="token", Description="two")
    assert code == "IdempotentParameterMismatch"


def test_without_client_token_each_call_starts_a_task(ready: Account, aws: AwsSandbox) -> None:
    assert ready.start() != ready.start()
    assert len(aws.import_tasks) == 2


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"task-state": ["active"]}, "ab"),
        ({"task-state": ["completed", "active"]}, "abc"),
        ({"task-state": ["deleting"]}, "d"),
        ({"tag:name": ["a"]}, "a"),
        ({"tag:name": ["a", "c"], "task-state": ["active"]}, "a"),
        ({"tag:name": ["?"]}, "abcd"),
        ({"tag:other": ["a"]}, ""),
        ({"tag-key": ["name"]}, "abcd"),
    ],
    ids=str,
)
def test_tasks_are_filtered(ready: Account, aws: AwsSandbox, filters: dict[str, list[str]], found: str) -> None:
    def start(name: str) -> str:
        tags = [{"ResourceType": "import-image-task", "Tags": [{"Key": "name", "Value": name}]}]
        return ready.start(TagSpecifications=tags)

    ids = {start("c"): "c"}
    aws.clock.advance(aws.settings.import_seconds)
    ids |= {start(name): name for name in "abd"}
    ready.cancel(next(task_id for task_id, name in ids.items() if name == "d"))
    wanted = [{"Name": name, "Values": values} for name, values in filters.items()]
    tasks = ready.ec2.describe_import_image_tasks(Filters=wanted)["ImportImageTasks"]
    assert sorted(ids[task["ImportTaskId"]] for task in tasks) == sorted(found)


def test_fails_on_an_unknown_filter(ready: Account) -> None:
    ready.start()
    wanted = [{"Name": "colour", "Values": ["red"]}]
    code, message = ready.refused(ready.ec2.describe_import_image_tasks, Filters=wanted)
    assert (code, message) == ("InvalidParameterValue", "The filter 'colour' is invalid")


def test_tasks_come_in_pages(ready: Account, aws: AwsSandbox) -> None:
    started = [ready.start() for _ in range(5)]
    pages = ready.ec2.get_paginator("describe_import_image_tasks").paginate(PaginationConfig={"PageSize": 2})
    seen = [[task["ImportTaskId"] for task in page["ImportImageTasks"]] for page in pages]
    assert seen == [started[:2], started[2:4], started[4:]]
    assert len(aws.calls.of("DescribeImportImageTasks")) == 3


def test_fails_for_an_invalid_page_token(ready: Account) -> None:
    assert ready.refused(ready.ec2.describe_import_image_tasks, NextToken="x")[0] == "InvalidNextToken"


def test_a_dry_run_starts_no_task(ready: Account, aws: AwsSandbox) -> None:
    assert ready.refused(ready.start, DryRun=True)[0] == "DryRunOperation"
    assert aws.import_tasks == []


def test_fails_a_dry_run_of_a_request_that_would_be_rejected(account: Account) -> None:
    account.bucket()
    assert account.refused(account.start, DryRun=True)[0] == "InvalidParameter"


def test_a_dry_run_cancels_nothing(ready: Account) -> None:
    task_id = ready.start()
    with pytest.raises(ClientError, match="DryRunOperation"):
        ready.ec2.cancel_import_task(ImportTaskId=task_id, DryRun=True)
    assert ready.task(task_id)["Status"] == "active"


def test_fails_to_have_more_active_tasks_than_the_quota(ready: Account, aws: AwsSandbox) -> None:
    first = ready.start()
    for _ in range(4):
        ready.start()
    code, message = ready.refused(ready.start)
    assert code == aws.settings.quota_error_code == "ResourceCountExceeded"
    assert "limit is 5" in message
    ready.cancel(first)
    ready.start()


def test_quotas_apply_to_a_region_and_can_be_set(ready: Account, aws: AwsSandbox) -> None:
    aws.settings.active_import_quota = 1
    ready.start()
    ready.bucket("elsewhere", "us-west-2")
    aws.client("s3", "us-west-2").put_object(Bucket="elsewhere", Key="a.raw", Body=bytes(512))
    permissions = [p | ({"Resource": "*"}) for p in ready.permissions]
    policy = ready.document(*permissions)
    ready.iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
    aws.clock.advance(aws.settings.iam_propagation_seconds)
    container = {"Format": "RAW", "UserBucket": {"S3Bucket": "elsewhere", "S3Key": "a.raw"}}
    aws.client("ec2", "us-west-2").import_image(DiskContainers=[container])
    assert [record.region for record in aws.import_tasks] == ["eu-west-1", "us-west-2"]
    assert ready.refused(ready.start)[0] == "ResourceCountExceeded"


def test_tasks_are_listed_only_in_their_region(ready: Account, aws: AwsSandbox) -> None:
    ready.start()
    assert aws.client("ec2", "us-west-2").describe_import_image_tasks()["ImportImageTasks"] == []
