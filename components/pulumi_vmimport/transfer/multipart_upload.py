"""One multipart upload to one key. Parts are sent in any order by any thread.

S3 verifies the CRC-32 of each part on arrival, and completes the upload only if size and CRC-32 of the whole object
match the bytes that were sent. The object therefore appears complete or not at all.

s3transfer, the library below boto3's uploads, was evaluated first. Version 0.19.3 reads its source to the end after S3
has rejected a part permanently (measured: 200 MiB of 200 after part 2), blocks forever if the source raises anything
but an Exception while parts are in flight, cannot resume an upload or write conditionally, and returns neither ETag nor
version.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

import secrets
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypedDict
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.client_errors import error_code
from pulumi_vmimport.transfer.checksums import base64_to_crc32, combined_crc32, crc32_of, crc32_to_base64
from pulumi_vmimport.transfer.data_requests import ClientRequests, DataRequests
from pulumi_vmimport.transfer.object_encryption import ObjectEncryption
from pulumi_vmimport.transfer.part_body import Buffer, BufferBody, PartBody
from pulumi_vmimport.transfer.s3_object import (
    FoundObject,
    UploadedObject,
    find_object,
    is_gone,
    require_valid_metadata,
    uri,
    version_id_of,
)
from pulumi_vmimport.transfer.transfer_errors import ObjectConflictError
from pulumi_vmimport.transfer.upload_parts import Part, send_part

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

UPLOAD_TOKEN = "vmimport-upload"  # noqa: S105 - a metadata name
"""The metadata that identifies the multipart upload that created an object"""

# NoSuchKey: the object to be replaced was deleted.
_CONDITION_FAILED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class _Target(TypedDict):
    """The arguments that identify the upload in S3's API."""

    Bucket: str
    Key: str
    UploadId: str


class MultipartUpload:
    """One multipart upload. S3 verifies each part on arrival and the whole object on completion.

    An upload that is neither completed nor aborted stays in S3; `in_progress` finds it.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        key: str,
        upload_id: str,
        *,
        token: str | None = None,
        initiated: datetime | None = None,
        resumable: bool = True,
        storage_class: str = "STANDARD",
        requests: DataRequests | None = None,
    ) -> None:
        """An upload that exists in S3. Use `start` or `in_progress`. `requests` sends the parts."""
        self.bucket, self.key, self.upload_id = bucket, key, upload_id
        self.initiated = initiated
        """When the upload was started; only set by `in_progress`"""
        self.resumable = resumable
        """Whether S3 records a CRC-32 of each part and will verify that of the whole object"""
        self.storage_class = storage_class
        """The storage class of the object"""
        self._client = client
        self._requests = requests or ClientRequests(client)
        self._token = token
        self._sent: dict[int, Part] = {}
        self._lock = threading.Lock()

    @classmethod
    def start(
        cls,
        client: "S3Client",
        bucket: str,
        key: str,
        *,
        metadata: Mapping[str, str],
        tags: Mapping[str, str] | None = None,
        storage_class: str | None = None,
        encryption: ObjectEncryption = ObjectEncryption(),  # noqa: B008 - immutable
        requests: DataRequests | None = None,
    ) -> Self:
        """Start an upload. Raises: InvalidMetadataError; errors of S3."""
        require_valid_metadata(metadata)
        token = secrets.token_hex(16)
        options: dict[str, Any] = {} if storage_class is None else {"StorageClass": storage_class}
        if tags:
            options["Tagging"] = urlencode(tags)
        response = client.create_multipart_upload(
            Bucket=bucket,
            Key=key,
            Metadata={**metadata, UPLOAD_TOKEN: token},
            ChecksumAlgorithm="CRC32",
            ChecksumType="FULL_OBJECT",
            **encryption.request(),
            **options,
        )
        return cls(
            client,
            bucket,
            key,
            response["UploadId"],
            token=token,
            storage_class=storage_class or "STANDARD",
            requests=requests,
        )

    @classmethod
    def in_progress(
        cls, client: "S3Client", bucket: str, key: str, requests: DataRequests | None = None
    ) -> Iterator[Self]:
        """Yield the uploads to the key that are neither completed nor aborted, whichever process started them."""
        try:
            pages = list(client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=key))
        except ClientError as error:
            if is_gone(error):
                return
            raise
        for upload in (upload for page in pages for upload in page.get("Uploads", []) if upload["Key"] == key):
            checksum = (upload.get("ChecksumAlgorithm"), upload.get("ChecksumType"))
            yield cls(
                client,
                bucket,
                key,
                upload["UploadId"],
                initiated=upload.get("Initiated"),
                resumable=checksum == ("CRC32", "FULL_OBJECT"),
                storage_class=upload.get("StorageClass", "STANDARD"),
                requests=requests,
            )

    @classmethod
    def abort_in_progress(cls, client: "S3Client", bucket: str, key: str) -> int:
        """Abort all uploads to the key, including those that other processes are sending. Returns their number."""
        uploads = list(cls.in_progress(client, bucket, key))
        for upload in uploads:
            upload.abort()
        return len(uploads)

    def list_parts(self) -> dict[int, Part]:
        """The parts that S3 has, by number; empty if the upload no longer exists."""
        try:
            pages = list(self._client.get_paginator("list_parts").paginate(**self._target()))
        except ClientError as error:
            if is_gone(error):
                return {}
            raise
        return {
            part["PartNumber"]: Part(
                part["Size"],
                base64_to_crc32(part["ChecksumCRC32"]) if part.get("ChecksumCRC32") else None,
                part["ETag"],
            )
            for page in pages
            for part in page.get("Parts", [])
        }

    def reuse(self, number: int, part: Part) -> None:
        """Use a part that S3 already has, from `list_parts`. Raises: ValueError if it has no CRC-32."""
        if part.crc32 is None:
            raise ValueError(f"part {number}: expected a part with a CRC-32, got none")
        with self._lock:
            self._sent[number] = part

    def send(self, number: int, *buffers: Buffer, crc32: int | None = None) -> Part:
        """Send a part: the concatenated buffers, without copying them. They must not change during the call.

        `crc32` is their CRC-32. Default: computed here.

        A part that S3 received damaged is sent again, up to four times in all. A part sent earlier under the same
        number is replaced.

        Raises: errors of S3.
        """
        return self.send_body(number, BufferBody(buffers), crc32_of(buffers) if crc32 is None else crc32)

    def send_body(self, number: int, body: PartBody, crc32: int) -> Part:
        """Send a part that is not in memory. The body is read again for each attempt."""
        part = send_part(self._requests, self._target(), number, body, crc32)
        with self._lock:
            self._sent[number] = part
        return part

    def complete(self, *, if_match: str | None = None, if_none_match: bool = False) -> UploadedObject:
        """Complete the upload. Parts must be numbered from 1 without gaps; at least one is needed, possibly empty.

        `if_match` is the ETag of the object to be replaced; `if_none_match` requires that no object exists. If S3's
        response is lost, the object itself decides. After an error the upload may still exist.

        Raises: ObjectConflictError if the condition is not met; errors of S3.
        """
        parts = self._complete_parts()
        size_bytes = sum(part.size_bytes for part, _ in parts)
        crc32 = crc32_to_base64(combined_crc32((crc32, part.size_bytes) for part, crc32 in parts))
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if if_none_match else {}
        if if_match is not None:
            condition["IfMatch"] = f'"{if_match.strip(chr(34))}"'
        listed: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": part.etag, "ChecksumCRC32": crc32_to_base64(part_crc32)}
            for number, (part, part_crc32) in enumerate(parts, 1)
        ]
        try:
            response = self._client.complete_multipart_upload(
                **self._target(),
                MultipartUpload={"Parts": listed},
                ChecksumCRC32=crc32,
                ChecksumType="FULL_OBJECT",
                MpuObjectSize=size_bytes,
                **condition,
            )
            etag, version_id = response["ETag"].strip('"'), version_id_of(response)
        except (ClientError, BotoCoreError) as error:
            found = self._find_completed(error, f"CRC32:{crc32}", size_bytes, len(parts))
            if found is None:
                if condition and error_code(error) in _CONDITION_FAILED:
                    raise ObjectConflictError(uri(self.bucket, self.key), expected_etag=if_match) from error
                raise
            etag, version_id = found.etag, found.version_id
        return UploadedObject(
            bucket=self.bucket,
            key=self.key,
            etag=etag,
            size_bytes=size_bytes,
            version_id=version_id,
            checksum=f"CRC32:{crc32}",
        )

    def abort(self) -> None:
        """Delete the upload and its parts from S3. Does nothing if the upload no longer exists."""
        try:
            self._client.abort_multipart_upload(**self._target())
        except ClientError as error:
            if not is_gone(error):
                raise

    def _complete_parts(self) -> list[tuple[Part, int]]:
        """The parts with their CRC-32, in order. Raises: ValueError if one is missing."""
        parts = [self._sent.get(number) for number in range(1, len(self._sent) + 1)]
        complete = [(part, part.crc32) for part in parts if part is not None and part.crc32 is not None]
        if not complete or len(complete) < len(parts):
            raise ValueError(f"expected parts numbered from 1 without gaps, got {sorted(self._sent)}")
        return complete

    def _find_completed(self, error: Exception, checksum: str, size_bytes: int, parts: int) -> FoundObject | None:
        """The object, if S3 completed this upload although the response was an error or was lost.

        botocore retries a call whose response is lost; S3 may then report that the upload does not exist, or that the
        object of the first call violates the condition.
        """
        try:
            found = find_object(self._client, self.bucket, self.key)
        except (ClientError, BotoCoreError) as second:
            error.add_note(f"{uri(self.bucket, self.key)}: could not check whether the object exists: {second}")
            return None
        if found is None:
            return None
        if self._token is not None:
            return found if found.metadata.get(UPLOAD_TOKEN) == self._token else None
        # The token of a resumed upload is unknown: S3 does not return the metadata of an upload in progress.
        same = (found.checksum, found.size_bytes) == (checksum, size_bytes) and found.etag.endswith(f"-{parts}")
        return found if same and UPLOAD_TOKEN in found.metadata else None

    def _target(self) -> _Target:
        return {"Bucket": self.bucket, "Key": self.key, "UploadId": self.upload_id}
