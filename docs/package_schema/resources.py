"""The custom resources in the schema."""

import inspect
import typing
from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any

import pulumi
from package_schema.descriptions import Descriptions
from package_schema.named_types import NamedTypes, Spec, token

from pulumi_vmimport.components.argument_types import argument_types
from pulumi_vmimport.lifecycle.host_properties import ACCOUNT
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.schema import camel_case, field_types, replacing_properties, without_none
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport.resources.catalog_entry import ResourceEntry

_ACCOUNT = "The id of the account of the resource; absent if `skipRequestingAccountId` is set."


def resources(types: NamedTypes, descriptions: Descriptions) -> dict[str, Spec]:
    """The specifications of the public custom resources by their tokens."""
    # A component has arguments of the others, whose inputs name the enumerations in them.
    specs = {entry: _resource(entry, types, descriptions) for entry in RESOURCES}
    return {token(entry.name): spec for entry, spec in specs.items() if entry.is_public}


def resource_classes() -> dict[str, tuple[type[ManagedResource], Any]]:
    """The class of each custom resource and of its arguments, by its name."""
    modules = {entry.name: import_module(f"pulumi_vmimport.{entry.module}") for entry in RESOURCES}
    return {name: (getattr(module, name), getattr(module, f"{name}Args")) for name, module in modules.items()}


def output_types(cls: type[pulumi.Resource]) -> dict[str, Any]:
    """The types of the values of a class's outputs, as it annotates them."""
    hints = {name: hint for base in reversed(cls.__mro__) for name, hint in inspect.get_annotations(base).items()}
    return {name: typing.get_args(hint)[0] for name, hint in hints.items() if typing.get_origin(hint) is pulumi.Output}


def _resource(entry: ResourceEntry, types: NamedTypes, descriptions: Descriptions) -> Spec:
    cls, args = resource_classes()[entry.name]
    lifecycle = lifecycle_of(entry.name)
    inputs = _inputs(args, lifecycle.inputs_type, types, descriptions)
    required_inputs = sorted(map(camel_case, args.__required_keys__))
    outputs, required = _outputs(cls, inputs, lifecycle.state_type, types, descriptions.of_attributes(args, cls))
    if lifecycle.uses_aws:
        outputs[ACCOUNT] = {"type": "string", "description": _ACCOUNT}
    return {
        "description": descriptions.of_class(cls, args),
        "inputProperties": inputs,
        "requiredInputs": required_inputs,
        "properties": outputs,
        "required": sorted({*required_inputs, *required}),
        "aliases": [{"type": f"pulumi-python:dynamic/vmimport:{entry.name}"}],
    }


def _inputs(args: Any, inputs_type: type, types: NamedTypes, descriptions: Descriptions) -> Spec:
    texts, hints = descriptions.of_attributes(args), argument_types(args)
    of_fields, replacing = field_types(inputs_type), replacing_properties(inputs_type)
    return {
        camel_case(name): {
            **types.argument(hint, of_fields[name]),
            "description": texts[name],
            **types.secret(name),
            **({"willReplaceOnChanges": True} if camel_case(name) in replacing else {}),
        }
        for name, hint in hints.items()
    }


def _outputs(
    cls: Any, inputs: Spec, state_type: type, types: NamedTypes, texts: Mapping[str, str]
) -> tuple[Spec, list[str]]:
    """The outputs, and the names of those beyond the inputs that every resource has."""
    annotated = output_types(cls)
    of_fields, found, required = field_types(state_type), {}, []
    for name in (f.name for f in fields(state_type)):
        given = inputs.get(camel_case(name))
        spec = {k: v for k, v in given.items() if k not in {"plain", "willReplaceOnChanges"}} if given else None
        found[camel_case(name)] = {
            **(spec or types.output(of_fields[name])),
            "description": texts[name],
            **types.secret(name),
        }
        if name in annotated and without_none(annotated[name]) is annotated[name]:
            required.append(camel_case(name))
    return found, required
