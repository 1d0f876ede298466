"""Validates values against annotated classes, and reports every problem with its property path.

The inputs of resources are dataclasses, the arguments of components are TypedDicts of `pulumi.Input`; a subclass of
:class:`TypeValidator` describes each. The rules for values are the same.
"""

import re
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pulumi_vmimport.lifecycle.unknown import UNKNOWN
from pulumi_vmimport.shown_value import shown_value

# The paths of values that no message shows, such as a password of digits that is not a string.
_SECRET_PATH = re.compile(r"(?:password|product_?key)$", re.IGNORECASE)
_NAMES = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
_PLURALS = {str: "strings", int: "whole numbers", float: "numbers", bool: "true or false values"}


@dataclass(frozen=True)
class Problem:
    """One problem with the inputs.

    path: the property path as the user wrote it; reason: lower case, `expected <allowed>, got <value>`.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


def problem_list(problems: Sequence[object]) -> str:
    """The problems with the inputs, counted, each on a line of its own."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return f"{count} with the inputs" + "".join(f"\n  {problem}" for problem in problems)


@dataclass(frozen=True)
class MemberType:
    """One member of a structured type."""

    hint: Any
    is_required: bool


@dataclass(frozen=True)
class Structure:
    """A structured type."""

    member_noun: str
    """The noun for a member in messages: `a property of ImportImage`, `an argument`."""
    members: Mapping[str, MemberType]
    build: Callable[[dict[str, Any]], Any]
    """Makes the validated value from its members; a member with a problem is UNKNOWN."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Names that are not members but may be mistaken for one, each with the reason in a message."""


class TypeValidator(ABC):
    """Validates values and collects the problems."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    @abstractmethod
    def bare(self, hint: Any) -> Any:
        """The type of the value itself, without None or pulumi.Input."""

    @abstractmethod
    def structure(self, hint: Any) -> Structure | None:
        """The description of a structured type; None for any other."""

    def members(self, structure: Structure, values: Mapping[str, Any], path: str = "") -> Any:
        """The value of a structured type; a member with a problem is UNKNOWN in it."""
        for name in values:
            if name not in structure.members:
                default = f"is not {structure.member_noun}; {suggestion(name, structure.members)}"
                self._report(_join(path, name), structure.refused.get(name, default))
        valid: dict[str, Any] = {}
        for name, member in structure.members.items():
            value = values.get(name)
            if value is not None:
                valid[name] = self.value(member.hint, value, _join(path, name))
            elif member.is_required:
                valid[name] = self._report(_join(path, name), f"is required, expected {self._expected(member.hint)}")
        return structure.build(valid)

    def value(self, hint: Any, value: Any, path: str) -> Any:
        """The value converted to its type; UNKNOWN where it has a problem."""
        hint = self.bare(hint)
        if value is UNKNOWN or hint is Any:
            return value
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (list, tuple) and isinstance(value, Sequence) and not isinstance(value, str):
            return tuple(self.value(arguments[0], v, f"{path}[{i}]") for i, v in enumerate(value))
        if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, Mapping):
            return {k: self.value(arguments[1], v, f"{path}.{k}") for k, v in value.items()}
        if isinstance(value, Mapping) and (structure := self.structure(hint)):
            return self.members(structure, value, path)
        for scalar in _scalars(hint, value):
            return scalar
        got = "another type" if _SECRET_PATH.search(path) else f"{shown_value(value)}{_remedy(hint, value)}"
        return self._report(path, f"expected {self._expected(hint)}, got {got}")

    def _report(self, path: str, reason: str) -> Any:
        self.problems.append(Problem(path, reason))
        return UNKNOWN

    def _expected(self, hint: Any) -> str:
        hint = self.bare(hint)
        if typing.get_origin(hint) in (list, tuple):
            item = self.bare(typing.get_args(hint)[0])
            choices = _choices(item)
            return f"a list of {choices}" if choices else f"a list of {_PLURALS.get(item, 'objects')}"
        return _choices(hint) or _NAMES.get(hint, "an object")


def _scalars(hint: Any, value: Any) -> Iterator[Any]:
    """Yield the value converted to the scalar type; nothing if it has another type."""
    if typing.get_origin(hint) is typing.Literal:
        allowed = typing.get_args(hint)
        yield from (scalar for scalar in _scalars(type(allowed[0]), value) if scalar in allowed)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        try:
            yield hint(value)
        except ValueError:
            return
    elif hint is bool or isinstance(value, bool):
        if hint is bool and isinstance(value, bool):
            yield value
    elif hint is int and isinstance(value, float) and value.is_integer():
        yield int(value)  # property bags have no integers
    elif hint is float and isinstance(value, int):
        yield float(value)
    elif hint in (int, float, str) and isinstance(value, hint):
        yield value


def _choices(hint: Any) -> str:
    """The members of a closed set; empty for any other type."""
    members: Sequence[Any] = ()
    if typing.get_origin(hint) is typing.Literal:
        members = typing.get_args(hint)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        members = list(hint)
    return "one of " + ", ".join(str(getattr(m, "value", m)) for m in members) if members else ""


def _remedy(hint: Any, value: Any) -> str:
    """What to do about a value that is no member of a closed set, if the set has a `remedies` for it."""
    remedies: Mapping[str, str] = getattr(hint, "remedies", dict)()
    remedy = remedies.get(value.upper()) if isinstance(value, str) else None
    return f"; {remedy}" if remedy else ""


def suggestion(name: str, names: Collection[str]) -> str:
    """The name that a misspelled one may stand for, or all names."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a misspelled name

    near = [longest for longest in sorted(names, key=len, reverse=True) if _ends_with_word(name, longest)]
    near = near or get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"expected one of {', '.join(sorted(names))}"


def _ends_with_word(name: str, word: str) -> bool:
    """Whether a name is a longer one of the word, as `virtual_machine_path` and `virtualMachinePath` are of `path`."""
    return name.endswith((f"_{word}", word[:1].upper() + word[1:]))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
