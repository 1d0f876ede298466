"""The location of buckets and objects, and the rules for their names."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code

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
