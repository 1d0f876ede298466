"""An object in S3 as it is, its tags, and its guarded removal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pulumi_vmimport.transfer.transfer_errors import NotOursError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import TagTypeDef

# What HEAD, which has no body for a code, and the other calls answer for what does not exist.
_GONE = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NoSuchUpload"})


@dataclass(frozen=True)
class StoredObject:
    """What was stored."""

    bucket: str
    key: str
    etag: str
    size_bytes: int
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
    version_id: str | None
    checksum: str | None
    metadata: Mapping[str, str]


def find_object(client: "S3Client", bucket: str, key: str) -> FoundObject | None:
    """The object as it is, or None when there is none. Raises: botocore's ClientError for anything but that."""
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
    )


def tags_of(client: "S3Client", found: FoundObject) -> dict[str, str]:
    """The tags of an object."""
    answer = client.get_object_tagging(Bucket=found.bucket, Key=found.key, **_version(found.version_id))
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def tag(client: "S3Client", bucket: str, key: str, tags: Mapping[str, str]) -> None:
    """Let an object have these tags and no others."""
    if not tags:
        client.delete_object_tagging(Bucket=bucket, Key=key)
        return
    given: list[TagTypeDef] = [{"Key": name, "Value": value} for name, value in tags.items()]
    client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": given})


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
            raise NotOursError(url(bucket, key), name, expected=value, found=found.metadata.get(name))
    client.delete_object(Bucket=bucket, Key=key, **_version(found.version_id))
    return True


def version_id_of(answer: Mapping[str, Any]) -> str | None:
    """The version an answer tells; S3 calls an object without one `null` where it calls it anything."""
    version_id = answer.get("VersionId")
    return None if version_id == "null" else version_id


def _version(version_id: str | None) -> dict[str, Any]:
    """The version as an argument."""
    return {} if version_id is None else {"VersionId": version_id}


def is_gone(error: ClientError) -> bool:
    """Whether S3 answers that there is no such object, bucket or upload."""
    return error.response.get("Error", {}).get("Code", "") in _GONE


def url(bucket: str, key: str) -> str:
    """The object's S3 URI."""
    return f"s3://{bucket}/{key}"
