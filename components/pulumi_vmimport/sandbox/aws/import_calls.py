"""EC2's import calls, which moto lacks."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from moto.core.responses import ActionResult
from moto.ec2.responses._base_response import EC2BaseResponse
from moto.moto_api._internal import mock_random

from pulumi_vmimport.sandbox.aws.cloud import Cloud, Place
from pulumi_vmimport.sandbox.aws.import_request import accept
from pulumi_vmimport.sandbox.aws.import_tasks import ImportTask
from pulumi_vmimport.sandbox.aws.paging import page_of
from pulumi_vmimport.sandbox.aws.service_error import ServiceError
from pulumi_vmimport.sandbox.aws.tag_rules import checked_tags

TASK_RESOURCE = "import-image-task"
_TASK_ID = re.compile(r"import-(ami|snap)-[0-9a-z]+")


class ImportCalls(EC2BaseResponse):  # type: ignore[misc] # moto has no types
    """ImportImage, DescribeImportImageTasks, CancelImportTask."""

    cloud: ClassVar[Cloud]

    @property
    def place(self) -> Place:
        """The account and Region of the call."""
        return Place(str(self.current_account), str(self.region))

    def import_image(self) -> ActionResult:
        request = {name: value for name, value in self.params.items() if name not in {"DryRun", "ClientToken"}}
        token = self._get_param("ClientToken")
        task = self._task_of(token, request)
        if task is None:
            tags = self._task_tags(request)
            accepted = accept(self.cloud, self.place, request, self._snapshot_size)
            self.error_on_dryrun()
            self._require_quota()
            task = ImportTask(
                id=f"import-ami-{mock_random.get_random_hex(17)}",
                request={**request, "ClientToken": token},
                containers=accepted.containers,
                guest=accepted.guest,
                licence=accepted.licence,
                started_at=self.cloud.now,
                failure=self.cloud.faults.next_import_failure() or accepted.failure,
                tags=tags,
            )
            self.cloud.tasks[self.place][task.id] = task
        self.error_on_dryrun()
        return ActionResult(self._described(task))

    def describe_import_image_tasks(self) -> ActionResult:
        self.error_on_dryrun()
        ids = self._get_param("ImportTaskIds") or []
        chosen = [self._task(task_id) for task_id in ids] or list(self.cloud.listed_tasks(self.place))
        for entry in self._get_param("Filters") or []:
            chosen = list(self._passing(chosen, entry["Name"], entry.get("Values") or []))
        found = {task.id: task for task in chosen}
        try:
            page, following = page_of(found, self._get_param("MaxResults"), self._get_param("NextToken"))
        except KeyError as error:
            raise ServiceError("InvalidNextToken", "The token is invalid.") from error  # text assumed
        shown = {"ImportImageTasks": [self._described(task) for task in page], "NextToken": following}
        return ActionResult({name: value for name, value in shown.items() if value is not None})

    def cancel_import_task(self) -> ActionResult:
        task = self._task(self._get_param("ImportTaskId") or "")
        self.error_on_dryrun()
        status = self._status(task)
        if status != "active":  # code and text assumed
            raise ServiceError("IncorrectState", f"The import task {task.id} cannot be canceled: it is {status}")
        task.cancelled_at = self.cloud.now
        return ActionResult({"ImportTaskId": task.id, "PreviousState": status, "State": self._status(task)})

    def _task_of(self, token: str | None, request: Mapping[str, Any]) -> ImportTask | None:
        """The task that was started with a token. It stands as long as the task is listed, ended or not (assumed)."""
        task = next(
            (t for t in self.cloud.listed_tasks(self.place) if token and t.request["ClientToken"] == token), None
        )
        if task and _comparable(task.request) != _comparable(request):
            # EC2's words for RunInstances; assumed for ImportImage.
            text = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
            raise ServiceError("IdempotentParameterMismatch", text)
        return task

    def _require_quota(self) -> None:
        pace = self.cloud.pace
        active = sum(self._status(task) == "active" for task in self.cloud.tasks[self.place].values())
        if active >= pace.active_import_quota:  # text assumed
            text = f"You have {active} active import image tasks; the limit is {pace.active_import_quota}."
            raise ServiceError(pace.quota_error_code, text)

    def _task(self, task_id: str) -> ImportTask:
        """A listed task.

        Raises:
            ServiceError: there is none. Texts assumed, codes from EC2's list of errors.
        """
        if not _TASK_ID.fullmatch(task_id):
            raise ServiceError("InvalidConversionTaskId.Malformed", f"Invalid id: '{task_id}'")
        found = next((task for task in self.cloud.listed_tasks(self.place) if task.id == task_id), None)
        if found is None:
            raise ServiceError("InvalidConversionTaskId", f"The import task '{task_id}' does not exist")
        return found

    def _passing(self, tasks: Iterable[ImportTask], name: str, values: Sequence[str]) -> Iterator[ImportTask]:
        for task in tasks:
            try:
                if task.matches(name, values, self._status(task)):
                    yield task
            except KeyError as error:
                raise ServiceError("InvalidParameterValue", f"The filter '{name}' is invalid") from error

    def _status(self, task: ImportTask) -> str:
        return task.standing(self.cloud.now, self.cloud.pace).status

    def _described(self, task: ImportTask) -> dict[str, Any]:
        return task.described(self.cloud.now, self.cloud.pace)

    def _snapshot_size(self, snapshot_id: str) -> int:
        return int(self.ec2_backend.describe_snapshots(snapshot_ids=[snapshot_id])[0].volume.size)

    @staticmethod
    def _task_tags(request: Mapping[str, Any]) -> dict[str, str]:
        tags: dict[str, str] = {}
        for specification in request.get("TagSpecifications") or []:
            kind = specification.get("ResourceType")
            if kind != TASK_RESOURCE:
                text = f"'{kind}' is not a valid taggable resource type for this operation."
                raise ServiceError("InvalidParameterValue", text)
            tags |= {tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags") or []}
        return checked_tags({}, tags)


def _comparable(request: Mapping[str, Any]) -> str:
    return json.dumps({**request, "ClientToken": None}, sort_keys=True, default=str)
