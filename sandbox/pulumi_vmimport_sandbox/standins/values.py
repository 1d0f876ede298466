"""Pulumi property values: wire format, Python values and comparison.

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
"""In a table of defaults: the service determines the value if the program omits it."""


def plain(struct: struct_pb2.Struct) -> Properties:
    """The properties of a message. Whole numbers become int; secrets are unwrapped."""
    value = _plain(json_format.MessageToDict(struct))
    return value if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:  # Configure receives secrets even if the provider does not accept them
            return _plain(value.get("value"))
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def wire(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The message of properties. None is omitted, as in the SDK."""
    struct = struct_pb2.Struct()
    struct.update({name: value for name, value in properties.items() if value is not None})
    return struct


def has_unknown(value: Any) -> bool:
    """Whether a value is at least partly unknown before the update."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def _empty(value: Any) -> bool:
    return value is None or value in ([], {}, "")


def canonical(value: Any) -> Any:
    """A normal form for comparison: JSON strings are parsed, assets replaced by their hashes, empty values removed."""
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
    """Whether two values are equivalent. None and empty values are equivalent."""
    left, right = canonical(one), canonical(other)
    return bool(left == right) or (_empty(left) and _empty(right))


def respelled(value: Any, live: Any, defaults: Mapping[str, Any]) -> Any:
    """The service's value, or the program's value if both are equivalent.

    Nested properties that the program omits are included only if the service's value is not empty, false or the value
    in `defaults`. A refresh therefore shows manual changes and no service defaults.
    """
    if same(value, live):
        return value
    if isinstance(value, dict) and isinstance(live, dict):
        return {
            name: respelled(value.get(name), item, defaults)
            for name, item in live.items()
            if name in value or not _left_to_service(item, defaults.get(name))
        }
    if isinstance(live, list):
        items = value if isinstance(value, list) else []
        return [
            respelled(items[index] if index < len(items) else {}, item, defaults) for index, item in enumerate(live)
        ]
    return live


def _left_to_service(value: Any, default: Any) -> bool:
    return default is COMPUTED or _empty(value) or value is False or bool(value == default)


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every path at which two sets of inputs differ, as (path, "add" | "delete" | "update")."""
    if isinstance(old, dict) and isinstance(new, dict) and SIGNATURE not in old and SIGNATURE not in new:
        for name in sorted(old.keys() | new.keys()):
            if not name.startswith("__"):  # internal properties of the SDK, such as __defaults
                yield from differences(old.get(name), new.get(name), _joined(path, name))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from differences(before, after, f"{path}[{index}]")
    elif has_unknown(new) or not same(old, new):
        yield path, "add" if old is None else "delete" if new is None else "update"


def _joined(path: str, name: str) -> str:
    """Append a name to a path, quoted if it is not an identifier. Source: Pulumi's PropertyPath."""
    if not re.fullmatch(r"[A-Za-z_$][\w$]*", name):
        return f"{path}[{json.dumps(name)}]"
    return f"{path}.{name}" if path else name


def top(path: str) -> str:
    """The top-level property of a path: rules for rules[0].id."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]
