"""A disk image in an S3 object, read with ranged GETs."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.remote_image import FULL_READ, SPARSE_READ, CachePolicy, RemoteImage
from pulumi_vmimport.transfer.s3_object import FoundObject
from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

_READ_ATTEMPTS = 5
_CHANGED = frozenset({"412", "PreconditionFailed"})
_GONE = frozenset({"404", "NoSuchKey", "NoSuchBucket"})
_INVALID_RANGE = frozenset({"416", "InvalidRange"})


class S3Image(RemoteImage):
    """An object in S3, pinned by its ETag."""

    def __init__(self, client: "S3Client", found: FoundObject, cache: CachePolicy = FULL_READ) -> None:
        super().__init__(s3_object.uri(found.bucket, found.key), found.size_bytes, found.etag, cache)
        self._client = client
        self._bucket, self._key = found.bucket, found.key

    @classmethod
    def open(cls, client: "S3Client", bucket: str, key: str, cache: CachePolicy = SPARSE_READ) -> "S3Image":
        """Open the object as it is now. One request returns its ETag, its size and its first bytes.

        Raises: UnreadableSourceError if it does not exist or is empty; botocore's ClientError.
        """
        try:
            response, start = _get_range(client, bucket, key, 0, cache.chunk_bytes - 1)
        except ClientError as error:
            code = s3_object.code_of(error)
            if code in _GONE:
                raise UnreadableSourceError(s3_object.uri(bucket, key), "the object does not exist") from error
            if code in _INVALID_RANGE:  # an empty object has no first byte
                raise UnreadableSourceError(s3_object.uri(bucket, key), "the object is empty") from error
            raise
        size = int(response.get("ContentRange", f"/{len(start)}").rpartition("/")[2])
        found = FoundObject(bucket, key, response["ETag"].strip('"'), size)
        image = cls(client, found, cache)
        image._keep_start(image._count(start))
        return image

    def _request(self, first: int, last: int) -> bytes:
        try:
            _, data = _get_range(self._client, self._bucket, self._key, first, last, IfMatch=self.identity)
        except ClientError as error:
            if s3_object.code_of(error) in _CHANGED:
                raise SourceModifiedError(self.name) from error
            raise
        return self._count(data)


# botocore retries a request that fails, but not a response body that ends early.
@retry(
    retry=retry_if_exception_type((HTTPClientError, IncompleteReadError)),
    stop=stop_after_attempt(_READ_ATTEMPTS),
    reraise=True,
)
def _get_range(
    client: "S3Client", bucket: str, key: str, first: int, last: int, **conditions: Any
) -> tuple["GetObjectOutputTypeDef", bytes]:
    response = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={first}-{last}", **conditions)
    return response, response["Body"].read()
