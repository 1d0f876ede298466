"""All calls of a boto3 client: they can be abandoned, foreign responses are noticed, and throttled calls wait."""

import contextvars
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import sleep
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError

from pulumi_vmimport.aws.response_validation import ForeignResponseError, damage, foreign_response, is_from_aws
from pulumi_vmimport.aws.service_errors import error_message, is_throttled, is_transient
from pulumi_vmimport.call_guard import current_guard, repeats_calls, run_abandonable

# botocore's parsers of JSON raise these for a value of another type than the model's.
_PARSE_ERRORS = (ResponseParserError, AttributeError, KeyError, TypeError, ValueError)
_LONGEST_PAUSE_SECONDS = 30.0
# Without a run to wait for, as in the commands: botocore repeats all failed calls but those with a foreign response.
_UNGUARDED_ATTEMPTS = 4
_UNGUARDED_PAUSE_SECONDS = 0.5

Call = Callable[[str, Mapping[str, Any]], Any]
NoteError = Callable[[ClientError, str, Mapping[str, Any]], None]


@dataclass
class _Attempt:
    """What is known of a call while it runs. botocore repeats it up to eight times."""

    operation: str
    endpoint: str
    received: Mapping[str, Any] | None = None
    trouble: str = ""

    def __str__(self) -> str:
        return f"waiting for the response to {self.operation}" + (f", after {self.trouble}" if self.trouble else "")


_attempt: contextvars.ContextVar[_Attempt | None] = contextvars.ContextVar("attempt", default=None)


def guard_calls(client: Any, *, may_repeat: bool, note: NoteError) -> None:
    """Guard all calls of a client, those of its paginators too.

    `may_repeat` is false for a client whose calls must be made once. `note` sees every error that a service returns.
    Patches `_make_api_call`, through which botocore makes every call: it has no public hook around a call with its
    retries.
    """

    def unguarded(operation: str, members: Mapping[str, Any]) -> Any:
        # Through the class, whose method tools for tests and tracing replace.
        return type(client)._make_api_call(client, operation, members)  # noqa: SLF001 - as above

    # The two asterisks run the handler before botocore's own ones, of which one makes a page that answers for S3 look
    # like an internal error of S3.
    client.meta.events.register("before-parse.*.*", _note_response)
    client.meta.events.register("response-received", _note_trouble)
    has_answered = False

    def attempt_call(operation: str, members: Mapping[str, Any]) -> Any:
        nonlocal has_answered
        attempt = _Attempt(operation, client.meta.endpoint_url)

        def call() -> Any:
            token = _attempt.set(attempt)
            try:
                return _validated(client, unguarded, attempt, members)
            finally:
                _attempt.reset(token)

        try:
            response = run_abandonable(call, lambda: str(attempt))
        except ClientError as error:
            has_answered = True
            note(error, operation, members)
            raise
        has_answered = True
        return response

    def guarded(operation: str, members: Mapping[str, Any]) -> Any:
        if _attempt.get() is not None:
            return unguarded(operation, members)  # botocore's own call, within a call
        attempts, waited_seconds = 0, 0.0
        while True:
            try:
                return attempt_call(operation, members)
            except Exception as error:
                attempts += 1
                if not may_repeat or not repeats_calls():
                    raise
                waited_seconds += _pause_or_raise(error, operation, attempts, waited_seconds, has_answered=has_answered)

    client._make_api_call = guarded  # noqa: SLF001 - as above


def _validated(client: Any, call: Call, attempt: _Attempt, members: Mapping[str, Any]) -> Any:
    model = client.meta.service_model.operation_model(attempt.operation)
    try:
        response = call(attempt.operation, members)
    except _PARSE_ERRORS as error:
        if attempt.received is None:
            raise  # the request is invalid
        raise foreign_response(model, attempt.received, "the content cannot be parsed", attempt.endpoint) from error
    problem = damage(model, attempt.received, response) if attempt.received else None
    if attempt.received and problem:
        raise foreign_response(model, attempt.received, problem, attempt.endpoint)
    return response


def _pause_or_raise(
    error: Exception, operation: str, attempts: int, waited_seconds: float, *, has_answered: bool
) -> float:
    """Wait before the next attempt and return for how long. Raises: the error if there is to be no further attempt."""
    guard = current_guard()
    if guard is None:
        if not isinstance(error, ForeignResponseError) or attempts >= _UNGUARDED_ATTEMPTS:
            raise error
        seconds: float = _UNGUARDED_PAUSE_SECONDS * 2.0 ** (attempts - 1)
        sleep(seconds)
        return seconds
    throttled = is_throttled(error)
    is_patient = waited_seconds < guard.patience_seconds or (throttled and guard.may_outlast)
    # A service that has never answered is more likely out of reach than out of order.
    is_known = has_answered or (isinstance(error, ForeignResponseError) and attempts < _UNGUARDED_ATTEMPTS)
    if not is_transient(error) or not is_patient or not is_known:
        raise error
    seconds = min(2.0 ** min(attempts, 9), _LONGEST_PAUSE_SECONDS) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
    cause = "AWS throttles the calls" if throttled else "the call failed"
    guard.pause(seconds, f"waiting to repeat {operation}: {cause}: {error_message(error)}")
    return seconds


def _note_response(operation_model: OperationModel, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Keep a response as it was received. Raises: ForeignResponseError before botocore follows a foreign redirect."""
    attempt = _attempt.get()
    if attempt is None:
        return
    attempt.received = response_dict
    if not is_from_aws(response_dict):
        raise foreign_response(operation_model, response_dict, "it has no AWS request id", attempt.endpoint)


def _note_trouble(parsed_response: Mapping[str, Any] | None, exception: Exception | None, **_: Any) -> None:
    attempt = _attempt.get()
    if attempt is None:
        return
    details = (parsed_response or {}).get("Error")
    if exception is not None:
        attempt.trouble = error_message(exception)
    elif details:
        attempt.trouble = f"{details.get('Code', '')}: {details.get('Message', '')}"
