"""A stream of bytes into one S3 object, and the guarded way back.

The sending is s3transfer's, the library below boto3's own uploads: parts in parallel from a source that cannot seek,
bounded memory, retries, and an abort of the multipart upload on any failure. Two things it lacks are added here. It
reads its source to the end although a part has failed for good (measured: 200 MiB of 200 after part 2 was refused), so
the source ends as soon as the transfer has. And it tells nothing of the object, so a HEAD does: S3 checks a CRC-32 of
each part on arrival and keeps that of the whole, which must equal the one of the bytes sent. boto3's `upload_fileobj`
itself takes no subscriber, which the first of the two needs.
"""

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from botocore.exceptions import ClientError
from s3transfer.manager import TransferConfig, TransferManager
from s3transfer.subscribers import BaseSubscriber

from pulumi_vmimport.transfer.errors import InvalidMetadataError, NotOursError, StoredDifferentlyError

if TYPE_CHECKING:
    from s3transfer.futures import TransferFuture
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import TagTypeDef

SHA256_TAG = "vmimport:sha256"
"""The tag that ends a `put_stream`: an object without it was not sent whole by us"""

_MIB = 1 << 20
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_MAX_PARTS = 10_000
_WORKERS = 4
_PARTS_IN_MEMORY = _WORKERS + 1
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

    `progress` is told the bytes taken in so far, once a chunk; what it raises ends the transfer. `size_hint` is the
    size at most: parts are larger than `part_bytes` where 10 000 would not suffice; without it, 156 GiB fit. Six parts
    at most are held in memory, 96 MiB by default. The chunks are iterated in another thread.

    Raises: whatever `chunks`, `progress` or S3 raises; StoredDifferentlyError; InvalidMetadataError. Nothing is left in
    S3 then.
    """
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name):
            raise InvalidMetadataError(name, value, "expected a name of lower-case letters, digits and hyphens")
        if not value.isascii() or not value.isprintable():
            raise InvalidMetadataError(name, value, "expected a value of printable ASCII characters")
    source = _Source(chunks, progress)
    part_bytes = max(part_bytes, -(-(size_hint or 0) // _MAX_PARTS // _MIB) * _MIB)
    config = TransferConfig(
        multipart_threshold=part_bytes,
        multipart_chunksize=part_bytes,
        max_request_concurrency=_WORKERS,
        max_in_memory_upload_chunks=_PARTS_IN_MEMORY,
    )
    arguments: dict[str, Any] = {
        "Metadata": dict(metadata),
        "Tagging": urlencode(tags or {}),
        "ChecksumAlgorithm": "CRC32",
        "ChecksumType": "FULL_OBJECT",
    }
    try:
        with TransferManager(client, config) as manager:
            manager.upload(cast(IO[bytes], source), bucket, key, arguments, [_Announce(source)]).result()
    finally:
        source.close()
    return _settled(client, bucket, key, source, metadata=metadata, tags=tags or {})


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
        tags = client.get_object_tagging(Bucket=bucket, Key=key, **_version(head.get("VersionId")))["TagSet"]
        sha256 = next((tag["Value"] for tag in tags if tag["Key"] == SHA256_TAG), None)
    crc32 = head.get("ChecksumCRC32")
    return FoundObject(
        bucket=bucket,
        key=key,
        etag=head["ETag"].strip('"'),
        size_bytes=head["ContentLength"],
        sha256=sha256,
        version_id=head.get("VersionId"),
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
        try:
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload["UploadId"])
        except ClientError as error:
            if _code(error) not in _GONE:
                raise
        aborted += 1
    return aborted


class _Source:
    """The chunks, as the file that s3transfer reads. It cannot seek, and it ends with the transfer."""

    def __init__(self, chunks: Iterable[bytes], progress: Callable[[int], None] | None) -> None:
        self.size_bytes = 0
        self.sha256 = hashlib.sha256()
        self.transfer: TransferFuture | None = None
        self._close = getattr(chunks, "close", None)
        self._chunks = iter(chunks)
        self._progress = progress
        self._crc32 = 0
        self._rest = memoryview(b"")

    @property
    def checksum(self) -> str:
        return f"CRC32:{base64.b64encode(self._crc32.to_bytes(4)).decode()}"

    def read(self, amount: int = -1) -> bytes:
        pieces = []
        wanted = amount if amount >= 0 else float("inf")
        while wanted > 0 and (self._rest or self._next()):
            piece = self._rest[: int(min(wanted, len(self._rest)))]
            self._rest = self._rest[len(piece) :]
            wanted -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """End a generator, and with it what it holds open."""
        if self._close is not None:
            self._close()

    def _next(self) -> bool:
        """Take in a chunk; whether there was one."""
        if self.transfer is not None and self.transfer.done():
            raise _TransferOverError
        for chunk in self._chunks:
            self.sha256.update(chunk)
            self._crc32 = zlib.crc32(chunk, self._crc32)
            self.size_bytes += len(chunk)
            if self._progress is not None:
                self._progress(self.size_bytes)
            if chunk:
                self._rest = memoryview(chunk)
                return True
        return False


class _TransferOverError(Exception):
    """Ends s3transfer's reading after a failure; s3transfer raises the failure itself, which came first."""


class _Announce(BaseSubscriber):
    """Tells the source which transfer it is read for."""

    def __init__(self, source: _Source) -> None:
        self._source = source

    def on_queued(self, future: "TransferFuture", **kwargs: Any) -> None:
        del kwargs
        self._source.transfer = future


def _settled(
    client: "S3Client",
    bucket: str,
    key: str,
    source: _Source,
    *,
    metadata: Mapping[str, str],
    tags: Mapping[str, str],
) -> StoredObject:
    """Compare what S3 holds with what was sent, and mark it as whole."""
    found = find_object(client, bucket, key)
    if found is None:
        raise StoredDifferentlyError(_url(bucket, key), "an object", sent="it", stored="none")
    sha256 = source.sha256.hexdigest()
    try:
        _compare(source, found)
        marked: list[TagTypeDef] = [{"Key": k, "Value": v} for k, v in {**tags, SHA256_TAG: sha256}.items()]
        client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": marked}, **_version(found.version_id))
    except BaseException:
        if found.metadata == dict(metadata):  # nobody else has overwritten it since
            client.delete_object(Bucket=bucket, Key=key, **_version(found.version_id))
        raise
    return StoredObject(
        bucket=bucket,
        key=key,
        etag=found.etag,
        size_bytes=found.size_bytes,
        sha256=sha256,
        version_id=found.version_id,
        checksum=source.checksum,
    )


def _compare(source: _Source, found: FoundObject) -> None:
    url = _url(found.bucket, found.key)
    if found.size_bytes != source.size_bytes:
        raise StoredDifferentlyError(url, "size", sent=str(source.size_bytes), stored=str(found.size_bytes))
    if found.checksum not in {None, source.checksum}:
        raise StoredDifferentlyError(url, "checksum", sent=source.checksum, stored=str(found.checksum))


def _version(version_id: str | None) -> dict[str, Any]:
    """The version as an argument; `null` is that of an object from before versioning."""
    return {} if version_id is None else {"VersionId": version_id}


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _url(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"
