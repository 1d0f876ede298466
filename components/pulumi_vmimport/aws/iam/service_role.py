"""Whether a service role that exists can do what an import needs, from its own documents."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.service_errors import error_code

ROLE_REFUSED = re.compile(
    r"service role (?P<role>.*?) (?:provided )?does not exist or does not have sufficient permissions", re.IGNORECASE
)

_OBJECT_ACTIONS = frozenset({"s3:GetObject", "s3:PutObject"})
# What a role must allow at least that lists one by one what the documents of AWS name by a pattern.
_EXAMPLES = {
    "ec2:Describe*": "ec2:DescribeImages",
    "kms:GenerateDataKey*": "kms:GenerateDataKey",
    "kms:ReEncrypt*": "kms:ReEncryptFrom",
}


@dataclass(frozen=True)
class ServiceRole:
    """A role with all its permission documents."""

    name: str
    arn: str
    tags: Mapping[str, str]
    trust: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...]

    def lacks(
        self,
        *,
        import_buckets: Sequence[str] = (),
        export_buckets: Sequence[str] = (),
        kms_key_arns: Sequence[str] = (),
        license_manager: bool = False,
        partition: str = "aws",
    ) -> Iterator[str]:
        """What the role misses of iam_documents.role_policy with these arguments, each as a clause.

        Conditions are not evaluated.
        """
        if not self.is_trusting():
            yield (
                f"its trust policy does not let {iam_documents.SERVICE_PRINCIPAL} assume it with external id "
                f"{iam_documents.EXTERNAL_ID}"
            )
        wanted = iam_documents.role_policy(
            import_buckets=import_buckets,
            export_buckets=export_buckets,
            kms_key_arns=kms_key_arns,
            license_manager=license_manager,
            partition=partition,
        )
        for statement in wanted["Statement"]:
            yield from self.lacks_of(statement)

    def lacks_of(self, statement: Mapping[str, Any]) -> Iterator[str]:
        """What a statement would allow and the role's policies do not, each as a clause."""
        for action in _many(statement["Action"]):
            for resource in _many(statement["Resource"]):
                if _is_about(action, resource) and not self._permits(_EXAMPLES.get(action, action), resource):
                    yield f"{action} on {resource}"

    def is_trusting(self) -> bool:
        """Whether VM Import/Export may take the role."""
        for statement in _statements(self.trust):
            principal = statement.get("Principal", {})
            services = _many(principal.get("Service", [])) if isinstance(principal, Mapping) else []
            conditions = {k.lower(): v for c in statement.get("Condition", {}).values() for k, v in c.items()}
            external_ids = _many(conditions.get("sts:externalid", iam_documents.EXTERNAL_ID))
            allowed = statement["Effect"] == "Allow" and iam_documents.SERVICE_PRINCIPAL in services
            if allowed and iam_documents.EXTERNAL_ID in external_ids:
                return True
        return False

    def _permits(self, action: str, resource: str) -> bool:
        effects = {
            s["Effect"]
            for policy in self.policies
            for s in _statements(policy)
            if _covers(s, "Action", action)
            and _covers(s, "Resource", resource)
            # Such as the usual one against requests without TLS: it does not say that this one is refused.
            and not (s["Effect"] == "Deny" and s.get("Condition"))
        }
        return effects == {"Allow"}


def find(aws: AwsConnection, name: str) -> ServiceRole | None:
    """The role with its inline and attached policies, or None when IAM has none of this name."""
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
        tags={t["Key"]: t["Value"] for t in role.get("Tags", [])},
        trust=_document(role["AssumeRolePolicyDocument"]),
        policies=tuple(map(_document, policies)),
    )


def _document(value: Any) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return parsed


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _many(document.get("Statement", []))


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _is_about(action: str, resource: str) -> bool:
    """Whether an action of S3 is one on objects, as the resource is, or on buckets, as the resource is."""
    return not action.startswith("s3:") or (action in _OBJECT_ACTIONS) == resource.endswith("/*")


def _covers(statement: Mapping[str, Any], element: str, value: str) -> bool:
    """Whether a statement's Action or NotAction, Resource or NotResource is about the value."""
    if f"Not{element}" in statement:
        return not _matches(statement[f"Not{element}"], value, element)
    return _matches(statement.get(element, []), value, element)


def _matches(patterns: Any, value: str, element: str) -> bool:
    if element == "Action":  # the names of actions are the same in any case
        return any(fnmatchcase(value.lower(), p.lower()) for p in _many(patterns))
    return any(fnmatchcase(value, p) for p in _many(patterns))
