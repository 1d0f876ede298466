"""The configuration of the provider in the schema: `vmimport:<name>` of a stack, and `vmimport.Provider`."""

from collections.abc import Iterable

from package_schema.named_types import NamedTypes, Spec, token

from pulumi_vmimport.lifecycle.provider_configuration import PROVIDER_CONFIGURATION
from pulumi_vmimport.lifecycle.provider_structures import ConfigurationStructure, ConfigurationValue

_SCALARS: dict[object, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}
_DESCRIPTION = (
    "How the resources reach AWS and vSphere. Names that pulumi-aws has too mean the same; a program with several "
    "accounts or Regions has a provider for each. The provider does not read `aws:*` and `vsphere:*` of the stack's "
    "configuration."
)


def provider(types: NamedTypes) -> Spec:
    """The provider resource."""
    return {"description": _DESCRIPTION, "inputProperties": configuration(types)}


def configuration(types: NamedTypes) -> Spec:
    """The keys of the configuration."""
    return _properties(PROVIDER_CONFIGURATION, types)


def _properties(values: Iterable[ConfigurationValue], types: NamedTypes) -> Spec:
    return {
        value.name: {
            **_type(value, types),
            "description": value.description,
            **({"secret": True} if value.is_secret else {}),
        }
        for value in values
    }


def _type(value: ConfigurationValue, types: NamedTypes) -> Spec:
    one = _structure(value.of, types) if isinstance(value.of, ConfigurationStructure) else {"type": _SCALARS[value.of]}
    if value.allowed:
        one = _enum(value, types)
    if value.is_list:
        return {"type": "array", "items": one}
    return {"type": "object", "additionalProperties": one} if value.is_map else one


def _structure(of: ConfigurationStructure, types: NamedTypes) -> Spec:
    if token(of.name) in types.found:
        return types.add(of.name, types.found[token(of.name)], of)
    spec = {
        "type": "object",
        "description": of.description,
        "properties": _properties(of.members, types),
        "required": sorted(member.name for member in of.members if member.is_required),
    }
    return types.add(of.name, spec, of)


def _enum(value: ConfigurationValue, types: NamedTypes) -> Spec:
    name = f"Provider{value.name[0].upper()}{value.name[1:]}"
    spec = {"type": "string", "description": value.description, "enum": [{"value": v} for v in value.allowed]}
    chosen = types.add(name, spec, value)
    return {"type": "string", "oneOf": [{"type": "string"}, {"type": "string", **chosen}]}
