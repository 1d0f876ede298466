"""The policy of a bucket.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code


def read(aws: AwsConnection, bucket: str, *, fresh: bool = True) -> Mapping[str, Any]:
    """The policy document of a bucket; empty if it has none. Without `fresh` it may be some seconds old.

    Raises:
        ClientError: S3 rejects the call, for example because s3:GetBucketPolicy is not allowed.
    """
    return aws.reads.get(("bucket policy", bucket), lambda: _read(aws, bucket), fresh=fresh)


def _read(aws: AwsConnection, bucket: str) -> Mapping[str, Any]:
    try:
        policy: Mapping[str, Any] = json.loads(aws.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error_code(error) == "NoSuchBucketPolicy":
            return {}
        raise
    return policy
