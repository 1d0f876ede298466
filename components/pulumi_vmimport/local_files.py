"""Files on the machine that runs Pulumi."""

import os
import tempfile
from pathlib import Path


def is_local_file(path: str) -> bool:
    """Whether the path is that of a file on this machine; false, too, for a text that no path can be."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # too long, or with a NUL
        return False


def write_private_file(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, also while it is written. An earlier file is replaced.

    Raises: OSError.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
