"""Waits for the end of an AWS task."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from pulumi_vmimport.aws.task_poller import Pollers
from pulumi_vmimport.lifecycle.contract import Progress, Run

TaskT = TypeVar("TaskT")
FoundT = TypeVar("FoundT")

# A Describe call may not return a resource immediately after its creation.
# Source: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
POLLS_BEFORE_GONE = 4

# How often to look for a result that a completed task reports. EC2 documents no time; a user who deleted the result
# waits this many polling intervals for the error.
_LOOKS_FOR_RESULT = 10


def until_visible(run: Run, id: str, look: Callable[[], FoundT | None]) -> FoundT | None:
    """What `look` returns for a resource that has just been created, once it is truthy; None when it stays missing.

    EC2 may report a new resource as not found. Source: the page on eventual consistency above.
    """
    for looks in range(1, _LOOKS_FOR_RESULT + 1):
        if found := look():
            return found
        if looks < _LOOKS_FOR_RESULT:
            run.status(f"waiting for EC2 to show {id}")
            run.wait(run.poll_seconds)
    return None


def wait_for_end(
    run: Run,
    pollers: Pollers[TaskT],
    id: str,
    is_over: Callable[[TaskT], bool],
    describe: Callable[[TaskT], str | Progress],
) -> TaskT | None:
    """The task once it is over; None when AWS does not return it in several consecutive polls.

    Until then the resource's status shows what `describe` returns for the task.
    """
    poller, missed, counted = pollers.for_connection(run.aws, run.poll_seconds), 0, -1
    with poller.watching(id):
        while True:
            answered, found = poller.poll(id)
            if poller.response_count != counted:
                counted = poller.response_count
                missed = missed + 1 if answered and found is None else 0
            if missed == POLLS_BEFORE_GONE or (found is not None and is_over(found)):
                return found
            described = describe(found) if found is not None else "started"
            progress = described if isinstance(described, Progress) else Progress(described)
            trouble = f"last poll failed: {poller.last_error}" if poller.last_error else ""
            run.status(replace(progress, details=id, trouble=trouble))
            run.wait(poller.seconds_until_next_call)
