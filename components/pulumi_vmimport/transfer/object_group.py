"""Objects that are created in S3 together, or not at all."""

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.transfer.data_requests import DataRequests
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.object_encryption import ObjectEncryption
from pulumi_vmimport.transfer.s3_object import UploadedObject, delete_if_owned, find_object, uri
from pulumi_vmimport.transfer.transfer_errors import ObjectConflictError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class ObjectGroup:
    """A context manager. `complete` completes the uploads started inside; leaving the block without it aborts them."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        *,
        metadata: Mapping[str, str],
        owner: str,
        encryption: ObjectEncryption = ObjectEncryption(),  # noqa: B008 - immutable
        requests: DataRequests | None = None,
    ) -> None:
        """All objects get the same metadata; `owner` is the name of the entry that identifies the owner."""
        self._client = client
        self._encryption = encryption
        self._requests = requests
        self._bucket = bucket
        self._metadata = metadata
        self._owner = owner
        self._uploads: list[tuple[MultipartUpload, str | None]] = []
        """Each with the ETag of the object that it replaces"""
        self._created: list[UploadedObject] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for undo in (self._abort_uploads, self._delete_created):
            try:
                undo()
            except (ClientError, BotoCoreError) as second:
                if error is None:
                    raise
                error.add_note(f"{uri(self._bucket, '')}: some objects or uploads could not be removed: {second}")

    def start(self, key: str) -> MultipartUpload:
        """Start an upload to the key, and abort uploads to it that an interrupted run left behind.

        The upload replaces an object of the same owner, but no object that is written during the upload.

        Raises: ObjectConflictError if an object of another owner exists.
        """
        MultipartUpload.abort_in_progress(self._client, self._bucket, key)
        found = find_object(self._client, self._bucket, key)
        if found is not None and found.metadata.get(self._owner) != self._metadata[self._owner]:
            raise ObjectConflictError(uri(self._bucket, key), expected_etag=None)
        upload = MultipartUpload.start(
            self._client,
            self._bucket,
            key,
            metadata=self._metadata,
            encryption=self._encryption,
            requests=self._requests,
        )
        self._uploads.append((upload, found.etag if found else None))
        return upload

    def complete(self) -> tuple[UploadedObject, ...]:
        """Complete the uploads in the order in which they were started. Raises: ObjectConflictError."""
        uploaded = []
        while self._uploads:
            upload, replaced = self._uploads[0]
            uploaded.append(upload.complete(if_match=replaced, if_none_match=replaced is None))
            del self._uploads[0]
            if replaced is None:
                self._created.append(uploaded[-1])
        self._created.clear()
        return tuple(uploaded)

    def _abort_uploads(self) -> None:
        while self._uploads:
            self._uploads.pop()[0].abort()

    def _delete_created(self) -> None:
        while self._created:
            delete_if_owned(self._client, self._bucket, self._created.pop().key, self._metadata)
