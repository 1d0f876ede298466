"""Properties and types of the package schema as Markdown."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pulumi_vmimport.lifecycle.program_spelling import snake_case

Spec = Mapping[str, Any]
_TYPES = "#/types/"
_SOURCE = re.compile(r"Source: (https?://\S+[^\s.,;])")
_URL = re.compile(r"(?<![<(\[`\w])(https?://[^\s)>`]+[^\s)>`.,;])")


def described(text: str) -> str:
    """A description: URLs become links."""
    return _URL.sub(r"<\1>", _SOURCE.sub(r"[Source](\1).", text))


def property_table(properties: Mapping[str, Spec], required: Iterable[str], *, are_inputs: bool) -> str:
    """A table of inputs or outputs: required ones first."""
    needed = set(required)
    rows = []
    for name, spec in sorted(properties.items(), key=lambda item: (are_inputs and item[0] not in needed, item[0])):
        marks = [mark for mark, is_set in (
            ("**Required.**", are_inputs and name in needed),
            ("*Secret.*", spec.get("secret")),
            ("*A change replaces the resource.*", spec.get("willReplaceOnChanges") or spec.get("replaceOnChanges")),
            (f"*Deprecated: {spec.get('deprecationMessage')}.*", spec.get("deprecationMessage")),
        ) if is_set]  # fmt: skip
        text = " ".join([*marks, described(spec.get("description", ""))])
        rows.append(f"| {_name(name)} | {type_text(spec)} | {_cell(text)} |")
    head = "input" if are_inputs else "output"
    table = [f"| {head} | type | description |", "|---|---|---|", *rows]
    return "\n".join([":::{container} properties", "", *table, "", ":::"])


def type_sections(schema: Spec, properties: Iterable[Spec], *, are_inputs: bool) -> Iterator[str]:
    """A section for each type that the properties use, and that those types use."""
    seen: list[str] = []
    for spec in properties:
        _collect(schema, spec, seen)
    for name in sorted(seen):
        spec = schema["types"][f"vmimport:index:{name}"]
        yield f"### {name}"
        yield described(spec.get("description", ""))
        if "enum" in spec:
            yield "\n".join(f"- `{value['value']}`{_remark(value)}" for value in spec["enum"])
        else:
            yield property_table(spec.get("properties", {}), spec.get("required", ()), are_inputs=are_inputs)


def type_text(spec: Spec) -> str:
    """The type of a property, with a link to its section."""
    for variant in spec.get("oneOf", ()):
        if "$ref" in variant:
            return type_text(variant)
    if "$ref" in spec:
        name = spec["$ref"].rpartition(":")[2].rpartition("/")[2]
        return f"[`{name}`](#{name.lower()})" if spec["$ref"].startswith(_TYPES) else f"`{name}`"
    if spec.get("type") == "array":
        return f"list of {type_text(spec['items'])}"
    if "additionalProperties" in spec:
        return f"map of {type_text(spec['additionalProperties'])}"
    return f"{spec.get('type', 'any')}"


def _collect(schema: Spec, spec: Any, seen: list[str]) -> None:
    if isinstance(spec, list):
        for item in spec:
            _collect(schema, item, seen)
    elif isinstance(spec, dict):
        reference = spec.get("$ref")
        if isinstance(reference, str) and reference.startswith(_TYPES):
            name = reference.rpartition(":")[2]
            if name not in seen:
                seen.append(name)
                _collect(schema, schema["types"][f"vmimport:index:{name}"], seen)
        for key, inner in spec.items():
            if key != "description":
                _collect(schema, inner, seen)


def _name(name: str) -> str:
    """The name in most languages, and that in Python if it differs."""
    python = snake_case(name)
    return f"`{name}`" + (f"<br>`{python}`" if python != name else "")


def _remark(value: Spec) -> str:
    return f": {described(value['description'])}" if value.get("description") else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
