"""Converts between the camelCase properties of the package schema and the arguments and outputs of a component."""

import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi

from pulumi_vmimport.components.argument_types import argument_types, without_input
from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.lifecycle.program_spelling import snake_case
from pulumi_vmimport.lifecycle.schema import camel_case, without_none

# The arguments of vsphere.VirtualMachine whose members have names that the user chooses.
_MAPS_OF_VSPHERE = frozenset({"custom_attributes", "extra_config", "ovf_network_map", "ovf_storage_map", "properties"})
_SNAKE_CASE = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


def arguments_of(hint: Any, value: Any) -> Any:
    """A value of the wire as the argument of this type: the names of its structures become snake_case."""
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: arguments_of(hint, known))
    hint = without_none(without_input(without_none(hint)))
    if typing.is_typeddict(hint) and isinstance(value, Mapping):
        types = argument_types(hint)
        return {snake_case(name): arguments_of(types.get(snake_case(name)), member) for name, member in value.items()}
    if hint == dict[str, Any]:
        return _arguments_of_vsphere(value)
    if typing.get_origin(hint) is dict and isinstance(value, Mapping):
        return {key: arguments_of(typing.get_args(hint)[1], member) for key, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = typing.get_args(hint)
        return [arguments_of(items[0] if items else None, item) for item in value]
    return value


def _arguments_of_vsphere(value: Any) -> Any:
    """Arguments of a resource of pulumi-vsphere with the names that its Python SDK has."""
    if isinstance(value, pulumi.Output):
        return value.apply(_arguments_of_vsphere)
    if isinstance(value, Mapping):
        named = ((snake_case(name), member) for name, member in value.items())
        return {name: member if name in _MAPS_OF_VSPHERE else _arguments_of_vsphere(member) for name, member in named}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_arguments_of_vsphere(item) for item in value]
    return value


def outputs_of(component: pulumi.ComponentResource) -> dict[str, Any]:
    """The outputs that the class of a component annotates."""
    names = (name for cls in type(component).__mro__ for name in vars(cls).get("__annotations__", {}))
    return {camel_case(name): getattr(component, name) for name in names if hasattr(component, name) and name[0] != "_"}


def in_schema_spelling(of: type, problem: Problem) -> Problem:
    """A problem with the names of the schema, where a Python program has snake_case names."""
    names = set(_names(of))
    path = ".".join(map(_camel_case_member, problem.path.split(".")))
    parts = problem.reason.split('"')  # quoted values stay as they are
    parts[::2] = [_SNAKE_CASE.sub(lambda m: camel_case(m[0]) if m[0] in names else m[0], part) for part in parts[::2]]
    return Problem(path, '"'.join(parts))


def _camel_case_member(member: str) -> str:
    name, bracket, index = member.partition("[")
    return camel_case(name) + bracket + index


def _names(of: Any) -> Iterator[str]:
    for name, hint in argument_types(of).items():
        yield name
        inner = without_none(without_input(without_none(hint)))
        for nested in (inner, *typing.get_args(inner)):
            bare = without_none(without_input(nested))
            if typing.is_typeddict(bare):
                yield from _names(bare)
