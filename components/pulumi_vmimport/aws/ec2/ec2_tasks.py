"""EC2's conversion tasks: what image and snapshot imports and image and instance exports have in common."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ec2_tags
from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tags_in
from pulumi_vmimport.aws.task_poller import Pollers, batches

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

# The codes for a task that does not exist. EC2 stops listing a task seven days after its end.
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_NO_SUCH_TASK = frozenset({
    "InvalidConversionTaskId",
    "InvalidConversionTaskId.Malformed",
    "InvalidExportTaskID.Malformed",
    "InvalidExportTaskID.NotFound",
    "InvalidImportTaskId.NotFound",
})  # fmt: skip
# A cancel fails with one of these if the task has ended, or writes the last part of an export.
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CancelExportTask.html
_TOO_LATE_TO_CANCEL = frozenset({"IncorrectState", "InvalidState", "InvalidTaskState"})
_IDS_PER_CALL = 50
# (progress in percent, periods between two calls below that progress): slow at first, faster near the end.
_INTERVALS = ((50, 2.0), (90, 1.0), (100, 0.5))

ALL = "*"
"""The id to watch in `TaskKind.list_pollers`."""


@dataclass(frozen=True, kw_only=True)
class Ec2Task:
    """A conversion task as its Describe call returns it."""

    id: str
    status: str
    message: str | None
    progress: int | None
    """In percent."""
    tags: Mapping[str, str] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The whole element of the Describe call's response; it may contain a presigned URL."""

    @property
    def completed(self) -> bool:
        return self.status == "completed"

    @property
    def has_failed(self) -> bool:
        """Whether the task failed or was cancelled. EC2 has no failed status: such a task is `deleted`.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImageTask.html
        """
        return self.status in {"deleted", "cancelled"}

    @property
    def is_failing(self) -> bool:
        """Whether the task has failed or is about to."""
        return self.has_failed or self.status in {"deleting", "cancelling"}

    @property
    def summary(self) -> str:
        """Progress and message or status."""
        percent = f"{self.progress}% " if self.progress is not None else ""
        return f"{percent}{self.message or self.status}"

    @property
    def state(self) -> str:
        """Message or status, then progress: how a list shows the task."""
        percent = f" ({self.progress}%)" if self.progress is not None else ""
        return f"{self.message or self.status}{percent}"


TaskT = TypeVar("TaskT", bound=Ec2Task)


def common_fields(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of any task, except its id, from its description."""
    return {
        "status": answer.get("Status") or answer.get("State") or "active",
        "message": redact_urls(answer["StatusMessage"]) if answer.get("StatusMessage") else None,
        "progress": percentage(answer.get("Progress")),
        "tags": tags_in(answer.get("Tags", [])),
    }


def percentage(progress: object) -> int | None:
    """A `Progress` of EC2 as a number; None for a missing or another value."""
    text = str(progress or "")
    return int(text) if text.isdigit() else None


class TaskKind(Generic[TaskT]):
    """One of the four kinds of conversion task.

    Args:
        noun: its name in messages.
        read: converts an element of the Describe call's response to a task.
        describe_call: makes the Describe call with the given members and returns the elements of all pages.
        ids_member: the member of the Describe call that holds the ids.
        cancel_call: cancels the task with the given id for the given reason.
    """

    def __init__(
        self,
        *,
        noun: str,
        read: Callable[[Mapping[str, Any]], TaskT],
        describe_call: Callable[["EC2Client", Mapping[str, Any]], Iterable[Any]],
        ids_member: str,
        cancel_call: Callable[["EC2Client", str, str], object],
    ) -> None:
        self.noun = noun
        self._read = read
        self._describe_call = describe_call
        self._ids_member = ids_member
        self._cancel_call = cancel_call
        self.pollers: Pollers[TaskT] = Pollers(self.describe, _interval)
        self.list_pollers: Pollers[tuple[TaskT, ...]] = Pollers(lambda aws, _: {ALL: tuple(self.list_all(aws))})

    def list_all(self, aws: AwsConnection) -> Iterator[TaskT]:
        """All tasks that are active or ended within seven days. The calls cannot filter by tag."""
        yield from map(self._read, self._describe_call(aws.client("ec2"), {}))

    def describe(self, aws: AwsConnection, ids: list[str]) -> dict[str, TaskT]:
        """The tasks of these ids that EC2 still lists."""
        found: dict[str, TaskT] = {}
        for batch in batches(ids, _IDS_PER_CALL):
            try:
                answers = self._describe_call(aws.client("ec2"), {self._ids_member: batch})
                tasks = [self._read(answer) for answer in answers]
            except ClientError as error:
                if error_code(error) not in _NO_SUCH_TASK:
                    raise
                if len(batch) > 1:  # one unknown id fails the call for all
                    for id in batch:
                        found |= self.describe(aws, [id])
                continue
            found |= {task.id: task for task in tasks}
        return found

    def find(self, aws: AwsConnection, task_id: str) -> TaskT | None:
        """The task, or None if EC2 no longer lists it."""
        return self.describe(aws, [task_id]).get(task_id)

    def cancel(self, aws: AwsConnection, task_id: str, reason: str) -> None:
        """Cancel a task; has no effect if it has ended, can no longer be cancelled or is not listed."""
        try:
            self._cancel_call(aws.client("ec2"), task_id, reason)
        except ClientError as error:
            if error_code(error) not in _NO_SUCH_TASK | _TOO_LATE_TO_CANCEL:
                raise

    def tag(self, aws: AwsConnection, task_id: str, tags: Mapping[str, str]) -> None:
        """Add tags to a task; has no effect if it is no longer listed."""
        try:
            ec2_tags.tag(aws, [task_id], tags)
        except ClientError as error:
            if error_code(error) not in _NO_SUCH_TASK | {"InvalidID"}:
                raise

    def untag(self, aws: AwsConnection, task_id: str, keys: Iterable[str]) -> None:
        """Remove tags from a task; has no effect if it is no longer listed."""
        if self.find(aws, task_id) is not None:
            ec2_tags.untag(aws, [task_id], keys)


def paged_call(operation: str, element: str) -> Callable[["EC2Client", Mapping[str, Any]], Iterator[Any]]:
    """A `describe_call` for TaskKind: the elements of all pages of a Describe call's response."""

    def describe_call(ec2: Any, members: Mapping[str, Any]) -> Iterator[Any]:
        for page in ec2.get_paginator(operation).paginate(**members):
            yield from page[element]

    return describe_call


def is_token_mismatch(error: Exception) -> bool:
    """Whether the ClientToken belongs to a task that was started with other parameters."""
    return error_code(error) == "IdempotentParameterMismatch"


def _interval(task: Ec2Task) -> float:
    progress = task.progress if task.progress is not None else 50
    return next((periods for percent, periods in _INTERVALS if progress < percent), _INTERVALS[-1][1])
