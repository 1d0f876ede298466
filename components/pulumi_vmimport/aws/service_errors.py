"""What AWS's errors mean for a call: gone, passing, out of credentials, or for good."""

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

# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and api-facts.md section 8.
_THROTTLED = frozenset({
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "SlowDown",
    "CallRateLimitExceededException",
    "BandwidthLimitExceeded",
})  # fmt: skip
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_SERVER_ERROR = 500

_QUERY = re.compile(r"(\w+://[^\s?\"'<>]+)\?[^\s\"'<>]*")
_PASSWORD = re.compile(r"(\w+://)[^\s/@\"'<>]+@")


def error_code(error: BaseException) -> str:
    """The service's error code, or an empty string where the error is no answer of a service."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def error_message(error: BaseException) -> str:
    """The service's own words."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        message = without_queries(details.get("Message") or "no message")
        return f"{details.get('Code', '')}: {message} (in {error.operation_name})"
    return without_queries(f"{type(error).__name__}: {error}")


def without_queries(text: str) -> str:
    """A text whose URLs have lost their query strings and passwords: that of a presigned URL is a credential."""
    return _PASSWORD.sub(r"\1...@", _QUERY.sub(r"\1?...", text))


def is_expired(error: BaseException) -> bool:
    """Whether the credentials have run out, so that renewed ones would do."""
    gone = (NoCredentialsError, CredentialRetrievalError, TokenRetrievalError)
    return error_code(error) in _EXPIRED or isinstance(error, gone)


def is_passing(error: BaseException) -> bool:
    """Whether the same call may go through later: throttled, a server error, a broken connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in _THROTTLED or status >= _SERVER_ERROR
    return isinstance(error, (BotoConnectionError, HTTPClientError))


def is_aws_error(error: BaseException) -> bool:
    """Whether the error comes from AWS or from the way to it."""
    return isinstance(error, (ClientError, BotoCoreError))
