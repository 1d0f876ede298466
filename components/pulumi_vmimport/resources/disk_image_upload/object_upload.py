"""The S3 object of a DiskImageUpload: which resource wrote it, whether it has the file's content, and its upload."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pulumi_vmimport.lifecycle.failed_work import remove_failed_work
from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA
from pulumi_vmimport.resources.disk_image_upload.upload_resumption import find_resumable_upload
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.content_upload import Report, checksum_of, send_content
from pulumi_vmimport.transfer.data_requests import DataRequests
from pulumi_vmimport.transfer.file_content import UploadContent
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.object_encryption import ObjectEncryption
from pulumi_vmimport.transfer.part_sizes import part_bytes_for
from pulumi_vmimport.transfer.s3_object import FoundObject, UploadedObject
from pulumi_vmimport.transfer.transfer_errors import TransferError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SOURCE_METADATA = "vmimport-source"
"""The version of the uploaded file in the metadata of the object."""


@dataclass(frozen=True)
class UploadTarget:
    """The S3 object that one resource writes. It replaces only an object that the same resource uploaded."""

    client: "S3Client" = field(repr=False)
    bucket: str
    key: str
    owner: str
    """The resource's identity, recorded in the object's metadata"""
    storage_class: str | None = None
    tags: Mapping[str, str] | None = None
    encryption: ObjectEncryption = ObjectEncryption()
    requests: DataRequests | None = None
    """Sends the parts"""

    @property
    def uri(self) -> str:
        """The object's S3 URI."""
        return s3_object.uri(self.bucket, self.key)

    def find(self) -> FoundObject | None:
        """The object in S3, or None if there is none."""
        return s3_object.find_object(self.client, self.bucket, self.key)

    def is_owned(self, found: FoundObject) -> bool:
        """Whether this resource uploaded the object."""
        return found.metadata.get(IDENTITY_METADATA) == self.owner

    def conflict(self, found: FoundObject | None) -> str | None:
        """Why the upload must not replace the object."""
        if found is None or self.is_owned(found):
            return None
        return (
            f"{self.uri} already exists and was not uploaded by this resource; choose another key, or delete the object"
        )

    def write_tags(self) -> None:
        """Replace the object's tags."""
        s3_object.tag(self.client, self.bucket, self.key, self.tags or {})

    def abort_uploads(self) -> None:
        """Abort every multipart upload to the key."""
        MultipartUpload.abort_in_progress(self.client, self.bucket, self.key)

    def upload(
        self, content: UploadContent, replaced: FoundObject | None, *, report: Report, on_start: Callable[[], None]
    ) -> UploadedObject:
        """Upload the content in place of the object found before, and resume an earlier multipart upload to the key.

        `on_start` is called when S3 has the multipart upload, before the first part is sent.

        Raises: ObjectConflictError, SourceModifiedError; errors of S3 and of `report`.
        """
        while True:
            resumed = find_resumable_upload(self.client, self.bucket, self.key, self.storage_class, self.requests)
            upload, existing_parts = resumed or (self._start(content), {})
            on_start()
            part_bytes = part_bytes_for(content.size_bytes)
            try:
                send_content(upload, content, part_bytes=part_bytes, report=report, existing_parts=existing_parts)
                uploaded = upload.complete(if_match=replaced.etag if replaced else None, if_none_match=replaced is None)
            except TransferError as error:
                remove_failed_work(str(error), upload.abort)
                raise
            if resumed is None:
                return uploaded
            found = self.find()
            if found is None or (self.is_owned(found) and self.encryption.is_of(found)):
                if self.tags:
                    self.write_tags()
                return uploaded
            # Another process started the resumed upload, or a run with other inputs: S3 shows that only now.
            replaced = found

    def _start(self, content: UploadContent) -> MultipartUpload:
        return MultipartUpload.start(
            self.client,
            self.bucket,
            self.key,
            metadata={IDENTITY_METADATA: self.owner, SOURCE_METADATA: content.identity},
            tags=self.tags,
            storage_class=self.storage_class,
            encryption=self.encryption,
            requests=self.requests,
        )


@dataclass(frozen=True)
class RecordedContent:
    """The file and the object of the previous upload."""

    source_identity: str | None
    checksum: str | None


def has_content(
    found: FoundObject, content: UploadContent, recorded: RecordedContent | None, *, report: Report
) -> bool:
    """Whether the object has the content. Reads the file only if neither state nor metadata answer the question."""
    if found.checksum is None or found.size_bytes != content.size_bytes:
        return False
    if recorded is None and found.metadata.get(SOURCE_METADATA) == content.identity:
        return True  # uploaded from this file by a run that ended before the state was saved
    if recorded == RecordedContent(content.identity, found.checksum):
        return True
    return checksum_of(content, part_bytes=part_bytes_for(content.size_bytes), report=report) == found.checksum
