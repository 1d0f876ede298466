"""Objects that are to be in S3 together, or not at all."""

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.s3_object import StoredObject, delete_if_ours, find_object, url
from pulumi_vmimport.transfer.transfer_errors import ObjectTakenError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class ObjectGroup:
    """A context manager: what was begun inside is joined by `join`, or aborted when the block is left without it."""

    def __init__(self, client: "S3Client", bucket: str, *, metadata: Mapping[str, str], owner: str) -> None:
        """All objects bear the same metadata, of which `owner` names the entry that tells whose they are."""
        self._client = client
        self._bucket = bucket
        self._metadata = metadata
        self._owner = owner
        self._begun: list[tuple[MultipartUpload, str | None]] = []
        self._new: list[StoredObject] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for undo in (self._abort, self._delete_new):
            try:
                undo()
            except (ClientError, BotoCoreError) as second:
                if error is None:
                    raise
                error.add_note(f"{url(self._bucket, '')}: not everything could be undone: {second}")

    def begin(self, key: str) -> MultipartUpload:
        """A new upload to the key, in place of those that a killed run left there.

        An object of the same owner is replaced; one that anybody puts there meanwhile is not.

        Raises: ObjectTakenError where somebody else's is there.
        """
        for stale in MultipartUpload.running(self._client, self._bucket, key):
            stale.abort()
        there = find_object(self._client, self._bucket, key)
        if there is not None and there.metadata.get(self._owner) != self._metadata[self._owner]:
            raise ObjectTakenError(url(self._bucket, key), expected_etag=None)
        upload = MultipartUpload.begin(self._client, self._bucket, key, metadata=self._metadata)
        self._begun.append((upload, there.etag if there else None))
        return upload

    def join(self) -> tuple[StoredObject, ...]:
        """Make objects of the uploads, in the order in which they were begun. Raises: ObjectTakenError."""
        stored = []
        while self._begun:
            upload, replaced = self._begun[0]
            stored.append(upload.finish(if_match=replaced, if_none_match=replaced is None))
            del self._begun[0]
            if replaced is None:
                self._new.append(stored[-1])
        self._new.clear()
        return tuple(stored)

    def _abort(self) -> None:
        while self._begun:
            self._begun.pop()[0].abort()

    def _delete_new(self) -> None:
        while self._new:
            delete_if_ours(self._client, self._bucket, self._new.pop().key, self._metadata)
