from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.ec2_tasks import ALL, Ec2Task, common_fields, is_token_mismatch
from pulumi_vmimport.aws.ec2.import_tasks import IMAGE_IMPORTS

TASK = "import-ami-0123456789abcdef0"
NO_SUCH_TASK = [
    "InvalidConversionTaskId",
    "InvalidConversionTaskId.Malformed",
    "InvalidExportTaskID.Malformed",
    "InvalidExportTaskID.NotFound",
    "InvalidImportTaskId.NotFound",
]
Stub = Callable[..., Stubber]


def task(status: str = "active", message: str | None = None, progress: int | None = None) -> Ec2Task:
    return Ec2Task(id=TASK, status=status, message=message, progress=progress)


@pytest.mark.parametrize(
    ("status", "completed", "has_failed", "is_failing"),
    [
        ("active", False, False, False),
        ("completed", True, False, False),
        ("deleting", False, False, True),
        ("deleted", False, True, True),
        ("cancelling", False, False, True),
        ("cancelled", False, True, True),
    ],
)
def test_the_status_decides_whether_a_task_has_completed_or_failed(
    status: str, completed: bool, has_failed: bool, is_failing: bool
) -> None:
    found = task(status)
    assert (found.completed, found.has_failed, found.is_failing) == (completed, has_failed, is_failing)


@pytest.mark.parametrize(
    ("found", "summary"),
    [
        (task(), "active"),
        (task(message="converting"), "converting"),
        (task(message="converting", progress=0), "0% converting"),
        (task(progress=47), "47% active"),
    ],
)
def test_a_summary_has_message_or_status_and_the_progress(found: Ec2Task, summary: str) -> None:
    assert found.summary == summary


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        pytest.param(
            {"Status": "deleted", "Progress": "47", "StatusMessage": "no", "Tags": [{"Key": "a", "Value": "b"}]},
            {"status": "deleted", "progress": 47, "message": "no", "tags": {"a": "b"}},
            id="import",
        ),
        pytest.param(
            {"State": "completed"}, {"status": "completed", "progress": None, "message": None, "tags": {}}, id="export"
        ),
        pytest.param(
            {"Progress": "soon", "StatusMessage": "cannot read https://b/k?sig=f00d"},
            {"status": "active", "progress": None, "message": "cannot read https://b/k?...", "tags": {}},
            id="redacted",
        ),
    ],
)
def test_common_fields_come_from_any_description(answer: dict[str, Any], fields: dict[str, Any]) -> None:
    assert common_fields(answer) == fields


@pytest.mark.parametrize(
    ("progress", "periods"), [(None, 1.0), (0, 2.0), (49, 2.0), (50, 1.0), (89, 1.0), (90, 0.5), (100, 0.5)]
)
def test_calls_become_more_frequent_near_the_end(progress: int | None, periods: float) -> None:
    interval = IMAGE_IMPORTS.pollers._interval
    assert interval is not None
    assert interval(task(progress=progress)) == periods  # type: ignore[arg-type] # any task has a progress


def test_all_tasks_are_listed_over_all_pages(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response(
        "describe_import_image_tasks", {"ImportImageTasks": [{"ImportTaskId": "a"}], "NextToken": "more"}, {}
    )
    stub("ec2").add_response(
        "describe_import_image_tasks", {"ImportImageTasks": [{"ImportTaskId": "b"}]}, {"NextToken": "more"}
    )
    assert [found.id for found in IMAGE_IMPORTS.list_all(aws)] == ["a", "b"]


def test_the_list_poller_answers_for_all_tasks(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("describe_import_image_tasks", {"ImportImageTasks": [{"ImportTaskId": "a"}]}, {})
    poller = IMAGE_IMPORTS.list_pollers.for_connection(aws, 0)
    with poller.watching(ALL):
        answered, tasks = poller.poll(ALL)
    assert answered
    assert [found.id for found in tasks or ()] == ["a"]


def test_describe_sends_at_most_50_ids(aws: AwsConnection, stub: Stub) -> None:
    ids = [f"import-ami-{number}" for number in range(51)]
    for batch in (ids[:50], ids[50:]):
        stub("ec2").add_response(
            "describe_import_image_tasks",
            {"ImportImageTasks": [{"ImportTaskId": batch[-1]}]},
            {"ImportTaskIds": batch},
        )
    assert set(IMAGE_IMPORTS.describe(aws, ids)) == {"import-ami-49", "import-ami-50"}


@pytest.mark.parametrize("code", NO_SUCH_TASK)
def test_an_unknown_id_does_not_hide_the_others(aws: AwsConnection, stub: Stub, code: str) -> None:
    stub("ec2").add_client_error("describe_import_image_tasks", code, expected_params={"ImportTaskIds": ["a", "b"]})
    stub("ec2").add_client_error("describe_import_image_tasks", code, expected_params={"ImportTaskIds": ["a"]})
    stub("ec2").add_response(
        "describe_import_image_tasks", {"ImportImageTasks": [{"ImportTaskId": "b"}]}, {"ImportTaskIds": ["b"]}
    )
    assert set(IMAGE_IMPORTS.describe(aws, ["a", "b"])) == {"b"}


def test_find_returns_the_task_or_none(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response(
        "describe_import_image_tasks", {"ImportImageTasks": [{"ImportTaskId": TASK}]}, {"ImportTaskIds": [TASK]}
    )
    found = IMAGE_IMPORTS.find(aws, TASK)
    assert found is not None
    assert found.id == TASK
    stub("ec2").add_response("describe_import_image_tasks", {"ImportImageTasks": []}, {"ImportTaskIds": [TASK]})
    assert IMAGE_IMPORTS.find(aws, TASK) is None


def test_fails_to_describe_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_client_error("describe_import_image_tasks", "UnauthorizedOperation")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        IMAGE_IMPORTS.describe(aws, [TASK])


def test_cancel_sends_id_and_reason(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("cancel_import_task", {}, {"ImportTaskId": TASK, "CancelReason": "deleted"})
    IMAGE_IMPORTS.cancel(aws, TASK, "deleted")


@pytest.mark.parametrize("code", [*NO_SUCH_TASK, "IncorrectState", "InvalidState", "InvalidTaskState"])
def test_cancel_accepts_a_task_that_is_gone_or_has_ended(aws: AwsConnection, stub: Stub, code: str) -> None:
    stub("ec2").add_client_error("cancel_import_task", code)
    IMAGE_IMPORTS.cancel(aws, TASK, "deleted")


def test_fails_to_cancel_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_client_error("cancel_import_task", "UnauthorizedOperation")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        IMAGE_IMPORTS.cancel(aws, TASK, "deleted")


def test_tags_are_added_to_a_task(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("create_tags", {}, {"Resources": [TASK], "Tags": [{"Key": "a", "Value": "b"}]})
    IMAGE_IMPORTS.tag(aws, TASK, {"a": "b"})


@pytest.mark.parametrize("code", [*NO_SUCH_TASK, "InvalidID"])
def test_a_task_that_is_gone_keeps_its_tags(aws: AwsConnection, stub: Stub, code: str) -> None:
    stub("ec2").add_client_error("create_tags", code)
    IMAGE_IMPORTS.tag(aws, TASK, {"a": "b"})
    stub("ec2").add_client_error("describe_import_image_tasks", NO_SUCH_TASK[0])
    IMAGE_IMPORTS.untag(aws, TASK, ["a"])


def test_fails_to_tag_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_client_error("create_tags", "TagLimitExceeded")
    with pytest.raises(ClientError, match="TagLimitExceeded"):
        IMAGE_IMPORTS.tag(aws, TASK, {"a": "b"})


def test_tags_are_removed_from_a_listed_task(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("describe_import_image_tasks", {"ImportImageTasks": [{"ImportTaskId": TASK}]})
    stub("ec2").add_response("delete_tags", {}, {"Resources": [TASK], "Tags": [{"Key": "a"}]})
    IMAGE_IMPORTS.untag(aws, TASK, ["a"])


@pytest.mark.parametrize(("code", "expected"), [("IdempotentParameterMismatch", True), ("InvalidParameter", False)])
def test_only_a_token_mismatch_is_one(code: str, expected: bool) -> None:
    assert is_token_mismatch(ClientError({"Error": {"Code": code, "Message": ""}}, "ImportImage")) is expected
