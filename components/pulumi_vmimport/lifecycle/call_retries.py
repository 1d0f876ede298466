"""Retries of calls that WorkSpaces rejects for a while and that botocore does not retry."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_never, wait_fixed

from pulumi_vmimport.aws.service_errors import error_message, is_unavailable
from pulumi_vmimport.lifecycle.contract import Run

ResultT = TypeVar("ResultT")

# Ten minutes at the default polling interval. AWS does not document how long a resource can be unavailable.
_MAX_ATTEMPTS = 40


def retry_while_unavailable(run: Run, what: str, call: Callable[[], ResultT]) -> ResultT:
    """Return the result of a call, and retry it while WorkSpaces rejects it with ResourceUnavailableException.

    Raises: the last error, after 40 attempts or for any other code.
    """
    return retry_if(run, is_unavailable, call, lambda words: f"{what}: waiting, {words}", _MAX_ATTEMPTS)


def retry_if(
    run: Run,
    is_retryable: Callable[[BaseException], bool],
    call: Callable[[], ResultT],
    status: Callable[[str], str],
    max_attempts: int | None = None,
) -> ResultT:
    """Return the result of a call, and retry it every polling interval while it fails with a retryable error.

    `status` makes the resource's status text from AWS's message. Without `max_attempts` only the run's deadline ends
    the retries. Raises: the last error.
    """

    def show(attempt: RetryCallState) -> None:
        error = attempt.outcome.exception() if attempt.outcome else None
        if error is not None:
            run.status(status(error_message(error)))

    retrying = Retrying(
        retry=retry_if_exception(is_retryable),
        before_sleep=show,
        stop=stop_after_attempt(max_attempts) if max_attempts else stop_never,
        wait=wait_fixed(run.poll_seconds),
        sleep=run.wait,
        reraise=True,
    )
    return retrying(call)
