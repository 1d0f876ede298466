from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox, RecordedCall

LOST = (BotoConnectionError, HTTPClientError)


def _status(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def _calls(account: Account) -> dict[str, Callable[[], Any]]:
    return {
        "ec2:DescribeImages": account.ec2.describe_images,
        "s3:ListBuckets": account.s3.list_buckets,
        "iam:ListRoles": account.iam.list_roles,
        "sts:GetCallerIdentity": account.aws.client("sts").get_caller_identity,
        "workspaces:DescribeWorkspaceImages": account.workspaces.describe_workspace_images,
        "kms:ListKeys": account.aws.client("kms").list_keys,
    }


ANSWERS = {
    "throttle": {
        "ec2": ("RequestLimitExceeded", 503),
        "s3": ("SlowDown", 503),
        "iam": ("Throttling", 400),
        "sts": ("Throttling", 400),
        "workspaces": ("ThrottlingException", 400),
        "kms": ("ThrottlingException", 400),
    },
    "deny": {
        "ec2": ("UnauthorizedOperation", 403),
        "s3": ("AccessDenied", 403),
        "iam": ("AccessDenied", 403),
        "sts": ("AccessDenied", 403),
        "workspaces": ("AccessDeniedException", 400),
        "kms": ("AccessDeniedException", 400),
    },
    "server_error": dict.fromkeys(("ec2", "s3", "iam", "sts", "workspaces", "kms"), ("ServiceUnavailable", 503)),
}


@pytest.mark.parametrize("fault", ANSWERS)
def test_each_service_fails_with_its_own_message(account: Account, aws: AwsSandbox, fault: str) -> None:
    seen = {}
    for operation, call in _calls(account).items():
        getattr(aws.faults, fault)(operation)
        seen[operation.partition(":")[0]] = _status(call)
    assert seen == ANSWERS[fault]


def test_each_service_rejects_expired_credentials(account: Account, aws: AwsSandbox) -> None:
    calls = _calls(account)
    aws.faults.expire_credentials()
    assert {operation.partition(":")[0]: _status(call)[0] for operation, call in calls.items()} == {
        "ec2": "RequestExpired",
        "s3": "ExpiredToken",
        "iam": "ExpiredToken",
        "sts": "ExpiredToken",
        "workspaces": "ExpiredTokenException",
        "kms": "ExpiredTokenException",
    }


def test_renewed_credentials_are_valid_and_expired_ones_stay_expired(account: Account, aws: AwsSandbox) -> None:
    before = aws.access_key
    aws.faults.expire_credentials()
    renewed = aws.faults.renew_credentials()
    assert renewed.access_key == aws.access_key != before
    aws.client("ec2").describe_images()
    assert account.refused(account.ec2.describe_images)[0] == "RequestExpired"


def test_expired_credentials_change_nothing(account: Account, aws: AwsSandbox) -> None:
    aws.faults.expire_credentials()
    account.refused(account.s3.create_bucket, Bucket="some-bucket")
    assert aws.remaining_resources() == []


def test_a_fault_affects_the_given_number_of_calls_of_its_operation(account: Account, aws: AwsSandbox) -> None:
    aws.faults.throttle("DescribeImages", times=2)
    account.ec2.describe_snapshots(OwnerIds=["self"])
    assert [account.refused(account.ec2.describe_images)[0] for _ in range(2)] == ["RequestLimitExceeded"] * 2
    account.ec2.describe_images()
    assert aws.faults.waiting == []


def test_faults_occur_in_the_order_in_which_they_were_added(account: Account, aws: AwsSandbox) -> None:
    aws.faults.server_error("DescribeImages", status=500)
    aws.faults.throttle("DescribeImages")
    aws.faults.error("DescribeImages", "InvalidAMIID.NotFound", "gone")
    assert [_status(account.ec2.describe_images) for _ in range(3)] == [
        ("InternalError", 500),
        ("RequestLimitExceeded", 503),
        ("InvalidAMIID.NotFound", 400),
    ]


def test_a_fault_can_affect_every_operation(account: Account, aws: AwsSandbox) -> None:
    aws.faults.throttle("*", times=2)
    account.refused(account.ec2.describe_images)
    account.refused(account.s3.list_buckets)
    account.s3.list_buckets()


def test_operations_of_the_same_name_are_distinguished_by_service(ready: Account, aws: AwsSandbox) -> None:
    task_id = ready.start()
    aws.faults.throttle("workspaces:CreateTags")
    ready.ec2.create_tags(Resources=[task_id], Tags=[{"Key": "k", "Value": "v"}])
    assert aws.faults.waiting == ["workspaces:CreateTags"]


def test_a_denial_lasts_until_it_is_removed(account: Account, aws: AwsSandbox) -> None:
    aws.faults.deny("CreateBucket")
    create = account.s3.create_bucket
    for _ in range(3):
        assert account.refused(create, Bucket="some-bucket")[0] == "AccessDenied"
    aws.faults.allow("CreateBucket")
    account.bucket()


def test_a_response_to_head_has_no_body(account: Account, aws: AwsSandbox) -> None:
    account.bucket()
    aws.faults.deny("HeadObject")
    head = account.s3.head_object
    assert _status(head, Bucket="disk-images", Key="k") == ("403", 403)


def test_a_fault_before_changes_nothing(account: Account, aws: AwsSandbox) -> None:
    aws.faults.server_error("CreateBucket")
    account.refused(account.s3.create_bucket, Bucket="some-bucket")
    assert aws.remaining_resources() == []


def test_a_rejected_upload_is_read_to_its_end(account: Account, aws: AwsSandbox) -> None:
    account.bucket()
    aws.faults.throttle("PutObject")
    code, _ = account.refused(account.s3.put_object, Bucket="disk-images", Key="k", Body=bytes(8 << 20))
    assert code == "SlowDown"


@pytest.mark.parametrize("operation", ["ImportImage", "PutObject", "ImportWorkspaceImage"])
def test_fails_with_a_lost_connection_before_the_call(ready: Account, aws: AwsSandbox, operation: str) -> None:
    image_id = ready.imported()["ImageId"]
    before = aws.remaining_resources()
    aws.faults.drop_connection(operation)
    with pytest.raises(LOST):
        _write(ready, operation, image_id)
    assert aws.remaining_resources() == before
    _write(ready, operation, image_id)
    assert len(aws.remaining_resources()) == len(before) + 1


@pytest.mark.parametrize("operation", ["ImportImage", "PutObject", "ImportWorkspaceImage"])
def test_fails_with_a_lost_response_after_the_call(ready: Account, aws: AwsSandbox, operation: str) -> None:
    image_id = ready.imported()["ImageId"]
    before = aws.remaining_resources()
    aws.faults.drop_connection(operation, after_processing=True)
    with pytest.raises(LOST):
        _write(ready, operation, image_id)
    assert len(aws.remaining_resources()) == len(before) + 1


def _write(account: Account, operation: str, image_id: str) -> None:
    match operation:
        case "ImportImage":
            account.start()
        case "PutObject":
            account.put("other", bytes(8 << 20))
        case "ImportWorkspaceImage":
            names = {"ImageName": "n", "ImageDescription": "d", "IngestionProcess": "BYOL_REGULAR"}
            account.workspaces.import_workspace_image(Ec2ImageId=image_id, **names)


def test_an_injected_import_failure_ends_the_task_at_its_percentage(ready: Account, aws: AwsSandbox) -> None:
    message = "ClientError: FirstBootFailure: This import request failed because the Windows instance failed to boot"
    aws.faults.fail_import(message, at_percent=85)
    task_id = ready.start()
    progress = [0]
    while (task := ready.task(task_id))["Status"] == "active":
        progress.append(int(task["Progress"]))
        aws.clock.advance(15)
    assert (task["Status"], task["StatusMessage"]) == ("deleting", message)
    assert 80 <= progress[-1] <= 85
    aws.clock.advance(aws.settings.deleting_seconds)
    assert ready.task(task_id)["Status"] == "deleted"
    assert ready.imported()["Status"] == "completed"


def test_the_given_number_of_imports_fail(ready: Account, aws: AwsSandbox) -> None:
    aws.faults.fail_import("ClientError: a", at_percent=1, times=2)
    assert [ready.ended("vm.ova") for _ in range(2)] == ["ClientError: a"] * 2
    assert ready.imported()["Status"] == "completed"


def test_a_failure_may_occur_at_100_percent(ready: Account, aws: AwsSandbox) -> None:
    aws.faults.fail_import("ClientError: late", at_percent=100)
    task_id = ready.start()
    aws.clock.advance(aws.settings.import_seconds - 1)
    assert ready.task(task_id)["Status"] == "active"
    aws.clock.advance(1)
    assert ready.task(task_id)["Status"] == "deleting"


def test_a_callback_runs_at_the_nth_call(account: Account, aws: AwsSandbox) -> None:
    seen: list[RecordedCall] = []
    aws.faults.on("DescribeImages", seen.append, nth=2)
    account.ec2.describe_images()
    assert seen == []
    account.ec2.describe_images()
    account.ec2.describe_images()
    assert seen == [aws.calls[1]]


def test_a_callback_runs_before_or_after_the_call_is_processed(account: Account, aws: AwsSandbox) -> None:
    seen: dict[str, list[str]] = {}
    aws.faults.on("CreateBucket", lambda _: seen.update(before=aws.remaining_resources()), when="before")
    aws.faults.on("CreateBucket", lambda _: seen.update(after=aws.remaining_resources()), when="after")
    account.bucket()
    assert seen == {"before": [], "after": ["s3 bucket disk-images"]}


def test_a_callback_runs_in_the_servers_thread_while_the_caller_waits(account: Account, aws: AwsSandbox) -> None:
    threads: list[threading.Thread] = []
    aws.faults.on("DescribeImages", lambda _: threads.append(threading.current_thread()))
    account.ec2.describe_images()
    assert threads[0] is not threading.current_thread()


def test_an_after_callback_does_not_run_for_a_rejected_call(account: Account, aws: AwsSandbox) -> None:
    seen: list[RecordedCall] = []
    aws.faults.on("DescribeImages", seen.append, when="after")
    aws.faults.throttle("DescribeImages")
    account.refused(account.ec2.describe_images)
    assert seen == []
    account.ec2.describe_images()
    assert len(seen) == 1


def test_a_watcher_receives_every_call_and_its_key_until_clear(account: Account, aws: AwsSandbox) -> None:
    ec2, seen = aws.client("ec2"), list[tuple[str, str, str]]()
    aws.faults.watch(lambda arrived, when: seen.append((arrived.call.operation, when, arrived.access_key)))
    aws.faults.throttle("DescribeImages")
    account.refused(ec2.describe_images)
    ec2.describe_images()
    aws.observer("ec2").describe_images()
    aws.faults.clear()
    ec2.describe_images()
    assert seen == [("DescribeImages", when, aws.access_key) for when in ("before", "before", "after")]


def test_faults_do_not_affect_the_observer(account: Account, aws: AwsSandbox) -> None:
    aws.faults.throttle("*", times=1)
    aws.faults.deny("DescribeImages")
    aws.observer("ec2").describe_images()
    assert aws.faults.waiting == ["*"]
    account.refused(account.ec2.describe_images)


def test_clear_removes_all_faults_and_callbacks(ready: Account, aws: AwsSandbox) -> None:
    aws.faults.throttle("*", times=5)
    aws.faults.fail_import("ClientError: no")
    aws.faults.on("ImportImage", lambda _: pytest.fail("called back"))
    aws.faults.expire_credentials()
    aws.faults.clear()
    assert ready.imported()["Status"] == "completed"


@pytest.mark.parametrize("operation", ["DescribeImage", "ec2:PutObject", ""])
def test_fails_for_an_unknown_operation(aws: AwsSandbox, operation: str) -> None:
    with pytest.raises(ValueError, match="operation: expected one of"):
        aws.faults.throttle(operation)
    with pytest.raises(ValueError, match="operation: expected one of"):
        aws.faults.on(operation, lambda _: None)


def test_fails_for_invalid_arguments(aws: AwsSandbox) -> None:
    with pytest.raises(ValueError, match="times: expected 1 or more"):
        aws.faults.throttle("ImportImage", times=0)
    with pytest.raises(ValueError, match="status: expected 500 or more"):
        aws.faults.server_error("ImportImage", status=404)
    with pytest.raises(ValueError, match="codes: expected one or more"):
        aws.faults.fail_workspace_image()
