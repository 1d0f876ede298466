"""Output that works with every encoding, with any file name, and with a reader that closes the pipe."""

import os
import sys
import textwrap
from contextlib import suppress


def escape_unencodable_output() -> None:
    """From here on characters that the encoding of the output lacks are escaped instead of raising an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Send pending output to the null device; Python would fail on it at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def escaped(text: str, *, keep: str = "") -> str:
    """The text with control characters in Python's notation, except those in `keep`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else ascii(c)[1:-1] for c in text)


def wrapped(words: str, width: int, *, indent: int = 0) -> list[str]:
    """Lines of at most `width` characters; what has no space (a URL, an id, an ARN) is never broken."""
    own = len(words) - len(words.lstrip())
    return textwrap.wrap(
        words, width, initial_indent=" " * indent, subsequent_indent=" " * (indent + own + 2),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
