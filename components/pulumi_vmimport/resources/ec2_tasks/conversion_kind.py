"""What one kind of conversion task does, of the lifecycle that conversion_lifecycle.py runs."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2.ec2_tasks import Ec2Task, TaskKind
from pulumi_vmimport.lifecycle.contract import Lifecycle, Problem, Run
from pulumi_vmimport.lifecycle.quota_queue import QuotaQueue
from pulumi_vmimport.resources.ec2_tasks.conversion_state import ConversionInputs, ConversionState

InputsT = TypeVar("InputsT", bound=ConversionInputs)
StateT = TypeVar("StateT", bound=ConversionState)
TaskT = TypeVar("TaskT", bound=Ec2Task)


class ConversionKind(Lifecycle[InputsT, StateT], Generic[InputsT, StateT, TaskT]):
    """Starts one kind of task and handles its result."""

    tasks: ClassVar[TaskKind[Any]]
    quota_queue: ClassVar[QuotaQueue]
    """The queue for the quota; kinds that share a quota share the queue."""
    result_service: ClassVar[str] = "EC2"
    """The service that holds the result."""
    condition_output = "taskStatus"

    @abstractmethod
    def start_task(self, run: Run, inputs: InputsT, token: str, tags: Mapping[str, str]) -> TaskT:
        """Start a task with these tags in one call. The same token returns the task that it started before."""

    def role_problems(self, run: Run, inputs: InputsT) -> Iterator[Problem]:
        """The permissions that the service role lacks. If none, IAM has not yet propagated a role that EC2 rejects."""
        return iter(())

    def inspection_problems(self, run: Run, inputs: InputsT) -> Iterator[Problem]:
        """The problems of disk images that preview could not inspect, because the stack had not created them yet."""
        return iter(())

    def may_retry(self, run: Run, inputs: InputsT, error: ClientError) -> bool:
        """Whether to retry a start that EC2 rejected, for reasons beside quota and role. Shows what it waits for."""
        del run, inputs, error
        return False

    def source_tags(self, run: Run, inputs: InputsT) -> Mapping[str, str]:
        """Further tags of the task, which lead to the source of its result."""
        del run, inputs
        return {}

    @abstractmethod
    def initial_state(self, inputs: InputsT, task: TaskT) -> StateT:
        """The state of a task that was started or found."""

    def with_source(self, run: Run, state: StateT) -> StateT:
        """The state with what is known of the source. Called until the state has it: a run may fail to read it."""
        return state

    @abstractmethod
    def with_result(self, state: StateT, task: TaskT) -> StateT:
        """The state with the result that an ended task reports."""

    @abstractmethod
    def has_result(self, state: StateT) -> bool:
        """Whether the state identifies the result, so that the task is no longer needed."""

    @abstractmethod
    def find_result(self, run: Run, task_id: str, state: StateT) -> StateT | None:
        """The state with the result of a task that EC2 no longer lists; None if nothing of the result exists."""

    @abstractmethod
    def result_exists(self, run: Run, task: TaskT) -> bool:
        """Whether the result of a completed task still exists."""

    @abstractmethod
    def configure_result(self, run: Run, state: StateT) -> StateT | None:
        """Apply tags and other in-place inputs to the result. Idempotent.

        Returns the complete state; None when the result does not exist, also after waiting for EC2 to show it.
        """

    @abstractmethod
    def describe_result(self, state: StateT) -> str:
        """The result, for a message."""

    @abstractmethod
    def untag_result(self, run: Run, state: StateT, keys: Sequence[str]) -> None:
        """Remove tags from the result, if it exists."""

    @abstractmethod
    def read_result(self, run: Run, state: StateT) -> StateT | None:
        """The state as the result is now; None when it no longer exists."""

    @abstractmethod
    def delete_result(self, run: Run, state: StateT) -> None:
        """Delete whatever exists of the result."""

    def task_of(self, run: Run, id: str) -> str | None:
        """The id of the task that made a result, or that has this id itself; None if there is no such result.

        Raises: CleanFailureError if no task made the result.
        """
        del run
        return id

    def result_of_existing(self, run: Run, state: StateT) -> StateT:
        """The state of a task that no stack manages, with what has replaced the result since."""
        del run
        return state

    @abstractmethod
    def existing_inputs(self, state: StateT, task: TaskT) -> StateT:
        """The state of a task that no stack manages, with the inputs that the task reports."""
