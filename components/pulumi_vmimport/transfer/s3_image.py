"""A disk image in an S3 object, read with ranged GETs."""

from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.data_requests import DataRequests
from pulumi_vmimport.transfer.remote_image import FULL_READ, SPARSE_READ, CachePolicy, RemoteImage
from pulumi_vmimport.transfer.s3_object import FoundObject
from pulumi_vmimport.transfer.s3_ranges import get_range


class S3Image(RemoteImage):
    """An object in S3, pinned by its ETag."""

    def __init__(
        self,
        requests: DataRequests,
        found: FoundObject,
        cache: CachePolicy = FULL_READ,
        *,
        version_id: str | None = None,
    ) -> None:
        """Without `version_id`, the requests are those of the current version, as long as it has the same ETag."""
        super().__init__(s3_object.uri(found.bucket, found.key), found.size_bytes, found.etag, cache)
        self._requests = requests
        self._bucket, self._key, self._version_id = found.bucket, found.key, version_id

    @classmethod
    def open(
        cls,
        requests: DataRequests,
        bucket: str,
        key: str,
        cache: CachePolicy = SPARSE_READ,
        *,
        version_id: str | None = None,
    ) -> "S3Image":
        """Open a version of the object, by default the current one. One request returns ETag, size and first bytes.

        Raises: UnreadableSourceError if it does not exist or is empty; botocore's ClientError.
        """
        start = get_range(requests, bucket, key, 0, cache.start_bytes - 1, version_id=version_id)
        image = cls(requests, FoundObject(bucket, key, start.etag, start.size_bytes), cache, version_id=version_id)
        image._keep_start(image._count(start.data))
        return image

    def _request(self, first: int, last: int) -> bytes:
        found = get_range(
            self._requests, self._bucket, self._key, first, last, etag=self.identity, version_id=self._version_id
        )
        return self._count(found.data)
