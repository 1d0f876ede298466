"""Compares the inputs of two property bags."""

import typing
from collections.abc import Callable, Mapping
from dataclasses import Field, is_dataclass
from typing import Any

from pulumi_vmimport.lifecycle.schema import StateHandling, field_types, nested_handling, wire_fields, without_none
from pulumi_vmimport.lifecycle.unknown import UNKNOWN

_Replaced = Callable[[StateHandling, str], Any]
"""Returns the value that stands for a string which the state treats specially"""


def comparable_inputs(of: type, bag: Mapping[str, Any]) -> dict[str, Any]:
    """The bag without the parts of strings that make no difference, such as the signature of a presigned URL."""
    return with_nested_strings(of, bag, lambda handling, text: handling.comparable(text))


def with_nested_strings(of: type, bag: Mapping[str, Any], replaced: _Replaced) -> dict[str, Any]:
    """The bag with another value for each string that the inputs of this type treat specially."""
    inputs = wire_fields(of)
    types_of = field_types(of)
    return {
        name: _replaced(types_of[inputs[name].name], nested_handling(inputs[name]), value, replaced)
        if name in inputs
        else value
        for name, value in bag.items()
    }


def changed_inputs(of: type, old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """The wire names of the inputs that differ, or that are not known yet."""
    before, after = comparable_inputs(of, old), comparable_inputs(of, new)
    return {
        name
        for name, field in wire_fields(of).items()
        if has_unknown(after.get(name)) or _differs(field, before.get(name), after.get(name))
    }


def _differs(field: Field[Any], before: Any, after: Any) -> bool:
    if_unset = field.metadata.get("if_unset")
    before, after = (if_unset if value is None else value for value in (before, after))
    if before == after or (after is None and field.metadata.get("chosen_by_aws")):
        return False
    same = field.metadata.get("same")
    return same is None or before is None or after is None or not same(before, after)


def _replaced(hint: Any, handling: Mapping[str, StateHandling], value: Any, replaced: _Replaced) -> Any:
    hint = without_none(hint)
    if not handling:
        return value
    if is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        return {name: _replaced_member(hint, handling, name, member, replaced) for name, member in value.items()}
    if typing.get_origin(hint) is tuple and isinstance(value, list):
        return [_replaced(typing.get_args(hint)[0], handling, item, replaced) for item in value]
    return value


def _replaced_member(
    of: type, handling: Mapping[str, StateHandling], name: str, value: Any, replaced: _Replaced
) -> Any:
    member = wire_fields(of).get(name)
    if member is None:
        return value
    if member.name in handling and isinstance(value, str):
        return replaced(handling[member.name], value)
    return _replaced(field_types(of)[member.name], handling, value, replaced)


def has_unknown(value: Any) -> bool:
    """Whether a value is or contains one that preview cannot know."""
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    return any(map(has_unknown, value)) if isinstance(value, list) else value is UNKNOWN
