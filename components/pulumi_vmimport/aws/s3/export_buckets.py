"""Whether the settings of a bucket allow an export to it.

Each function raises botocore's ClientError if the caller lacks a permission.
Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.iam.policy_conditions import as_list
from pulumi_vmimport.aws.iam.policy_statements import statements
from pulumi_vmimport.aws.s3 import bucket_encryption, bucket_policies
from pulumi_vmimport.aws.s3.export_grantees import ACL_PERMISSIONS, POLICY_ACTIONS
from pulumi_vmimport.aws.service_errors import error_code

_DENIED = frozenset({"403", "AccessDenied"})
_NO_SETTING = frozenset({"OwnershipControlsNotFoundError"})


def is_owned_by_caller(aws: AwsConnection, bucket: str) -> bool:
    """Whether an existing bucket belongs to the caller's account. Raises: ClientError if S3 denies access."""
    try:
        aws.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=aws.account_id)
    except ClientError as error:
        if error_code(error) not in _DENIED:
            raise
        # S3 answers a caller that may not list the bucket with the same code as a wrong owner.
        aws.client("s3").head_bucket(Bucket=bucket)
        return False
    return True


def kms_algorithm(aws: AwsConnection, bucket: str) -> str | None:
    """`aws:kms` or `aws:kms:dsse` if the bucket encrypts with a KMS key by default; None if it does not."""
    setting = bucket_encryption.kms_setting(aws, bucket)
    return str(setting["SSEAlgorithm"]) if setting else None


def has_acls_enabled(aws: AwsConnection, bucket: str) -> bool:
    """Whether the bucket's ACLs are enabled: object ownership BucketOwnerEnforced disables them."""
    try:
        answer = aws.client("s3").get_bucket_ownership_controls(Bucket=bucket)
    except ClientError as error:
        if error_code(error) in _NO_SETTING:
            return True  # a bucket created before April 2023
        raise
    rules = answer["OwnershipControls"]["Rules"]
    return all(rule["ObjectOwnership"] != "BucketOwnerEnforced" for rule in rules)


def missing_grants(aws: AwsConnection, bucket: str, canonical_user_id: str) -> list[str]:
    """The permissions that neither the bucket's ACL nor its policy grants to the account with a canonical user id."""
    grants = aws.client("s3").get_bucket_acl(Bucket=bucket)["Grants"]
    granted = {g.get("Permission") for g in grants if g.get("Grantee", {}).get("ID") == canonical_user_id}
    missing = [permission for permission in ACL_PERMISSIONS if not granted & {permission, "FULL_CONTROL"}]
    return [] if missing and _allows(bucket_policies.read(aws, bucket), canonical_user_id) else missing


def _allows(policy: Mapping[str, Any], canonical_user_id: str) -> bool:
    allowed: set[str] = set()
    for statement in statements(policy):
        if statement.get("Effect") == "Allow" and _is_for(statement.get("Principal"), canonical_user_id):
            allowed.update(str(action).lower() for action in as_list(statement.get("Action", [])))
    return all(allowed & {action.lower(), "s3:*", "*"} for action in POLICY_ACTIONS)


def _is_for(principal: Any, canonical_user_id: str) -> bool:
    """Whether a statement may apply to the account: S3 also returns a canonical user id as the ARN of an account."""
    if not isinstance(principal, Mapping):
        return bool(principal == "*")
    accounts = as_list(principal.get("AWS", []))
    return canonical_user_id in as_list(principal.get("CanonicalUser", [])) or any(
        account == "*" or account.endswith(":root") for account in accounts
    )
