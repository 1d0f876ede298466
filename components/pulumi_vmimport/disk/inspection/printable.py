"""Text out of a file whose maker nobody knows: short, and without what a terminal would obey."""

_MAX_CHARACTERS = 256


def printable(text: str | bytes, most: int = _MAX_CHARACTERS) -> str:
    """The text up to so many characters, blanks at its ends cut off, `?` for each that cannot be printed."""
    # A character takes four bytes at most: what is behind that is not even decoded.
    decoded = text[: 4 * most].decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = decoded.strip("\0 \t\r\n")[:most]
    return "".join(character if character.isprintable() else "?" for character in shown)
