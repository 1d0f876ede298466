"""Calls that WorkSpaces refuses for a while: ResourceUnavailableException, which botocore does not repeat."""

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.service_errors import error_message, is_unavailable
from pulumi_vmimport.lifecycle.contract import Run

ResultT = TypeVar("ResultT")

# How often to ask; with the usual period ten minutes. How long a thing stays unavailable, AWS does not tell.
_MOST_CALLS = 40


def once_available(run: Run, what: str, call: Callable[[], ResultT]) -> ResultT:
    """The result of a call, repeated while what it is about is not available; the last refusal is raised."""
    for _ in range(_MOST_CALLS - 1):
        try:
            return call()
        except ClientError as error:
            if not is_unavailable(error):
                raise
            run.status(f"{what}: waiting, {error_message(error)}")
        run.wait(run.poll_seconds)
    return call()
