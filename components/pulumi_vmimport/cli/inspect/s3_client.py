"""The S3 client for the options of the command."""

import os
from typing import TYPE_CHECKING

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.connection import AwsConnection

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def s3_client(profile: str | None, region: str | None) -> "S3Client":
    """An S3 client. `region` defaults to the configured Region."""
    # boto3 itself reads AWS_DEFAULT_REGION only.
    return connection(AwsSettings(region=region or os.environ.get("AWS_REGION"), profile=profile)).client("s3")


def connection(settings: AwsSettings) -> AwsConnection:
    """A connection with these settings."""
    return AwsConnection(settings)
