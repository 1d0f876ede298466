"""Whether a bucket will do for an export, from its own settings.

Each function raises botocore's ClientError where the caller may not look.
Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html; requirements S3-06, EXP-05.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.s3.export_grantees import PERMISSIONS, POLICY_ACTIONS
from pulumi_vmimport.aws.service_errors import error_code

_DENIED = frozenset({"403", "AccessDenied"})
_NO_SETTING = frozenset({
    "NoSuchBucketPolicy",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
})  # fmt: skip


def is_own(aws: AwsConnection, bucket: str) -> bool:
    """Whether a bucket that the caller may look at belongs to its account."""
    try:
        aws.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=aws.account_id)
    except ClientError as error:
        if error_code(error) in _DENIED:
            return False
        raise
    return True


def kms_algorithm(aws: AwsConnection, bucket: str) -> str | None:
    """`aws:kms` or `aws:kms:dsse` where the bucket encrypts with a KMS key; None where it does not."""
    try:
        answer = aws.client("s3").get_bucket_encryption(Bucket=bucket)
    except ClientError as error:
        if error_code(error) in _NO_SETTING:
            return None
        raise
    for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
        algorithm = rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "")
        if algorithm.startswith("aws:kms"):
            return str(algorithm)
    return None


def has_acl(aws: AwsConnection, bucket: str) -> bool:
    """Whether ACLs count in the bucket: they do not where its owner owns every object (BucketOwnerEnforced)."""
    try:
        answer = aws.client("s3").get_bucket_ownership_controls(Bucket=bucket)
    except ClientError as error:
        if error_code(error) in _NO_SETTING:
            return True  # a bucket of before April 2023
        raise
    rules = answer["OwnershipControls"]["Rules"]
    return all(rule["ObjectOwnership"] != "BucketOwnerEnforced" for rule in rules)


def missing_grants(aws: AwsConnection, bucket: str, canonical_user_id: str) -> list[str]:
    """The permissions that neither the bucket's ACL grants the account of a canonical id nor its policy allows."""
    grants = aws.client("s3").get_bucket_acl(Bucket=bucket)["Grants"]
    given = {g.get("Permission") for g in grants if g.get("Grantee", {}).get("ID") == canonical_user_id}
    missing = [permission for permission in PERMISSIONS if not given & {permission, "FULL_CONTROL"}]
    return [] if missing and _allows(_policy(aws, bucket), canonical_user_id) else missing


def _policy(aws: AwsConnection, bucket: str) -> Mapping[str, Any]:
    try:
        policy: Mapping[str, Any] = json.loads(aws.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error_code(error) in _NO_SETTING:
            return {}
        raise
    return policy


def _allows(policy: Mapping[str, Any], canonical_user_id: str) -> bool:
    allowed: set[str] = set()
    for statement in _many(policy.get("Statement", [])):
        if statement.get("Effect") == "Allow" and _is_for(statement.get("Principal"), canonical_user_id):
            allowed.update(str(action).lower() for action in _many(statement.get("Action", [])))
    return all(allowed & {action.lower(), "s3:*", "*"} for action in POLICY_ACTIONS)


def _is_for(principal: Any, canonical_user_id: str) -> bool:
    """Whether a statement may be for the account. S3 shows a canonical id as the ARN of an account, too."""
    if not isinstance(principal, Mapping):
        return bool(principal == "*")
    accounts = _many(principal.get("AWS", []))
    return canonical_user_id in _many(principal.get("CanonicalUser", [])) or any(
        account == "*" or account.endswith(":root") for account in accounts
    )


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
