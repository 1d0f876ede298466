"""What the schema says about each resource, component and function, for pages of the documentation."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parents[2] / "components" / "pulumi_vmimport" / "plugin" / "schema.json"
_TYPES = "#/types/"
_SCALARS = {"string": "string", "boolean": "boolean", "integer": "integer", "number": "number"}


class Kind(Enum):
    """What a page is about."""

    RESOURCE = "resource"
    COMPONENT = "component"
    FUNCTION = "function"
    PROVIDER = "provider"


@dataclass(frozen=True, kw_only=True)
class ReferenceProperty:
    """An input, an output, or a property of an object type."""

    name: str
    """As in property bags, YAML and TypeScript"""
    type: str
    """In words: `string`, `boolean`, `list of DiskContainer`, `map of string`, `any`"""
    type_name: str | None
    """The object type in it, the name of a ReferenceType"""
    enum_name: str | None
    """The enumeration of its strings"""
    allowed: tuple[str, ...]
    """The values of the enumeration"""
    is_open: bool
    """Whether other strings are valid too: AWS may add values, which a later version of the package accepts"""
    is_required: bool
    """Of an input: whether it must be set. Of an output: whether it always has a value."""
    is_secret: bool
    replaces: bool
    """Whether a change replaces the resource"""
    description: str
    """Markdown"""


@dataclass(frozen=True, kw_only=True)
class ReferenceType:
    """An object type."""

    name: str
    description: str
    properties: tuple[ReferenceProperty, ...]


@dataclass(frozen=True, kw_only=True)
class ReferenceEntry:
    """A resource, a component, a function, or the provider."""

    name: str
    """Such as `ImportImage` or `getImportImageTask`"""
    token: str
    kind: Kind
    description: str
    """Markdown; the first paragraph is a summary"""
    inputs: tuple[ReferenceProperty, ...]
    """The required ones first, then by name"""
    outputs: tuple[ReferenceProperty, ...]
    """Without those that repeat an input"""
    types: tuple[ReferenceType, ...]
    """The object types of the inputs and outputs, and the types in those"""


def reference(schema: Mapping[str, Any] | None = None) -> tuple[ReferenceEntry, ...]:
    """The provider, then the resources, components and functions by name. Default: the schema of the package."""
    read = schema if schema is not None else json.loads(SCHEMA.read_text(encoding="utf-8"))
    return tuple(_Reader(read).entries())


class _Reader:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema

    def entries(self) -> Iterator[ReferenceEntry]:
        yield self._resource("pulumi:providers:vmimport", self._schema["provider"], Kind.PROVIDER)
        for token, spec in sorted(self._schema["resources"].items()):
            yield self._resource(token, spec, Kind.COMPONENT if spec.get("isComponent") else Kind.RESOURCE)
        for token, spec in sorted(self._schema["functions"].items()):
            inputs, outputs = self._object(spec.get("inputs", {})), self._object(spec["outputs"])
            yield self._entry(token, spec, Kind.FUNCTION, inputs, outputs)

    def _resource(self, token: str, spec: Mapping[str, Any], kind: Kind) -> ReferenceEntry:
        inputs = self._properties(spec["inputProperties"], spec.get("requiredInputs", ()))
        outputs = self._properties(spec.get("properties", {}), spec.get("required", ()))
        # A custom resource has its inputs as outputs too. Those of a component that repeat one have another meaning.
        repeated = {} if kind is Kind.COMPONENT else spec["inputProperties"]
        own = {o.name for o in outputs if o.description != repeated.get(o.name, {}).get("description")}
        return self._entry(token, spec, kind, inputs, tuple(o for o in outputs if o.name in own))

    def _entry(
        self,
        token: str,
        spec: Mapping[str, Any],
        kind: Kind,
        inputs: tuple[ReferenceProperty, ...],
        outputs: tuple[ReferenceProperty, ...],
    ) -> ReferenceEntry:
        name = "Provider" if kind is Kind.PROVIDER else token.rpartition(":")[2]
        types: dict[str, ReferenceType] = {}
        self._add_types((*inputs, *outputs), types)
        return ReferenceEntry(
            name=name,
            token=token,
            kind=kind,
            description=spec["description"],
            inputs=inputs,
            outputs=outputs,
            types=tuple(types.values()),
        )

    def _add_types(self, properties: tuple[ReferenceProperty, ...], types: dict[str, ReferenceType]) -> None:
        for name in (property.type_name for property in properties):
            if name is not None and name not in types:
                spec = self._schema["types"][f"vmimport:index:{name}"]
                types[name] = ReferenceType(name=name, description=spec["description"], properties=self._object(spec))
                self._add_types(types[name].properties, types)

    def _object(self, spec: Mapping[str, Any]) -> tuple[ReferenceProperty, ...]:
        return self._properties(spec.get("properties", {}), spec.get("required", ()))

    def _properties(self, specs: Mapping[str, Any], required: Any) -> tuple[ReferenceProperty, ...]:
        names = sorted(specs, key=lambda name: (name not in required, name))
        return tuple(self._property(name, specs[name], is_required=name in required) for name in names)

    def _property(self, name: str, spec: Mapping[str, Any], *, is_required: bool) -> ReferenceProperty:
        inner, words = dict(spec), ""
        while inner.get("type") == "array" or "additionalProperties" in inner:
            words += "list of " if inner["type"] == "array" else "map of "
            inner = inner["items"] if inner["type"] == "array" else inner["additionalProperties"]
        reference = inner.get("$ref") or next((one["$ref"] for one in inner.get("oneOf", ()) if "$ref" in one), "")
        named = self._schema["types"].get(reference.removeprefix(_TYPES), {})
        is_object = named.get("type") == "object"
        reference_name = reference.rpartition(":")[2]
        type_name = reference_name if is_object else None
        return ReferenceProperty(
            name=name,
            type=words + (type_name or ("string" if named else _SCALARS.get(inner.get("type", ""), "any"))),
            type_name=type_name,
            enum_name=reference_name if named and not is_object else None,
            allowed=tuple(member["value"] for member in named.get("enum", ())),
            is_open="oneOf" in inner,
            is_required=is_required,
            is_secret=bool(spec.get("secret")),
            replaces=bool(spec.get("willReplaceOnChanges")),
            description=spec["description"],
        )
