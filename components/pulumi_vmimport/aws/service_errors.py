"""What an error of an AWS call means for its caller.

Every decision to retry starts here:

- `is_transient`: the same call may succeed later (throttling, a server error, a broken connection, a response that no
  AWS service sent);
- `is_throttled`: AWS asks for fewer calls, so the same call succeeds once there are fewer;
- `is_over_quota`: the same call may succeed once other tasks have ended;
- `is_unavailable`: the same call may succeed once WorkSpaces or Image Builder has finished other work on the resource.

All of them look at error codes and HTTP status codes, never at the text of an error. credential_errors.py has those
of credentials.
"""

from http import HTTPStatus

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.client_errors import error_code

__all__ = [
    "HEAD_OPERATIONS",
    "SERVICE_WORDS",
    "error_code",
    "error_message",
    "is_aws_error",
    "is_invalid_request",
    "is_over_quota",
    "is_throttled",
    "is_transient",
    "is_unavailable",
]

# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and the lists of botocore's own
# retries (botocore/retries/standard.py).
_THROTTLED = frozenset({
    "BandwidthLimitExceeded",
    "CallRateLimitExceededException",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
})  # fmt: skip
# STS waits for the identity provider. Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
_TIMED_OUT = frozenset({"IDPCommunicationError", "RequestTimeout", "RequestTimeoutException"})
# The response to a HEAD request has no body, so botocore uses the HTTP status as its code.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
HEAD_OPERATIONS = frozenset({"HeadBucket", "HeadObject"})
# The quotas are 5 conversion tasks in a Region, up to 20 on request, and 100 pending EBS snapshots. No page documents
# the codes for conversion tasks: these are EC2's codes for other limits.
# Source: https://docs.aws.amazon.com/general/latest/gr/ec2-service.html, ebs-service.html.
_OVER_QUOTA = frozenset({
    "ConcurrentLimitExceededException",
    "ConcurrentSnapshotLimitExceeded",
    "ConversionTaskLimitExceeded",
    "LimitExceeded",
    "PendingSnapshotLimitExceeded",
    "ResourceCountExceeded",
    "ResourceLimitExceeded",
    "ServiceQuotaExceededException",
})  # fmt: skip
# Sources: https://docs.aws.amazon.com/workspaces/latest/api/CommonErrors.html,
# https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DistributeImage.html
_UNAVAILABLE = frozenset({"ResourceInUseException", "ResourceUnavailableException"})
# A connection that broke, or a body that was cut off or changed on its way.
_DAMAGED = (BotoConnectionError, HTTPClientError, IncompleteReadError, FlexibleChecksumError)
_SERVER_ERROR = 500
# The longest known message of AWS has some hundred characters; a response of a proxy can be a page.
_MAX_MESSAGE_CHARACTERS = 2000
SERVICE_WORDS = rf"\b(?:[A-Z][\w.]*|\d{{3}}): .{{0,{_MAX_MESSAGE_CHARACTERS + 50}}}? \(in [A-Z]\w+\)"
"""A regular expression for what `error_message` returns for the error of a service, inside a longer text."""


def error_message(error: BaseException) -> str:
    """Code, message and operation in AWS's words, with redacted URLs and at most 2000 characters of the message."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        message = _shortened(redact_urls(details.get("Message") or "no message"))
        return f"{details.get('Code', '')}: {message} (in {error.operation_name})"
    if is_invalid_request(error) and "header" in str(error):
        # The value may be a session token.
        return f"{type(error).__name__}: a header of the request contains a line break or another control character"
    words = " ".join(str(error).split())  # those of botocore about a parameter have several lines
    return _shortened(redact_urls(f"{type(error).__name__}: {words}"))


def _shortened(text: str) -> str:
    if len(text) <= _MAX_MESSAGE_CHARACTERS:
        return text
    return f"{text[:_MAX_MESSAGE_CHARACTERS]}... ({len(text)} characters)"


def is_aws_error(error: BaseException) -> bool:
    """Whether the error comes from AWS or from the connection to it."""
    return isinstance(error, (ClientError, BotoCoreError))


def is_invalid_request(error: BaseException) -> bool:
    """Whether the request could not be composed, so that repeating it fails too: of an invalid header or URL."""
    # Python's HTTP client and urllib3 raise a ValueError.
    return isinstance(error, HTTPClientError) and isinstance(error.kwargs.get("error"), ValueError)


def is_throttled(error: BaseException) -> bool:
    """Whether AWS rejects the call because there are too many."""
    if not isinstance(error, ClientError):
        return False
    if error_code(error) in _THROTTLED or _status(error) == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return error.operation_name in HEAD_OPERATIONS and _status(error) == HTTPStatus.SERVICE_UNAVAILABLE  # SlowDown


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed later: throttling, a server error, a broken connection, a foreign response."""
    if isinstance(error, ClientError):
        return is_throttled(error) or error_code(error) in _TIMED_OUT or _status(error) >= _SERVER_ERROR
    return isinstance(error, _DAMAGED) and not is_invalid_request(error)


def is_over_quota(error: BaseException) -> bool:
    """Whether the account has as many tasks or pending snapshots in the Region as its quota allows."""
    return error_code(error) in _OVER_QUOTA


def is_unavailable(error: BaseException) -> bool:
    """Whether WorkSpaces or Image Builder is still working on the resource; botocore does not retry this error."""
    return error_code(error) in _UNAVAILABLE


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
