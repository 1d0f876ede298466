"""The policy documents of the roles that Image Builder distributes AMIs with.

Sources: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/Ec2ImageBuilderCrossAccountDistributionAccess.html;
https://docs.aws.amazon.com/imagebuilder/latest/userguide/cross-account-dist.html;
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSServiceRoleForImageBuilder.html;
https://docs.aws.amazon.com/imagebuilder/latest/userguide/image-lifecycle-prerequisites.html;
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/EC2ImageBuilderLifecycleExecutionPolicy.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.aws.iam.iam_documents import VERSION, Document, via_service

CROSS_ACCOUNT_ROLE = "EC2ImageBuilderDistributionCrossAccountRole"
"""Image Builder assumes a role of this name in target accounts, and no other."""
REMOVAL_ROLE = "Ec2ImageBuilderCrossAccountLifecycleAccess"
"""Image Builder assumes a role of this name in target accounts to remove AMIs there, and no other."""
SERVICE_PRINCIPAL = "imagebuilder.amazonaws.com"
_EXPORT_SERVICE = "vmie.amazonaws.com"
_CREATED_BY = "EC2 Image Builder"
_TAGGED = {"StringEquals": {"aws:ResourceTag/CreatedBy": _CREATED_BY}}
_READS = ("ec2:DescribeImages", "ec2:DescribeImageAttribute", "ec2:DescribeSnapshots", "ec2:DescribeTags")
_KMS_ACTIONS = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
_GRANT_ACTIONS = ("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant")


@dataclass(frozen=True)
class DistributionUses:
    """What a role is used for beside copying AMIs."""

    kms_key_arns: Sequence[str] = ()
    ssm_parameter_names: Sequence[str] = ()
    launch_templates: bool = False
    target_account_ids: Sequence[str] = ()
    export_role_name: str | None = None
    license_manager: bool = False
    fast_launch: bool = False


def cross_account_trust(source_account_id: str, partition: str) -> Document:
    """The trust policy of the role in a target account: Image Builder assumes it from the source account."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{partition}:iam::{source_account_id}:root"},
            "Action": "sts:AssumeRole",
        }
    )


def cross_account_policy(uses: DistributionUses, account_id: str, partition: str) -> Document:
    """AWS's managed policy for a target account, and what launch templates, keys and parameters require."""
    statements: list[Document] = [
        {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": f"arn:{partition}:ec2:*::image/*"},
        _allow(("ec2:DescribeImages", "ec2:CopyImage", "ec2:ModifyImageAttribute"), "*"),
        *(_launch_template_statements(account_id, partition) if uses.launch_templates else ()),
        *_key_statements(uses.kms_key_arns, partition),
        *_parameter_statements(uses.ssm_parameter_names, account_id, partition),
    ]
    return _document(*statements)


def removal_policy(partition: str) -> Document:
    """The permissions to remove AMIs and snapshots that Image Builder created."""
    return _document(_allow((*_READS, "tag:GetResources"), "*"), _removal_statement(partition))


def service_trust(account_id: str) -> Document:
    """The trust policy of a role that only Image Builder assumes, and only when it acts for this account."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": SERVICE_PRINCIPAL},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        }
    )


def execution_policy(uses: DistributionUses, account_id: str, partition: str) -> Document:
    """The permissions of the execution role: copy, tag, share, write logs, and remove what Image Builder created."""
    image, snapshot = (f"arn:{partition}:ec2:*::{kind}/*" for kind in ("image", "snapshot"))
    logs = f"arn:{partition}:logs:*:{account_id}:log-group:/aws/imagebuilder/*"
    statements: list[Document] = [
        _allow((*_READS, "tag:GetResources"), "*"),
        _allow(("ec2:CopyImage", "ec2:CreateTags"), [image, snapshot]),
        _allow(("ec2:ModifyImageAttribute",), image),
        _removal_statement(partition),
        _allow(("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"), logs),
        *_target_statements(uses.target_account_ids, snapshot, partition),
        *(_launch_template_statements(account_id, partition) if uses.launch_templates else ()),
        *_key_statements(uses.kms_key_arns, partition),
        *_parameter_statements(uses.ssm_parameter_names, account_id, partition),
        *_export_statements(uses.export_role_name, account_id, partition),
    ]
    if uses.license_manager:
        statements.append(_allow(("license-manager:UpdateLicenseSpecificationsForResource",), "*"))
    if uses.fast_launch:
        template = f"arn:{partition}:ec2:*:{account_id}:launch-template/*"
        statements.append(_allow(("ec2:EnableFastLaunch",), [image, template]))
    return _document(*statements)


def _removal_statement(partition: str) -> Document:
    resources = [f"arn:{partition}:ec2:*::{kind}/*" for kind in ("image", "snapshot")]
    return _allow(("ec2:DeregisterImage", "ec2:DeleteSnapshot"), resources, _TAGGED)


def _target_statements(accounts: Sequence[str], snapshot: str, partition: str) -> Iterator[Document]:
    if accounts:
        roles = [f"arn:{partition}:iam::{id}:role/{CROSS_ACCOUNT_ROLE}" for id in accounts]
        yield _allow(("sts:AssumeRole",), roles)
        yield _allow(("ec2:ModifySnapshotAttribute",), snapshot)


def _launch_template_statements(account_id: str, partition: str) -> Iterator[Document]:
    """Image Builder changes only launch templates with its tag."""
    templates = f"arn:{partition}:ec2:*:{account_id}:launch-template/*"
    yield _allow(("ec2:DescribeLaunchTemplates",), "*")
    yield _allow(("ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"), templates, _TAGGED)
    requested = {"StringEquals": {"aws:RequestTag/CreatedBy": _CREATED_BY}}
    yield _allow(("ec2:CreateTags",), templates, requested)


def _key_statements(keys: Sequence[str], partition: str) -> Iterator[Document]:
    if keys:
        through_ec2 = {"StringLike": {"kms:ViaService": via_service("ec2", "*", partition)}}
        yield _allow(_KMS_ACTIONS, list(keys), through_ec2)
        yield _allow(_GRANT_ACTIONS, list(keys), {**through_ec2, "Bool": {"kms:GrantIsForAWSResource": "true"}})


def _parameter_statements(names: Sequence[str], account_id: str, partition: str) -> Iterator[Document]:
    if names:
        arns = [f"arn:{partition}:ssm:*:{account_id}:parameter/{name.removeprefix('/')}" for name in names]
        yield _allow(("ssm:PutParameter",), arns)


def _export_statements(role_name: str | None, account_id: str, partition: str) -> Iterator[Document]:
    if role_name:
        task = f"arn:{partition}:ec2:*:{account_id}:export-image-task/*"
        yield _allow(("ec2:ExportImage", "ec2:CreateTags"), [f"arn:{partition}:ec2:*::image/*", task])
        yield _allow(("ec2:DescribeExportImageTasks",), "*")
        passed = {"StringEquals": {"iam:PassedToService": _EXPORT_SERVICE}}
        yield _allow(("iam:PassRole",), f"arn:{partition}:iam::{account_id}:role/{role_name}", passed)


def _allow(actions: Sequence[str], resources: Any, condition: Document | None = None) -> Document:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return statement if condition is None else {**statement, "Condition": condition}


def _document(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}
