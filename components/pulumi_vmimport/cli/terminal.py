"""Output that works with every encoding, with any file name, and with a reader that closes the pipe."""

import os
import sys
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
    return "".join(c if c.isprintable() or c in keep else ascii(c)[1:-1] for c in text)
