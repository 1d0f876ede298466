"""An object in S3: what S3 reports about it, its metadata and tags, and its deletion by its owner only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pulumi_vmimport.client_errors import error_code
from pulumi_vmimport.transfer.transfer_errors import InvalidMetadataError, ObjectNotOwnedError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import TagTypeDef

# HEAD responses have no body and so no code, only the status 404.
_GONE = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NoSuchUpload"})
# Metadata names are sent as HTTP headers, which cannot contain colons or blanks; S3 returns them in lower case.
_METADATA_NAME = re.compile("[a-z0-9-]+")


@dataclass(frozen=True)
class UploadedObject:
    """An object that a multipart upload created."""

    bucket: str
    key: str
    etag: str
    size_bytes: int
    version_id: str | None
    checksum: str
    """S3's checksum of the whole object, as `CRC32:<base64>`"""


@dataclass(frozen=True)
class FoundObject:
    """An object as S3 reports it, whichever process wrote it."""

    bucket: str
    key: str
    etag: str
    size_bytes: int
    version_id: str | None = None
    checksum: str | None = None
    """S3's checksum of the whole object, as `CRC32:<base64>`; None if S3 has no full-object CRC-32"""
    metadata: Mapping[str, str] = field(default_factory=dict)
    sse: str | None = None
    """S3's ServerSideEncryption"""
    kms_key_id: str | None = None
    """The ARN of the KMS key that encrypts the object"""
    storage_class: str | None = None
    """S3's StorageClass; None for STANDARD"""

    @property
    def content_mark(self) -> str:
        """What changes with the content of an object that another tool uploaded: the checksum, or else the ETag."""
        return self.checksum or f"ETag:{self.etag}"


def find_object(client: "S3Client", bucket: str, key: str) -> FoundObject | None:
    """The object, or None if it does not exist. Raises: botocore's ClientError for any other error."""
    try:
        head = client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    crc32 = head.get("ChecksumCRC32")
    return FoundObject(
        bucket=bucket,
        key=key,
        etag=head["ETag"].strip('"'),
        size_bytes=head["ContentLength"],
        version_id=version_id_of(head),
        checksum=f"CRC32:{crc32}" if crc32 else None,
        metadata=head["Metadata"],
        sse=head.get("ServerSideEncryption"),
        kms_key_id=head.get("SSEKMSKeyId"),
        storage_class=head.get("StorageClass"),
    )


def require_valid_metadata(metadata: Mapping[str, str]) -> None:
    """Raises: InvalidMetadataError."""
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name):
            raise InvalidMetadataError(name, value, "expected a name of lower-case letters, digits and hyphens")
        if not value.isascii() or not value.isprintable():
            raise InvalidMetadataError(name, value, "expected a value of printable ASCII characters")


def tags_of(client: "S3Client", found: FoundObject) -> dict[str, str]:
    """The tags of an object."""
    response = client.get_object_tagging(Bucket=found.bucket, Key=found.key, **_version(found.version_id))
    return {tag["Key"]: tag["Value"] for tag in response["TagSet"]}


def tag(client: "S3Client", bucket: str, key: str, tags: Mapping[str, str]) -> None:
    """Replace all tags of an object."""
    if not tags:
        client.delete_object_tagging(Bucket=bucket, Key=key)
        return
    tag_set: list[TagTypeDef] = [{"Key": name, "Value": value} for name, value in tags.items()]
    client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tag_set})


def delete_if_owned(client: "S3Client", bucket: str, key: str, owner_metadata: Mapping[str, str]) -> bool:
    """Delete the object if its metadata contains all entries of `owner_metadata`; False if there is no object.

    In a versioned bucket the version found is deleted, without leaving a delete marker. Raises: ObjectNotOwnedError.
    """
    if not owner_metadata:
        raise ValueError("owner_metadata: expected at least one entry, got none")
    found = find_object(client, bucket, key)
    if found is None:
        return False
    for name, value in owner_metadata.items():
        if found.metadata.get(name) != value:
            raise ObjectNotOwnedError(uri(bucket, key), name, expected=value, found=found.metadata.get(name))
    client.delete_object(Bucket=bucket, Key=key, **_version(found.version_id))
    return True


def version_id_of(response: Mapping[str, Any]) -> str | None:
    """The version id in a response; S3 returns none, or `null`, for an object without versions."""
    version_id = response.get("VersionId")
    return None if version_id == "null" else version_id


def is_gone(error: ClientError) -> bool:
    """Whether S3 reports that the object, bucket or upload does not exist."""
    return error_code(error) in _GONE


def uri(bucket: str, key: str) -> str:
    """The object's S3 URI."""
    return f"s3://{bucket}/{key}"


def _version(version_id: str | None) -> dict[str, Any]:
    return {} if version_id is None else {"VersionId": version_id}
