"""EC2's image import tasks: start, find, watch, cancel.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html and the pages of the other calls.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.errors import error_code, without_queries
from pulumi_vmimport.aws.import_request import tag_list
from pulumi_vmimport.aws.task_poller import Pollers, batches

# Only these say that a task does not exist; tasks also leave the list seven days after their end.
_NO_SUCH_TASK = frozenset(
    {"InvalidConversionTaskId", "InvalidConversionTaskId.Malformed", "InvalidImportTaskId.NotFound"}
)
# A Region runs 5 conversion tasks at once, 20 on request (IMG-18). The code is not documented for ImportImage: these
# are the ones EC2 uses for limits elsewhere.
_QUOTA = frozenset({"ResourceCountExceeded", "ResourceLimitExceeded", "ConversionTaskLimitExceeded", "LimitExceeded"})
_IDS_A_CALL = 50


@dataclass(frozen=True)
class ImportTask:
    """An import task as DescribeImportImageTasks shows it."""

    id: str
    status: str
    message: str | None
    progress: int | None
    image_id: str | None
    snapshot_ids: tuple[str, ...]
    license_type: str | None
    usage_operation: str | None
    platform: str | None
    architecture: str | None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def completed(self) -> bool:
        return self.status == "completed" and self.image_id is not None

    @property
    def ended_badly(self) -> bool:
        """There is no failed status: a task that failed or was cancelled reads `deleted` (IMG-11)."""
        return self.status == "deleted"

    @property
    def line(self) -> str:
        """The state of the task in a few words."""
        percent = f" {self.progress}%" if self.progress is not None else ""
        return f"{self.message or self.status}{percent}"

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "ImportTask":
        """The task in an element of `ImportImageTasks`, or in the answer of ImportImage."""
        progress = str(answer.get("Progress") or "")
        return cls(
            id=answer["ImportTaskId"],
            status=answer.get("Status", "active"),
            message=without_queries(answer["StatusMessage"]) if answer.get("StatusMessage") else None,
            progress=int(progress) if progress.isdigit() else None,
            image_id=answer.get("ImageId"),
            snapshot_ids=tuple(s["SnapshotId"] for s in answer.get("SnapshotDetails", []) if s.get("SnapshotId")),
            license_type=answer.get("LicenseType"),
            usage_operation=answer.get("UsageOperation"),
            platform=answer.get("Platform"),
            architecture=answer.get("Architecture"),
            tags={t["Key"]: t["Value"] for t in answer.get("Tags", [])},
        )


def start(aws: AwsConnection, members: Mapping[str, Any], token: str, tags: Mapping[str, str]) -> ImportTask:
    """Call ImportImage. The same ClientToken gives the same task, even one that has ended."""
    specification: Any = [{"ResourceType": "import-image-task", "Tags": tag_list(tags)}]
    answer = aws.client("ec2").import_image(**members, ClientToken=token, TagSpecifications=specification)
    return ImportTask.read(answer)


def is_over_quota(error: Exception) -> bool:
    """Whether the Region runs as many import tasks as it allows."""
    return error_code(error) in _QUOTA


def listed(aws: AwsConnection) -> Iterator[ImportTask]:
    """All tasks that are active or ended within seven days. The call has no filter for tags."""
    for page in aws.client("ec2").get_paginator("describe_import_image_tasks").paginate():
        yield from map(ImportTask.read, page["ImportImageTasks"])


def describe(aws: AwsConnection, ids: list[str]) -> dict[str, ImportTask]:
    """The tasks of these ids that AWS still lists."""
    found: dict[str, ImportTask] = {}
    for batch in batches(ids, _IDS_A_CALL):
        try:
            answer = aws.client("ec2").describe_import_image_tasks(ImportTaskIds=batch)
        except ClientError as error:
            if error_code(error) not in _NO_SUCH_TASK:
                raise
            if len(batch) > 1:  # one id that is gone fails the call for all
                for id in batch:
                    found |= describe(aws, [id])
            continue
        found |= {task.id: task for task in map(ImportTask.read, answer["ImportImageTasks"])}
    return found


def cancel(aws: AwsConnection, task_id: str, reason: str) -> None:
    """Cancel a task; one that has ended or is gone is left as it is."""
    try:
        aws.client("ec2").cancel_import_task(ImportTaskId=task_id, CancelReason=reason)
    except ClientError as error:
        if error_code(error) not in _NO_SUCH_TASK and error_code(error) != "IncorrectState":
            raise


def untag(aws: AwsConnection, task_id: str, keys: Iterable[str]) -> None:
    """Take tags off a task; one that is no longer listed is left as it is."""
    if task_id in describe(aws, [task_id]):
        aws.client("ec2").delete_tags(Resources=[task_id], Tags=[{"Key": key} for key in keys])


ALL = "*"
"""What to watch in LISTS."""

POLLERS = Pollers[ImportTask](describe)
LISTS = Pollers[tuple[ImportTask, ...]](lambda aws, _: {ALL: tuple(listed(aws))})
