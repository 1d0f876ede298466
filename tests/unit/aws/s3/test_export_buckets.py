import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.s3 import export_buckets

Stub = Callable[..., Stubber]
ID = "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"
BUCKET = {"Bucket": "exports"}


@pytest.fixture
def account(stub: Stub, aws: AwsConnection) -> None:
    if aws._account is None:  # cached once per connection
        stub("sts").add_response("get_caller_identity", {"Account": "123456789012"}, {})


@pytest.mark.usefixtures("account")
def test_a_bucket_of_the_account_is_owned_by_the_caller(aws: AwsConnection, stub: Stub) -> None:
    stub("s3").add_response("head_bucket", {}, {**BUCKET, "ExpectedBucketOwner": "123456789012"})
    assert export_buckets.is_owned_by_caller(aws, "exports") is True


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("code", ["403", "AccessDenied"])
def test_a_bucket_that_is_denied_only_for_the_account_is_owned_by_another(
    aws: AwsConnection, stub: Stub, code: str
) -> None:
    s3 = stub("s3")
    s3.add_client_error("head_bucket", code)
    s3.add_response("head_bucket", {}, BUCKET)
    assert export_buckets.is_owned_by_caller(aws, "exports") is False


@pytest.mark.usefixtures("account")
def test_fails_when_the_caller_may_not_read_the_bucket(aws: AwsConnection, stub: Stub) -> None:
    s3 = stub("s3")
    s3.add_client_error("head_bucket", "403")
    s3.add_client_error("head_bucket", "403")
    with pytest.raises(ClientError, match="403"):
        export_buckets.is_owned_by_caller(aws, "exports")


@pytest.mark.parametrize(
    ("rules", "algorithm"),
    [
        pytest.param([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}], "aws:kms", id="kms"),
        pytest.param(
            [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse"}}], "aws:kms:dsse", id="dsse"
        ),
        pytest.param([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}], None, id="sse-s3"),
        pytest.param([{"BucketKeyEnabled": True}], None, id="no-default"),
    ],
)
def test_the_kms_algorithm_is_that_of_the_default_encryption(
    aws: AwsConnection, stub: Stub, rules: Any, algorithm: str | None
) -> None:
    stub("s3").add_response("get_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": rules}}, BUCKET)
    assert export_buckets.kms_algorithm(aws, "exports") == algorithm


@pytest.mark.parametrize(
    ("ownership", "expected"),
    [("BucketOwnerEnforced", False), ("BucketOwnerPreferred", True), ("ObjectWriter", True)],
)
def test_object_ownership_decides_whether_acls_are_enabled(
    aws: AwsConnection, stub: Stub, ownership: str, expected: bool
) -> None:
    controls: Any = {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}}
    stub("s3").add_response("get_bucket_ownership_controls", controls, BUCKET)
    assert export_buckets.has_acls_enabled(aws, "exports") is expected


def test_absent_settings_have_their_defaults(aws: AwsConnection, stub: Stub) -> None:
    stub("s3").add_client_error("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
    stub("s3").add_client_error("get_bucket_ownership_controls", "OwnershipControlsNotFoundError")
    assert export_buckets.kms_algorithm(aws, "exports") is None
    assert export_buckets.has_acls_enabled(aws, "exports") is True


@pytest.mark.usefixtures("account")
def test_fails_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    calls: dict[str, Callable[[], object]] = {
        "get_bucket_encryption": lambda: export_buckets.kms_algorithm(aws, "exports"),
        "get_bucket_ownership_controls": lambda: export_buckets.has_acls_enabled(aws, "exports"),
        "get_bucket_acl": lambda: export_buckets.missing_grants(aws, "exports", ID),
        "head_bucket": lambda: export_buckets.is_owned_by_caller(aws, "exports"),
    }
    for operation, call in calls.items():
        stub("s3").add_client_error(operation, "NoSuchBucket")
        with pytest.raises(ClientError, match="NoSuchBucket"):
            call()
    stub("s3").add_response("get_bucket_acl", {"Grants": []}, BUCKET)
    stub("s3").add_client_error("get_bucket_policy", "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        export_buckets.missing_grants(aws, "exports", ID)


@pytest.mark.parametrize(
    ("grants", "missing"),
    [
        pytest.param([(ID, "READ_ACP"), (ID, "WRITE")], [], id="both"),
        pytest.param([(ID, "FULL_CONTROL")], [], id="full-control"),
        pytest.param([(ID, "READ_ACP")], ["WRITE"], id="read-only"),
        pytest.param([(ID, "WRITE")], ["READ_ACP"], id="write-only"),
        pytest.param([("f" * 64, "FULL_CONTROL")], ["READ_ACP", "WRITE"], id="another-account"),
        pytest.param([], ["READ_ACP", "WRITE"], id="none"),
    ],
)
def test_grants_come_from_the_acl(
    aws: AwsConnection, stub: Stub, grants: list[tuple[str, str]], missing: list[str]
) -> None:
    listed: Any = [{"Grantee": {"Type": "CanonicalUser", "ID": id}, "Permission": p} for id, p in grants]
    stub("s3").add_response("get_bucket_acl", {"Grants": listed}, BUCKET)
    if missing:
        stub("s3").add_client_error("get_bucket_policy", "NoSuchBucketPolicy")
    assert export_buckets.missing_grants(aws, "exports", ID) == missing


@pytest.mark.parametrize(
    ("statement", "is_allowed"),
    [
        pytest.param({"Principal": {"CanonicalUser": ID}}, True, id="canonical-user"),
        pytest.param({"Principal": {"AWS": "arn:aws:iam::898082745236:root"}}, True, id="as-account"),
        pytest.param({"Principal": {"AWS": ["*"]}}, True, id="any-account"),
        pytest.param({"Principal": "*"}, True, id="anyone"),
        pytest.param({"Principal": {"CanonicalUser": "f" * 64}}, False, id="another-user"),
        pytest.param({"Principal": {"AWS": "arn:aws:iam::898082745236:role/x"}}, False, id="a-role"),
        pytest.param({"Principal": "*", "Effect": "Deny"}, False, id="denied"),
        pytest.param({"Principal": "*", "Action": "s3:PutObject"}, False, id="one-action"),
        pytest.param({"Principal": "*", "Action": "s3:*"}, True, id="all-actions-of-s3"),
        pytest.param({"Principal": "*", "Action": "*"}, True, id="all-actions"),
        pytest.param({"Principal": "*", "Action": ["S3:GETBUCKETACL", "s3:putobject"]}, True, id="any-case"),
        pytest.param({}, False, id="no-principal"),
    ],
)
def test_a_bucket_policy_replaces_the_acl(
    aws: AwsConnection, stub: Stub, statement: dict[str, Any], is_allowed: bool
) -> None:
    policy = {"Statement": {"Effect": "Allow", "Action": ["s3:GetBucketAcl", "s3:PutObject"], **statement}}
    stub("s3").add_response("get_bucket_acl", {"Grants": []}, BUCKET)
    stub("s3").add_response("get_bucket_policy", {"Policy": json.dumps(policy)}, BUCKET)
    expected = [] if is_allowed else ["READ_ACP", "WRITE"]
    assert export_buckets.missing_grants(aws, "exports", ID) == expected
