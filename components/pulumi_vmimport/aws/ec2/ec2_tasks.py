"""EC2's conversion tasks, what the four kinds have in common: list, find, watch, cancel, and their quota."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ec2_tags
from pulumi_vmimport.aws.service_errors import error_code, without_queries
from pulumi_vmimport.aws.task_poller import Pollers, batches

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

# Only these say that a task does not exist; tasks also leave the list seven days after their end.
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_NO_SUCH_TASK = frozenset({
    "InvalidConversionTaskId",
    "InvalidConversionTaskId.Malformed",
    "InvalidExportTaskID.Malformed",
    "InvalidExportTaskID.NotFound",
    "InvalidImportTaskId.NotFound",
})  # fmt: skip
# What a cancel of a task gets that is over, or in the last step of an export (EXP-06).
_TOO_LATE = frozenset({"IncorrectState", "InvalidState", "InvalidTaskState"})
# A Region runs 5 conversion tasks at once, 20 on request (IMG-18). The code is not documented for these calls: these
# are the ones EC2 uses for limits elsewhere.
_QUOTA = frozenset({"ResourceCountExceeded", "ResourceLimitExceeded", "ConversionTaskLimitExceeded", "LimitExceeded"})
_IDS_A_CALL = 50
# (progress in percent up to which, periods): slow at first, quicker near the end.
_PACE = ((50, 2.0), (90, 1.0), (100, 0.5))

ALL = "*"
"""What to watch in `TaskKind.lists`."""


@dataclass(frozen=True, kw_only=True)
class Ec2Task:
    """A conversion task as its Describe call shows it."""

    id: str
    status: str
    message: str | None
    progress: int | None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def completed(self) -> bool:
        return self.status == "completed"

    @property
    def ended_badly(self) -> bool:
        """There is no failed status: a task that failed or was cancelled reads `deleted` (IMG-11)."""
        return self.status in {"deleted", "cancelled"}

    @property
    def ending_badly(self) -> bool:
        """Whether it ended badly or is about to."""
        return self.ended_badly or self.status in {"deleting", "cancelling"}

    @property
    def line(self) -> str:
        """The state of the task in a few words."""
        percent = f" {self.progress}%" if self.progress is not None else ""
        return f"{self.message or self.status}{percent}"


TaskT = TypeVar("TaskT", bound=Ec2Task)


def common(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The members of any task in its description, but for its id."""
    progress = str(answer.get("Progress") or "")
    return {
        "status": answer.get("Status") or answer.get("State") or "active",
        "message": without_queries(answer["StatusMessage"]) if answer.get("StatusMessage") else None,
        "progress": int(progress) if progress.isdigit() else None,
        "tags": {t["Key"]: t["Value"] for t in answer.get("Tags", [])},
    }


class TaskKind(Generic[TaskT]):
    """One of the four kinds.

    Args:
        noun: what one is called in messages.
        read: a task in an element of the Describe call's answer.
        described: the elements of the Describe call with these members, over all its pages.
        ids: the member of the Describe call that takes ids.
        cancel: the call that cancels the task of an id, for a reason.
    """

    def __init__(
        self,
        *,
        noun: str,
        read: Callable[[Mapping[str, Any]], TaskT],
        described: Callable[["EC2Client", Mapping[str, Any]], Iterable[Any]],
        ids: str,
        cancel: Callable[["EC2Client", str, str], object],
    ) -> None:
        self.noun = noun
        self._read = read
        self._described = described
        self._ids = ids
        self._cancel = cancel
        self.pollers: Pollers[TaskT] = Pollers(self.describe, _pace)
        self.lists: Pollers[tuple[TaskT, ...]] = Pollers(lambda aws, _: {ALL: tuple(self.listed(aws))})

    def listed(self, aws: AwsConnection) -> Iterator[TaskT]:
        """All tasks that are active or ended within seven days. The calls have no filter for tags."""
        yield from map(self._read, self._described(aws.client("ec2"), {}))

    def describe(self, aws: AwsConnection, ids: list[str]) -> dict[str, TaskT]:
        """The tasks of these ids that AWS still lists."""
        found: dict[str, TaskT] = {}
        for batch in batches(ids, _IDS_A_CALL):
            try:
                tasks = [self._read(answer) for answer in self._described(aws.client("ec2"), {self._ids: batch})]
            except ClientError as error:
                if error_code(error) not in _NO_SUCH_TASK:
                    raise
                if len(batch) > 1:  # one id that is gone fails the call for all
                    for id in batch:
                        found |= self.describe(aws, [id])
                continue
            found |= {task.id: task for task in tasks}
        return found

    def find(self, aws: AwsConnection, task_id: str) -> TaskT | None:
        """The task, or None when AWS no longer lists it."""
        return self.describe(aws, [task_id]).get(task_id)

    def cancel(self, aws: AwsConnection, task_id: str, reason: str) -> None:
        """Cancel a task; one that has ended, can no longer be cancelled or is gone is left as it is."""
        try:
            self._cancel(aws.client("ec2"), task_id, reason)
        except ClientError as error:
            if error_code(error) not in _NO_SUCH_TASK | _TOO_LATE:
                raise

    def tag(self, aws: AwsConnection, task_id: str, tags: Mapping[str, str]) -> None:
        """Put tags on a task; one that is no longer listed is left as it is."""
        try:
            ec2_tags.tag(aws, [task_id], tags)
        except ClientError as error:
            if error_code(error) not in _NO_SUCH_TASK | {"InvalidID"}:
                raise

    def untag(self, aws: AwsConnection, task_id: str, keys: Iterable[str]) -> None:
        """Take tags off a task; one that is no longer listed is left as it is."""
        if self.find(aws, task_id) is not None:
            ec2_tags.untag(aws, [task_id], keys)


def paged(operation: str, element: str) -> Callable[["EC2Client", Mapping[str, Any]], Iterator[Any]]:
    """The elements of a Describe call's answer over all its pages, for `described` of a TaskKind."""

    def described(ec2: Any, members: Mapping[str, Any]) -> Iterator[Any]:
        for page in ec2.get_paginator(operation).paginate(**members):
            yield from page[element]

    return described


def is_over_quota(error: Exception) -> bool:
    """Whether the Region runs as many conversion tasks as it allows."""
    return error_code(error) in _QUOTA


def is_other_request(error: Exception) -> bool:
    """Whether the ClientToken belongs to a task that was started with other parameters."""
    return error_code(error) == "IdempotentParameterMismatch"


def _pace(task: Ec2Task) -> float:
    progress = task.progress if task.progress is not None else 50
    return next((periods for percent, periods in _PACE if progress < percent), _PACE[-1][1])
