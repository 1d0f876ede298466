"""Pulumi's property values: on the wire, in plain Python, and two spellings of the same.

Source of the signatures: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2

Properties = dict[str, Any]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the signature of a secret, not one

COMPUTED = object()
"""In a table of defaults: whatever the service has there is its own, so the program need not say it."""


def plain(struct: struct_pb2.Struct) -> Properties:
    """The properties of a message: whole numbers as int, secrets unwrapped."""
    value = _plain(json_format.MessageToDict(struct))
    return value if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:  # Configure gets them whatever the provider says it accepts
            return _plain(value.get("value"))
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def wire(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The message of properties; what is None is left out, as the SDK leaves out what a program does not say."""
    struct = struct_pb2.Struct()
    struct.update({name: value for name, value in properties.items() if value is not None})
    return struct


def has_unknown(value: Any) -> bool:
    """Whether a value is not, or not wholly, known before the update."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def _empty(value: Any) -> bool:
    return value is None or value in ([], {}, "")


def canonical(value: Any) -> Any:
    """A form in which two spellings of one value are equal: JSON texts parsed, assets by hash, empty as absent."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return value.get("hash") or value.get("text") or value.get("path")
        items = ((name, canonical(item)) for name, item in value.items())
        return {name: item for name, item in items if not _empty(item)}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if isinstance(value, str) and value[:1] in ("{", "[") and value[-1:] in ("}", "]"):
        try:
            return canonical(json.loads(value))
        except json.JSONDecodeError:
            return value
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same, however they are spelled; None is the same as empty."""
    left, right = canonical(one), canonical(other)
    return bool(left == right) or (_empty(left) and _empty(right))


def respelled(said: Any, live: Any, defaults: Mapping[str, Any]) -> Any:
    """What the service has, in the program's own words where they mean the same.

    Inside structures, what the program did not say stays out unless the service's value is neither empty, nor false,
    nor that of `defaults`. So a refresh shows what was changed by hand and nothing that the service filled in.
    """
    if same(said, live):
        return said
    if isinstance(said, dict) and isinstance(live, dict):
        return {
            name: respelled(said.get(name), item, defaults)
            for name, item in live.items()
            if name in said or not _left_to_service(item, defaults.get(name))
        }
    if isinstance(live, list):
        words = said if isinstance(said, list) else []
        return [
            respelled(words[index] if index < len(words) else {}, item, defaults) for index, item in enumerate(live)
        ]
    return live


def _left_to_service(value: Any, default: Any) -> bool:
    return default is COMPUTED or _empty(value) or value is False or bool(value == default)


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every path at which two sets of inputs differ, as (path, "add" | "delete" | "update")."""
    if isinstance(old, dict) and isinstance(new, dict) and SIGNATURE not in old and SIGNATURE not in new:
        for name in sorted(old.keys() | new.keys()):
            if not name.startswith("__"):  # the SDK's own notes, such as __defaults
                yield from differences(old.get(name), new.get(name), _joined(path, name))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from differences(before, after, f"{path}[{index}]")
    elif has_unknown(new) or not same(old, new):
        yield path, "add" if old is None else "delete" if new is None else "update"


def _joined(path: str, name: str) -> str:
    """A path and one more name, quoted where it would read as more than one; Source: pulumi's PropertyPath."""
    if not re.fullmatch(r"[A-Za-z_$][\w$]*", name):
        return f"{path}[{json.dumps(name)}]"
    return f"{path}.{name}" if path else name


def top(path: str) -> str:
    """The name of the property a path begins with: rules[0].id is in rules."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]
