"""Waits for the end of an AWS task."""

from collections.abc import Callable
from typing import TypeVar

from pulumi_vmimport.aws.task_poller import Pollers
from pulumi_vmimport.lifecycle.contract import Run

TaskT = TypeVar("TaskT")

# A Describe call may not return a resource immediately after its creation.
# Source: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
POLLS_BEFORE_GONE = 4


def wait_for_end(
    run: Run, pollers: Pollers[TaskT], id: str, is_over: Callable[[TaskT], bool], describe: Callable[[TaskT], str]
) -> TaskT | None:
    """The task once it is over; None when AWS does not return it in several consecutive polls.

    Until then the resource's status shows what `describe` returns for the task.
    """
    poller, missed = pollers.for_connection(run.aws, run.poll_seconds), 0
    with poller.watching(id):
        while True:
            answered, found = poller.poll(id)
            if poller.last_error is None:  # otherwise `found` is the result of an earlier poll
                missed = missed + 1 if answered and found is None else 0
            if missed == POLLS_BEFORE_GONE or (found is not None and is_over(found)):
                return found
            trouble = f" (last poll failed: {poller.last_error})" if poller.last_error else ""
            run.status(f"{id}: {describe(found) if found is not None else 'started'}{trouble}")
            run.wait(poller.seconds_until_next_call)
