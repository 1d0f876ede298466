"""The common part of EC2's import and export calls."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.core.cloud import Task
from pulumi_vmimport_sandbox.aws.core.conversion_task import ConversionTask
from pulumi_vmimport_sandbox.aws.core.paging import page_of
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.ec2.regional_calls import RegionalCalls
from pulumi_vmimport_sandbox.aws.ec2.tag_validation import merge_tags
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import SimulatedImportTask
from pulumi_vmimport_sandbox.aws.vm_import.snapshot_import_simulation import SimulatedSnapshotTask

_IMPORTS = (SimulatedImportTask, SimulatedSnapshotTask)
_TASK_ID = re.compile(r"import-(ami|snap)-[0-9a-z]+|export-(ami|i)-[0-9a-z]+")
# Source: EC2 error codes. A malformed id and an unknown id.
_NO_TASK = {
    "import": ("InvalidConversionTaskId.Malformed", "InvalidConversionTaskId"),
    "export": ("InvalidExportTaskID.Malformed", "InvalidExportTaskID.NotFound"),
}


class ConversionCalls(RegionalCalls):
    """Start, describe and cancel tasks."""

    def _request(self) -> dict[str, Any]:
        """The parameters of the task."""
        return {name: value for name, value in self.params.items() if name != "DryRun"}

    def _task_of_token(self, kind: type[Task], request: Mapping[str, Any]) -> Task | None:
        """The task that was started with a token. The token is valid while the task is listed (assumed)."""
        token = request.get("ClientToken")
        task = next((t for t in self._listed(kind) if token and t.request.get("ClientToken") == token), None)
        if task and _comparable(task.request) != _comparable(request):
            # EC2's message for RunInstances; assumed for imports and exports.
            text = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
            raise ServiceError("IdempotentParameterMismatch", text)
        return task

    def _require_import_quota(self) -> None:
        active = self._active(_IMPORTS)
        if active >= self.cloud.settings.active_import_quota:  # text assumed
            text = f"You have {active} active import tasks; the limit is {self.cloud.settings.active_import_quota}."
            raise ServiceError(self.cloud.settings.quota_error_code, text)

    def _active(self, kinds: tuple[type[ConversionTask], ...]) -> int:
        tasks = self.cloud.tasks[self.account_region].values()
        return sum(isinstance(task, kinds) and self.cloud.status(task) == "active" for task in tasks)

    def _describe_page(self, kind: type[Task], ids_name: str, list_name: str) -> ActionResult:
        self.error_on_dryrun()
        chosen = self._chosen(kind, self._get_param(ids_name) or [])
        found = {task.id: task for task in chosen}
        try:
            page, following = page_of(found, self._get_param("MaxResults"), self._get_param("NextToken"))
        except KeyError as error:
            raise ServiceError("InvalidNextToken", "The token is invalid.") from error  # text assumed
        shown = {list_name: [self._describe(task) for task in page], "NextToken": following}
        return ActionResult({name: value for name, value in shown.items() if value is not None})

    def _chosen(self, kind: type[Task], ids: Sequence[str]) -> list[Task]:
        """The tasks with the ids, or all tasks, that match the call's filters."""
        chosen = [self._task(kind, task_id) for task_id in ids] or list(self._listed(kind))
        for entry in self._get_param("Filters") or []:
            chosen = list(self._passing(chosen, entry["Name"], entry.get("Values") or []))
        return chosen

    def _listed(self, kind: type[Task]) -> Iterator[Task]:
        return (task for task in self.cloud.listed_tasks(self.account_region) if isinstance(task, kind))

    def _task(self, kind: type[Task], task_id: str) -> Task:
        """A listed task of a type.

        Raises:
            ServiceError: The task does not exist. Messages assumed.
        """
        malformed, missing = _NO_TASK[kind.verb()]
        if not _TASK_ID.fullmatch(task_id):
            raise ServiceError(malformed, f"Invalid id: '{task_id}'")
        found = next((task for task in self._listed(kind) if task.id == task_id), None)
        if found is None:
            raise ServiceError(missing, f"The {kind.verb()} task '{task_id}' does not exist")
        return found

    def _passing(self, tasks: Iterable[Task], name: str, values: Sequence[str]) -> Iterator[Task]:
        for task in tasks:
            try:
                if task.matches(name, values, self.cloud.status(task)):
                    yield task
            except KeyError as error:
                raise ServiceError("InvalidParameterValue", f"The filter '{name}' is invalid") from error

    def _describe(self, task: ConversionTask) -> dict[str, Any]:
        return task.to_api(self.cloud.now, self.cloud.settings)

    @staticmethod
    def _task_tags(kind: type[ConversionTask], request: Mapping[str, Any]) -> dict[str, str]:
        tags: dict[str, str] = {}
        for specification in request.get("TagSpecifications") or []:
            named = specification.get("ResourceType")
            if named != kind.resource_type:
                text = f"'{named}' is not a valid taggable resource type for this operation."
                raise ServiceError("InvalidParameterValue", text)
            tags |= {tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags") or []}
        return merge_tags({}, tags)


def _comparable(request: Mapping[str, Any]) -> str:
    return json.dumps({**request, "ClientToken": None}, sort_keys=True, default=str)
