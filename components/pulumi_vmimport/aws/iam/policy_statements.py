"""What the statements of IAM policy documents allow and deny. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pulumi_vmimport.aws.iam.policy_conditions import Context, as_list, conditions_hold, matches

Document = Mapping[str, Any]


class Effect(StrEnum):
    """What policies together do with a request. Only ALLOW permits it; no other policy overrides DENY."""

    ALLOW = "allow"
    DENY = "deny"
    NONE = "none"


@dataclass(frozen=True)
class Request:
    """An action on a resource."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    role_arn: str | None = None
    """The role that makes the request, where the documents are policies of resources, which name principals"""


def statements(document: Document) -> list[Document]:
    """The statements of a policy document."""
    return as_list(document.get("Statement", []))


def effect(documents: Iterable[Document], request: Request) -> Effect:
    """The effect of documents of one kind, such as the policies of a role, on a request.

    A condition that depends on an unknown key counts in favor of the request: an Allow statement applies and a Deny
    statement does not.
    """
    effects = set(_effects(documents, request))
    if "Deny" in effects:
        return Effect.DENY
    return Effect.ALLOW if "Allow" in effects else Effect.NONE


def undecided_denials(document: Document, request: Request) -> set[str]:
    """The unknown condition keys, in lower case, on which a Deny for the request depends."""
    return {
        key.lower()
        for statement in statements(document)
        if statement["Effect"] == "Deny" and covers(statement, request) and _names(statement, request)
        if conditions_hold(statement, request.context) is None
        for pairs in statement["Condition"].values()
        for key in pairs
        if key.lower() not in request.context
    }


def _effects(documents: Iterable[Document], request: Request) -> Iterator[str]:
    for document in documents:
        for statement in statements(document):
            if covers(statement, request) and _names(statement, request):
                holds = conditions_hold(statement, request.context)
                if holds or (holds is None and statement["Effect"] == "Allow"):
                    yield statement["Effect"]


def covers(statement: Document, request: Request) -> bool:
    """Whether a statement's Action or NotAction, and its Resource or NotResource, cover the request."""
    action = request.action.lower()  # names of actions are case-insensitive
    actions = "NotAction" if "NotAction" in statement else "Action"
    resources = "NotResource" if "NotResource" in statement else "Resource"
    named = any(matches(pattern.lower(), action) for pattern in as_list(statement.get(actions, [])))
    located = any(matches(pattern, request.resource) for pattern in as_list(statement.get(resources, [])))
    return named is (actions == "Action") and located is (resources == "Resource")


def _names(statement: Document, request: Request) -> bool:
    """Whether the statement of a resource's policy is about the role. That of a role's policy names no principal.

    An Allow for the whole account delegates to the policies of the role, so it does not count as an Allow here; a Deny
    for the account applies to its roles.
    """
    if request.role_arn is None:
        return True
    principal = statement.get("Principal", {})
    names = ["*"] if principal == "*" else as_list(principal.get("AWS", []))
    account = request.role_arn.split(":")[4]
    is_account = any(name == account or name.endswith(f"::{account}:root") for name in names)
    return "*" in names or request.role_arn in names or (statement["Effect"] == "Deny" and is_account)


def delegates_to_account(document: Document, request: Request) -> bool:
    """Whether the policy of a resource leaves the decision to the policies of the account's roles."""
    account = str(request.role_arn).split(":")[4]
    for statement in statements(document):
        principal = statement.get("Principal", {})
        names = as_list(principal.get("AWS", [])) if isinstance(principal, Mapping) else []
        if any(name == account or name.endswith(f"::{account}:root") for name in names):
            is_allowed = statement["Effect"] == "Allow" and covers(statement, request)
            if is_allowed and conditions_hold(statement, request.context) is not False:
                return True
    return False
