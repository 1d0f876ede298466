"""Whether an existing service role has the trust and the permissions that VM Import/Export requires."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.iam.policy_statements import allows, as_list, statements
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tags_in

# EC2 has no error code of its own for the role.
# Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-troubleshooting.html
_REJECTION = re.compile(
    r"service role (?P<role>.{0,200}?) (?:provided )?does not exist or does not have sufficient permissions",
    re.IGNORECASE,
)
_OBJECT_ACTIONS = frozenset({"s3:GetObject", "s3:PutObject"})
# For each wildcard in AWS's policy documents one action that a role without the wildcard must allow.
_EXAMPLES = {
    "ec2:Describe*": "ec2:DescribeImages",
    "kms:GenerateDataKey*": "kms:GenerateDataKey",
    "kms:ReEncrypt*": "kms:ReEncryptFrom",
}


@dataclass(frozen=True)
class ServiceRole:
    """A role with all its policy documents."""

    name: str
    arn: str
    tags: Mapping[str, str]
    trust: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...]

    def missing_permissions(
        self,
        *,
        import_buckets: Sequence[str] = (),
        export_buckets: Sequence[str] = (),
        kms_key_arns: Sequence[str] = (),
        license_manager: bool = False,
        partition: str = "aws",
    ) -> Iterator[str]:
        """The trust and the permissions of iam_documents.role_policy that the role lacks, each as a clause."""
        if not self.trusts_vm_import():
            yield (
                f"its trust policy does not let {iam_documents.SERVICE_PRINCIPAL} assume it with external id "
                f"{iam_documents.EXTERNAL_ID}"
            )
        required = iam_documents.role_policy(
            import_buckets=import_buckets,
            export_buckets=export_buckets,
            kms_key_arns=kms_key_arns,
            license_manager=license_manager,
            partition=partition,
        )
        for statement in required["Statement"]:
            yield from self.missing_from_statement(statement)

    def missing_from_statement(self, statement: Mapping[str, Any]) -> Iterator[str]:
        """The permissions of a statement that the role's policies do not allow, each as a clause."""
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                is_missing = not allows(self.policies, _EXAMPLES.get(action, action), resource)
                if is_missing and _is_applicable(action, resource):
                    yield f"{action} on {resource}"

    def trusts_vm_import(self) -> bool:
        """Whether VM Import/Export may assume the role."""
        for statement in statements(self.trust):
            principal = statement.get("Principal", {})
            services = as_list(principal.get("Service", [])) if isinstance(principal, Mapping) else []
            conditions = {k.lower(): v for c in statement.get("Condition", {}).values() for k, v in c.items()}
            external_ids = as_list(conditions.get("sts:externalid", iam_documents.EXTERNAL_ID))
            is_allowed = statement["Effect"] == "Allow" and iam_documents.SERVICE_PRINCIPAL in services
            if is_allowed and iam_documents.EXTERNAL_ID in external_ids:
                return True
        return False


def find(aws: AwsConnection, name: str) -> ServiceRole | None:
    """The role with its inline and attached policies, or None if it does not exist."""
    iam = aws.client("iam")
    try:
        role = iam.get_role(RoleName=name)["Role"]
        policies: list[Any] = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for page in iam.get_paginator("list_role_policies").paginate(RoleName=name)
            for policy in page["PolicyNames"]
        ]
        for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
            for attached in page["AttachedPolicies"]:
                arn = attached["PolicyArn"]
                version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
                policies.append(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])
    except ClientError as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise
    return ServiceRole(
        name=name,
        arn=role["Arn"],
        tags=tags_in(role.get("Tags", [])),
        trust=_document(role["AssumeRolePolicyDocument"]),
        policies=tuple(map(_document, policies)),
    )


def rejected_role(error: Exception) -> str | None:
    """The role that EC2 rejects with this error; None if the error has another cause."""
    if not isinstance(error, ClientError) or error_code(error) != "InvalidParameter":
        return None
    found = _REJECTION.search(error.response["Error"].get("Message", ""))
    return found["role"] if found else None


def _document(value: Any) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return parsed


def _is_applicable(action: str, resource: str) -> bool:
    """Whether the action applies to the resource: S3 has actions on buckets and others on objects."""
    return not action.startswith("s3:") or (action in _OBJECT_ACTIONS) == resource.endswith("/*")
