"""The object that an export task writes to S3. Its key is the task's key stem with an extension.

In AWS's examples the format is the extension (export-ami-1234567890abcdef0.vmdk). DescribeExportImageTasks does not
return the key, so these functions list the bucket.
Source: https://docs.aws.amazon.com/vm-import/latest/userguide/start-image-export.html
"""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code

_NO_SUCH_BUCKET = frozenset({"404", "NoSuchBucket"})


@dataclass(frozen=True)
class ExportedObject:
    """The object as ListObjectsV2 returns it. HeadObject may be denied: VM Import/Export may own the object."""

    key: str
    etag: str
    size_bytes: int


def find(aws: AwsConnection, bucket: str, key_stem: str) -> ExportedObject | None:
    """The object of a task; None if the object or the bucket does not exist."""
    try:
        listed = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"{key_stem}.", MaxKeys=1)
    except ClientError as error:
        if error_code(error) in _NO_SUCH_BUCKET:
            return None
        raise
    found = next(iter(listed.get("Contents", [])), None)
    return ExportedObject(found["Key"], found["ETag"].strip('"'), found["Size"]) if found else None


def delete(aws: AwsConnection, bucket: str, key_stem: str) -> None:
    """Delete the object of a task with all its versions; succeeds if it does not exist."""
    s3 = aws.client("s3")
    try:
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=f"{key_stem}."))
    except ClientError as error:
        if error_code(error) in _NO_SUCH_BUCKET:
            return
        raise
    for page in pages:
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            # Without versioning each version id is "null"; to delete by version id requires s3:DeleteObjectVersion.
            of: Any = {} if version["VersionId"] == "null" else {"VersionId": version["VersionId"]}
            s3.delete_object(Bucket=bucket, Key=version["Key"], **of)
