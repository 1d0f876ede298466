"""Converts the arguments of a Pulumi program to the property bag of a resource."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, TypeVar, cast, get_args, get_origin

import pulumi

from pulumi_vmimport.lifecycle.schema import (
    StateHandling,
    camel_case,
    field_types,
    nested_handling,
    wire_fields,
    without_none,
)

T = TypeVar("T")


def to_bag(of: type, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with camelCase names in the resource's own structures; outputs stay outputs.

    Strings that the state must encrypt become secrets.
    """
    handling = {f.name: nested_handling(f) for f in wire_fields(of).values()}
    types_of = field_types(of)
    return {camel_case(k): _to_bag(types_of.get(k), handling.get(k, {}), v) for k, v in arguments.items()}


def contains_output(value: Any) -> bool:
    """Whether a value is or contains an output."""
    if isinstance(value, Mapping):
        return any(map(contains_output, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(map(contains_output, value))
    return isinstance(value, pulumi.Output)


def _to_bag(hint: Any, handling: Mapping[str, StateHandling], value: Any) -> Any:
    if isinstance(value, pulumi.Output):
        return value.apply(lambda v: _to_bag(hint, handling, v))
    hint = without_none(hint)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        types_of = field_types(hint)
        return {
            camel_case(k): _secret_if_needed(handling.get(k), _to_bag(types_of.get(k), handling, v))
            for k, v in value.items()
        }
    if get_origin(hint) is tuple and isinstance(value, Sequence) and not isinstance(value, str):
        return [_to_bag(get_args(hint)[0], handling, v) for v in value]
    return value


def _secret_if_needed(handling: StateHandling | None, value: Any) -> Any:
    if handling is None:
        return value
    if isinstance(value, pulumi.Output):
        return value.apply(lambda v: _secret_if_needed(handling, v))
    return pulumi.Output.secret(value) if isinstance(value, str) and handling.is_secret(value) else value


def without_dependency(output: pulumi.Output[T]) -> pulumi.Output[T]:
    """The value of an output without the dependency on its resource: a child that depends on its parent deadlocks."""
    return pulumi.Output.from_input(cast(Awaitable[T], output.future()))
