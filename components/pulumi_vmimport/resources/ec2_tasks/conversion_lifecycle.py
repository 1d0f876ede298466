"""What the resources that a conversion task of EC2 makes have in common: started once, found again, waited for, undone.

The id of such a resource is its task's: it is what exists first.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar

from pulumi_vmimport.aws.ec2.ec2_tasks import ALL, Ec2Task, TaskKind, is_token_mismatch
from pulumi_vmimport.aws.service_errors import error_message, is_over_quota
from pulumi_vmimport.aws.tables.known_failures import explain
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, Created, Lifecycle, Problem, Run
from pulumi_vmimport.lifecycle.identity import OWN_TAGS, completion_tag, is_adoptable
from pulumi_vmimport.lifecycle.quota_queue import QuotaQueue
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE, wait_for_end
from pulumi_vmimport.resources.rules.service_role_rules import RoleRefusals

# How often one that waits in the line looks whether it has become the first: no call of AWS.
_LINE_SECONDS = 1.0

IMPORT_QUEUE = QuotaQueue()
"""The line before the Region's quota of import tasks, of images and of snapshots together (IMG-18)."""


@dataclass(frozen=True, kw_only=True)
class ConversionInputs(AwsInputs):
    tags: Mapping[str, str] | None = updatable()
    retain_on_delete: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class ConversionState(ConversionInputs):
    task_status: str | None = None
    status_message: str | None = None


InputsT = TypeVar("InputsT", bound=ConversionInputs)
StateT = TypeVar("StateT", bound=ConversionState)
TaskT = TypeVar("TaskT", bound=Ec2Task)


class ConversionLifecycle(Lifecycle[InputsT, StateT], Generic[InputsT, StateT, TaskT]):
    """A lifecycle over one kind of task; a subclass says how it begins and what becomes of it."""

    tasks: ClassVar[TaskKind[Any]]
    quota_queue: ClassVar[QuotaQueue]
    """The line before the quota; kinds that share a quota share it."""
    leaves: ClassVar[str] = "EC2"
    """Where nothing is left of a task that failed."""

    @abstractmethod
    def start(self, run: Run, inputs: InputsT, token: str, tags: Mapping[str, str]) -> TaskT:
        """Make the one call that starts a task with these tags; a task started with the token before is given back."""

    def role_problems(self, run: Run, inputs: InputsT) -> Iterator[Problem]:
        """What the service role lacks: what it has and is still refused for, IAM has only not spread yet."""
        del run, inputs
        return iter(())

    def inspection_problems(self, run: Run, inputs: InputsT) -> Iterator[Problem]:
        """What is wrong with the images that preview could not look into, as they were still to be made."""
        del run, inputs
        return iter(())

    def is_transient(self, run: Run, inputs: InputsT, error: Exception) -> bool:
        """Whether a refusal passes by itself, beside those for quota and role; shows what is waited for."""
        del run, inputs, error
        return False

    @abstractmethod
    def begun(self, inputs: InputsT, task: TaskT) -> StateT:
        """The state when the task has just been started or found."""

    @abstractmethod
    def observed(self, state: StateT, task: TaskT) -> StateT:
        """The state with what an ended task tells."""

    @abstractmethod
    def is_made(self, state: StateT) -> bool:
        """Whether the state names what the task made, so that the task itself is no longer needed."""

    @abstractmethod
    def is_there(self, run: Run, task: TaskT) -> bool:
        """Whether what a completed task made still exists."""

    @abstractmethod
    def settle(self, run: Run, state: StateT) -> StateT:
        """Give what the task made its tags and the like, the same as before or others; returns the complete state."""

    @abstractmethod
    def untag(self, run: Run, state: StateT, keys: Sequence[str]) -> None:
        """Take tags off what the task made; what is gone is fine."""

    @abstractmethod
    def read_made(self, run: Run, state: StateT) -> StateT | None:
        """The state as it is now of what the task made; None when it is gone."""

    @abstractmethod
    def remove(self, run: Run, state: StateT) -> None:
        """Delete what the task made, whole or in part; what is gone is fine."""

    def create(self, run: Run, inputs: InputsT) -> Created[StateT]:
        task = self._own_or_new_task(run, inputs)
        state = self.begun(inputs, task)
        run.record(task.id, state)
        return Created(task.id, self._finish(run, task.id, state))

    def read(self, run: Run, id: str, state: StateT) -> StateT | None:
        if self.is_made(state):
            return self.read_made(run, state)
        task = self.tasks.find(run.aws, id)
        return self._observed(state, task) if task else None

    def update(self, run: Run, id: str, state: StateT, inputs: InputsT) -> StateT:
        updated = self.replace_inputs(state, inputs)
        # Until they are off, tags that go stay recorded: an update that breaks off is completed by the next.
        run.record(id, replace(updated, tags={**(state.tags or {}), **(inputs.tags or {})}))
        if self.condition(state) is not Condition.READY:
            return self._finish(run, id, updated)
        self.untag(run, state, sorted((state.tags or {}).keys() - (inputs.tags or {}).keys()))
        return self.settle(run, updated)

    def delete(self, run: Run, id: str, state: StateT) -> None:
        if state.retain_on_delete and self.is_made(state):
            self.untag(run, state, OWN_TAGS)
            self.tasks.untag(run.aws, id, OWN_TAGS)
            return
        if not self.is_made(state):
            task: TaskT | None = self.tasks.find(run.aws, id)
            if task is not None and not task.completed:
                self.tasks.cancel(run.aws, id, f"deleted by Pulumi stack {run.identity.stack}")
                task = self._ended(run, id)
            state = self._observed(state, task) if task else state
        self.remove(run, state)

    def condition(self, state: StateT) -> Condition:
        if state.task_status in {"deleted", "cancelled", "deregistered"}:
            return Condition.BROKEN
        return Condition.READY if state.task_status == "completed" else Condition.UNFINISHED

    def _own_or_new_task(self, run: Run, inputs: InputsT) -> TaskT:
        """The task of an earlier run for these inputs, unless it failed or what it made is gone; else a new one."""
        ended: list[str] = []
        if own := self._own_task(run, inputs, ended):
            return own
        if problems := [f"{problem.path}: {problem.reason}" for problem in self.inspection_problems(run, inputs)]:
            raise CleanFailureError("; ".join([*problems, "nothing was started"]))
        return self._start(run, inputs, ended)

    def _own_task(self, run: Run, inputs: InputsT, ended: list[str]) -> TaskT | None:
        """The task of an earlier run, if it is usable; the ids of those that are not go into `ended`."""
        wanted = run.identity.tags(inputs)
        for task in self._listed(run):
            if wanted.items() <= task.tags.items():
                if self._is_usable(run, task, wanted):
                    return task
                ended.append(task.id)
        ended.sort()
        return None

    def _listed(self, run: Run) -> Sequence[TaskT]:
        """The Region's tasks; one call a period for all resources that begin at once."""
        poller = self.tasks.list_pollers.for_connection(run.aws, run.poll_seconds)
        with poller.watching(ALL):
            while True:
                answered, tasks = poller.poll(ALL)
                if answered:
                    return tasks or ()
                run.wait(poller.seconds_until_next_call)

    def _start(self, run: Run, inputs: InputsT, ended: Sequence[str]) -> TaskT:
        """Start a task. The token of an ended one would bring that one back: so a token has all attempts before it."""
        before, own_tags, looks, noun = list(ended), run.identity.tags(inputs), 0, self.tasks.noun
        refusals = RoleRefusals(run, lambda: any(self.role_problems(run, inputs)))
        with self.quota_queue.place(run.aws) as place:
            while True:
                if ahead := place.ahead:
                    run.status(f"queued, {ahead} ahead: the Region's quota of concurrent {noun}s is in use")
                    run.wait(min(_LINE_SECONDS, run.poll_seconds))
                    continue
                token = run.identity.token(inputs, ",".join(before))
                try:
                    task = self.start(run, inputs, token, {**(inputs.tags or {}), **own_tags})
                except Exception as error:
                    if is_over_quota(error):
                        place.join()
                        run.status(f"waiting for one of the Region's {noun}s to end: {error_message(error)}")
                    elif is_token_mismatch(error) and looks < POLLS_BEFORE_GONE:
                        # Ours, started with an URL that was presigned anew since, and not listed yet.
                        looks += 1
                        if found := self._own_task(run, inputs, before):
                            return found
                    elif not refusals.pass_by_themselves(error) and not self.is_transient(run, inputs, error):
                        raise
                    run.wait(run.poll_seconds)
                    continue
                if task.status == "active":
                    return task
                found = self.tasks.find(run.aws, task.id) or task  # with tags, which the answer may lack
                if self._is_usable(run, found, own_tags):
                    return found
                before.append(task.id)

    def _is_usable(self, run: Run, task: TaskT, wanted: Mapping[str, str]) -> bool:
        """Whether a task is ours, was not given up by a delete that retains, did not fail, and its result is there.

        What is recorded in a state is not: that of a resource which was renamed has the tags of its old name.
        """
        if not wanted.items() <= task.tags.items() or task.is_failing or not is_adoptable(task.tags):
            return False
        return not task.completed or self.is_there(run, task)

    def _finish(self, run: Run, task_id: str, state: StateT) -> StateT:
        if not self.is_made(state):
            task = self._ended(run, task_id)
            state = self._observed(state, task) if task else replace(state, task_status="deleted")
            run.record(task_id, state)
            noun = self.tasks.noun
            if task is None:
                raise CleanFailureError(
                    f"{noun} {task_id} is no longer listed by EC2; the next `pulumi up` starts anew"
                )
            if task.has_failed:
                self.remove(run, state)
                words = task.message or "no message"
                raise CleanFailureError(
                    f'{noun} {task_id} ended {task.status}: "{words}"; {explain(words)}; nothing was left in '
                    f"{self.leaves}, the next `pulumi up` starts anew"
                )
        state = replace(self.settle(run, state), task_status="completed")
        self.tasks.tag(run.aws, task_id, completion_tag())
        return state

    def _ended(self, run: Run, task_id: str) -> TaskT | None:
        """The task once it has completed or ended badly; None when EC2 no longer lists it."""
        return wait_for_end(
            run, self.tasks.pollers, task_id, lambda task: task.completed or task.has_failed, lambda task: task.summary
        )

    def _observed(self, state: StateT, task: TaskT) -> StateT:
        """What an ended task tells; `completed` is recorded only once what it made has been settled."""
        status = "settling" if task.completed else task.status
        return replace(self.observed(state, task), task_status=status, status_message=task.message)
