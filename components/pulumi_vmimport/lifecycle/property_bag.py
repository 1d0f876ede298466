"""Converts between Pulumi's property bags (camelCase, untyped, with unknowns) and a resource's frozen dataclasses."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from pulumi_vmimport.lifecycle.schema import camel_case, field_types, is_required, wire_fields, without_none
from pulumi_vmimport.lifecycle.type_validation import MemberType, Problem, Structure, TypeValidator

BagT = TypeVar("BagT")


class _BagValidator(TypeValidator):
    """Validates property bags against dataclasses."""

    def bare(self, hint: Any) -> Any:
        return without_none(hint)

    def structure(self, hint: Any) -> Structure | None:
        return _structure_of(hint) if is_dataclass(hint) and isinstance(hint, type) else None


@cache
def _structure_of(of: type) -> Structure:
    names, types_of = wire_fields(of), field_types(of)
    return Structure(
        member_noun=f"a property of {of.__name__.removesuffix('Inputs')}",
        members={name: MemberType(types_of[f.name], is_required(f)) for name, f in names.items()},
        build=lambda values: of(**{names[name].name: v for name, v in values.items()}),
        refused=getattr(of, "refused_names", {}),
    )


def read_bag(of: type[BagT], bag: Mapping[str, Any]) -> tuple[BagT, list[Problem]]:
    """The dataclass that a property bag describes, and the problems of the bag.

    A field with a problem is UNKNOWN in the result, so that the other fields can still be checked.
    """
    validator = _BagValidator()
    structure = validator.structure(of)
    assert structure is not None, f"{of} is not a dataclass"  # noqa: S101 - a defect of a lifecycle
    value: BagT = validator.members(structure, bag)
    return value, validator.problems


def write_bag(value: Any) -> Any:
    """A dataclass as a property bag, without the fields that are None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {camel_case(f.name): write_bag(v) for f in fields(value) if (v := getattr(value, f.name)) is not None}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {k: write_bag(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [write_bag(v) for v in value]
    return value


def explicit_properties(of: type, bag: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """The value as a bag, without defaults that `bag` does not contain: a later version may change a default."""
    defaults = {name: f.default for name, f in wire_fields(of).items()}
    written = {name: write_bag(getattr(value, f.name)) for name, f in wire_fields(of).items()}
    return {
        name: v for name, v in written.items() if v is not None and (name in bag or v != write_bag(defaults.get(name)))
    }
