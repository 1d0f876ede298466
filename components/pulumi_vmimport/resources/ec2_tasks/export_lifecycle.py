"""The lifecycle of the two exports: a task that writes one object to a bucket.

The state depends on the object, because EC2 stops listing the task seven days after it ends.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

from pulumi_vmimport.aws.ec2 import ec2_tags
from pulumi_vmimport.aws.ec2.export_tasks import EXPORTED_KEY, Ec2ExportTask, key_stem
from pulumi_vmimport.aws.s3 import exported_objects
from pulumi_vmimport.aws.s3.s3_names import split_object_id
from pulumi_vmimport.lifecycle.contract import Existing, Run, is_known
from pulumi_vmimport.lifecycle.quota_queue import QuotaQueue
from pulumi_vmimport.resources.ec2_tasks.conversion_lifecycle import ConversionLifecycle
from pulumi_vmimport.resources.ec2_tasks.export_state import ExportInputs, ExportState
from pulumi_vmimport.resources.rules.tag_rules import user_tags
from pulumi_vmimport.shown_value import shown_value

DESCRIBED_FOR_A_WEEK = "EC2 describes the task of an export for seven days"
EXPORT_QUEUE = QuotaQueue()
"""The queue for the Region's quota of export tasks, which image and instance exports share."""


InputsT = TypeVar("InputsT", bound=ExportInputs)
StateT = TypeVar("StateT", bound=ExportState)


class ExportLifecycle(ConversionLifecycle[InputsT, StateT, Ec2ExportTask], Generic[InputsT, StateT]):
    """A lifecycle over one of the two kinds of export task."""

    quota_queue = EXPORT_QUEUE
    result_service = "S3"
    local_inputs = frozenset({"retain_on_delete", "role_name"})
    unread_inputs: ClassVar[Mapping[str, str]] = {"description": DESCRIBED_FOR_A_WEEK}
    id_prefix: ClassVar[str]
    """How the ids of the tasks start."""

    @abstractmethod
    def task_id(self, state: StateT) -> str:
        """The id of the export task in a state."""

    def with_result(self, state: StateT, task: Ec2ExportTask) -> StateT:
        return state

    def has_result(self, state: StateT) -> bool:
        return state.task_status in {"settling", "completed"}

    def find_result(self, run: Run, task_id: str, state: StateT) -> StateT | None:
        del task_id  # the state records it
        found = self.read_result(run, state) if is_known(state.s3_bucket) else None
        return replace(found, task_status="settling") if found is not None else None

    def result_exists(self, run: Run, task: Ec2ExportTask) -> bool:
        if task.bucket is None or task.key_stem is None:
            return False
        return exported_objects.find(run.aws, task.bucket, task.key_stem) is not None

    def configure_result(self, run: Run, state: StateT) -> StateT | None:
        id = self.task_id(state)
        tags = {**(state.tags or {}), **run.identity.tags(self.inputs_of(state))}
        task: Ec2ExportTask | None = self.tasks.find(run.aws, id)
        if task is not None and not tags.items() <= task.tags.items():
            ec2_tags.tag(run.aws, [id], tags)
        return self.read_result(run, state)

    def describe_result(self, state: StateT) -> str:
        return f"object {self._stem(state)}.* in bucket {shown_value(state.s3_bucket)}"

    def existing_inputs(self, state: StateT, task: Ec2ExportTask) -> StateT:
        prefix = (task.key_stem or "").removesuffix(task.id)
        words, tags = task.answer.get("Description"), user_tags(task.tags, None)
        known = replace(state, s3_bucket=task.bucket or "", s3_prefix=prefix or None, description=words, tags=tags)
        return self.reported_inputs(known, task.answer)

    @abstractmethod
    def reported_inputs(self, state: StateT, task: Mapping[str, Any]) -> StateT:
        """The state with the inputs of this kind that the description of a task reports."""

    @abstractmethod
    def of_object(self, state: StateT, task_id: str) -> StateT:
        """The state with the id of its task and the inputs that the extension of its object shows."""

    def read_existing(self, run: Run, id: str, state: StateT) -> Existing[StateT] | None:
        place = split_object_id(id)
        found = EXPORTED_KEY.search(place[1]) if place else None
        existing = super().read_existing(run, found["task"] if found else id, state)
        if place is None or found is None or not found["task"].startswith(self.id_prefix):
            return existing and replace(existing, state=self.of_object(existing.state, existing.id))
        if existing is None:  # EC2 has forgotten the task
            known = replace(state, s3_bucket=place[0], s3_prefix=place[1][: found.start()] or None)
            result = self.read_result(run, self.of_object(known, found["task"]))
            complete = replace(result, task_status="completed") if result else None
            existing = self.as_existing(found["task"], complete, "description", "tags") if complete else None
        return existing and replace(existing, state=self.of_object(existing.state, existing.id))

    def untag_result(self, run: Run, state: StateT, keys: Sequence[str]) -> None:
        if keys:
            self.tasks.untag(run.aws, self.task_id(state), keys)

    def read_result(self, run: Run, state: StateT) -> StateT | None:
        found = exported_objects.find(run.aws, state.s3_bucket, self._stem(state))
        return replace(state, s3_key=found.key, etag=found.etag, size_bytes=found.size_bytes) if found else None

    def delete_result(self, run: Run, state: StateT) -> None:
        exported_objects.delete(run.aws, state.s3_bucket, self._stem(state))

    def _stem(self, state: StateT) -> str:
        return key_stem(state.s3_prefix, self.task_id(state))
