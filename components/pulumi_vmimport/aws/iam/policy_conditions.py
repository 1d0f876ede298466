"""Whether the conditions of a policy statement hold, as far as their keys are known. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

Context = Mapping[str, str | None]
"""The values of condition keys, with names in lower case; None: the request does not have the key. A key that is absent
is not known."""

_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": lambda actual, wanted: matches(wanted, actual),
    "ArnEquals": lambda actual, wanted: matches(wanted, actual),
    "ArnLike": lambda actual, wanted: matches(wanted, actual),
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
}


def conditions_hold(statement: Mapping[str, Any], context: Context) -> bool | None:
    """Whether all conditions of a statement hold; None if that depends on a key that is not known."""
    results = set(_results(statement, context))
    if False in results:
        return False
    return None if None in results else True


def matches(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern of IAM, whose only wildcards are * and ?."""
    return _compiled(pattern).fullmatch(text) is not None


def as_list(value: Any) -> list[Any]:
    """A policy element, which may be one value or a list of them, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _results(statement: Mapping[str, Any], context: Context) -> Iterator[bool | None]:
    for operator, pairs in (statement.get("Condition") or {}).items():
        bare = operator.removesuffix("IfExists")
        positive = bare.replace("Not", "", 1)
        for key, values in pairs.items():
            wanted, actual = [_text(value) for value in as_list(values)], context.get(key.lower())
            if operator == "Null" and key.lower() in context:
                yield [str(actual is None).lower()] == wanted
            elif positive in _TESTS and actual is None and key.lower() in context:
                yield operator != bare or bare != positive
            elif positive not in _TESTS or actual is None or any("${" in value for value in wanted):
                yield None
            else:
                yield any(_TESTS[positive](actual, value) for value in wanted) is (bare == positive)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(re.sub(r"(?:\.\*)+", ".*", escaped), re.DOTALL)
