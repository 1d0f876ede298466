"""The location of buckets and objects, and the rules for their names."""

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.shown_value import shown_value

# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, object-keys.html
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEY_BYTES = 1024
_NOT_FOUND = frozenset({"404", "NoSuchBucket", "NoSuchKey", "NotFound"})
_REDIRECTED = frozenset({"301", "PermanentRedirect"})


def bucket_region(aws: AwsConnection, bucket: str) -> str | None:
    """The Region of a bucket; None if the bucket does not exist."""
    try:
        answer = aws.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        if error_code(error) in _NOT_FOUND:
            return None
        region = error.response["ResponseMetadata"].get("HTTPHeaders", {}).get("x-amz-bucket-region")
        if error_code(error) in _REDIRECTED and region:
            return str(region)
        raise
    return answer.get("BucketRegion") or str(answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region"))


def object_exists(aws: AwsConnection, bucket: str, key: str) -> bool:
    """Whether the object exists."""
    return head_object(aws, bucket, key) is not None


def head_object(aws: AwsConnection, bucket: str, key: str) -> Mapping[str, Any] | None:
    """The answer of HeadObject, or None if the object does not exist. SSEKMSKeyId is the ARN of its key (SSE-KMS)."""
    try:
        return aws.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) in _NOT_FOUND:
            return None
        raise


def bucket_name_problem(bucket: str) -> str | None:
    """Why the name is invalid; None if it is valid."""
    if BUCKET_NAME.fullmatch(bucket):
        return None
    return f"expected a bucket name of 3 to 63 characters (a-z, 0-9, dot, hyphen), got {shown_value(bucket)}"


def key_problem(key: str) -> str | None:
    """Why the key is invalid; None if it is valid."""
    if 1 <= len(key.encode()) <= _KEY_BYTES:
        return None
    return f"expected a key of 1 to {_KEY_BYTES} bytes, got {len(key.encode())}"


def split_s3_uri(uri: str) -> tuple[str, str] | None:
    """Bucket and key of an `s3://bucket/key` URI; None for any other text."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return (bucket, key) if uri.startswith("s3://") and bucket and key else None
