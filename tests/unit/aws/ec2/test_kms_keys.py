from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import kms_keys
from pulumi_vmimport.aws.ec2.kms_keys import EncryptionKey

ARN = "arn:aws:kms:eu-west-1:123456789012:key/a"
Stub = Callable[..., Stubber]


def test_a_key_is_found_by_any_of_its_names(aws: AwsConnection, stub: Stub) -> None:
    metadata = {"KeyId": "a", "Arn": ARN, "KeySpec": "SYMMETRIC_DEFAULT", "KeyState": "Enabled"}
    stub("kms").add_response("describe_key", {"KeyMetadata": metadata}, {"KeyId": "alias/images"})
    found = kms_keys.find(aws, "alias/images")
    assert found == EncryptionKey(ARN, "SYMMETRIC_DEFAULT", "Enabled")
    assert found is not None
    assert found.problem is None


def test_a_key_that_does_not_exist_is_none(aws: AwsConnection, stub: Stub) -> None:
    stub("kms").add_client_error("describe_key", "NotFoundException")
    assert kms_keys.find(aws, "alias/nobody") is None


def test_fails_when_the_key_cannot_be_described(aws: AwsConnection, stub: Stub) -> None:
    stub("kms").add_client_error("describe_key", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        kms_keys.find(aws, ARN)


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        (EncryptionKey(ARN, "RSA_2048", "Enabled"), ["RSA_2048", "SYMMETRIC_DEFAULT"]),
        (EncryptionKey(ARN, "SYMMETRIC_DEFAULT", "Disabled"), ["Disabled", "expected Enabled"]),
        (EncryptionKey(ARN, "SYMMETRIC_DEFAULT", "PendingDeletion"), ["PendingDeletion"]),
    ],
)
def test_a_key_that_ebs_cannot_use_has_a_problem(key: EncryptionKey, facts: list[str]) -> None:
    assert [fact for fact in facts if fact not in str(key.problem)] == []
