"""Ranged GETs of an S3 object. Every answer is compared with the request before its bytes are used.

A proxy may ignore the Range or If-Match header, or answer with the range of another request: status and length alone do
not show that.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from pulumi_vmimport.client_errors import error_code
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.data_requests import DataRequests
from pulumi_vmimport.transfer.transfer_errors import EmptySourceError, SourceModifiedError, UnreadableSourceError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

_ATTEMPTS = 5
_CHANGED = frozenset({"412", "PreconditionFailed"})
_GONE = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion"})
_INVALID_RANGE = frozenset({"416", "InvalidRange"})
_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})")


@dataclass(frozen=True)
class S3Range:
    """The bytes of a range, and the object that they belong to."""

    data: bytes
    etag: str
    size_bytes: int
    """The size of the whole object"""


class _WrongAnswerError(Exception):
    """The answer does not belong to the request; another attempt may get the right one."""


def parse_content_range(value: str | None) -> tuple[int, int, int] | None:
    """(first, last, size) of a Content-Range header; None for any other text."""
    found = _CONTENT_RANGE.fullmatch(value or "")
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def get_range(
    requests: DataRequests,
    bucket: str,
    key: str,
    first: int,
    last: int,
    *,
    etag: str | None = None,
    version_id: str | None = None,
) -> S3Range:
    """Read the bytes from first to last, both included, or to the end of the object if that is before.

    With `etag`, only the version with this ETag; with `version_id`, the version with this id. If an answer does not
    belong to the request, the range is requested again, up to five attempts in all.

    Raises: UnreadableSourceError if the object does not exist, is empty, or every answer is wrong; SourceModifiedError
    if its ETag differs; botocore's errors.
    """
    name = s3_object.uri(bucket, key)
    try:
        found = _get(requests, bucket, key, (first, last), _conditions(etag, version_id))
    except _WrongAnswerError as error:
        raise UnreadableSourceError(name, str(error)) from error
    except ClientError as error:
        code = error_code(error)
        if code in _CHANGED or (code in _GONE and etag is not None):
            raise SourceModifiedError(name) from error
        if code in _GONE:
            what = "the object" if version_id is None else f"version {version_id} of the object"
            raise UnreadableSourceError(name, f"{what} does not exist", is_missing=True) from error
        if code in _INVALID_RANGE and first == 0:  # an empty object has no first byte
            raise EmptySourceError(name, "object") from error
        raise
    if etag is not None and found.etag != etag:  # S3 itself would have answered 412
        raise SourceModifiedError(name)
    return found


@retry(retry=retry_if_exception_type(_WrongAnswerError), stop=stop_after_attempt(_ATTEMPTS), reraise=True)
def _get(requests: DataRequests, bucket: str, key: str, span: tuple[int, int], conditions: dict[str, Any]) -> S3Range:
    asked = f"bytes={span[0]}-{span[1]}"

    def receive(client: "S3Client") -> S3Range:
        response = client.get_object(Bucket=bucket, Key=key, Range=asked, **conditions)
        size = _size_in(response, span)
        data = response["Body"].read()
        expected = min(span[1] + 1, size) - span[0]
        if len(data) != expected:
            raise _WrongAnswerError(f"expected {expected} bytes from byte {span[0]}, got {len(data)}")
        return S3Range(data, response["ETag"].strip('"'), size)

    return requests(f"{asked} of {key}", receive)


def _conditions(etag: str | None, version_id: str | None) -> dict[str, Any]:
    given = {"IfMatch": f'"{etag}"' if etag is not None else None, "VersionId": version_id}
    return {name: value for name, value in given.items() if value is not None}


def _size_in(response: "GetObjectOutputTypeDef", span: tuple[int, int]) -> int:
    """The size of the object, from an answer that has the requested range. Raises: _WrongAnswerError."""
    first, last = span
    value = response.get("ContentRange")
    found = parse_content_range(value)
    if found is None or not response.get("ETag"):
        response["Body"].close()
        missing = "Content-Range" if found is None else "ETag"
        raise _WrongAnswerError(
            f"expected an answer with bytes {first}-{last}, got one without a valid {missing} header; check the proxy "
            "or the S3 endpoint between this machine and S3"
        )
    if found[0] != first or found[1] != min(last, found[2] - 1):
        response["Body"].close()
        raise _WrongAnswerError(f"expected bytes {first}-{last}, got Content-Range {shown_value(value)}")
    return found[2]
