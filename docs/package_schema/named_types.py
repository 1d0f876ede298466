"""The types of properties, and the object and enum types that a schema names."""

import inspect
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from package_schema.descriptions import Descriptions

from pulumi_vmimport.components.argument_types import argument_types, without_input
from pulumi_vmimport.lifecycle.schema import camel_case, field_types, is_required, without_none

Spec = dict[str, Any]

_SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number"}
_IDENTIFIER = re.compile(r"[A-Za-z]\w*")
_ANY: Spec = {"$ref": "pulumi.json#/Any"}
# Python has two classes of these names, and in Go a type may not be named like a resource.
_NAMES = {
    "pulumi_vmimport.components.source_machine_args.SourceVirtualMachineArgs": "SourceMachine",
    "pulumi_vmimport.guest.windows_preparation.Sysprep": "GuestSysprep",
    "pulumi_vmimport.resources.ec2_images.fast_launch.FastLaunchTemplateArgs": "FastLaunchLaunchTemplateSpecification",
}
# The closed sets of this library. AWS may add a value to any other set, so those are open to any string.
_OWN_ENUMS = frozenset(
    {
        "GuestProfile",
        "GuestSysprep",
        "ImageProfile",
        "MachineExportFormat",
        "MachineProfile",
        "OperatorPolicyPreset",
        "PartitionLayout",
        "PoweredOn",
        "SourceMachinePhase",
        "SourceMachineRules",
        "Sysprep",
    }
)
# A part of the members of an enumeration that is a type of its own.
_SUBSETS: dict[tuple[str, ...], str] = {("ec2", "byol-workspaces"): "MachineProfile"}
# The sets of components that no resource has.
_COMPONENT_ENUMS: dict[tuple[str, ...], tuple[str, str]] = {
    ("install", "export"): ("SourceMachinePhase", "The phase of a virtual machine that is installed and exported."),
    ("enforce", "warn", "off"): ("SourceMachineRules", "How to report what AWS does not support."),
    ("vm_import_export_guide",): ("OperatorPolicyPreset", "A policy of AWS's documentation."),
}


def token(name: str) -> str:
    """The token of a type, a resource or a function."""
    return f"vmimport:index:{name}"


class NamedTypes:
    """The specifications of types, and the named types that they refer to."""

    def __init__(self, descriptions: Descriptions, secrets: frozenset[str]) -> None:
        """`secrets` are the Python names of properties that are secret in every structure."""
        self.found: dict[str, Spec] = {}
        """The named types by their tokens"""
        self._descriptions = descriptions
        self._secrets = secrets
        self._enums: dict[type[Enum], set[tuple[str, ...]]] = {}
        self._sources: dict[str, Any] = {}

    def secret(self, name: str) -> Spec:
        """The member that marks a property of this Python name as a secret; empty for any other."""
        return {"secret": True} if name in self._secrets else {}

    def argument(self, hint: Any, field_hint: Any = None) -> Spec:
        """The type of an argument; `field_hint` is that of the same input of a lifecycle, which names its enum."""
        is_plain = hint is without_input(hint) and hint in {bool, list[str]}
        spec = self._argument(without_input(hint), without_none(field_hint))
        return {**spec, "plain": True} if is_plain else spec

    def output(self, hint: Any) -> Spec:
        """The type of an output: a field of a state or of a result."""
        hint = without_none(hint)
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if origin in (tuple, list):
            return {"type": "array", "items": self.output(inner[0])}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.output(inner[1])}
        if is_dataclass(hint) and isinstance(hint, type):
            return self._structure(hint, hint.__name__, lambda: self.outputs_of_function(hint))
        if isinstance(hint, type) and issubclass(hint, Enum):
            return {"type": "string"}  # a service may return other values
        return {"type": _SCALARS[hint]} if hint in _SCALARS else _ANY

    def inputs_of_function(self, of: type) -> Spec:
        """The dataclass of a function's inputs as an object type."""
        needed = (f.name for f in fields(of) if is_required(f))
        return self._dataclass(of, lambda hint: self._input(without_none(hint)), needed)

    def outputs_of_function(self, of: type) -> Spec:
        """The dataclass of a function's result, or a part of it, as an object type."""
        present = (name for name, hint in field_types(of).items() if without_none(hint) is hint)
        return self._dataclass(of, self.output, present)

    def _dataclass(self, of: type, specify: Callable[[Any], Spec], required: Iterable[str]) -> Spec:
        texts = self._descriptions.of_attributes(of)
        return {
            "type": "object",
            "properties": {
                camel_case(name): {**specify(hint), "description": texts[name]}
                for name, hint in field_types(of).items()
            },
            "required": sorted(map(camel_case, required)),
        }

    def _input(self, hint: Any) -> Spec:
        enum = _enum_class(hint)
        if enum is None:
            return self.output(hint)
        members = typing.get_args(hint) or tuple(enum)
        return self._enum(tuple(member.value for member in members), hint)

    def add(self, name: str, spec: Spec, source: Any) -> Spec:
        """Name a type. Raises: ValueError if the name is taken by another source."""
        if self._sources.setdefault(name, source) != source:
            raise ValueError(f"two types are named {name}: {self._sources[name]} and {source}; give one another name")
        self.found[token(name)] = spec
        return {"$ref": f"#/types/{token(name)}"}

    def _argument(self, hint: Any, field_hint: Any) -> Spec:
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if origin is list:
            items = (typing.get_args(field_hint) or (None,))[0]
            return {"type": "array", "items": self._argument(without_input(inner[0]), without_none(items))}
        if origin is dict:
            return {"type": "object", "additionalProperties": self._argument(without_input(inner[1]), None)}
        if origin is typing.Literal:
            return self._enum(inner, field_hint)
        if typing.is_typeddict(hint):
            return self._structure(hint, _python_name(hint), lambda: self._members(hint, field_hint))
        return {"type": _SCALARS[hint]} if hint in _SCALARS else _ANY

    def _structure(self, of: Any, name: str, members: Callable[[], Spec]) -> Spec:
        if token(name) in self.found:
            return self.add(name, self.found[token(name)], of)
        description = self._descriptions.text(inspect.getdoc(of))
        return self.add(name, {"type": "object", "description": description, **members()}, of)

    def _members(self, of: Any, field_type: Any) -> Spec:
        texts = self._descriptions.of_attributes(of)
        of_fields = field_types(field_type) if is_dataclass(field_type) and isinstance(field_type, type) else {}
        return {
            "properties": {
                camel_case(name): {
                    **self.argument(hint, of_fields.get(name)),
                    "description": texts[name],
                    **self.secret(name),
                }
                for name, hint in argument_types(of).items()
            },
            "required": sorted(map(camel_case, of.__required_keys__)),
        }

    def _enum(self, values: tuple[str, ...], field_hint: Any) -> Spec:
        of = _enum_class(field_hint) or self._known_enum(values)
        if of is None:
            members = values
            name, description = _COMPONENT_ENUMS[values]
            specs: list[Spec] = [{"value": value} for value in values]
        else:
            members = _members_for(of, values)
            self._enums.setdefault(of, set()).add(members)
            name, description = _SUBSETS.get(members, _python_name(of)), inspect.getdoc(of) or ""
            specs = self._enum_members(of, members)
        spec = {"type": "string", "description": self._descriptions.text(description), "enum": specs}
        chosen = self.add(name, spec, (of, members))
        if name in _OWN_ENUMS:
            return chosen
        return {"type": "string", "oneOf": [{"type": "string"}, {"type": "string", **chosen}]}

    def _enum_members(self, of: type[Enum], values: tuple[str, ...]) -> list[Spec]:
        """The members with these values; named as in Python where the values are no names in every language."""
        texts = self._descriptions.of_attributes(of)
        named = not all(map(_IDENTIFIER.fullmatch, values))
        return [
            {
                "value": value,
                **({"name": member.name.title().replace("_", "")} if named else {}),
                **({"description": texts[member.name]} if member.name in texts else {}),
            }
            for value, member in ((value, of(value)) for value in values)
        ]

    def _known_enum(self, values: tuple[str, ...]) -> type[Enum] | None:
        """The only enumeration of a lifecycle that an argument with these values can have."""
        same = [of for of, known in self._enums.items() if _members_for(of, values) in known]
        if len(same) > 1:
            raise ValueError(f"several enumerations have the values {values}: {same}")
        return same[0] if same else None


def _enum_class(hint: Any) -> type[Enum] | None:
    if typing.get_origin(hint) is typing.Literal:
        hint = type(typing.get_args(hint)[0])
    return hint if isinstance(hint, type) and issubclass(hint, Enum) else None


def _python_name(of: type) -> str:
    return _NAMES.get(f"{of.__module__}.{of.__name__}", of.__name__.removesuffix("Args"))


def _members_for(of: type[Enum], values: tuple[str, ...]) -> tuple[str, ...]:
    """The members that the values spell, in the order of the enumeration; nothing if one is no member."""
    try:
        spelled = {of(value) for value in values}
    except ValueError:
        return ()
    return tuple(str(member.value) for member in of if member in spelled)
