from collections.abc import Callable

import pytest
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.import_tasks import (
    IMAGE_IMPORTS,
    SNAPSHOT_IMPORTS,
    ImageImportTask,
    SnapshotImportTask,
    start_image_import,
    start_snapshot_import,
)

IMAGE_TASK, SNAPSHOT_TASK = "import-ami-0123456789abcdef0", "import-snap-0123456789abcdef0"
TAGS = [{"Key": "team", "Value": "blue"}]
Stub = Callable[..., Stubber]


def test_an_image_import_is_read_with_all_its_facts() -> None:
    found = ImageImportTask.read({
        "ImportTaskId": IMAGE_TASK,
        "Status": "completed",
        "StatusMessage": "done",
        "Progress": "100",
        "ImageId": "ami-1",
        "SnapshotDetails": [{"SnapshotId": "snap-1"}, {"DiskImageSize": 1.0}, {"SnapshotId": "snap-2"}],
        "LicenseType": "BYOL",
        "UsageOperation": "RunInstances:0800",
        "Platform": "Windows",
        "Tags": TAGS,
    })  # fmt: skip
    assert found == ImageImportTask(
        id=IMAGE_TASK,
        status="completed",
        message="done",
        progress=100,
        tags={"team": "blue"},
        image_id="ami-1",
        snapshot_ids=("snap-1", "snap-2"),
        license_type="BYOL",
        usage_operation="RunInstances:0800",
        platform="Windows",
    )


def test_a_snapshot_import_is_read_from_its_detail() -> None:
    detail = {"Status": "completed", "StatusMessage": "done", "Progress": "100", "SnapshotId": "snap-1"}
    found = SnapshotImportTask.read({"ImportTaskId": SNAPSHOT_TASK, "SnapshotTaskDetail": detail, "Tags": TAGS})
    assert found == SnapshotImportTask(
        id=SNAPSHOT_TASK,
        status="completed",
        message="done",
        progress=100,
        tags={"team": "blue"},
        snapshot_id="snap-1",
    )
    assert SnapshotImportTask.read({"ImportTaskId": SNAPSHOT_TASK}).status == "active"


@pytest.mark.parametrize(
    ("status", "id", "completed"),
    [("completed", "x-1", True), ("completed", None, False), ("active", "x-1", False)],
)
def test_an_import_has_completed_when_its_result_has_an_id(status: str, id: str | None, completed: bool) -> None:
    image = ImageImportTask.read({"ImportTaskId": IMAGE_TASK, "Status": status, **({"ImageId": id} if id else {})})
    detail = {"Status": status, **({"SnapshotId": id} if id else {})}
    snapshot = SnapshotImportTask.read({"ImportTaskId": SNAPSHOT_TASK, "SnapshotTaskDetail": detail})
    assert (image.completed, snapshot.completed) == (completed, completed)


def test_an_image_import_starts_with_members_token_and_tags(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response(
        "import_image",
        {"ImportTaskId": IMAGE_TASK, "Status": "active"},
        {
            "Description": "web",
            "ClientToken": "token",
            "TagSpecifications": [{"ResourceType": "import-image-task", "Tags": TAGS}],
        },
    )
    assert start_image_import(aws, {"Description": "web"}, "token", {"team": "blue"}).id == IMAGE_TASK


def test_a_snapshot_import_starts_with_members_token_and_tags(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response(
        "import_snapshot",
        {"ImportTaskId": SNAPSHOT_TASK},
        {
            "Description": "web",
            "ClientToken": "token",
            "TagSpecifications": [{"ResourceType": "import-snapshot-task", "Tags": TAGS}],
        },
    )
    assert start_snapshot_import(aws, {"Description": "web"}, "token", {"team": "blue"}).id == SNAPSHOT_TASK


def test_snapshot_imports_are_listed_and_cancelled_as_import_tasks(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response(
        "describe_import_snapshot_tasks",
        {"ImportSnapshotTasks": [{"ImportTaskId": SNAPSHOT_TASK}]},
        {"ImportTaskIds": [SNAPSHOT_TASK]},
    )
    stub("ec2").add_response("cancel_import_task", {}, {"ImportTaskId": SNAPSHOT_TASK, "CancelReason": "deleted"})
    assert SNAPSHOT_IMPORTS.find(aws, SNAPSHOT_TASK) is not None
    SNAPSHOT_IMPORTS.cancel(aws, SNAPSHOT_TASK, "deleted")


def test_both_kinds_are_called_import_tasks() -> None:
    assert (IMAGE_IMPORTS.noun, SNAPSHOT_IMPORTS.noun) == ("import task", "import task")
