"""Waiting for something that AWS works on, until it is over or the run is."""

from collections.abc import Callable
from typing import TypeVar

from pulumi_vmimport.aws.task_poller import Pollers
from pulumi_vmimport.lifecycle.contract import Run

TaskT = TypeVar("TaskT")

# AWS may not list at once what it has just begun.
# Source: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
LOOKS_BEFORE_GONE = 4


def watched_to_end(
    run: Run, pollers: Pollers[TaskT], id: str, is_over: Callable[[TaskT], bool], line: Callable[[TaskT], str]
) -> TaskT | None:
    """The thing of this id once it is over; None when AWS does not know it, several looks in a row.

    Until then `line` says how it stands.
    """
    poller, missed = pollers.of(run.aws, run.poll_seconds), 0
    with poller.watching(id):
        while True:
            answered, found = poller.look(id)
            if poller.trouble is None:  # else found is what an earlier look brought
                missed = missed + 1 if answered and found is None else 0
            if missed == LOOKS_BEFORE_GONE or (found is not None and is_over(found)):
                return found
            trouble = f" (last look: {poller.trouble})" if poller.trouble else ""
            run.status(f"{id}: {line(found) if found is not None else 'started'}{trouble}")
            run.wait(poller.pause_seconds)
