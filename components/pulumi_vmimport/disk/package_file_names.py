"""Names of files in a package: a descriptor has URIs, and tar may prefix names with `./`.

Source: DMTF DSP0243 1.1.1, section 7.1 (ovf:href is a URI); RFC 3986, section 2.1 (percent-encoding).
"""

from collections.abc import Iterable
from urllib.parse import unquote

_HERE = "./"


def decoded(name: str) -> str:
    """The name without percent-encoding and without the prefix `./`."""
    plain = unquote(name)
    while plain.startswith(_HERE):
        plain = plain[len(_HERE) :]
    return plain


class FileNames:
    """Finds files by any spelling of their names."""

    def __init__(self, names: Iterable[str]) -> None:
        """The first of several spellings of one name takes precedence."""
        self._names: dict[str, str] = {}
        for name in names:
            self._names.setdefault(name, name)
        self._decoded: dict[str, str] = {}
        for name in self._names:
            self._decoded.setdefault(decoded(name), name)

    def find(self, name: str) -> str | None:
        """The name of the file; None if there is none."""
        return self._names.get(name) or self._decoded.get(decoded(name))
