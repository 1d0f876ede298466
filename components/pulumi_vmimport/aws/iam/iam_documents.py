"""The trust policy and the permissions policy of VM Import/Export's service role.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_vmimport.aws.iam.policy_conditions import as_list, conditions_hold, matches

VERSION = "2012-10-17"
SERVICE_PRINCIPAL = "vmie.amazonaws.com"
EXTERNAL_ID = "vmimport"
READ_ACTIONS = ("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket")
EXPORT_ACTIONS = (*READ_ACTIONS, "s3:PutObject", "s3:GetBucketAcl")
EC2_ACTIONS = ("ec2:ModifySnapshotAttribute", "ec2:CopySnapshot", "ec2:RegisterImage", "ec2:Describe*")
KMS_ACTIONS = (
    "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*",
)  # fmt: skip
LICENSE_MANAGER_ACTIONS = (
    "license-manager:GetLicenseConfiguration",
    "license-manager:UpdateLicenseSpecificationsForResource",
    "license-manager:ListLicenseSpecificationsForResource",
)
_OBJECT_ACTIONS = frozenset({"s3:GetObject", "s3:PutObject"})
# For each wildcard in AWS's policy documents one action that a role without the wildcard must allow.
_EXAMPLES = {
    "ec2:Describe*": "ec2:DescribeImages",
    "kms:GenerateDataKey*": "kms:GenerateDataKey",
    "kms:ReEncrypt*": "kms:ReEncryptFrom",
}

# Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
_DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}

Document = dict[str, Any]


def via_service(service: str, region: str, partition: str) -> str:
    """The value of kms:ViaService for a service in a Region, which may be `*`."""
    return f"{service}.{region}.{_DNS_SUFFIXES.get(partition, 'amazonaws.com')}"


def trust_policy(*, account_id: str | None = None, partition: str = "aws") -> Document:
    """The trust policy. With an account id, only tasks of that account can assume the role (confused deputy)."""
    conditions: Document = {"StringEquals": {"sts:Externalid": EXTERNAL_ID}}
    if account_id is not None:
        conditions["StringEquals"]["aws:SourceAccount"] = account_id
        conditions["ArnLike"] = {"aws:SourceArn": f"arn:{partition}:vmie:*:{account_id}:*"}
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": SERVICE_PRINCIPAL},
        "Action": "sts:AssumeRole",
        "Condition": conditions,
    }
    return {"Version": VERSION, "Statement": [statement]}


def role_policy(
    *,
    import_buckets: Sequence[str],
    export_buckets: Sequence[str] = (),
    kms_key_arns: Sequence[str] = (),
    license_manager: bool = False,
    partition: str = "aws",
) -> Document:
    """The permissions policy: read the import buckets, write to the export buckets, create snapshots and AMIs."""
    statements = []
    if import_buckets:
        statements.append(_allow(READ_ACTIONS, _bucket_arns(import_buckets, partition)))
    if export_buckets:
        statements.append(_allow(EXPORT_ACTIONS, _bucket_arns(export_buckets, partition)))
    statements.append(_allow(EC2_ACTIONS, "*"))
    if kms_key_arns:
        statements.append(_allow(KMS_ACTIONS, list(kms_key_arns)))
    if license_manager:
        statements.append(_allow(LICENSE_MANAGER_ACTIONS, "*"))
    return {"Version": VERSION, "Statement": statements}


def trusts_vm_import(trust: Mapping[str, Any], account_id: str) -> bool:
    """Whether a trust policy lets VM Import/Export assume its role for tasks of an account."""
    return trusts_service(trust, SERVICE_PRINCIPAL, {"sts:externalid": EXTERNAL_ID, "aws:sourceaccount": account_id})


def trusts_service(trust: Mapping[str, Any], service: str, known: Mapping[str, str]) -> bool:
    """Whether a trust policy lets a service assume its role, as far as the known condition keys decide."""
    effects = set()
    for statement in as_list(trust.get("Statement", [])):
        principal = statement.get("Principal", {})
        services = as_list(principal.get("Service", [])) if isinstance(principal, Mapping) else []
        actions = [pattern.lower() for pattern in as_list(statement.get("Action", []))]
        if service in services and any(matches(pattern, "sts:assumerole") for pattern in actions):
            holds = conditions_hold(statement, known)
            if holds or (holds is None and statement["Effect"] == "Allow"):
                effects.add(statement["Effect"])
    return effects == {"Allow"}


def required_permissions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions of a statement of role_policy, each with a resource that it applies to."""
    for action in as_list(statement["Action"]):
        for resource in as_list(statement["Resource"]):
            # S3 has actions on buckets and others on objects.
            if not action.startswith("s3:") or (action in _OBJECT_ACTIONS) == resource.endswith("/*"):
                yield action, resource


def example_of(action: str) -> str:
    """An action that a wildcard in role_policy stands for; any other action unchanged."""
    return _EXAMPLES.get(action, action)


def sse_kms_key_statement(role_arn: str) -> Document:
    """The statement that lets the role decrypt source objects, for the policy of the key that encrypts them."""
    return {
        "Sid": "Allow vmimport to decrypt SSE-KMS key",
        "Effect": "Allow",
        "Principal": {"AWS": [role_arn]},
        "Action": ["kms:Decrypt"],
        "Resource": "*",
    }


def _allow(actions: Sequence[str], resources: Any) -> Document:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources}


def _bucket_arns(buckets: Sequence[str], partition: str) -> list[str]:
    return [f"arn:{partition}:s3:::{bucket}{tail}" for bucket in buckets for tail in ("", "/*")]


def document_hash(document: Mapping[str, Any]) -> str:
    """A short hash of a policy document that does not depend on the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:32]
