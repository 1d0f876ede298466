from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from pulumi_vmimport.aws.s3.presigned_urls import expires_at, without_signature

OBJECT = "https://images.s3.eu-west-1.amazonaws.com/web.vmdk"
SIGNED = f"{OBJECT}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261122T010000Z&X-Amz-Expires=3600&X-Amz-Signature=ab"


def test_a_url_presigned_by_boto3_has_an_expiry_and_an_unsigned_form() -> None:
    keys: Any = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "secret"}
    s3 = boto3.client("s3", region_name="eu-west-1", **keys)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "images", "Key": "web.vmdk"}, ExpiresIn=7200)
    assert "?" not in without_signature(url)
    until = expires_at(url)
    assert until is not None
    assert 7100 < (until - datetime.now(UTC)).total_seconds() <= 7200


@pytest.mark.parametrize(
    ("url", "until"),
    [
        pytest.param(SIGNED, datetime(2026, 11, 22, 2, tzinfo=UTC), id="aws-version-4"),
        pytest.param(
            f"{OBJECT}?AWSAccessKeyId=A&Expires=1795312800&Signature=x",
            datetime.fromtimestamp(1795312800, UTC),
            id="aws-version-2",
        ),
        pytest.param(
            "https://md.blob.core.windows.net/d/abcd?sv=2018&sr=b&sig=x%3D&se=2026-11-23T01%3A00%3A00Z",
            datetime(2026, 11, 23, 1, tzinfo=UTC),
            id="azure",
        ),
        pytest.param(f"{OBJECT}?X-Amz-Signature=x", None, id="without-a-time"),
        pytest.param(f"{OBJECT}?X-Amz-Date=soon&X-Amz-Expires=1&X-Amz-Signature=x", None, id="no-time"),
        pytest.param(OBJECT, None, id="public"),
        pytest.param("s3://images/web.vmdk?sig=x", None, id="no-url"),
    ],
)
def test_a_presigned_url_contains_its_expiry(url: str, until: datetime | None) -> None:
    assert expires_at(url) == until


def test_the_query_of_a_public_url_is_kept() -> None:
    assert without_signature(f"{OBJECT}?versionId=3") == f"{OBJECT}?versionId=3"
