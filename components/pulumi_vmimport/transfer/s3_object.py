"""A stream of bytes into one S3 object, and the guarded way back.

S3 checks a CRC-32 of each part on arrival, and joins the parts only if their size and the CRC-32 of the whole are those
of the bytes that were sent.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.transfer.errors import InvalidMetadataError, NotOursError
from pulumi_vmimport.transfer.multipart import Sent, Target, send_parts

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import TagTypeDef

SHA256_TAG = "vmimport:sha256"
"""The tag that ends a `put_stream`: an object without it was not sent whole by us"""

_MIB = 1 << 20
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_MAX_PARTS = 10_000
# Names travel as HTTP headers, where a colon or a blank would end them; S3 gives them back in lower case.
_METADATA_NAME = re.compile("[a-z0-9-]+")
# What HEAD, which has no body for a code, and the other calls answer for what does not exist.
_GONE = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NoSuchUpload"})


@dataclass(frozen=True)
class StoredObject:
    """What `put_stream` has stored."""

    bucket: str
    key: str
    etag: str
    size_bytes: int
    sha256: str
    """Of the whole object, as lower-case digits"""
    version_id: str | None
    checksum: str
    """S3's own checksum of the whole object, as `CRC32:<base64>`"""


@dataclass(frozen=True)
class FoundObject:
    """An object as it is in S3, whoever put it there."""

    bucket: str
    key: str
    etag: str
    size_bytes: int
    sha256: str | None
    """Of the whole object; None when no `put_stream` ran to its end there"""
    version_id: str | None
    checksum: str | None
    metadata: Mapping[str, str]


def put_stream(
    client: "S3Client",
    bucket: str,
    key: str,
    chunks: Iterable[bytes],
    *,
    metadata: Mapping[str, str],
    tags: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
    size_hint: int | None = None,
    part_bytes: int = 16 * _MIB,
) -> StoredObject:
    """Store the chunks as one object.

    `progress` is told the bytes taken in so far, after each chunk; what it raises ends the transfer. `size_hint` is the
    size at most: parts are larger than `part_bytes` where 10 000 would not suffice; without it, 156 GiB fit. Six parts
    at most are in memory, 96 MiB by default.

    Raises: whatever `chunks`, `progress` or S3 raises, with nothing left in S3; InvalidMetadataError.
    """
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name):
            raise InvalidMetadataError(name, value, "expected a name of lower-case letters, digits and hyphens")
        if not value.isascii() or not value.isprintable():
            raise InvalidMetadataError(name, value, "expected a value of printable ASCII characters")
    began = client.create_multipart_upload(
        Bucket=bucket,
        Key=key,
        Metadata=metadata,
        Tagging=urlencode(tags or {}),
        ChecksumAlgorithm="CRC32",
        ChecksumType="FULL_OBJECT",
    )
    target: Target = {"Bucket": bucket, "Key": key, "UploadId": began["UploadId"]}
    part_bytes = max(part_bytes, -(-(size_hint or 0) // _MAX_PARTS // _MIB) * _MIB)
    try:
        sent = send_parts(client, target, chunks, part_bytes=part_bytes, progress=progress)
    except BaseException as error:
        _undo(client, target, error)
        raise
    try:
        return _finished(client, target, sent, tags or {})
    except BaseException as error:
        _undo(client, target, error, joined_as=metadata)
        raise


def find_object(client: "S3Client", bucket: str, key: str) -> FoundObject | None:
    """The object as it is, or None when there is none. Raises: botocore's ClientError for anything but that."""
    try:
        head = client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if _code(error) in _GONE:
            return None
        raise
    sha256 = None
    if head.get("TagCount"):
        tags = client.get_object_tagging(Bucket=bucket, Key=key, **_version(_version_id(head)))["TagSet"]
        sha256 = next((tag["Value"] for tag in tags if tag["Key"] == SHA256_TAG), None)
    crc32 = head.get("ChecksumCRC32")
    return FoundObject(
        bucket=bucket,
        key=key,
        etag=head["ETag"].strip('"'),
        size_bytes=head["ContentLength"],
        sha256=sha256,
        version_id=_version_id(head),
        checksum=f"CRC32:{crc32}" if crc32 else None,
        metadata=head["Metadata"],
    )


def delete_if_ours(client: "S3Client", bucket: str, key: str, mark: Mapping[str, str]) -> bool:
    """Delete the object if its metadata has all entries of the mark; whether there was one to delete.

    Of a versioned object the version found is deleted, not covered by a delete marker. Raises: NotOursError.
    """
    if not mark:
        raise ValueError("expected at least one entry of metadata that tells whose the object is, got none")
    found = find_object(client, bucket, key)
    if found is None:
        return False
    for name, value in mark.items():
        if found.metadata.get(name) != value:
            raise NotOursError(_url(bucket, key), name, expected=value, found=found.metadata.get(name))
    client.delete_object(Bucket=bucket, Key=key, **_version(found.version_id))
    return True


def abort_stale_uploads(client: "S3Client", bucket: str, key: str) -> int:
    """Abort the multipart uploads to the key that a killed process left behind; how many there were.

    A running upload to the same key is aborted as well.
    """
    aborted = 0
    try:
        pages = list(client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=key))
    except ClientError as error:
        if _code(error) in _GONE:
            return 0
        raise
    for upload in (upload for page in pages for upload in page.get("Uploads", []) if upload["Key"] == key):
        _abort(client, {"Bucket": bucket, "Key": key, "UploadId": upload["UploadId"]})
        aborted += 1
    return aborted


def _finished(client: "S3Client", target: Target, sent: Sent, tags: Mapping[str, str]) -> StoredObject:
    """Let S3 join the parts, which it refuses if size or checksum are not those of the bytes sent; mark the object."""
    done = client.complete_multipart_upload(
        **target,
        MultipartUpload={"Parts": sent.parts},
        ChecksumCRC32=sent.crc32,
        ChecksumType="FULL_OBJECT",
        MpuObjectSize=sent.size_bytes,
    )
    bucket, key, version_id = target["Bucket"], target["Key"], _version_id(done)
    marked: list[TagTypeDef] = [{"Key": k, "Value": v} for k, v in {**tags, SHA256_TAG: sent.sha256}.items()]
    client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": marked}, **_version(version_id))
    return StoredObject(
        bucket=bucket,
        key=key,
        etag=done["ETag"].strip('"'),
        size_bytes=sent.size_bytes,
        sha256=sent.sha256,
        version_id=version_id,
        checksum=f"CRC32:{sent.crc32}",
    )


def _undo(
    client: "S3Client", target: Target, error: BaseException, *, joined_as: Mapping[str, str] | None = None
) -> None:
    """Leave nothing of a failed upload; what cannot be undone is noted on the error, which is the one to be seen."""
    bucket, key = target["Bucket"], target["Key"]
    try:
        _abort(client, target)
        if joined_as is None:
            return
        # S3 may have joined the parts although its answer was an error or never came. What an earlier upload stored
        # bears the tag, and what somebody else stored has other metadata: neither is ours to delete here.
        found = find_object(client, bucket, key)
        if found is not None and found.sha256 is None and found.metadata == joined_as:
            client.delete_object(Bucket=bucket, Key=key, **_version(found.version_id))
    except (ClientError, BotoCoreError) as second:
        error.add_note(f"{_url(bucket, key)}: upload {target['UploadId']} could not be undone: {second}")


def _abort(client: "S3Client", target: Target) -> None:
    try:
        client.abort_multipart_upload(**target)
    except ClientError as error:
        if _code(error) not in _GONE:
            raise


def _version_id(answer: Mapping[str, Any]) -> str | None:
    """The version an answer tells; S3 calls an object without one `null` where it calls it anything."""
    version_id = answer.get("VersionId")
    return None if version_id == "null" else version_id


def _version(version_id: str | None) -> dict[str, Any]:
    """The version as an argument."""
    return {} if version_id is None else {"VersionId": version_id}


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _url(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"
