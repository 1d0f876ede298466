"""What programs in other languages name: tokens, properties and types of the schema, as released.

`frozen_schema.txt` has one line for each. A line may be added. A line may be changed only where no program notices: an
input that is no longer required. Nothing else may be changed or removed: a property that is not needed any more is
deprecated, and stays.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

FROZEN = Path(__file__).with_name("frozen_schema.txt")
SCHEMA = Path(__file__).parents[2] / "components" / "pulumi_vmimport" / "plugin" / "schema.json"


def lines(schema: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a schema."""
    for token, spec in {"pulumi:providers:vmimport": schema["provider"], **schema["resources"]}.items():
        yield token
        yield from property_lines(f"{token} input", spec["inputProperties"], spec.get("requiredInputs", ()))
        yield from property_lines(f"{token} output", spec.get("properties", {}))
    for token, spec in schema["functions"].items():
        inputs = spec["inputs"]
        yield token
        yield from property_lines(f"{token} input", inputs["properties"], inputs.get("required", ()))
        yield from property_lines(f"{token} output", spec["outputs"]["properties"])
    for token, spec in schema["types"].items():
        name = token.rpartition(":")[2]
        yield from property_lines(f"type {name}", spec.get("properties", {}), spec.get("required", ()))
        for member in spec.get("enum", ()):
            yield f"enum {name} {member['value']}" + (f" as {member['name']}" if "name" in member else "")


def property_lines(place: str, properties: Mapping[str, Any], required: Iterable[str] = ()) -> Iterator[str]:
    for name, spec in properties.items():
        yield f"{place} {name}: {type_of(spec)}{' required' if name in required else ''}"


def type_of(spec: Mapping[str, Any]) -> str:
    if spec.get("type") == "array":
        return f"list of {type_of(spec['items'])}"
    if "additionalProperties" in spec:
        return f"map of {type_of(spec['additionalProperties'])}"
    if "oneOf" in spec:
        return f"{type_of(spec['oneOf'][1])} or any string"
    named = spec.get("$ref", "").removeprefix("#/types/vmimport:index:")
    return str(named.replace("pulumi.json#/Any", "any") or spec["type"])


def test_no_token_property_or_type_changes() -> None:
    frozen = FROZEN.read_text(encoding="utf-8").splitlines()
    assert frozen == sorted(set(frozen))
    current = set(lines(json.loads(SCHEMA.read_text(encoding="utf-8"))))
    lost, new = sorted(set(frozen) - current), sorted(current - set(frozen))
    assert lost == [], "existing programs use these; see the docstring of this file"
    assert new == [], f"add these lines to {FROZEN.name}, in order"
