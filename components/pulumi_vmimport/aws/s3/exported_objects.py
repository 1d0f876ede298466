"""What an export task has written to S3: one object, whose key begins with the task's stem.

The key's ending follows the format in AWS's examples (export-ami-1234567890abcdef0.vmdk); no API tells that of an
image, so the bucket is asked. Source: https://docs.aws.amazon.com/vm-import/latest/userguide/start-image-export.html
"""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code

_NO_SUCH_BUCKET = frozenset({"404", "NoSuchBucket"})


@dataclass(frozen=True)
class ExportedObject:
    """The object as the bucket lists it: its owner may be VM Import/Export, who lets nobody else read its head."""

    key: str
    etag: str
    size_bytes: int


def find(aws: AwsConnection, bucket: str, stem: str) -> ExportedObject | None:
    """The object of a task; None when there is none, or no bucket."""
    try:
        listed = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"{stem}.", MaxKeys=1)
    except ClientError as error:
        if error_code(error) in _NO_SUCH_BUCKET:
            return None
        raise
    found = next(iter(listed.get("Contents", [])), None)
    return ExportedObject(found["Key"], found["ETag"].strip('"'), found["Size"]) if found else None


def remove(aws: AwsConnection, bucket: str, stem: str) -> None:
    """Delete the object of a task, in a bucket that keeps versions every one of them. What is gone is fine."""
    s3 = aws.client("s3")
    try:
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=f"{stem}."))
    except ClientError as error:
        if error_code(error) in _NO_SUCH_BUCKET:
            return
        raise
    for page in pages:
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            # In a bucket without versions they are all called null, and naming one takes a permission more.
            of: Any = {} if version["VersionId"] == "null" else {"VersionId": version["VersionId"]}
            s3.delete_object(Bucket=bucket, Key=version["Key"], **of)
