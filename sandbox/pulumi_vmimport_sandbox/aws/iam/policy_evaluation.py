"""IAM policy evaluation, as far as the policies of VM Import need it.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import fnmatch
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

Verdict = Literal["allow", "deny", "none"]


@dataclass(frozen=True)
class PolicyRequest:
    """An action on a resource by a principal, with its condition keys (case-insensitive)."""

    action: str
    resource: str | None
    """None if the document is a resource policy without Resource, such as a trust policy."""
    context: Mapping[str, str] = field(default_factory=dict)
    principal: tuple[str, str] | None = None
    """For example ("Service", "vmie.amazonaws.com"); None if the document is an identity policy without Principal."""


def verdict(document: str | Mapping[str, Any], request: PolicyRequest) -> Verdict:
    """The effect of a policy on a request."""
    parsed = json.loads(document) if isinstance(document, str) else document
    effects = {s["Effect"] for s in _many(parsed["Statement"]) if _applies(s, request)}
    if "Deny" in effects:
        return "deny"
    return "allow" if "Allow" in effects else "none"


def allowed(documents: Iterable[str | Mapping[str, Any]], request: PolicyRequest) -> bool:
    """Whether a policy allows a request and none denies it."""
    verdicts = {verdict(document, request) for document in documents}
    return "allow" in verdicts and "deny" not in verdicts


def condition_holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Whether all conditions of a statement hold.

    Unknown operators count against the caller: an Allow statement does not apply, a Deny statement applies.
    """
    known = {name.lower(): value for name, value in context.items()}
    return all(
        _compare(operator, key, [_text(v) for v in _many(values)], known, unknown=statement.get("Effect") == "Deny")
        for operator, pairs in statement.get("Condition", {}).items()
        for key, values in pairs.items()
    )


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a document."""
    return _many(document["Statement"])


def _applies(statement: Mapping[str, Any], request: PolicyRequest) -> bool:
    return (
        _named(statement, "Action", lambda patterns: _like(request.action.lower(), [p.lower() for p in patterns]))
        and (
            request.resource is None
            or _named(statement, "Resource", lambda patterns: _like(str(request.resource), patterns))
        )
        and (request.principal is None or _is_principal(statement, request.principal))
        and condition_holds(statement, request.context)
    )


def _named(statement: Mapping[str, Any], element: str, matches: Callable[[list[str]], bool]) -> bool:
    if f"Not{element}" in statement:
        return not matches(_many(statement[f"Not{element}"]))
    return matches(_many(statement.get(element, [])))


def _is_principal(statement: Mapping[str, Any], principal: tuple[str, str]) -> bool:
    kind, name = principal

    def matches(patterns: list[Any]) -> bool:
        if patterns == ["*"]:
            return True
        return any(p in {"*", name} for entry in patterns for p in _many(entry.get(kind, [])))

    return _named(statement, "Principal", matches)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": lambda actual, wanted: _like(actual, [wanted]),
    "ArnEquals": lambda actual, wanted: _like(actual, [wanted]),
    "ArnLike": lambda actual, wanted: _like(actual, [wanted]),
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "NumericEquals": lambda actual, wanted: float(actual) == float(wanted),
    "NumericLessThan": lambda actual, wanted: float(actual) < float(wanted),
    "NumericLessThanEquals": lambda actual, wanted: float(actual) <= float(wanted),
    "NumericGreaterThan": lambda actual, wanted: float(actual) > float(wanted),
    "NumericGreaterThanEquals": lambda actual, wanted: float(actual) >= float(wanted),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


def _compare(operator: str, key: str, wanted: list[str], context: Mapping[str, str], *, unknown: bool) -> bool:
    actual = context.get(key.lower())
    if operator == "Null":
        return [str(actual is None).lower()] == wanted
    bare = operator.removesuffix("IfExists")
    if actual is None and bare != operator:
        return True
    if bare in _NEGATED:
        test = _OPERATORS[_NEGATED[bare]]
        return actual is None or not any(test(actual, value) for value in wanted)
    if bare not in _OPERATORS:
        return unknown
    return actual is not None and any(_OPERATORS[bare](actual, value) for value in wanted)


def _like(text: str, patterns: Iterable[str]) -> bool:
    return any(_pattern(pattern).fullmatch(text) for pattern in patterns)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # IAM supports only * and ? as wildcards.
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")), re.DOTALL)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
