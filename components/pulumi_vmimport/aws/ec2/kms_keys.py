"""Whether EBS can encrypt with a key, which EC2 reports only at the end of the conversion, and who may use the key.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html, KmsKeyId;
https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html, API_GetKeyPolicy.html, API_ListGrants.html.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.iam.key_sharing import Grant
from pulumi_vmimport.aws.service_errors import error_code

# Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
_UNUSABLE_STATES = frozenset({
    "Disabled",
    "PendingDeletion",
    "PendingImport",
    "PendingReplicaDeletion",
    "Unavailable",
})  # fmt: skip


@dataclass(frozen=True)
class EncryptionKey:
    """A key as DescribeKey returns it."""

    arn: str
    spec: str
    state: str
    is_managed_by_aws: bool = False

    @property
    def problem(self) -> str | None:
        """Why EBS cannot encrypt with the key; None if it can."""
        if self.spec != "SYMMETRIC_DEFAULT":
            return f"has key spec {self.spec}, expected a symmetric key (SYMMETRIC_DEFAULT)"
        if self.state in _UNUSABLE_STATES:
            return f"is {self.state}, expected Enabled until the task has ended"
        return None


def find(aws: AwsConnection, key_id: str) -> EncryptionKey | None:
    """The key with this id, ARN or alias in the connection's Region; None if there is none.

    Raises:
        ClientError: KMS rejects the call, for example because kms:DescribeKey is not allowed.
    """
    try:
        found = aws.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
    except ClientError as error:
        if error_code(error) == "NotFoundException":
            return None
        raise
    return EncryptionKey(
        arn=found["Arn"],
        spec=found.get("KeySpec", ""),
        state=found.get("KeyState", ""),
        is_managed_by_aws=found.get("KeyManager") == "AWS",
    )


def policy(aws: AwsConnection, key_arn: str, *, fresh: bool = True) -> Mapping[str, Any]:
    """The key policy. Without `fresh` it may be some seconds old.

    Raises:
        ClientError: KMS rejects the call, as it does for the key of another account.
    """
    return aws.reads.get(("key policy", key_arn), lambda: _policy(aws, key_arn), fresh=fresh)


def grants(aws: AwsConnection, key_arn: str) -> tuple[Grant, ...]:
    """The grants of a key.

    Raises:
        ClientError: KMS rejects the call, as it does for the key of another account without kms:ListGrants.
    """
    pages = aws.client("kms").get_paginator("list_grants").paginate(KeyId=key_arn)
    return tuple(
        Grant(str(grant.get("GranteePrincipal", "")), frozenset(grant.get("Operations", [])))
        for page in pages
        for grant in page["Grants"]
    )


def _policy(aws: AwsConnection, key_arn: str) -> Mapping[str, Any]:
    answer = aws.client("kms").get_key_policy(KeyId=key_arn, PolicyName="default")  # the only name of a key policy
    document: Mapping[str, Any] = json.loads(answer["Policy"])
    return document
