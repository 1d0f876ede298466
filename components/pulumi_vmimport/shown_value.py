"""Values in messages, in a form that is no programming language's."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

# A text is at most cut where no S3 key, ARN or name ends.
_MAX_CHARACTERS, _MAX_TEXT = 120, 1100


def shown_value(value: Any) -> str:
    """The value as a message shows it: `'a'`, `3`, `true`, `none`, `[1, 2]`, `{key: 'a'}`.

    A text has at most 1100 characters, anything else 120.
    """
    text = _shown(value)
    if isinstance(value, str) or len(text) <= _MAX_CHARACTERS:
        return text
    return f"{text[: _MAX_CHARACTERS - 3]}..."


def shown_bytes(data: bytes) -> str:
    """The bytes as text in quotes, or in hexadecimal if one of them is no printable ASCII character."""
    text = data.decode("ascii", "replace")
    if not data:
        return "nothing"
    return _quoted(text) if text.isascii() and text.isprintable() else data.hex(" ")


def _shown(value: Any) -> str:
    value = value.value if isinstance(value, Enum) else value
    if value is None or isinstance(value, (bool, int, float)):
        return _scalar(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shown(member)}" for key, member in value.items()) + "}"
    if isinstance(value, (Sequence, set, frozenset)) and not isinstance(value, (bytes, bytearray)):
        return f"[{', '.join(map(_shown, value))}]"
    return _described(value)


def _scalar(value: float | None) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _quoted(text: str) -> str:
    """The text in quotes, with control characters escaped and everything else as it is."""
    plain = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:_MAX_TEXT])
    plain += "..." if len(text) > _MAX_TEXT else ""
    return f'"{plain}"' if "'" in plain and '"' not in plain else f"'{plain}'"


def _described(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return f"{len(value)} bytes"
    name = type(value).__name__
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"
