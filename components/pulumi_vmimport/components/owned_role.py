"""A role that a component creates, with an inline policy, and hands to other resources once IAM has propagated it."""

import json
from typing import Any

import pulumi
from pulumi_aws.iam import Role, RolePolicy

from pulumi_vmimport.aws.iam.iam_documents import Document, document_hash
from pulumi_vmimport.components.component_base import CheckedInputs
from pulumi_vmimport.components.leftovers import declare_or_import, leftover_role
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.program_values import without_dependency
from pulumi_vmimport.resources.iam.role_readiness import RoleReadiness, RoleReadinessArgs, RoleReadinessInputs


def owned_role(
    component: pulumi.ComponentResource,
    name: str,
    inputs: CheckedInputs,
    readiness: RoleReadinessArgs,
    *,
    description: str,
    trust: pulumi.Output[Document],
    policy_name: str,
    policy: pulumi.Output[Document],
) -> RoleReadiness:
    """The role of `readiness` with these documents, and the component's arguments permissions_boundary and tags.

    A role that an interrupted run of the component left is imported; preview fails for a role of another owner.
    """
    role_name = pulumi.Output.from_input(readiness["role_name"])
    tags = pulumi.Output.all(inputs.get("tags", default={}), without_dependency(component.urn), role_name).apply(
        lambda v: {**v[0], **Identity(v[1]).tags(RoleReadinessInputs(role_name=v[2]))}
    )

    def declare(leftover: str | None) -> Role:
        return Role(
            name,
            name=role_name,
            description=description,
            assume_role_policy=trust.apply(json.dumps),
            permissions_boundary=inputs.get("permissions_boundary"),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=component, import_=leftover),
        )

    role: pulumi.Output[Any] = declare_or_import(leftover_role(component, role_name), declare)
    role_policy = RolePolicy(
        f"{name}-policy",
        name=policy_name,
        role=role.apply(lambda created: created.name),
        policy=policy.apply(json.dumps),
        opts=pulumi.ResourceOptions(parent=component),
    )
    written: RoleReadinessArgs = {
        **readiness,
        "trust_hash": trust.apply(document_hash),
        "policy_hash": policy.apply(document_hash),
    }
    opts = pulumi.ResourceOptions(parent=component, depends_on=[role_policy])
    return RoleReadiness(f"{name}-readiness", written, opts)
