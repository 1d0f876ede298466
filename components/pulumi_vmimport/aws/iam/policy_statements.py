"""What the statements of IAM policy documents allow. Pure; of conditions, only their presence counts.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any


def as_list(value: Any) -> list[Any]:
    """A policy element, which may be one value or a list of them, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a policy document."""
    return as_list(document.get("Statement", []))


def allows(documents: Iterable[Mapping[str, Any]], action: str, resource: str) -> bool:
    """Whether the documents together allow an action on a resource.

    A denial with a condition is ignored: the usual one, against requests without TLS, denies nothing here.
    """
    effects = {
        statement["Effect"]
        for document in documents
        for statement in statements(document)
        if _covers(statement, "Action", action)
        and _covers(statement, "Resource", resource)
        and not (statement["Effect"] == "Deny" and statement.get("Condition"))
    }
    return effects == {"Allow"}


def _covers(statement: Mapping[str, Any], element: str, value: str) -> bool:
    """Whether a statement's Action or NotAction, Resource or NotResource covers the value."""
    if f"Not{element}" in statement:
        return not _matches(statement[f"Not{element}"], value, element)
    return _matches(statement.get(element, []), value, element)


def _matches(patterns: Any, value: str, element: str) -> bool:
    if element == "Action":  # names of actions are case-insensitive
        return any(fnmatchcase(value.lower(), pattern.lower()) for pattern in as_list(patterns))
    return any(fnmatchcase(value, pattern) for pattern in as_list(patterns))
