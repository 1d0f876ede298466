"""Property bags as Pulumi's protocol sends them: unknown values, secrets and outputs are marked by signatures.

Source: https://pulumi-developer-docs.readthedocs.io/latest/docs/_generated/proto/provider.html and the constants of
`sdk/go/common/resource` in github.com/pulumi/pulumi.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format, struct_pb2

from pulumi_vmimport.lifecycle.input_changes import with_nested_strings
from pulumi_vmimport.lifecycle.schema import wire_fields
from pulumi_vmimport.lifecycle.unknown import UNKNOWN

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# An unknown value whose type is known has a text of its own.
_UNKNOWNS = frozenset(
    {
        _UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


@dataclass(frozen=True)
class ReceivedBag:
    """A property bag of a request."""

    values: dict[str, Any] = field(default_factory=dict)
    """The properties as plain values, UNKNOWN where preview cannot know them"""
    sealed: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The properties that contain secrets, with the signatures of these"""
    supplied: frozenset[str] = frozenset()
    """The properties that the outputs of other resources supply, as far as the engine says so"""


def received(message: struct_pb2.Struct) -> ReceivedBag:
    """The property bag in a message."""
    bag: dict[str, Any] = json_format.MessageToDict(message)
    return ReceivedBag(
        values={name: _plain(value) for name, value in bag.items()},
        sealed={name: _without_outputs(value) for name, value in bag.items() if _has_secret(value)},
        supplied=frozenset(name for name, value in bag.items() if _is_supplied(value)),
    )


def to_send(of: type, values: Mapping[str, Any], *origins: ReceivedBag) -> dict[str, Any]:
    """The properties of a resource for a message, with its secrets marked.

    Secret is what was secret in one of the bags that the values come from, and what the fields of `of` declare.
    """
    hidden = {name for name, declared in wire_fields(of).items() if not declared.repr}
    marked = with_nested_strings(of, values, lambda handling, text: _secret(text) if handling.is_secret(text) else text)
    return {
        name: _sealed(name, value, marked.get(name), origins, is_hidden=name in hidden)
        for name, value in values.items()
        if value is not None
    }


def message_of(bag: Mapping[str, Any]) -> struct_pb2.Struct:
    """A message with these properties."""
    message = struct_pb2.Struct()
    message.update(dict(bag))
    return message


def _sealed(name: str, value: Any, marked: Any, origins: tuple[ReceivedBag, ...], *, is_hidden: bool) -> Any:
    for origin in origins:
        if name in origin.sealed:
            return origin.sealed[name] if origin.values[name] == value else _secret(_sent(value))
    return _secret(_sent(value)) if is_hidden else _sent(marked)


def _secret(value: Any) -> dict[str, Any]:
    return {_SIGNATURE: _SECRET, "value": value}


def _sent(value: Any) -> Any:
    if value is UNKNOWN:
        return _UNKNOWN
    if isinstance(value, Mapping):
        return {name: _sent(member) for name, member in value.items()}
    return [_sent(item) for item in value] if isinstance(value, (list, tuple)) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _SECRET:
            return _plain(value.get("value"))
        if value.get(_SIGNATURE) == _OUTPUT:
            return _plain(value["value"]) if "value" in value else UNKNOWN
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWNS else value


def _without_outputs(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _OUTPUT:
            inner = _without_outputs(value["value"]) if "value" in value else _UNKNOWN
            return _secret(inner) if value.get("secret") else inner
        return {name: _without_outputs(member) for name, member in value.items()}
    return [_without_outputs(item) for item in value] if isinstance(value, list) else value


def _has_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        is_secret = value.get(_SIGNATURE) == _SECRET or (value.get(_SIGNATURE) == _OUTPUT and bool(value.get("secret")))
        return is_secret or any(map(_has_secret, value.values()))
    return isinstance(value, list) and any(map(_has_secret, value))


def _is_supplied(value: Any) -> bool:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _OUTPUT:
            return bool(value.get("dependencies")) or "value" not in value
        return any(map(_is_supplied, value.values()))
    if isinstance(value, list):
        return any(map(_is_supplied, value))
    return isinstance(value, str) and value in _UNKNOWNS
