"""What an error of an AWS call means for its caller.

Every decision to retry starts here:

- `is_transient`: the same call may succeed later (throttling, a server error, a broken connection);
- `credentials_expired`: the same call may succeed with refreshed credentials;
- `is_over_quota`: the same call may succeed once other tasks have ended;
- `is_unavailable`: the same call may succeed once WorkSpaces has finished other work on the resource.

All of them look at error codes and HTTP status codes, never at the text of an error.
"""

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and the lists of botocore's own
# retries (botocore/retries/standard.py).
_TRANSIENT = frozenset({
    "BandwidthLimitExceeded",
    "CallRateLimitExceededException",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
})  # fmt: skip
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
# The quotas are 5 conversion tasks in a Region, up to 20 on request, and 100 pending EBS snapshots. No page documents
# the codes for conversion tasks: these are EC2's codes for other limits.
# Source: https://docs.aws.amazon.com/general/latest/gr/ec2-service.html, ebs-service.html.
_OVER_QUOTA = frozenset({
    "ConcurrentLimitExceededException",
    "ConversionTaskLimitExceeded",
    "LimitExceeded",
    "ResourceCountExceeded",
    "ResourceLimitExceeded",
    "ServiceQuotaExceededException",
})  # fmt: skip
_SERVER_ERROR = 500

_QUERY = re.compile(r"(\w+://[^\s?\"'<>]+)\?[^\s\"'<>]*")
_PASSWORD = re.compile(r"(\w+://)[^\s/@\"'<>]+@")


def error_code(error: BaseException) -> str:
    """The service's error code; an empty string if no service answered."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def error_message(error: BaseException) -> str:
    """Code, message and operation in AWS's words, with redacted URLs."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        message = redact_urls(details.get("Message") or "no message")
        return f"{details.get('Code', '')}: {message} (in {error.operation_name})"
    return redact_urls(f"{type(error).__name__}: {error}")


def redact_urls(text: str) -> str:
    """The text without the query strings and passwords of its URLs: the query of a presigned URL is a credential."""
    return _PASSWORD.sub(r"\1...@", _QUERY.sub(r"\1?...", text))


def is_aws_error(error: BaseException) -> bool:
    """Whether the error comes from AWS or from the connection to it."""
    return isinstance(error, (ClientError, BotoCoreError))


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed later: throttling, a server error, a broken connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in _TRANSIENT or status >= _SERVER_ERROR
    return isinstance(error, (BotoConnectionError, HTTPClientError))


def credentials_expired(error: BaseException) -> bool:
    """Whether the credentials have expired or cannot be read, so that the call needs refreshed ones."""
    unreadable = (NoCredentialsError, CredentialRetrievalError, TokenRetrievalError)
    return error_code(error) in _EXPIRED or isinstance(error, unreadable)


def is_over_quota(error: BaseException) -> bool:
    """Whether the account has as many tasks or pending snapshots in the Region as its quota allows."""
    return error_code(error) in _OVER_QUOTA


def is_unavailable(error: BaseException) -> bool:
    """Whether WorkSpaces is still working on the resource; botocore does not retry this error."""
    return error_code(error) == "ResourceUnavailableException"
