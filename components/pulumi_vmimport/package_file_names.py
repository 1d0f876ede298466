"""The names of the files of an OVF package: one set of rules for inspection, upload, packing and manifests.

A descriptor has URIs: percent-encoded, relative to the descriptor. Archives prefix names with `./`, macOS decomposes
characters (NFD), Windows ignores case and writes backslashes.
Source: DMTF DSP0243 1.1.1, section 7.1 (ovf:href is a URI); RFC 3986, section 2.1 (percent-encoding).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

_HERE = "./"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_MAX_PATH_CHARACTERS, _MAX_PART_CHARACTERS, _MAX_DEPTH = 1024, 255, 8
# Longer names need an extension header in a tar file.
_MAX_MEMBER_CHARACTERS = 100
_MAX_STEM_CHARACTERS, _MAX_SUFFIX_CHARACTERS = 80, 12
_NOT_IN_MEMBERS = re.compile(r"[^A-Za-z0-9._-]+")
_FOREIGN_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini", "@longlink", "@paxheader"})
_FOREIGN_FOLDERS = re.compile(r"__MACOSX|PaxHeaders?(?:\.\d+)?", re.IGNORECASE)


def decoded(name: str) -> str:
    """The name without percent-encoding and `./`, with slashes and composed characters."""
    plain = unicodedata.normalize("NFC", _unquoted(name)).replace("\\", "/")
    while plain.startswith(_HERE):
        plain = plain[len(_HERE) :].lstrip("/")
    return plain


def _unquoted(name: str) -> str:
    """The name without percent-encoding, of UTF-8 or, as older exporters write it, of Latin-1."""
    try:
        return unquote(name, errors="strict")
    except UnicodeDecodeError:
        return unquote(name, encoding="latin-1")


def relative_path(name: str) -> str | None:
    """The decoded path of a file in the folder of its descriptor or below; None for any other place, such as a URL."""
    path = decoded(name)
    parts = path.split("/")
    is_inside = (
        0 < len(path) <= _MAX_PATH_CHARACTERS
        and path.isprintable()
        and len(parts) <= _MAX_DEPTH
        and not _SCHEME.match(path)
        and all(0 < len(part) <= _MAX_PART_CHARACTERS and part not in {".", ".."} for part in parts)
    )
    return path if is_inside else None


def spellings(name: str) -> Sequence[str]:
    """The paths under which a file of this name may be stored, most likely first; none if it is outside the folder."""
    path = relative_path(name)
    if path is None:
        return ()
    stated = name.removeprefix(_HERE)
    verbatim = () if "/" in stated or len(stated) > _MAX_PART_CHARACTERS else (stated,)
    return tuple(dict.fromkeys((*verbatim, path, unicodedata.normalize("NFD", path))))


def folded(name: str) -> str:
    """What names that differ only in spelling and capitalization have in common."""
    return unicodedata.normalize("NFC", decoded(name).casefold())


def folder_of(name: str) -> str:
    """The folder of a file, with a slash at its end; empty for a file at the top."""
    folder, slash, _ = decoded(name).rpartition("/")
    return folder + slash


def is_foreign(name: str) -> bool:
    """Whether an archiver or file manager added the file: `._*` and .DS_Store of macOS, headers of pax, Thumbs.db."""
    *folders, last = decoded(name).split("/")
    return (
        last.startswith("._")
        or last.lower() in _FOREIGN_NAMES
        or any(_FOREIGN_FOLDERS.fullmatch(folder) for folder in folders)
    )


def member_names(names: Sequence[str]) -> Sequence[str]:
    """Names for the members of an OVA: unchanged if every reader supports them, otherwise unique names in ASCII."""
    found: list[str] = []
    used = {name.lower() for name in names if _is_portable(name)}
    next_numbers: Counter[str] = Counter()
    for name in names:
        made = name
        if not _is_portable(name):
            stem, suffix = _portable_parts(name)
            made = stem + suffix
            while made.lower() in used:
                next_numbers[stem + suffix] += 1
                made = f"{stem}-{next_numbers[stem + suffix] + 1}{suffix}"
            used.add(made.lower())
        found.append(made)
    return found


def ascii_name(name: str) -> str:
    """The name in letters, digits, `.`, `_` and `-` of ASCII: without accents, other characters become hyphens."""
    letters = unicodedata.normalize("NFKD", name)
    return _NOT_IN_MEMBERS.sub("-", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def _portable_parts(name: str) -> tuple[str, str]:
    """(stem, suffix) in ASCII: accents are dropped, and other characters become hyphens."""
    base = ascii_name(decoded(name))
    stem, dot, suffix = base.rpartition(".")
    if not dot or not 0 < len(suffix) <= _MAX_SUFFIX_CHARACTERS:
        stem, dot, suffix = base, "", ""
    return stem.strip("-.")[:_MAX_STEM_CHARACTERS] or "file", dot + suffix.strip("-")


def _is_portable(name: str) -> bool:
    return (
        name.isascii()
        and name.isprintable()
        and not set(name) & set("/\\%")
        and 0 < len(name) <= _MAX_MEMBER_CHARACTERS
    )


class FileNames:
    """Finds files by any spelling of their names."""

    def __init__(self, names: Iterable[str], folder: str = "") -> None:
        """The first of several spellings of one name takes precedence. `folder` is that of the descriptor."""
        self._folder = folder
        self._names: dict[str, str] = {}
        for name in names:
            self._names.setdefault(name, name)
        self._decoded: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        for name in self._names:
            self._decoded.setdefault(decoded(name), name)
            self._folded.setdefault(folded(name), name)

    def find(self, name: str) -> str | None:
        """The name of the file; None if there is none."""
        for wanted in dict.fromkeys((self._folder + decoded(name), decoded(name))):
            exact = self._names.get(name) if wanted == decoded(name) else None
            if found := exact or self._decoded.get(wanted) or self._folded.get(folded(wanted)):
                return found
        return None
