"""Whether a service role that exists can do what an import needs, from its own documents."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws import iam_documents
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.errors import error_code

ROLE_REFUSED = re.compile(r"service role .* does not exist or does not have sufficient permissions", re.IGNORECASE)


@dataclass(frozen=True)
class ServiceRole:
    """A role with all its permission documents."""

    name: str
    arn: str
    tags: Mapping[str, str]
    trust: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...]

    def lacks(self, *, import_buckets: Iterable[str] = (), partition: str = "aws") -> Iterator[str]:
        """What the role misses for importing from the buckets, each as a clause. Conditions are not evaluated."""
        if not self._is_trusting():
            yield (
                f"its trust policy does not let {iam_documents.SERVICE_PRINCIPAL} assume it with external id "
                f"{iam_documents.EXTERNAL_ID}"
            )
        for bucket in import_buckets:
            arn = f"arn:{partition}:s3:::{bucket}"
            for action in iam_documents.READ_ACTIONS:
                resource = f"{arn}/*" if action == "s3:GetObject" else arn
                if not self._permits(action, resource):
                    yield f"{action} on {resource}"
        for action in iam_documents.EC2_ACTIONS:
            if not self._permits(action.replace("*", "Images"), "*"):
                yield f"{action} on *"

    def _is_trusting(self) -> bool:
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
        matching = [
            s["Effect"]
            for policy in self.policies
            for s in _statements(policy)
            if _matches(s.get("Action", []), action.lower(), lower=True) and _matches(s.get("Resource", []), resource)
        ]
        return "Allow" in matching and "Deny" not in matching


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


def _matches(patterns: Any, value: str, *, lower: bool = False) -> bool:
    return any(fnmatchcase(value, p.lower() if lower else p) for p in _many(patterns))
