"""The lifecycle of the resources behind EC2's import and export tasks.

A resource starts one task, finds it again after an interrupted run, waits for it and owns its result: an AMI, a
snapshot or an object in S3. The resource id is the task id, because the task exists before its result.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2.ec2_tasks import Ec2Task, is_token_mismatch
from pulumi_vmimport.aws.resource_arns import id_in_arn
from pulumi_vmimport.aws.service_errors import error_message, is_over_quota
from pulumi_vmimport.aws.tables.known_failures import explain
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Existing,
    PartialFailureError,
    Run,
)
from pulumi_vmimport.lifecycle.failed_work import remove_failed_work
from pulumi_vmimport.lifecycle.identity import OWN_TAGS, completion_tag, is_adoptable
from pulumi_vmimport.lifecycle.program_spelling import in_program_spelling
from pulumi_vmimport.lifecycle.quota_queue import QueuePlace, wait_in_queue
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE
from pulumi_vmimport.resources.ec2_tasks.conversion_kind import ConversionKind
from pulumi_vmimport.resources.ec2_tasks.conversion_state import ConversionInputs, ConversionState
from pulumi_vmimport.resources.ec2_tasks.listed_tasks import ended_task, listed_tasks
from pulumi_vmimport.resources.rules.service_role_rules import RoleRejections

InputsT = TypeVar("InputsT", bound=ConversionInputs)
StateT = TypeVar("StateT", bound=ConversionState)
TaskT = TypeVar("TaskT", bound=Ec2Task)


class ConversionLifecycle(ConversionKind[InputsT, StateT, TaskT], Generic[InputsT, StateT, TaskT]):
    """A lifecycle over one kind of task. A subclass starts the task and handles its result."""

    def create(self, run: Run, inputs: InputsT) -> Created[StateT]:
        task = self._existing_or_new_task(run, inputs)
        state = self.initial_state(inputs, task)
        run.record(task.id, state)
        run.record(task.id, state := self.with_source(run, state))
        return Created(task.id, self._complete(run, task.id, state))

    def read(self, run: Run, id: str, state: StateT) -> StateT | None:
        if self.has_result(state):
            return self.read_result(run, state)
        task = self.tasks.find(run.aws, id)
        return self._with_task(state, task) if task else self.find_result(run, id, state)

    def read_existing(self, run: Run, id: str, state: StateT) -> Existing[StateT] | None:
        task_id = self.task_of(run, id_in_arn(id))
        task: TaskT | None = self.tasks.find(run.aws, task_id) if task_id else None
        if task_id is None or task is None:
            found = self.find_result(run, task_id, state) if task_id else None
        else:
            known = self.initial_state(self.inputs_of(state), task)
            found = self._with_task(self.existing_inputs(known, task), task)
            if not task.completed:
                return self.as_existing(task_id, found)
        read = self._as_read(run, found) if found is not None and self.has_result(found) else None
        return self.as_existing(str(task_id), read) if read is not None else None

    def _as_read(self, run: Run, found: StateT) -> StateT | None:
        """The state of a completed task as its result is now."""
        found = self.result_of_existing(run, found)
        result = self.read_result(run, found)
        is_complete = result and result.task_status == found.task_status
        return replace(result, task_status="completed") if result and is_complete else result

    def update(self, run: Run, id: str, state: StateT, inputs: InputsT) -> StateT:
        updated = self.replace_inputs(state, inputs)
        # Tags stay recorded until they are removed, so that the next update completes an interrupted one.
        run.record(id, replace(updated, tags={**(state.tags or {}), **(inputs.tags or {})}))
        if self.condition(state) is not Condition.READY:
            return self._complete(run, id, self.with_source(run, updated))
        self.untag_result(run, state, sorted((state.tags or {}).keys() - (inputs.tags or {}).keys()))
        if (configured := self.configure_result(run, self.with_source(run, updated))) is None:
            gone = self.describe_result(state)
            raise PartialFailureError(f"{gone} does not exist; run `pulumi up --refresh` to create it again")
        return configured

    def delete(self, run: Run, id: str, state: StateT) -> None:
        if state.retain_on_delete and self.has_result(state):
            self.untag_result(run, state, OWN_TAGS)
            self.tasks.untag(run.aws, id, OWN_TAGS)
            return
        if not self.has_result(state):
            task: TaskT | None = self.tasks.find(run.aws, id)
            if task is not None and not task.completed:
                self.tasks.cancel(run.aws, id, f"deleted by Pulumi stack {run.identity.stack}")
                task = ended_task(run, self.tasks, id)
            state = self._with_task(state, task) if task else self.find_result(run, id, state) or state
        self.delete_result(run, state)

    def condition(self, state: StateT) -> Condition:
        if state.task_status in {"deleted", "cancelled", "deregistered"}:
            return Condition.BROKEN
        return Condition.READY if state.task_status == "completed" else Condition.UNFINISHED

    def describe_broken(self, id: str, state: StateT) -> str:
        words = f': "{state.status_message}"' if state.status_message else ""
        return f"{self.tasks.noun} {id} has no result (status {state.task_status}{words})"

    def _existing_or_new_task(self, run: Run, inputs: InputsT) -> TaskT:
        """The task of an earlier run with these inputs, unless it failed or its result is gone; otherwise a new one."""
        existing, unusable = self._earlier_tasks(run, inputs)
        if existing is not None:
            return existing
        if problems := [in_program_spelling(self.inputs_type, p) for p in self.inspection_problems(run, inputs)]:
            raise CleanFailureError("; ".join([*problems, "no task was started"]))
        return self.start(run, inputs, unusable)

    def _earlier_tasks(self, run: Run, inputs: InputsT) -> tuple[TaskT | None, set[str]]:
        """The usable task of an earlier run with these inputs, and the ids of the unusable ones."""
        own_tags = run.identity.tags(inputs)
        unusable: set[str] = set()
        for task in listed_tasks(run, self.tasks):
            if own_tags.items() <= task.tags.items():
                if self._is_usable(run, task, own_tags):
                    return task, unusable
                unusable.add(task.id)
        return None, unusable

    def start(self, run: Run, inputs: InputsT, unusable: set[str]) -> TaskT:
        """Start a task, as soon as the quota and IAM permit.

        EC2 returns an ended task for the ClientToken that started it, so the token depends on the unusable tasks.
        """
        own_tags, mismatches = run.identity.tags(inputs), 0
        tags = {**(inputs.tags or {}), **own_tags, **self.source_tags(run, inputs)}
        rejections = RoleRejections(run, lambda: self.role_problems(run, inputs))
        with self.quota_queue.place(run.aws) as place:
            while True:
                wait_in_queue(run, place, self.tasks.noun)
                token = run.identity.token(inputs, ",".join(sorted(unusable)))
                try:
                    task = self.start_task(run, inputs, token, tags)
                except ClientError as error:
                    if is_token_mismatch(error) and mismatches < POLLS_BEFORE_GONE:
                        # An earlier run started the task with the same URL presigned at another time; EC2 does not
                        # list the task yet.
                        mismatches += 1
                        existing, ended = self._earlier_tasks(run, inputs)
                        if existing is not None:
                            return existing
                        unusable |= ended
                    elif not self._is_temporary(run, inputs, error, place, rejections):
                        raise
                    run.wait(run.poll_seconds)
                    continue
                if task.status != "active":
                    task = self.tasks.find(run.aws, task.id) or task  # the response may lack the tags
                    if not self._is_usable(run, task, own_tags):
                        unusable.add(task.id)
                        continue
                return task

    def _is_temporary(
        self, run: Run, inputs: InputsT, error: ClientError, place: QueuePlace, rejections: RoleRejections
    ) -> bool:
        """Whether EC2 may accept the same start later. Shows what the run waits for."""
        if is_over_quota(error):
            place.join()
            run.status(f"waiting for another {self.tasks.noun} of the Region to end: {error_message(error)}")
            return True
        return rejections.are_temporary(error) or self.may_retry(run, inputs, error)

    def _is_usable(self, run: Run, task: TaskT, own_tags: Mapping[str, str]) -> bool:
        """Whether an earlier run of this resource left the task, it has not failed, and its result exists.

        A task without these tags belongs to another resource, to a renamed one, or was retained by a delete.
        """
        if not own_tags.items() <= task.tags.items() or task.is_failing or not is_adoptable(task.tags):
            return False
        return not task.completed or self.result_exists(run, task)

    def _complete(self, run: Run, task_id: str, state: StateT) -> StateT:
        if not self.has_result(state):
            state = self._wait_for_result(run, task_id, state)
        if (configured := self.configure_result(run, state)) is None:
            run.record(task_id, replace(state, task_status="deleted"))
            failure = (
                f"{self.tasks.noun} {task_id} completed, but {self.describe_result(state)} does not exist; it was "
                "deleted after the task ended"
            )
            remove_failed_work(failure, lambda: self.delete_result(run, state))
            raise CleanFailureError(f"{failure}; run `pulumi up` again to start a new {self.tasks.noun}")
        self.tasks.tag(run.aws, task_id, completion_tag())
        return replace(configured, task_status="completed")

    def _wait_for_result(self, run: Run, task_id: str, state: StateT) -> StateT:
        task, noun = ended_task(run, self.tasks, task_id), self.tasks.noun
        if task is None:
            return self._forgotten_result(run, task_id, state)
        state = self._with_task(state, task)
        run.record(task_id, state)
        if task.has_failed:
            words = task.message or "no message"
            failure = f'{noun} {task_id} ended {task.status}: "{words}"; {explain(words)}'
            remove_failed_work(failure, lambda: self.delete_result(run, state))
            raise CleanFailureError(
                f"{failure}; nothing was left in {self.result_service}; run `pulumi up` again to start a new {noun}"
            )
        return state

    def _forgotten_result(self, run: Run, task_id: str, state: StateT) -> StateT:
        """The state with the result of a task that EC2 no longer lists, because it ended more than seven days ago."""
        found = self.find_result(run, task_id, state)
        if found is not None and self.has_result(found):
            run.record(task_id, found)
            return found
        run.record(task_id, replace(state, task_status="deleted"))
        failure = f"EC2 no longer lists {self.tasks.noun} {task_id}, and {self.result_service} has no result of it"
        remove_failed_work(failure, lambda: self.delete_result(run, found or state))
        raise CleanFailureError(f"{failure}; nothing was left; run `pulumi up` again to start a new one")

    def _with_task(self, state: StateT, task: TaskT) -> StateT:
        """The state with what the task reports. `completed` is recorded only after the result is configured."""
        status = "settling" if task.completed else task.status
        return replace(self.with_result(state, task), task_status=status, status_message=task.message)
