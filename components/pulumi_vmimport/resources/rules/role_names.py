"""The names of IAM roles."""

import re
from collections.abc import Iterator
from typing import Any

from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.shown_value import shown_value

DEFAULT_ROLE = "vmimport"
# Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:[^:]+:iam::\d{12}:role/(?:.*/)?(?P<name>[^/]+)")


def role_name_problem(role_name: str) -> str | None:
    """Why a string is not the name of a role; None if it is one. The usual mistake is an ARN, `arn` of a Role."""
    if _ROLE_NAME.fullmatch(role_name):
        return None
    arn = _ROLE_ARN.fullmatch(role_name)
    expected = "not its ARN" if arn else "1 to 64 letters, digits and _+=,.@- characters"
    remedy = f"; set it to {shown_value(arn['name'])}" if arn else ""
    return f"expected the name of a role, {expected}, got {shown_value(role_name)}{remedy}"


def role_name_problems(role_name: Any, path: str = "roleName") -> Iterator[Problem]:
    """The problem of an input alone; none if it is unset or unknown."""
    if is_set(role_name) and (reason := role_name_problem(role_name)):
        yield Problem(path, reason)
