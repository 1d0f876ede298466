"""What the roles for Image Builder's distributions have in common: rules for their arguments, and their readiness."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pulumi

from pulumi_vmimport.components.component_base import CheckedInputs, Values
from pulumi_vmimport.components.provider_lookups import region_of
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, is_set
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.program_values import without_dependency
from pulumi_vmimport.resources.iam.role_readiness import RoleReadinessArgs
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.shown_value import shown_value

_POLICY_ARN = re.compile(r"arn:[\w-]+:iam::(aws|\d{12}):policy/.+")
_LISTS = {
    "kms_key_arns": (re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+"), "the ARN of a KMS key (not of an alias)"),
    "ssm_parameter_names": (re.compile(r"[a-zA-Z0-9_.\-/]{1,1011}"), "1 to 1011 letters, digits and _.-/"),
    "target_account_ids": (re.compile(r"[0-9]{12}"), "12 digits"),
}


def role_problems(values: Values) -> Iterator[Problem]:
    """The problems of the arguments of both components."""
    boundary = values.get("permissions_boundary")
    if is_set(boundary) and not _POLICY_ARN.fullmatch(boundary):
        yield Problem("permissions_boundary", f"expected the ARN of a policy, got {shown_value(boundary)}")
    for name, (pattern, expected) in _LISTS.items():
        items = values.get(name)
        known: Sequence[Any] = items if is_set(items) else ()
        for number, item in enumerate(known):
            if item is not UNKNOWN and not pattern.fullmatch(item):
                yield Problem(f"{name}[{number}]", f"expected {expected}, got {shown_value(item)}")
    seconds = values.get("propagation_seconds")
    if is_set(seconds) and seconds < 0:
        yield Problem("propagation_seconds", f"expected at least 0, got {seconds}")
    if is_set(values.get("tags")):
        yield from tag_problems(values["tags"])


def readiness_of(
    component: pulumi.ComponentResource,
    inputs: CheckedInputs,
    role_name: pulumi.Output[str],
    account_id: pulumi.Output[str],
) -> RoleReadinessArgs:
    """The arguments with which RoleReadiness recognizes the role of the component."""
    return {
        "role_name": role_name,
        "account_id": account_id,
        "region": region_of(component),
        "owner": without_dependency(component.urn).apply(lambda urn: Identity(urn).key),
        "propagation_seconds": inputs.get("propagation_seconds"),
    }
