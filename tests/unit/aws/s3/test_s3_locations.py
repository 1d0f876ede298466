from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.s3 import s3_locations, s3_names

Stub = Callable[..., Stubber]
HEADER = {"x-amz-bucket-region": "us-east-1"}


def test_the_region_of_a_bucket_is_in_the_answer(aws: AwsConnection, stub: Stub) -> None:
    stub("s3").add_response("head_bucket", {"BucketRegion": "eu-west-1"}, {"Bucket": "images"})
    assert s3_locations.bucket_region(aws, "images") == "eu-west-1"


def test_the_region_of_a_bucket_may_be_in_a_header(aws: AwsConnection, stub: Stub) -> None:
    answer: Any = {"ResponseMetadata": {"HTTPHeaders": HEADER}}
    stub("s3").add_response("head_bucket", answer, {"Bucket": "images"})
    assert s3_locations.bucket_region(aws, "images") == "us-east-1"


@pytest.mark.parametrize("code", ["301", "PermanentRedirect"])
def test_the_region_of_a_bucket_elsewhere_is_in_the_header_of_the_redirect(
    aws: AwsConnection, stub: Stub, code: str
) -> None:
    stub("s3").add_client_error("head_bucket", code, response_meta={"HTTPHeaders": HEADER})
    assert s3_locations.bucket_region(aws, "images") == "us-east-1"


def test_fails_for_a_redirect_without_a_region(aws: AwsConnection, stub: Stub) -> None:
    stub("s3").add_client_error("head_bucket", "301", response_meta={"HTTPHeaders": {}})
    with pytest.raises(ClientError, match="301"):
        s3_locations.bucket_region(aws, "images")


@pytest.mark.parametrize("code", ["404", "NoSuchBucket", "NoSuchKey", "NotFound"])
def test_what_does_not_exist_has_no_region(aws: AwsConnection, stub: Stub, code: str) -> None:
    stub("s3").add_client_error("head_bucket", code)
    stub("s3").add_client_error("head_object", code)
    assert s3_locations.bucket_region(aws, "images") is None
    assert s3_locations.object_exists(aws, "images", "web.ova") is False


def test_fails_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("s3").add_client_error("head_bucket", "403", response_meta={"HTTPHeaders": HEADER})
    stub("s3").add_client_error("head_object", "403")
    with pytest.raises(ClientError, match="403"):
        s3_locations.bucket_region(aws, "images")
    with pytest.raises(ClientError, match="403"):
        s3_locations.object_exists(aws, "images", "web.ova")


def test_an_object_exists(aws: AwsConnection, stub: Stub) -> None:
    stub("s3").add_response("head_object", {}, {"Bucket": "images", "Key": "web.ova"})
    assert s3_locations.object_exists(aws, "images", "web.ova") is True


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [
        ("abc", True),
        ("a" * 63, True),
        ("my.images-2026", True),
        ("ab", False),
        ("a" * 64, False),
        ("Images", False),
        ("-images", False),
        ("images-", False),
        ("images/", False),
    ],
)
def test_a_bucket_name_follows_the_rules_of_s3(name: str, is_valid: bool) -> None:
    problem = s3_names.bucket_name_problem(name)
    assert (problem is None) is is_valid
    assert is_valid or f"got {name!r}" in str(problem)


@pytest.mark.parametrize(
    ("key", "is_valid"), [("k", True), ("k" * 1024, True), ("", False), ("k" * 1025, False), ("ü" * 513, False)]
)
def test_a_key_has_1_to_1024_bytes(key: str, is_valid: bool) -> None:
    problem = s3_names.key_problem(key)
    assert (problem is None) is is_valid
    assert is_valid or f"got {len(key.encode())}" in str(problem)


@pytest.mark.parametrize(
    ("uri", "location"),
    [
        ("s3://images/web.ova", ("images", "web.ova")),
        ("s3://images/vms/web.ova", ("images", "vms/web.ova")),
        ("s3://images/", None),
        ("s3://images", None),
        ("s3:///web.ova", None),
        ("https://images/web.ova", None),
        ("images/web.ova", None),
    ],
)
def test_a_uri_has_bucket_and_key(uri: str, location: tuple[str, str] | None) -> None:
    assert s3_names.split_s3_uri(uri) == location
