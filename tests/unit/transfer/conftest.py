from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

BUCKET = "images"


@pytest.fixture(scope="session")
def aws() -> boto3.Session:
    """One for all tests, as it keeps the service models it has parsed."""
    return boto3.Session("testing", "testing", region_name="eu-west-1")


@pytest.fixture
def s3(aws: boto3.Session) -> Iterator[Any]:
    with mock_aws():
        client = aws.client("s3")
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client
