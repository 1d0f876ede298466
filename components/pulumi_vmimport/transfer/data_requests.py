"""How requests that move data are made: with retries of their own, because a repeated part or range is harmless."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from botocore.exceptions import HTTPClientError, IncompleteReadError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

T = TypeVar("T")

_BODY_ATTEMPTS = 5


class DataRequests(Protocol):
    """Makes requests of S3 that move data."""

    def __call__(self, what: str, request: Callable[["S3Client"], T]) -> T:
        """The result of the request, which may be made several times, each time with a client of S3.

        `what` names the data in messages. Raises: errors of the last attempt.
        """


class ClientRequests:
    """Requests with a client's own retries. A response that ends early, which no client retries, is requested again."""

    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def __call__(self, what: str, request: Callable[["S3Client"], T]) -> T:
        """See `DataRequests`."""
        del what
        retrying = Retrying(
            retry=retry_if_exception_type((HTTPClientError, IncompleteReadError)),
            stop=stop_after_attempt(_BODY_ATTEMPTS),
            reraise=True,
        )
        return retrying(request, self._client)
