"""What programs in other languages name: tokens, properties and types of the schema, as released.

`frozen_schema.txt` has one line for each. A line may be added. A line may be changed only where no program notices: an
input that is no longer required. Nothing else may be changed or removed: a property that is not needed any more is
deprecated, and stays.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from package_schema.reference import SCHEMA, ReferenceEntry, ReferenceProperty, reference

FROZEN = Path(__file__).with_name("frozen_schema.txt")


def lines() -> set[str]:
    """The lines of the current schema."""
    found = {line for entry in reference() for line in (entry.token, *property_lines(entry))}
    types = json.loads(SCHEMA.read_text(encoding="utf-8"))["types"].items()
    return found | {
        line for token, spec in types for line in enum_lines(token.rpartition(":")[2], spec.get("enum", ()))
    }


def enum_lines(name: str, members: Iterable[Mapping[str, str]]) -> Iterator[str]:
    for member in members:
        yield f"enum {name} {member['value']}" + (f" as {member['name']}" if "name" in member else "")


def property_lines(entry: ReferenceEntry) -> Iterator[str]:
    places = [(f"{entry.token} input", entry.inputs), (f"{entry.token} output", entry.outputs)]
    for place, properties in (*places, *((f"type {of.name}", of.properties) for of in entry.types)):
        for property in properties:
            is_required = property.is_required and not place.endswith("output")
            yield f"{place} {property.name}: {type_of(property)}{' required' if is_required else ''}"


def type_of(property: ReferenceProperty) -> str:
    if property.enum_name is None:
        return property.type
    kind = property.type.replace("string", property.enum_name)
    return f"{kind} or any string" if property.is_open else kind


def test_no_token_property_or_type_changes() -> None:
    frozen = FROZEN.read_text(encoding="utf-8").splitlines()
    assert frozen == sorted(set(frozen))
    lost, new = sorted(set(frozen) - lines()), sorted(lines() - set(frozen))
    assert lost == [], "existing programs use these; see the docstring of this file"
    assert new == [], f"add these lines to {FROZEN.name}, in order"
