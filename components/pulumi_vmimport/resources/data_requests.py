"""Requests that move data, for the duration of a run: each retry is shown, and the pauses end with the run."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import IncompleteReadError, ReadTimeoutError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_never, wait_chain, wait_random
from tenacity.stop import stop_after_attempt

from pulumi_vmimport.aws.credential_errors import credentials_expired
from pulumi_vmimport.aws.service_errors import error_message, is_throttled, is_transient
from pulumi_vmimport.call_guard import current_guard, guarded_by
from pulumi_vmimport.lifecycle.contract import Progress, Run

if TYPE_CHECKING:
    from types_boto3_ebs import EBSClient
    from types_boto3_s3 import S3Client

T = TypeVar("T")

# The longest pause after each attempt; two and a half minutes in all. Throttled requests continue with the last one.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0, 30.0)
_ATTEMPTS = len(_PAUSES) + 1


class RunRequests:
    """The requests of one run. Several threads may make them.

    A temporary error is retried up to nine times, throttling until the run ends. Each attempt that got no answer within
    25 s is followed by one on a new connection, and the first one is a warning.
    """

    def __init__(self, run: Run, is_temporary: Callable[[BaseException], bool] = lambda _: False) -> None:
        """`is_temporary`: further errors to retry."""
        self._run = run
        self._is_temporary_too = is_temporary
        self._lock = threading.Lock()
        self._has_warned = False
        self._guard = current_guard()

    def __call__(self, what: str, request: Callable[["S3Client"], T]) -> T:
        """The result of a request of S3. `what` names the data in messages. Raises: errors of the last attempt."""
        return self._request(what, lambda: request(self._run.aws.data_client("s3")))

    def ebs(self, what: str, request: Callable[["EBSClient"], T]) -> T:
        """The result of a request of the EBS direct APIs; otherwise like a call."""
        return self._request(what, lambda: request(self._run.aws.data_client("ebs")))

    def _request(self, what: str, request: Callable[[], T]) -> T:
        """Make a request in a thread of the transfer, guarded as in the thread of the run: it ends with the run."""
        with nullcontext() if self._guard is None else guarded_by(self._guard):
            return self._retrying(what)(request)

    def _retrying(self, what: str) -> Retrying:
        return Retrying(
            retry=retry_if_exception(self._is_temporary),
            stop=lambda state: (stop_never if _is_throttled(state) else stop_after_attempt(_ATTEMPTS))(state),
            wait=wait_chain(*(wait_random(pause / 2, pause) for pause in _PAUSES)),
            sleep=self._run.wait,
            before_sleep=lambda state: self._show(what, state),
            reraise=True,
        )

    def _is_temporary(self, error: BaseException) -> bool:
        if credentials_expired(error):
            self._run.aws.refresh_credentials()
            return True
        return is_transient(error) or isinstance(error, IncompleteReadError) or self._is_temporary_too(error)

    def _show(self, what: str, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is None:
            return
        number = state.attempt_number + 1
        attempt = f"{number}" if _is_throttled(state) else f"{number} of {_ATTEMPTS}"
        text = f"{what}: {error_message(error)}; retrying on a new connection (attempt {attempt})"
        self._run.status(Progress("retrying", trouble=text))
        if isinstance(error, ReadTimeoutError) and not self._warned():
            self._run.warn(f"{text}; the status shows further retries")

    def _warned(self) -> bool:
        with self._lock:
            before, self._has_warned = self._has_warned, True
        return before


def _is_throttled(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return error is not None and is_throttled(error)
