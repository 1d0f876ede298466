"""The Pulumi package schema of the native provider: `make docs` writes it to the package.

Source: https://www.pulumi.com/docs/iac/build-with-pulumi/schema/
"""

import json
import typing
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from package_schema.attribute_docs import attribute_docs
from package_schema.components import component_classes, components
from package_schema.descriptions import REPOSITORY, Descriptions
from package_schema.functions import function_types, functions
from package_schema.named_types import NamedTypes, Spec
from package_schema.provider import configuration, provider
from package_schema.resources import resource_classes, resources

from pulumi_vmimport.components.argument_types import argument_types
from pulumi_vmimport.lifecycle.schema import field_types
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport.version import __version__

_NAME = "vmimport"
_METADATA: Spec = {
    "name": _NAME,
    "displayName": "VM Import/Export",
    "version": __version__,
    "description": "Import vSphere VMs into AWS: AMIs, EBS snapshots and WorkSpaces BYOL images, and exports back",
    "keywords": ["pulumi", "aws", "vmimport", "vsphere", "workspaces", "byol", "ova", "category/cloud", "kind/native"],
    "homepage": REPOSITORY,
    "repository": REPOSITORY,
    "license": "Apache-2.0",
    "publisher": "pulumi-vmimport",
    "meta": {"moduleFormat": "(.*)", "supportPack": True},
}
# The names of the packages that `pulumi package gen-sdk` generates. No registry has them. That of Python differs from
# our own package, which has the same classes: both can be installed, and neither hides the other.
_LANGUAGES: Spec = {
    "csharp": {"rootNamespace": "PulumiVmimport", "respectSchemaVersion": True},
    "go": {
        "importBasePath": "github.com/pulumi-vmimport/pulumi-vmimport/sdk/go/vmimport",
        "respectSchemaVersion": True,
    },
    "java": {"basePackage": "io.github.pulumi_vmimport", "buildFiles": "gradle"},
    "nodejs": {"packageName": "@pulumi-vmimport/vmimport", "respectSchemaVersion": True},
    "python": {
        "packageName": "pulumi_vmimport_sdk",
        "pyproject": {"enabled": True},
        "respectSchemaVersion": True,
    },
}


# Arguments of pulumi-vsphere that descriptions mention.
_NAMES_OF_VSPHERE = {"network_interfaces", "physical_function", "unit_number"}


def schema() -> Spec:
    """The schema as it is in JSON."""
    descriptions = Descriptions(_property_names())
    classes = [cls for cls, _ in resource_classes().values()]
    secrets = frozenset(name for cls in classes for name in (*cls._secret_arguments, *cls._secret_outputs))
    types = NamedTypes(descriptions, secrets)
    all_resources = {**resources(types, descriptions), **components(types, descriptions)}
    return {
        **_METADATA,
        "config": {"variables": configuration(types)},
        "provider": provider(types),
        "resources": all_resources,
        "functions": functions(types, descriptions),
        "types": types.found,
        "language": _LANGUAGES,
    }


def schema_text() -> str:
    """The text of schema.json."""
    return json.dumps(_without_empty_lists(schema()), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _without_empty_lists(spec: Any) -> Any:
    """The specification as the engine writes it: `required` is left out where nothing is required."""
    if isinstance(spec, dict):
        return {name: _without_empty_lists(value) for name, value in spec.items() if value != []}
    return [_without_empty_lists(value) for value in spec] if isinstance(spec, list) else spec


def _property_names() -> set[str]:
    """The Python names of all arguments and outputs, nested ones included."""
    states = (lifecycle_of(entry.name).state_type for entry in RESOURCES)
    classes = [of for pair in (*resource_classes().values(), *component_classes().values()) for of in pair]
    found: set[Any] = set()
    for structure in (*states, *function_types(), *classes):
        _add_structures(structure, found)
    return _NAMES_OF_VSPHERE | {name for of in found for name in (*attribute_docs(of), *_members(of))}


def _add_structures(hint: Any, found: set[Any]) -> None:
    """Add a class, and the classes of its members."""
    for argument in typing.get_args(hint):
        _add_structures(argument, found)
    if not isinstance(hint, type) or hint in found or not hint.__module__.startswith("pulumi_vmimport."):
        return
    found.add(hint)
    for member in _members(hint).values():
        _add_structures(member, found)


def _members(of: Any) -> Mapping[str, Any]:
    """The types of the members of a dataclass or a TypedDict."""
    if is_dataclass(of) and isinstance(of, type):
        return field_types(of)
    return argument_types(of) if typing.is_typeddict(of) else {}
