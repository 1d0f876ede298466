"""The default encryption of a bucket.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code


def kms_setting(aws: AwsConnection, bucket: str) -> Mapping[str, Any] | None:
    """SSEAlgorithm and KMSMasterKeyID if the bucket encrypts with a KMS key by default; None if it does not.

    Raises:
        ClientError: S3 rejects the call, for example because s3:GetEncryptionConfiguration is not allowed.
    """
    try:
        answer = aws.client("s3").get_bucket_encryption(Bucket=bucket)
    except ClientError as error:
        if error_code(error) == "ServerSideEncryptionConfigurationNotFoundError":
            return None
        raise
    for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
        setting: Mapping[str, Any] = rule.get("ApplyServerSideEncryptionByDefault", {})
        if str(setting.get("SSEAlgorithm", "")).startswith("aws:kms"):
            return setting
    return None
