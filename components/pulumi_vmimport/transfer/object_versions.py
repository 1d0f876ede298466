"""Delete every version of an object that one owner wrote: otherwise the version before becomes the current object.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pulumi_vmimport.client_errors import error_code
from pulumi_vmimport.transfer.s3_object import delete_if_owned, find_object, is_gone, uri
from pulumi_vmimport.transfer.transfer_errors import ObjectNotOwnedError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_DENIED = frozenset({"403", "AccessDenied"})
# Stores that are compatible with S3 may lack the call.
_UNLISTABLE = _DENIED | {"NotImplemented", "MethodNotAllowed"}
_NULL = "null"


@dataclass(frozen=True)
class _Version:
    id: str
    """`null` for an object that was written while the bucket had no versioning"""
    is_latest: bool


def delete_owned_versions(
    client: "S3Client", bucket: str, key: str, owner_metadata: Mapping[str, str]
) -> Iterator[str]:
    """Delete every version of the object whose metadata contains all entries of `owner_metadata`.

    Yields what remains, and why. Succeeds if there is no object. Raises: errors of S3 for the current version.
    """
    try:
        versions = list(_versions(client, bucket, key))
    except ClientError as error:
        if is_gone(error):
            return
        if error_code(error) not in _UNLISTABLE:
            raise
        yield from _delete_current(client, bucket, key, owner_metadata)
        return
    is_versioned = any(version.id != _NULL for version in versions)
    kept: list[tuple[_Version, ObjectNotOwnedError]] = []
    for version in versions:
        try:
            of = {"VersionId": version.id} if is_versioned else {}
            _delete_version_if_owned(client, (bucket, key), of, owner_metadata)
        except ObjectNotOwnedError as error:
            kept.append((version, error))
        except ClientError as error:
            if version.is_latest or error_code(error) not in _DENIED:
                raise
            words = error.response["Error"].get("Message") or "denied"
            yield f"{uri(bucket, key)}: version {version.id} remains: {words}"
    if kept:
        version, cause = kept[0]
        yield str(cause) if version.is_latest else _exposed(uri(bucket, key), version.id)


def _exposed(name: str, version_id: str) -> str:
    return (
        f"{name}: version {version_id}, which another owner wrote, is the current object now; delete it if no import "
        "may use it"
    )


def _versions(client: "S3Client", bucket: str, key: str) -> Iterator[_Version]:
    """The versions of the object, newest first."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
        for found in page.get("Versions", []):
            if found["Key"] == key:
                yield _Version(found["VersionId"], found["IsLatest"])
            elif found["Key"] > key:
                return


def _delete_version_if_owned(
    client: "S3Client", target: tuple[str, str], version: Mapping[str, Any], owner_metadata: Mapping[str, str]
) -> None:
    """Delete the version, unless it is gone. Raises: ObjectNotOwnedError."""
    bucket, key = target
    try:
        metadata = client.head_object(Bucket=bucket, Key=key, **version)["Metadata"]
    except ClientError as error:
        if is_gone(error):
            return
        raise
    for name, value in owner_metadata.items():
        if metadata.get(name) != value:
            raise ObjectNotOwnedError(uri(bucket, key), name, expected=value, found=metadata.get(name))
    client.delete_object(Bucket=bucket, Key=key, **version)


def _delete_current(client: "S3Client", bucket: str, key: str, owner_metadata: Mapping[str, str]) -> Iterator[str]:
    """Delete the current version alone, because S3 does not list the others."""
    found = find_object(client, bucket, key)
    try:
        delete_if_owned(client, bucket, key, owner_metadata)
    except ObjectNotOwnedError as error:
        yield str(error)
        return
    if found is not None and found.version_id is not None:
        yield (
            f"{uri(bucket, key)}: earlier versions may remain, because listing them is denied; grant "
            "s3:ListBucketVersions, or delete them with `aws s3api delete-object --version-id`"
        )
