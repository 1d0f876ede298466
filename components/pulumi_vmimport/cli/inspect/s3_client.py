"""S3, as whom the options say."""

import os
from typing import TYPE_CHECKING

from pulumi_vmimport.aws.connection import AwsConnection, AwsSettings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def s3_client(profile: str | None, region: str | None) -> "S3Client":
    """S3 in a Region, the configured one by default."""
    # boto3 itself reads AWS_DEFAULT_REGION only.
    return connection(AwsSettings(region=region or os.environ.get("AWS_REGION"), profile=profile)).client("s3")


def connection(settings: AwsSettings) -> AwsConnection:
    """AWS with these settings."""
    return AwsConnection(settings)
