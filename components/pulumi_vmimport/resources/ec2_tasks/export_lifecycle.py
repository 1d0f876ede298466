"""What the two exports have in common: a task that writes one object to a bucket.

The state rests on the object; the task leaves EC2's list seven days after its end.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pulumi_vmimport.aws.ec2 import ec2_tags
from pulumi_vmimport.aws.ec2.export_tasks import Ec2ExportTask, key_stem
from pulumi_vmimport.aws.s3 import exported_objects
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Run
from pulumi_vmimport.lifecycle.quota_queue import QuotaQueue
from pulumi_vmimport.resources.ec2_tasks.conversion_lifecycle import (
    ConversionInputs,
    ConversionLifecycle,
    ConversionState,
)

EXPORT_QUEUE = QuotaQueue()
"""The line before the Region's quota of export tasks, of images and of instances together (EXP-04)."""


@dataclass(frozen=True, kw_only=True)
class ExportInputs(ConversionInputs):
    s3_bucket: str
    description: str | None = None
    s3_prefix: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExportState(ExportInputs, ConversionState):
    s3_key: str | None = None
    etag: str | None = None
    size_bytes: int | None = None


InputsT = TypeVar("InputsT", bound=ExportInputs)
StateT = TypeVar("StateT", bound=ExportState)


class ExportLifecycle(ConversionLifecycle[InputsT, StateT, Ec2ExportTask], Generic[InputsT, StateT]):
    """A lifecycle over one of the two kinds of export task."""

    quota_queue = EXPORT_QUEUE
    leaves = "S3"

    @abstractmethod
    def task_id(self, state: StateT) -> str:
        """The export task of a state."""

    def observed(self, state: StateT, task: Ec2ExportTask) -> StateT:
        return state

    def is_made(self, state: StateT) -> bool:
        return state.task_status in {"settling", "completed"}

    def is_there(self, run: Run, task: Ec2ExportTask) -> bool:
        if task.bucket is None or task.key_stem is None:
            return False
        return exported_objects.find(run.aws, task.bucket, task.key_stem) is not None

    def settle(self, run: Run, state: StateT) -> StateT:
        id = self.task_id(state)
        tags = {**(state.tags or {}), **run.identity.tags(self.inputs_of(state))}
        task: Ec2ExportTask | None = self.tasks.find(run.aws, id)
        if task is not None and not tags.items() <= task.tags.items():
            ec2_tags.tag(run.aws, [id], tags)
        found = self.read_made(run, state)
        if found is None:
            raise CleanFailureError(
                f"export task {id} has completed, and bucket {state.s3_bucket!r} has no object whose key begins with "
                f"{self._stem(state)!r}: it was deleted since; the next `pulumi up` exports anew"
            )
        return found

    def untag(self, run: Run, state: StateT, keys: Sequence[str]) -> None:
        if keys:
            self.tasks.untag(run.aws, self.task_id(state), keys)

    def read_made(self, run: Run, state: StateT) -> StateT | None:
        found = exported_objects.find(run.aws, state.s3_bucket, self._stem(state))
        return replace(state, s3_key=found.key, etag=found.etag, size_bytes=found.size_bytes) if found else None

    def remove(self, run: Run, state: StateT) -> None:
        exported_objects.delete(run.aws, state.s3_bucket, self._stem(state))

    def _stem(self, state: StateT) -> str:
        return key_stem(state.s3_prefix, self.task_id(state))
