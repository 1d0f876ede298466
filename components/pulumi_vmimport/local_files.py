"""Whether a text from a program names a file."""

from pathlib import Path


def is_local_file(path: str) -> bool:
    """Whether the path is that of a file on this machine; false, too, for a text that no path can be."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # too long, or with a NUL
        return False
