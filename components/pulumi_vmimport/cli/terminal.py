"""Output that no name of a file, no reader that goes away and no encoding can upset."""

import os
import sys
from contextlib import suppress


def prepare() -> None:
    """What the encoding of the output lacks is escaped from here on, and no error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def let_go() -> None:
    """Leave what is still to be written to nobody: Python would fail over it at the end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def escaped(text: str, *, but: str = "") -> str:
    """The text without what a terminal would obey, which is written as Python writes it; `but` stays."""
    return "".join(c if c.isprintable() or c in but else ascii(c)[1:-1] for c in text)
