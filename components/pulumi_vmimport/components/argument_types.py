"""Validates the arguments of components against their TypedDicts."""

import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

import pulumi

from pulumi_vmimport.lifecycle.type_validation import MemberType, Problem, Structure, TypeValidator


class _ArgumentValidator(TypeValidator):
    """Validates dictionaries of arguments against TypedDicts of `pulumi.Input`."""

    def bare(self, hint: Any) -> Any:
        return without_input(hint)

    def structure(self, hint: Any) -> Structure | None:
        if not typing.is_typeddict(hint):
            return None
        required = getattr(hint, "__required_keys__", ())
        members = {name: MemberType(of, name in required) for name, of in argument_types(hint).items()}
        return Structure(member_noun="an argument", members=members, build=dict)


def type_problems(of: type, values: Mapping[str, Any]) -> list[Problem]:
    """The problems of values that should have the types of a TypedDict; UNKNOWN has every type."""
    validator = _ArgumentValidator()
    validator.value(of, values, "")
    return validator.problems


@cache
def argument_types(of: type) -> Mapping[str, Any]:
    """The types of a TypedDict's members."""
    # pulumi.Input spells its third kind "Output[T]", with names of pulumi's own module.
    return typing.get_type_hints(of, localns={"Output": pulumi.Output, "T": Any})


def without_input(hint: Any) -> Any:
    """T of `pulumi.Input[T]`, a union of T and what provides a T; any other type unchanged."""
    arguments = typing.get_args(hint)
    return arguments[0] if any(typing.get_origin(a) is pulumi.Output for a in arguments) else hint
