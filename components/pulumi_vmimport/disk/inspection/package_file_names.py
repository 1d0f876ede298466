"""The names of files in a package: a descriptor's are URIs, and tar puts a folder's `./` before its own.

Source: DMTF DSP0243 1.1.1, section 7.1 (ovf:href is a URI); RFC 3986, section 2.1 (percent-encoding).
"""

from collections.abc import Iterable
from urllib.parse import unquote

_HERE = "./"


def decoded(name: str) -> str:
    """The name less what spellings of it differ in: percent-encoding, and `./` before it."""
    plain = unquote(name)
    while plain.startswith(_HERE):
        plain = plain[len(_HERE) :]
    return plain


class FileNames:
    """The names that files have, by whatever spelling one is asked for."""

    def __init__(self, names: Iterable[str]) -> None:
        """Of several that are spellings of one name, the first is found."""
        self._names: dict[str, str] = {}
        for name in names:
            self._names.setdefault(name, name)
        self._decoded: dict[str, str] = {}
        for name in self._names:
            self._decoded.setdefault(decoded(name), name)

    def find(self, said: str) -> str | None:
        """The name of the file that is meant; None when there is none."""
        return self._names.get(said) or self._decoded.get(decoded(said))
