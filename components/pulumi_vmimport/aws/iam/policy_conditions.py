"""Whether the conditions of a policy statement hold, as far as their keys are known. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Varying:
    """A value that differs between the requests: all that is known is that it matches one of these patterns."""

    patterns: tuple[str, ...]


Context = Mapping[str, str | Varying | None]
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
_PATTERN_OPERATORS = frozenset({"StringLike", "ArnEquals", "ArnLike"})
# The keys here have one value in a request, for which these two are the same unless the request lacks the key.
_ALL_VALUES, _ANY_VALUE = "ForAllValues:", "ForAnyValue:"


def conditions_hold(statement: Mapping[str, Any], context: Context) -> bool | None:
    """Whether all conditions of a statement hold; None if that depends on a key that is not known."""
    results = {holds for _, holds in _results(statement, context)}
    if False in results:
        return False
    return None if None in results else True


def undecided_keys(statement: Mapping[str, Any], context: Context) -> set[str]:
    """The condition keys, as the statement spells them, on whose values it depends whether the conditions hold."""
    if conditions_hold(statement, context) is not None:
        return set()
    return {key for key, holds in _results(statement, context) if holds is None}


def matches(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern of IAM, whose only wildcards are * and ?."""
    return _compiled(pattern).fullmatch(text) is not None


def as_list(value: Any) -> list[Any]:
    """A policy element, which may be one value or a list of them, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _results(statement: Mapping[str, Any], context: Context) -> Iterator[tuple[str, bool | None]]:
    """Each condition key, with whether its condition holds."""
    for operator, pairs in (statement.get("Condition") or {}).items():
        for key, values in pairs.items():
            wanted = [_text(value) for value in as_list(values)]
            is_known = key.lower() in context
            yield key, _holds(operator, wanted, context[key.lower()]) if is_known else None


def _holds(operator: str, wanted: list[str], actual: str | Varying | None) -> bool | None:
    if operator == "Null":
        return [str(actual is None).lower()] == wanted
    single = operator.removeprefix(_ANY_VALUE).removeprefix(_ALL_VALUES)
    bare = single.removesuffix("IfExists")
    test = bare.replace("Not", "", 1)
    if test not in _TESTS:
        return None
    if actual is None:
        return operator.startswith(_ALL_VALUES) or single != bare or bare != test
    if any("${" in value for value in wanted):
        return None
    if isinstance(actual, Varying):
        if test == "StringEqualsIgnoreCase":
            wanted, actual = [value.lower() for value in wanted], Varying(tuple(map(str.lower, actual.patterns)))
        found = _compare_patterns(actual, wanted, is_pattern=test in _PATTERN_OPERATORS)
    else:
        found = any(_TESTS[test](actual, value) for value in wanted)
    return None if found is None else found is (bare == test)


def _compare_patterns(actual: Varying, wanted: list[str], *, is_pattern: bool) -> bool | None:
    """Whether a value that varies equals one of the wanted ones in all requests, or in none; otherwise None."""
    # A question mark in what is wanted does not stand for the asterisk of what is known.
    covers = [_compiled(value, "[^*]").fullmatch for value in wanted] if is_pattern else []
    if covers and all(any(cover(pattern) for cover in covers) for pattern in actual.patterns):
        return True
    overlap = _overlap if is_pattern else matches
    return None if any(overlap(pattern, value) for pattern in actual.patterns for value in wanted) else False


def _overlap(first: str, second: str) -> bool:
    """Whether a text exists that matches both patterns."""
    reached = {(0, 0)}
    pending = [(0, 0)]
    while pending:
        i, j = pending.pop()
        if (i, j) == (len(first), len(second)):
            return True
        a, b = first[i : i + 1], second[j : j + 1]
        steps = []
        if a == "*":
            steps.append((i + 1, j))
        if b == "*":
            steps.append((i, j + 1))
        if a and b and (a in "*?" or b in "*?" or a == b):
            # An asterisk stays where it is: it may stand for more characters.
            steps.append((i + (a != "*"), j + (b != "*")))
        pending += [step for step in steps if step not in reached]
        reached.update(steps)
    return False


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _compiled(pattern: str, question_mark: str = ".") -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", question_mark)
    return re.compile(re.sub(r"(?:\.\*)+", ".*", escaped), re.DOTALL)
