"""The tasks of a kind that EC2 lists: those that run, and those that ended within seven days."""

from collections.abc import Sequence
from typing import TypeVar

from pulumi_vmimport.aws.ec2.ec2_tasks import ALL, Ec2Task, TaskKind
from pulumi_vmimport.lifecycle.contract import Progress, Run
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end

TaskT = TypeVar("TaskT", bound=Ec2Task)


def listed_tasks(run: Run, kind: TaskKind[TaskT]) -> Sequence[TaskT]:
    """The tasks of the Region, from one call per polling period for all resources of the process."""
    poller = kind.list_pollers.for_connection(run.aws, run.poll_seconds)
    with poller.watching(ALL):
        while True:
            answered, tasks = poller.poll(ALL)
            if answered:
                return tasks or ()
            run.wait(poller.seconds_until_next_call)


def ended_task(run: Run, kind: TaskKind[TaskT], task_id: str) -> TaskT | None:
    """The task once it has ended; None when EC2 no longer lists it."""
    return wait_for_end(
        run,
        kind.pollers,
        task_id,
        lambda task: task.completed or task.has_failed,
        lambda task: Progress(task.message or task.status, task.progress),
    )
