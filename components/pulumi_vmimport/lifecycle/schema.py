"""The properties of a resource, as its frozen dataclasses of inputs and state declare them.

Python names are snake_case, names in Pulumi's property bags camelCase; the second are derived from the first.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any


@dataclass(frozen=True)
class StateHandling:
    """How Pulumi's state treats a string inside an input."""

    is_secret: Callable[[str], bool]
    """Whether the state encrypts the string."""
    comparable: Callable[[str], str]
    """The part of the string whose change is a change of the input."""


Same = Callable[[Any, Any], bool]
"""Whether a recorded value and one of a program, as property bags write them, differ only in their spelling."""


def updatable(
    default: Any = None,
    *,
    preflight: bool = False,
    in_digest: bool = False,
    chosen_by_aws: bool = False,
    if_unset: Any = None,
    same: Same | None = None,
) -> Any:
    """A dataclass field whose change is an update; a change of any other input replaces the resource.

    `default` may be MISSING. With `preflight`, preview calls the lifecycle's `preflight` before such an update, as it
    does before a replacement. With `in_digest`, the digest of the inputs contains the field, as it does in the tags of
    resources whose earlier version replaced them. With `chosen_by_aws`, AWS chooses the value where the program sets
    none: the state records that value, and removing the input from the program keeps it. `if_unset` is the value
    that takes effect where the program sets none, so that either is the same input.
    """
    given = {"preflight": preflight, "in_digest": in_digest, "chosen_by_aws": chosen_by_aws}
    return field(default=default, metadata={"updatable": True, **given, "if_unset": if_unset, "same": same})


def with_default(if_unset: Any) -> Any:
    """An optional dataclass field whose change replaces the resource. Without a value it is the same as with this."""
    return field(default=None, metadata={"if_unset": if_unset})


def detected(same: Same | None = None) -> Any:
    """An optional dataclass field whose change replaces the resource, and that AWS detects where the program sets none.

    The state of an imported resource has AWS's value: neither a program without the input nor its removal is a change.
    """
    return field(default=None, metadata={"chosen_by_aws": True, "same": same})


def updatable_secret() -> Any:
    """A field with a secret, which no text of the object shows. A change of it is an update."""
    return field(default=None, repr=False, metadata={"updatable": True})


def nested(*, same: Same | None = None, **strings: StateHandling) -> Any:
    """A required dataclass field with structures in which the strings of these Python names are treated specially."""
    return field(metadata={"nested": strings, "same": same})


@cache
def camel_case(name: str) -> str:
    """`disk_containers` -> `diskContainers`."""
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def wire_fields(of: type) -> dict[str, Field[Any]]:
    """The fields of a dataclass by their names in property bags."""
    return {camel_case(f.name): f for f in fields(of)}


@cache
def field_types(of: type) -> Mapping[str, Any]:
    """The types of a dataclass's fields by their Python names."""
    hints = typing.get_type_hints(of)
    return {f.name: hints[f.name] for f in fields(of)}


def without_none(hint: Any) -> Any:
    """T of `T | None`; any other type unchanged, as the same object: the schema of the package tests it with `is`."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(a for a in typing.get_args(hint) if a is not type(None))
    return hint


def is_required(of: Field[Any]) -> bool:
    """Whether a field has no default."""
    return of.default is MISSING and of.default_factory is MISSING


def nested_handling(of: Field[Any]) -> Mapping[str, StateHandling]:
    """How the state treats strings inside a field's value, by their Python names."""
    handling: Mapping[str, StateHandling] = of.metadata.get("nested", {})
    return handling


def replacing_properties(of: type) -> frozenset[str]:
    """The wire names of the inputs whose change replaces the resource."""
    return frozenset(name for name, f in wire_fields(of).items() if not f.metadata.get("updatable"))


def digest_properties(of: type) -> frozenset[str]:
    """The wire names of the inputs that the digest of the inputs contains."""
    kept = (name for name, f in wire_fields(of).items() if f.metadata.get("in_digest"))
    return replacing_properties(of) | frozenset(kept)


def preflight_properties(of: type) -> frozenset[str]:
    """The wire names of the inputs whose change requires a preflight."""
    updated = (name for name, f in wire_fields(of).items() if f.metadata.get("preflight"))
    return replacing_properties(of) | frozenset(updated)


def main_property(of: type) -> str:
    """The wire name of the first required input, or else of the first that the class itself declares."""
    needed = (name for name, f in wire_fields(of).items() if is_required(f))
    return next(needed, camel_case(next(iter(of.__annotations__))))
