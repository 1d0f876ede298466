"""The components in the schema."""

from importlib import import_module
from typing import Any

from package_schema.descriptions import Descriptions
from package_schema.named_types import NamedTypes, Spec, token
from package_schema.resources import output_types

from pulumi_vmimport.components.argument_types import argument_types
from pulumi_vmimport.components.component_base import Component
from pulumi_vmimport.components.component_catalog import COMPONENTS, ComponentEntry
from pulumi_vmimport.lifecycle.schema import camel_case, without_none


def components(types: NamedTypes, descriptions: Descriptions) -> dict[str, Spec]:
    """The specifications of the components by their tokens."""
    return {token(entry.name): _component(entry, types, descriptions) for entry in COMPONENTS}


def component_classes() -> dict[str, tuple[type[Component], Any]]:
    """The class of each component and of its arguments, by its name."""
    modules = {entry.name: import_module(f"pulumi_vmimport.{entry.module}") for entry in COMPONENTS}
    return {name: (getattr(module, name), getattr(module, f"{name}Args")) for name, module in modules.items()}


def _component(entry: ComponentEntry, types: NamedTypes, descriptions: Descriptions) -> Spec:
    cls, args = component_classes()[entry.name]
    texts, outputs = descriptions.of_attributes(args), output_types(cls)
    of_outputs = descriptions.of_attributes(cls)
    return {
        "isComponent": True,
        "description": descriptions.of_class(cls, args),
        "inputProperties": {
            camel_case(name): {**types.argument(hint), "description": texts[name], **types.secret(name)}
            for name, hint in argument_types(args).items()
        },
        "requiredInputs": sorted(map(camel_case, args.__required_keys__)),
        "properties": {
            camel_case(name): {**types.output(hint), "description": of_outputs[name], **types.secret(name)}
            for name, hint in outputs.items()
        },
        "required": sorted(camel_case(name) for name, hint in outputs.items() if without_none(hint) is hint),
    }
