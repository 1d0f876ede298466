"""The checks of OperatorPolicy's arguments, and of the size of its policy."""

import re
from collections.abc import Iterator, Sequence

from pulumi_vmimport.aws.iam.iam_documents import Document
from pulumi_vmimport.aws.permissions.operator_statements import (
    MANAGED_POLICY_CHARACTERS,
    counted_characters,
    fits_managed_policy,
)
from pulumi_vmimport.components.component_base import Values
from pulumi_vmimport.components.operator_kinds import operator_kinds
from pulumi_vmimport.lifecycle.contract import Problem, is_known, is_set
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.shown_value import shown_value

# Names in policies may contain wildcards.
_BUCKET = re.compile(r"[a-z0-9.*?-]{1,63}(/.*)?")
_ROLE = re.compile(r"(?!arn:)([\x21-\x7e]*/)?[\w+=,.@*?-]{1,64}", re.ASCII)
_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
_KMS_KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w*?-]+")
_PATTERNS = (
    ("buckets", _BUCKET, "the name of a bucket, or bucket/prefix"),
    ("role_names", _ROLE, "the name of a role, not its ARN"),
    ("kms_key_arns", _KMS_KEY_ARN, "the ARN of a KMS key, not of an alias"),
    ("regions", _REGION, "a Region such as eu-west-1"),
    ("attach_to_roles", _NAME, "the name of a role, without its path"),
    ("attach_to_users", _NAME, "the name of a user, without its path"),
)
_NOT_OF_PRESET = ("role_names", "kms_key_arns", "regions")
_OF_MANAGED_POLICY = ("attach_to_roles", "attach_to_users", "tags")


def argument_problems(values: Values) -> Iterator[Problem]:
    """The problems of the arguments."""
    yield from _choice_problems(values)
    for name, pattern, expected in _PATTERNS:
        items = values.get(name)
        for index, item in enumerate(items if is_set(items) else ()):
            if is_known(item) and not pattern.fullmatch(item):
                yield Problem(f"{name}[{index}]", f"expected {expected}, got {shown_value(item)}")
    policy_name = values.get("policy_name")
    if policy_name is None:
        for name in _OF_MANAGED_POLICY:
            if values.get(name):
                yield Problem(name, "has no effect without policy_name, which creates a managed policy; set both")
    elif is_known(policy_name) and not _NAME.fullmatch(policy_name):
        expected = "1 to 128 of letters, digits and _+=,.@-"
        yield Problem("policy_name", f"expected {expected}, got {shown_value(policy_name)}")
    if is_set(values.get("tags")):
        yield from tag_problems(values["tags"])


def _choice_problems(values: Values) -> Iterator[Problem]:
    resources, preset = values.get("resources"), values.get("preset")
    if (resources is None) is (preset is None):
        given = "neither" if resources is None else "both"
        yield Problem("resources", f"expected either resources or preset, got {given}")
    if preset is not None:
        for name in _NOT_OF_PRESET:
            if values.get(name) is not None:
                yield Problem(name, "has no effect with preset, whose EC2 actions apply to all resources; remove it")
        if not values.get("buckets"):
            yield Problem("buckets", "expected the buckets of the images, got none")
    elif is_set(resources):
        yield from _resource_problems(resources, values)


def _resource_problems(resources: Sequence[object], values: Values) -> Iterator[Problem]:
    kinds = operator_kinds()
    if not resources:
        yield Problem("resources", "expected the names of resources and components, got none")
    unknown = [(index, name) for index, name in enumerate(resources) if is_known(name) and name not in kinds]
    for index, name in unknown:
        yield Problem(f"resources[{index}]", f"expected one of {', '.join(sorted(kinds))}, got {shown_value(name)}")
    s3 = [str(name) for name in resources if is_known(name) and name in kinds and _uses_s3(str(name))]
    if s3 and not values.get("buckets"):
        yield Problem(
            "buckets", f'expected the buckets that {", ".join(s3)} may use, got none; "*" allows every bucket'
        )


def _uses_s3(kind: str) -> bool:
    return any(action.startswith("s3:") for needed in operator_kinds()[kind] for action in needed.called)


def name_of_policy(policy_name: str, number: int) -> str:
    """The name of one of the managed policies."""
    return policy_name if number == 1 else f"{policy_name}-{number}"


def managed_policy_problems(policies: Sequence[Document], policy_name: str | None) -> Iterator[Problem]:
    """Why IAM does not accept these managed policies: a statement that cannot be split, or the name of the last one."""
    for policy in policies:
        if not fits_managed_policy(policy):
            yield Problem(
                "buckets",
                f"a statement of the policy has {counted_characters(policy)} characters without white space, and IAM "
                f"accepts {MANAGED_POLICY_CHARACTERS} in a managed policy; shorten the names and prefixes",
            )
    if policy_name is not None and not _NAME.fullmatch(last := name_of_policy(policy_name, len(policies))):
        yield Problem(
            "policy_name",
            f"the policy is split into {len(policies)} managed policies, and the name of the last, {last}, has more "
            "than 128 characters; shorten policy_name",
        )
