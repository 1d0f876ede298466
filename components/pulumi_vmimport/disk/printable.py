"""Text from untrusted files: short, and without control characters."""

_MAX_CHARACTERS = 256


def printable(text: str | bytes, most: int = _MAX_CHARACTERS) -> str:
    """At most `most` characters of the text, stripped, with `?` for each unprintable one."""
    # A character takes at most four bytes.
    decoded = text[: 4 * most].decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = decoded.strip("\0 \t\r\n")[:most]
    return "".join(character if character.isprintable() else "?" for character in shown)
