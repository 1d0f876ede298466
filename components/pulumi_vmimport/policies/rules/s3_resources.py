"""The service roles reach only the buckets that they need."""

import re
from collections.abc import Iterator
from typing import Any

from pulumi_vmimport.aws.iam.iam_documents import EXPORT_ACTIONS, SERVICE_PRINCIPAL
from pulumi_vmimport.aws.iam.policy_conditions import as_list, matches
from pulumi_vmimport.aws.iam.policy_statements import Document, statements
from pulumi_vmimport.policies.policy_documents import document, principals
from pulumi_vmimport.policies.rule import Enforcement, Finding, Rule, Settings, Severity
from pulumi_vmimport.policies.stack_facts import (
    POLICY,
    ROLE,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
    StackFacts,
    StackResource,
    members,
    value_at,
)

_DEFAULT_ROLE = "vmimport"
_SERVICES = frozenset({SERVICE_PRINCIPAL, "imagebuilder.amazonaws.com"})
_EVERY_BUCKET = re.compile(r"\*|arn:[^:]*:(s3|\*):[^:]*:[^:]*:\*+(/.*)?")
_BUCKET_ACTIONS = tuple(action.lower() for action in (*EXPORT_ACTIONS, "s3:DeleteObject", "s3:PutObjectAcl"))


def _findings(stack: StackFacts, settings: Settings) -> Iterator[Finding]:
    del settings
    for holder, value in _policies(stack):
        parsed = document(value)
        actions = sorted({a for s in statements(parsed or {}) for a in _actions_on_every_bucket(s)})
        if actions:
            yield Finding(
                holder,
                f"{holder.label} allows {', '.join(actions)} on every bucket; set Resource to the ARNs of the buckets "
                "(arn:aws:s3:::bucket and arn:aws:s3:::bucket/*)",
            )


def _actions_on_every_bucket(statement: Document) -> list[str]:
    """The patterns of a statement that allow actions on the objects of any bucket."""
    resources = [str(resource) for resource in as_list(statement.get("Resource", []))]
    is_wide = any(map(_EVERY_BUCKET.fullmatch, resources))
    if statement["Effect"] != "Allow" or statement.get("Condition") or not is_wide:
        return []
    patterns = [str(action) for action in as_list(statement.get("Action", []))]
    return [p for p in patterns if any(matches(p.lower(), action) for action in _BUCKET_ACTIONS)]


def _policies(stack: StackFacts) -> Iterator[tuple[StackResource, Any]]:
    """The policies of service roles, each with the resource that has it."""
    for role in stack.of_type(ROLE):
        if _is_service_role(role):
            for inline in members(role.get("inlinePolicies")):
                yield role, value_at(inline, "policy")
    for policy in stack.of_type(ROLE_POLICY):
        if _is_of_service_role(stack, policy):
            yield policy, policy.get("policy")
    attached: set[str] = set()
    for attachment in stack.of_type(ROLE_POLICY_ATTACHMENT):
        managed = stack.supplier(attachment, (POLICY,), "policyArn")
        if managed is not None and managed.urn not in attached and _is_of_service_role(stack, attachment):
            attached.add(managed.urn)
            yield managed, managed.get("policy")


def _is_of_service_role(stack: StackFacts, resource: StackResource) -> bool:
    role = stack.supplier(resource, (ROLE,), "role")
    return resource.get("role") == _DEFAULT_ROLE if role is None else _is_service_role(role)


def _is_service_role(role: StackResource) -> bool:
    trust = document(role.get("assumeRolePolicy")) or {}
    return any(_SERVICES & {*principals(statement, "Service")} for statement in statements(trust))


RULE = Rule(
    id="s3-wildcard-resource",
    title="A service role has S3 permissions only on the buckets that it needs.",
    severity=Severity.MEDIUM,
    enforcement=Enforcement.ADVISORY,
    remediation="Use `VmimportRole`, or name the buckets in `Resource`.",
    doc=(
        "With `Resource` *, anyone who may start an import can read every bucket of the account through the service "
        "role. The rule reads the inline and managed policies that the stack gives to the role vmimport and to roles "
        "that `vmie.amazonaws.com` or `imagebuilder.amazonaws.com` can assume. It reports nothing for actions that "
        "apply to no bucket, such as s3:ListAllMyBuckets, for statements with a condition, and for roles and managed "
        "policies of other stacks."
    ),
    sources=(
        "https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
    ),
    findings=_findings,
)
