"""Which service role ByolWorkspaceImage uses: the account's, if it suffices and no other stack owns it, or its own.

A role that a stack of this library created is deleted with that stack, so no other stack uses it by default. A role
without the tags of this library is used and never deleted.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.components.component_base import CheckedInputs, Values
from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, STACK_TAG, Identity
from pulumi_vmimport.resources.rules.role_names import DEFAULT_ROLE, role_name_problems
from pulumi_vmimport.shown_value import shown_value

ROLE_ARGS = ("existing_role_name", "role_name", "adopt")
_LONGEST_NAME = 64  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_HASH_LENGTH = 8
_SEPARATOR = "-"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9+=,.@_-]")
_MISSING = re.compile(r"NoSuchEntity|couldn't find|could not be found|cannot be found|empty result", re.IGNORECASE)
_MOST_LISTED = 3


@dataclass(frozen=True)
class RoleChoice:
    """The role to use. `note` says why, where the program did not decide."""

    name: pulumi.Input[str]
    adopt: bool
    note: str | None = None


@dataclass(frozen=True)
class AccountRole:
    """A role of the account."""

    arn: str
    trust: Mapping[str, Any]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class StoredImage:
    """An image in S3, as far as the program knows it."""

    bucket: pulumi.Input[str]
    key: pulumi.Input[str]
    kms_key: pulumi.Input[str] | None
    """The KMS key that encrypts it"""


def own_role_name(name: str, prefix: str = DEFAULT_ROLE) -> str:
    """The name of the role of a component in this stack, different from that of every other stack and component."""
    parts = (prefix, pulumi.get_project(), pulumi.get_stack(), name)
    full = _SEPARATOR.join(parts)
    safe = _NOT_IN_NAMES.sub("-", full)
    if safe == full and len(safe) <= _LONGEST_NAME and not any(_SEPARATOR in part for part in parts):
        return safe
    digest = hashlib.sha256("/".join(parts).encode()).hexdigest()[:_HASH_LENGTH]
    return f"{safe[: _LONGEST_NAME - _HASH_LENGTH - 1]}{_SEPARATOR}{digest}"


def role_argument_problems(values: Values) -> Iterator[Problem]:
    """The problems of the arguments in ROLE_ARGS."""
    for name in ("existing_role_name", "role_name"):
        yield from role_name_problems(values.get(name), name)
    if values.get("existing_role_name") is not None:
        for name in ("role_name", "adopt"):
            if values.get(name) is not None:
                yield Problem(name, "has no effect with existing_role_name, which adopts a role; remove one of the two")


def choose_role(
    name: str, args: Values, inputs: CheckedInputs, default_key: str, opts: pulumi.InvokeOptions
) -> RoleChoice:
    """The role for the image of a component, the same in preview, in the update and in every later run.

    Args:
        name: the name of the component.
        args: the arguments of the component.
        inputs: the same arguments as outputs.
        default_key: the key of the image, if the arguments have none.
        opts: the provider to read the account with.
    """
    if args.get("existing_role_name") is not None:
        return RoleChoice(inputs.get("existing_role_name"), adopt=True)
    if args.get("adopt"):
        return RoleChoice(inputs.get("role_name", default=DEFAULT_ROLE), adopt=True)
    if args.get("role_name") is not None:
        return RoleChoice(inputs.get("role_name"), adopt=False)
    if args.get("adopt") is False:
        return RoleChoice(own_role_name(name), adopt=False)
    # The name of a new bucket ends in random digits.
    image = StoredImage(
        args.get("existing_bucket") or f"{name}-bucket-0000000".lower(),
        args.get("ova_key") or default_key,
        args.get("kms_key_id"),
    )
    return _of_account(name, image, opts)


def _of_account(name: str, image: StoredImage, opts: pulumi.InvokeOptions) -> RoleChoice:
    own = own_role_name(name)
    reason: str | None
    try:
        if _find(own, opts) is not None:
            return RoleChoice(own, adopt=False)
        account_role = _find(DEFAULT_ROLE, opts)
        if account_role is not None and _is_of_earlier_version(account_role, f"{name}-role"):
            return RoleChoice(DEFAULT_ROLE, adopt=False)
        reason = _insufficiency(account_role, image, opts)
    except Exception as error:  # noqa: BLE001 - a failed function of a provider raises no narrower type
        reason = f"role {shown_value(DEFAULT_ROLE)} could not be checked ({' '.join(str(error).split())})"
    if reason is None:
        note = (
            f"this component uses the account's role {shown_value(DEFAULT_ROLE)}, which suffices, and never "
            "changes or deletes it"
        )
        return RoleChoice(DEFAULT_ROLE, adopt=True, note=f"{note}; to create a role, set role_name")
    note = (
        f"this component creates role {shown_value(own)}, because {reason}; to use an existing role, set "
        "role_name and adopt=True"
    )
    return RoleChoice(own, adopt=False, note=note)


def _is_of_earlier_version(role: AccountRole, resource: str) -> bool:
    """Whether this component created the role under the name that it had in an earlier version."""
    own = Identity(f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::vmimport:index:VmimportRole::{resource}")
    return own.names.items() <= role.tags.items()


def _insufficiency(role: AccountRole | None, image: StoredImage, opts: pulumi.InvokeOptions) -> str | None:
    """Why not to use the role of the account; None if it can be used."""
    if role is None:
        return f"the account has no role {shown_value(DEFAULT_ROLE)}"
    if IDENTITY_TAG in role.tags:
        return (
            f"role {shown_value(DEFAULT_ROLE)} belongs to stack {role.tags.get(STACK_TAG, 'another')} and is "
            "deleted with it"
        )
    if not iam_documents.trusts_vm_import(role.trust, role.arn.split(":")[4]):
        return f"role {shown_value(DEFAULT_ROLE)} does not trust {iam_documents.SERVICE_PRINCIPAL}"
    if not all(isinstance(value, str) for value in (image.bucket, image.key)):
        return "the bucket and key of the image are not known when the program declares the role"
    if image.kms_key is not None and not (isinstance(image.kms_key, str) and ":key/" in image.kms_key):
        return "the program does not name the KMS key of the image by its ARN"
    missing = _missing(role, image, opts)
    listed = ", ".join(missing[:_MOST_LISTED]) + (" ..." if len(missing) > _MOST_LISTED else "")
    return f"role {shown_value(DEFAULT_ROLE)} lacks {listed}" if missing else None


def _missing(role: AccountRole, image: StoredImage, opts: pulumi.InvokeOptions) -> Sequence[str]:
    """The permissions that the role lacks."""
    partition = role.arn.split(":")[1]
    keys = [str(image.kms_key)] if image.kms_key is not None else []
    policy = iam_documents.role_policy(import_buckets=[str(image.bucket)], kms_key_arns=keys, partition=partition)
    permissions = {
        (iam_documents.example_of(action), f"{resource[:-1]}{image.key}" if resource.endswith("/*") else resource)
        for statement in policy["Statement"]
        for action, resource in iam_documents.required_permissions(statement)
    }
    allowed: set[tuple[str, str]] = set()
    for service in sorted({action.partition(":")[0] for action, _ in permissions}):  # an ARN suits one service only
        wanted = [(action, resource) for action, resource in permissions if action.startswith(f"{service}:")]
        simulated = aws.iam.get_principal_policy_simulation(
            policy_source_arn=role.arn,
            action_names=sorted({action for action, _ in wanted}),
            resource_arns=sorted({resource for _, resource in wanted}),
            opts=opts,
        )
        allowed |= {(each.action_name, each.resource_arn) for each in simulated.results if each.allowed}
    return [f"{action} on {resource}" for action, resource in sorted(permissions - allowed)]


def _find(name: str, opts: pulumi.InvokeOptions) -> AccountRole | None:
    """The role of this name; None if there is none. Raises: Exception if it cannot be read."""
    try:
        found = aws.iam.get_role(name=name, opts=opts)
    except Exception as error:
        if _MISSING.search(str(error)):
            return None
        raise
    return AccountRole(found.arn, json.loads(found.assume_role_policy), found.tags or {})
