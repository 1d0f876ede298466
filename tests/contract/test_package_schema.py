"""The schema of the package is complete, and keeps what programs in any language use."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from package_schema.descriptions import Descriptions

from pulumi_vmimport.components.argument_types import argument_types
from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.functions.catalog import FUNCTIONS
from pulumi_vmimport.lifecycle import package_provider, provider_structures
from pulumi_vmimport.lifecycle.provider_configuration import PROVIDER_CONFIGURATION
from pulumi_vmimport.lifecycle.provider_structures import ConfigurationValue
from pulumi_vmimport.lifecycle.schema import camel_case, replacing_properties
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "components" / "pulumi_vmimport" / "plugin" / "schema.json"
PREFIX = "vmimport:index:"


@cache
def schema() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def descriptions(spec: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every description in the schema, with its path."""
    if isinstance(spec, dict):
        for name, inner in spec.items():
            if name == "description" and isinstance(inner, str):
                yield path, inner
            else:
                yield from descriptions(inner, f"{path}/{name}")


def test_the_schema_has_every_public_resource_component_and_function() -> None:
    names = {entry.name for entry in RESOURCES if entry.is_public} | {entry.name for entry in COMPONENTS}
    assert set(schema()["resources"]) == {PREFIX + name for name in names}
    assert set(schema()["functions"]) == {PREFIX + entry.name for entry in FUNCTIONS}
    found = {token for token, spec in schema()["resources"].items() if spec.get("isComponent")}
    assert found == {PREFIX + entry.name for entry in COMPONENTS}


@pytest.mark.parametrize("name", [entry.name for entry in RESOURCES if entry.is_public])
def test_a_resource_takes_over_the_state_of_the_dynamic_provider(name: str) -> None:
    assert schema()["resources"][PREFIX + name]["aliases"] == [{"type": f"pulumi-python:dynamic/vmimport:{name}"}]


@pytest.mark.parametrize("name", [entry.name for entry in RESOURCES if entry.is_public])
def test_a_resource_has_the_properties_of_its_lifecycle(name: str) -> None:
    spec, lifecycle = schema()["resources"][PREFIX + name], lifecycle_of(name)
    assert set(spec["inputProperties"]) == {camel_case(f) for f in lifecycle.inputs_type.__dataclass_fields__}
    account = {"awsAccountId"} if lifecycle.uses_aws else set()
    assert set(spec["properties"]) == {camel_case(f) for f in lifecycle.state_type.__dataclass_fields__} | account
    replacing = {n for n, property in spec["inputProperties"].items() if property.get("willReplaceOnChanges")}
    assert replacing == replacing_properties(lifecycle.inputs_type)


def test_passwords_keys_and_tokens_are_secrets() -> None:
    pattern = re.compile(r"password|secretKey|accessKey|productKey|^token$|webIdentityToken$", re.IGNORECASE)
    found = [(path, spec) for path, spec in _properties(schema()) if pattern.search(path.rpartition("/")[2])]
    assert len(found) > len({"administratorPassword", "byolAccountPassword", "productKey"}) * 2
    assert [path for path, spec in found if spec.get("secret") is not True] == []


def _properties(spec: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every property in the schema, with its path."""
    if not isinstance(spec, dict):
        return
    for name, inner in spec.items():
        if name in {"properties", "inputProperties", "variables"}:
            yield from ((f"{path}/{name}/{key}", value) for key, value in inner.items())
        else:
            yield from _properties(inner, f"{path}/{name}")


def test_every_property_and_type_is_described() -> None:
    plain = [path for path, spec in _properties(schema()) if not spec.get("description")]
    assert plain + [token for token, spec in schema()["types"].items() if not spec.get("description")] == []


def test_descriptions_are_for_every_language() -> None:
    """No Python names of properties, values or classes."""
    names = {name for path, _ in _properties(schema()) for name in [path.rpartition("/")[2]]}
    for path, text in descriptions(schema()):
        prose = re.sub(r"https?://\S+|\[docs/\w+\.md\]|`[^`]*`", "", text)
        assert not re.search(
            r"\b(None|True|False|\w+Args|ResourceOptions)\b", prose.replace("virtualMachineArgs", "")
        ), (path, text)
        assert not {camel_case(word) for word in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", prose)} & names, (path, text)


def test_every_reference_leads_to_a_type() -> None:
    found = set(re.findall(r'"#/types/([^"]+)"', SCHEMA.read_text(encoding="utf-8")))
    assert found == set(schema()["types"])


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (package_provider.ProviderArgs, PROVIDER_CONFIGURATION),
        (package_provider.ProviderAssumeRoleArgs, provider_structures.ASSUME_ROLE.members),
        (package_provider.ProviderAssumeRoleWithWebIdentityArgs, provider_structures.WEB_IDENTITY.members),
        (package_provider.ProviderDefaultTagsArgs, provider_structures.DEFAULT_TAGS.members),
        (package_provider.ProviderEndpointArgs, provider_structures.ENDPOINT.members),
        (package_provider.ProviderIgnoreTagsArgs, provider_structures.IGNORE_TAGS.members),
    ],
)
def test_the_provider_is_documented_alike_in_python_and_in_the_schema(
    arguments: type, values: Iterable[ConfigurationValue]
) -> None:
    texts = Descriptions(set(argument_types(arguments))).of_attributes(arguments)
    assert {camel_case(name): text for name, text in texts.items()} == {v.name: v.description for v in values}
