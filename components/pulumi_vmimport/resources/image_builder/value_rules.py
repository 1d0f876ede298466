"""Checks of the strings, numbers and lists in a distribution configuration. Any value may be UNKNOWN."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from pulumi_vmimport.lifecycle.contract import Problem, is_known, is_set
from pulumi_vmimport.shown_value import shown_value

T = TypeVar("T")

ACCOUNT_ID, ACCOUNT = re.compile(r"[0-9]{12}"), "an account id of 12 digits"
MOST_ACCOUNTS = 1536
_FILE_ENDING = ".json"


def known_items(items: Sequence[T] | None) -> Sequence[T]:
    """The items of a list that preview knows."""
    return [item for item in items if is_known(item)] if is_set(items) else []


def length_problems(path: str, value: Collection[object] | None, most: int, noun: str) -> Iterator[Problem]:
    """A string or list with nothing in it, or with too much."""
    if is_set(value) and not 1 <= len(value) <= most:
        yield Problem(path, f"expected 1 to {most:,} {noun}, got {len(value):,}")


def range_problems(path: str, value: int | None, least: int, most: int | None = None) -> Iterator[Problem]:
    """A number out of range."""
    if is_set(value) and (value < least or (most is not None and value > most)):
        expected = f"at least {least}" if most is None else f"{least} to {most:,}"
        yield Problem(path, f"expected {expected}, got {value}")


def pattern_problems(path: str, value: str | None, pattern: re.Pattern[str], expected: str) -> Iterator[Problem]:
    """A string that does not match."""
    if is_set(value) and not pattern.fullmatch(value):
        remedy = ""
        if value.startswith("arn:") and value.endswith(_FILE_ENDING):
            remedy = f"; an ARN ends with the name of the resource, remove {_FILE_ENDING}"
        yield Problem(path, f"expected {expected}, got {shown_value(value)}{remedy}")


def list_problems(
    path: str, values: Sequence[str] | None, pattern: re.Pattern[str], expected: str, most: int
) -> Iterator[Problem]:
    """A list of strings with too few or too many, or with some that do not match or repeat."""
    yield from length_problems(path, values, most, "items")
    items: Sequence[str] = values if is_set(values) else ()
    for number, value in enumerate(items):
        if is_known(value):
            yield from pattern_problems(f"{path}[{number}]", value, pattern, expected)
            if value in items[:number]:
                yield Problem(f"{path}[{number}]", f"expected each item once, got {shown_value(value)} again")
