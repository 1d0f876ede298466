"""Whether an existing service role has the trust and the permissions that VM Import/Export requires."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.iam.policy_conditions import Context
from pulumi_vmimport.aws.iam.policy_statements import Effect, Request, effect
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tags_in

# EC2 has no error code of its own for the role.
# Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-troubleshooting.html
_REJECTION = re.compile(
    r"service role (?P<role>.{0,200}?) (?:provided )?does not exist or does not have sufficient permissions",
    re.IGNORECASE,
)


class Refusal(StrEnum):
    """Why IAM refuses a request of a role."""

    NOT_ALLOWED = "not allowed"
    DENIED = "denied"
    BOUNDARY = "not allowed by the permissions boundary"


@dataclass(frozen=True)
class ServiceRole:
    """A role with all its policy documents."""

    name: str
    arn: str
    tags: Mapping[str, str]
    trust: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...]
    boundary_arn: str | None = None
    boundary: Mapping[str, Any] | None = None

    @property
    def account_id(self) -> str:
        """The account that owns the role."""
        return self.arn.split(":")[4]

    def refusal(self, action: str, resource: str, context: Context) -> Refusal | None:
        """Why the policies of the role and its boundary refuse an action on a resource; None if they allow it."""
        request = Request(iam_documents.example_of(action), resource, context)
        found = effect(self.policies, request)
        if found is not Effect.ALLOW:
            return Refusal.DENIED if found is Effect.DENY else Refusal.NOT_ALLOWED
        if self.boundary is not None and effect([self.boundary], request) is not Effect.ALLOW:
            return Refusal.BOUNDARY
        return None

    def trusts_vm_import(self) -> bool:
        """Whether VM Import/Export may assume the role."""
        return iam_documents.trusts_vm_import(self.trust, self.account_id)


def find(aws: AwsConnection, name: str, *, fresh: bool = False) -> ServiceRole | None:
    """The role with its inline and attached policies and its boundary, or None if it does not exist.

    Without `fresh` the answer may be some seconds old.
    """
    return aws.reads.get(("role", name), lambda: _read(aws, name), fresh=fresh)


def _read(aws: AwsConnection, name: str) -> ServiceRole | None:
    iam = aws.client("iam")
    try:
        role = iam.get_role(RoleName=name)["Role"]
        policies: list[Any] = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for page in iam.get_paginator("list_role_policies").paginate(RoleName=name)
            for policy in page["PolicyNames"]
        ]
        for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
            policies += [_managed_policy(iam, attached["PolicyArn"]) for attached in page["AttachedPolicies"]]
        boundary_arn = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        boundary = _managed_policy(iam, boundary_arn) if boundary_arn else None
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
        boundary_arn=boundary_arn,
        boundary=_document(boundary) if boundary else None,
    )


def _managed_policy(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def rejected_role(error: Exception) -> str | None:
    """The role that EC2 rejects with this error; None if the error has another cause."""
    if not isinstance(error, ClientError) or error_code(error) != "InvalidParameter":
        return None
    found = _REJECTION.search(error.response["Error"].get("Message", ""))
    return found["role"] if found else None


def _document(value: Any) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return parsed
