from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf import struct_pb2

from pulumi_vmimport.lifecycle.native_values import message_of, received, to_send
from pulumi_vmimport.lifecycle.schema import StateHandling, nested, updatable_secret
from pulumi_vmimport.lifecycle.unknown import UNKNOWN

# From sdk/go/common/resource of github.com/pulumi/pulumi.
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270"}
OUTPUT = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
UNKNOWN_STRING, UNKNOWN_NUMBER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "3eeb2bf0-c639-47a8-9e75-3b44932eb421"


URL = StateHandling(is_secret=lambda text: "?" in text, comparable=lambda text: text.partition("?")[0])


@dataclass(frozen=True, kw_only=True)
class Link:
    url: str


@dataclass(frozen=True, kw_only=True)
class Thing:
    link: Link = nested(url=URL)  # noqa: RUF009 - declares a field
    size: int = 1
    password: str | None = updatable_secret()


def bag(**values: Any) -> struct_pb2.Struct:
    return message_of(values)


def secret(value: Any) -> dict[str, Any]:
    return {**SECRET, "value": value}


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        pytest.param({"a": 3, "b": [1.5, "x", None, True]}, {"a": 3, "b": [1.5, "x", None, True]}, id="plain"),
        pytest.param({"a": UNKNOWN_STRING, "b": [UNKNOWN_NUMBER]}, {"a": UNKNOWN, "b": [UNKNOWN]}, id="unknown"),
        pytest.param({"a": secret({"b": "x"})}, {"a": {"b": "x"}}, id="secret"),
        pytest.param({"a": {"b": secret(UNKNOWN_STRING)}}, {"a": {"b": UNKNOWN}}, id="unknown-secret"),
        pytest.param({"a": {**OUTPUT, "value": "x", "dependencies": []}}, {"a": "x"}, id="output"),
        pytest.param({"a": {**OUTPUT, "dependencies": ["urn"]}}, {"a": UNKNOWN}, id="unknown-output"),
        pytest.param({"a": {**OUTPUT, "value": "x", "secret": True}}, {"a": "x"}, id="secret-output"),
    ],
)
def test_values_are_received_without_the_marks_of_the_protocol(sent: Any, values: Any) -> None:
    assert received(bag(**sent)).values == values


@pytest.mark.parametrize(
    ("value", "is_supplied"),
    [
        ("x", False),
        (UNKNOWN_STRING, True),
        ([UNKNOWN_NUMBER], True),
        ({**OUTPUT, "value": "x", "dependencies": ["urn"]}, True),
        ({"nested": [{**OUTPUT, "value": "x", "dependencies": ["urn"]}]}, True),
        ({**OUTPUT, "value": "x", "dependencies": []}, False),
        (secret("x"), False),
    ],
)
def test_what_other_resources_supply_is_recognized(value: Any, is_supplied: bool) -> None:
    assert ("a" in received(bag(a=value)).supplied) is is_supplied


def test_a_secret_is_returned_as_it_was_received_and_another_value_in_its_place_is_secret_as_a_whole() -> None:
    origin = received(bag(link={"url": secret("https://a")}, size=2))
    assert to_send(Thing, origin.values, origin) == {"link": {"url": secret("https://a")}, "size": 2}
    assert to_send(Thing, {"link": {"url": "https://b"}}, origin) == {"link": secret({"url": "https://b"})}


def test_the_secret_of_an_output_stays_secret_without_the_output() -> None:
    origin = received(bag(link={"url": {**OUTPUT, "value": "https://a", "secret": True, "dependencies": ["urn"]}}))
    assert to_send(Thing, origin.values, origin) == {"link": {"url": secret("https://a")}}


def test_what_the_fields_declare_secret_is_sent_as_a_secret() -> None:
    values = {"link": {"url": "https://a?signature"}, "password": "p"}
    assert to_send(Thing, values) == {"link": {"url": secret("https://a?signature")}, "password": secret("p")}
    assert to_send(Thing, {"link": {"url": "https://a"}}) == {"link": {"url": "https://a"}}


def test_an_unknown_value_is_sent_as_one_and_none_is_not_sent() -> None:
    assert to_send(Thing, {"size": UNKNOWN, "link": None}) == {"size": UNKNOWN_STRING}
    assert received(message_of(to_send(Thing, {"size": UNKNOWN}))).values == {"size": UNKNOWN}
