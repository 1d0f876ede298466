"""One multipart upload to one key, its parts sent in any order by any thread.

S3 checks the CRC-32 of each part on arrival, and joins the parts only if the size and the CRC-32 of the whole are those
of the bytes that were sent. Nothing else tells that an object is whole: it is there at once, or not at all.

s3transfer, the library below boto3's own uploads, was tried first. As of 0.19.3 it reads its source to the end after S3
has refused a part for good (measured: 200 MiB of 200 after part 2), waits for ever when the source raises anything but
an Exception while parts are on their way, neither resumes an upload nor writes conditionally, and tells neither ETag
nor version.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, Self, TypedDict, cast
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.transfer.checksums import combined_crc32, crc32_of, from_s3_text, s3_text
from pulumi_vmimport.transfer.part_body import Buffer, BufferBody, PartBody
from pulumi_vmimport.transfer.s3_object import FoundObject, StoredObject, find_object, is_gone, url, version_id_of
from pulumi_vmimport.transfer.transfer_errors import InvalidMetadataError, ObjectTakenError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

UPLOAD_TOKEN = "vmimport-upload"  # noqa: S105 - a name of metadata
"""The metadata that tells which upload an object comes from."""
MIB = 1 << 20
PART_BYTES = 16 * MIB
"""The size of parts that four workers send fastest (measured over TLS on two cores)"""
# Source of both: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MAX_PARTS = 10_000
MIN_PART_BYTES = 5 * MIB
"""No part but the last may be smaller"""

# Names travel as HTTP headers, where a colon or a blank would end them; S3 gives them back in lower case.
_METADATA_NAME = re.compile("[a-z0-9-]+")
# A part that S3 received otherwise than it was sent; botocore repeats what fails in any other way that may pass.
_DAMAGED = frozenset({"BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"})
_ATTEMPTS = 4
# NoSuchKey: the object that was to be replaced is gone.
_CONDITION_FAILED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class _Target(TypedDict):
    """The upload as arguments of S3's calls."""

    Bucket: str
    Key: str
    UploadId: str


@dataclass(frozen=True)
class Part:
    """A part that S3 has."""

    size_bytes: int
    crc32: int | None
    """None where S3 does not tell"""
    etag: str


class MultipartUpload:
    """One multipart upload: parts in any order and by any thread, each checked by S3, the whole checked on joining.

    What is neither finished nor aborted stays in S3 and can be found again by `running`.
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
    ) -> None:
        """An upload that S3 knows; `begin` and `running` make these."""
        self.bucket, self.key, self.upload_id = bucket, key, upload_id
        self.initiated = initiated
        """When it was begun, for what `running` found"""
        self.resumable = resumable
        """Whether S3 keeps a CRC-32 of each part, and will check one of the whole"""
        self.storage_class = storage_class
        """That the object will have"""
        self._client = client
        self._token = token
        self._sent: dict[int, Part] = {}
        self._lock = threading.Lock()

    @classmethod
    def begin(
        cls,
        client: "S3Client",
        bucket: str,
        key: str,
        *,
        metadata: Mapping[str, str],
        tags: Mapping[str, str] | None = None,
        storage_class: str | None = None,
    ) -> Self:
        """A new upload. Raises: InvalidMetadataError; what S3 answers."""
        _require_valid(metadata)
        token = secrets.token_hex(16)
        more: dict[str, Any] = {} if storage_class is None else {"StorageClass": storage_class}
        if tags:
            more["Tagging"] = urlencode(tags)
        began = client.create_multipart_upload(
            Bucket=bucket,
            Key=key,
            Metadata={**metadata, UPLOAD_TOKEN: token},
            ChecksumAlgorithm="CRC32",
            ChecksumType="FULL_OBJECT",
            **more,
        )
        return cls(client, bucket, key, began["UploadId"], token=token, storage_class=storage_class or "STANDARD")

    @classmethod
    def running(cls, client: "S3Client", bucket: str, key: str) -> Iterator[Self]:
        """The uploads to the key that were neither completed nor aborted, whoever began them."""
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
            )

    @classmethod
    def abort_running(cls, client: "S3Client", bucket: str, key: str) -> int:
        """Abort all uploads to the key, those still on their way too; how many there were."""
        running = list(cls.running(client, bucket, key))
        for upload in running:
            upload.abort()
        return len(running)

    def parts(self) -> dict[int, Part]:
        """The parts that S3 has, by their numbers; empty when the upload is gone."""
        try:
            pages = list(self._client.get_paginator("list_parts").paginate(**self._target()))
        except ClientError as error:
            if is_gone(error):
                return {}
            raise
        return {
            part["PartNumber"]: Part(
                part["Size"],
                from_s3_text(part["ChecksumCRC32"]) if part.get("ChecksumCRC32") else None,
                part["ETag"],
            )
            for page in pages
            for part in page.get("Parts", [])
        }

    def keep(self, number: int, part: Part) -> None:
        """Count a part that S3 has (one of `parts`) as sent. Raises: ValueError when its CRC-32 is not known."""
        if part.crc32 is None:
            raise ValueError(f"part {number}: expected one whose CRC-32 S3 tells")
        with self._lock:
            self._sent[number] = part

    def send(self, number: int, *buffers: Buffer) -> Part:
        """Send a part: the buffers, one after the other, without a copy; they must not change meanwhile.

        A part that S3 received damaged is sent again, four times in all; one sent before under this number is replaced.

        Raises: what S3 answers.
        """
        return self.send_body(number, BufferBody(buffers), crc32_of(buffers))

    def send_body(self, number: int, body: PartBody, crc32: int) -> Part:
        """As `send`, for a body that is not in memory; it is read more than once where a part is sent again."""
        for attempt in range(_ATTEMPTS):
            body.seek(0)
            try:
                answer = self._client.upload_part(
                    **self._target(),
                    PartNumber=number,
                    Body=cast("IO[bytes]", body),  # as much of a file as botocore and urllib3 make use of
                    ChecksumCRC32=s3_text(crc32),
                )
                break
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in _DAMAGED or attempt == _ATTEMPTS - 1:
                    raise
        part = Part(len(body), crc32, answer["ETag"])
        with self._lock:
            self._sent[number] = part
        return part

    def finish(self, *, if_match: str | None = None, if_none_match: bool = False) -> StoredObject:
        """Let S3 join the parts, numbered from 1 without a gap; at least one, if empty.

        `if_match` is the etag of the object to be replaced, `if_none_match` says that there must be none. An answer
        that is lost is looked after: what counts is the object. When it raises, the upload may still be there.

        Raises: ObjectTakenError when the condition does not hold; what S3 answers.
        """
        parts = [self._sent.get(number) for number in range(1, len(self._sent) + 1)]
        whole = [part for part in parts if part is not None and part.crc32 is not None]
        if not whole or len(whole) < len(parts):
            raise ValueError(f"expected parts numbered from 1 without a gap, got {sorted(self._sent)}")
        size_bytes = sum(part.size_bytes for part in whole)
        crc32 = s3_text(combined_crc32((part.crc32 or 0, part.size_bytes) for part in whole))
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if if_none_match else {}
        if if_match is not None:
            condition["IfMatch"] = f'"{if_match.strip(chr(34))}"'
        named: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": part.etag, "ChecksumCRC32": s3_text(part.crc32 or 0)}
            for number, part in enumerate(whole, 1)
        ]
        try:
            done = self._client.complete_multipart_upload(
                **self._target(),
                MultipartUpload={"Parts": named},
                ChecksumCRC32=crc32,
                ChecksumType="FULL_OBJECT",
                MpuObjectSize=size_bytes,
                **condition,
            )
            etag, version_id = done["ETag"].strip('"'), version_id_of(done)
        except (ClientError, BotoCoreError) as error:
            found = self._joined_all_the_same(error, f"CRC32:{crc32}", size_bytes, len(whole))
            if found is None:
                code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
                if condition and code in _CONDITION_FAILED:
                    raise ObjectTakenError(url(self.bucket, self.key), expected_etag=if_match) from error
                raise
            etag, version_id = found.etag, found.version_id
        return StoredObject(
            bucket=self.bucket,
            key=self.key,
            etag=etag,
            size_bytes=size_bytes,
            version_id=version_id,
            checksum=f"CRC32:{crc32}",
        )

    def abort(self) -> None:
        """Leave nothing of the upload in S3; fine to call twice."""
        try:
            self._client.abort_multipart_upload(**self._target())
        except ClientError as error:
            if not is_gone(error):
                raise

    def _joined_all_the_same(self, error: Exception, checksum: str, size_bytes: int, parts: int) -> FoundObject | None:
        """The object, where S3 has joined these parts although its answer was an error or never came.

        botocore repeats a call whose answer is lost; S3 may then call the upload unknown, or its own work in the way.
        """
        try:
            found = find_object(self._client, self.bucket, self.key)
        except (ClientError, BotoCoreError) as second:
            error.add_note(f"{url(self.bucket, self.key)} could not be looked at: {second}")
            return None
        if found is None:
            return None
        if self._token is not None:
            return found if found.metadata.get(UPLOAD_TOKEN) == self._token else None
        # The token of an upload that an earlier run began is known to nobody: S3 shows no metadata of an upload.
        same = (found.checksum, found.size_bytes) == (checksum, size_bytes) and found.etag.endswith(f"-{parts}")
        return found if same and UPLOAD_TOKEN in found.metadata else None

    def _target(self) -> _Target:
        return {"Bucket": self.bucket, "Key": self.key, "UploadId": self.upload_id}


def part_bytes_for(size_bytes: int, least: int = PART_BYTES) -> int:
    """The size of the parts of an object of this size: `least`, or whole MiB so that 10 000 suffice."""
    return max(least, -(-size_bytes // MAX_PARTS // MIB) * MIB)


def _require_valid(metadata: Mapping[str, str]) -> None:
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name):
            raise InvalidMetadataError(name, value, "expected a name of lower-case letters, digits and hyphens")
        if not value.isascii() or not value.isprintable():
            raise InvalidMetadataError(name, value, "expected a value of printable ASCII characters")
