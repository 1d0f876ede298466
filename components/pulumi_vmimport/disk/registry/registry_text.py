"""Text in registry hives."""

from string import ascii_lowercase, ascii_uppercase

_FOLD = str.maketrans(ascii_lowercase, ascii_uppercase)
_HASH_FACTOR, _HASHES = 37, 1 << 32


def utf16_text(data: bytes) -> str:
    """UTF-16 as Windows stores it; unpaired surrogates become U+FFFD, an odd last byte is ignored."""
    return data[: len(data) & ~1].decode("utf-16-le", "replace")


def stored_name(data: bytes, *, is_latin_1: bool) -> str:
    """The name of a key or value."""
    return data.decode("latin-1") if is_latin_1 else utf16_text(data)


def folded(name: str) -> str:
    """The name for a comparison. Only ASCII letters lose their case: Python's upper-case letters are not Windows'."""
    return name.translate(_FOLD)


def name_hash(name: str) -> bytes | None:
    """The hash of a key's name in a list of subkeys; None if the name is not ASCII."""
    if not name.isascii():
        return None
    total = 0
    for character in folded(name):
        total = (total * _HASH_FACTOR + ord(character)) % _HASHES
    return total.to_bytes(4, "little")


def name_hint(name: str) -> bytes | None:
    """The first four characters of a key's name, as older lists have them; None if the name is not ASCII."""
    return folded(name)[:4].encode().ljust(4, b"\0") if name.isascii() else None


def first_text(data: bytes) -> str:
    """A string up to its NUL, which need not be there; what follows the NUL is ignored."""
    return utf16_text(data).partition("\0")[0]


def all_strings(data: bytes) -> list[str]:
    """A list of strings, each ended by a NUL, and the list by another one.

    Strings may be empty: the pairs of PendingFileRenameOperations have an empty second string for a file to be deleted.
    NULs at the end may be missing.
    """
    text = utf16_text(data)
    if not text.strip("\0"):
        return []
    for _ in range(2):  # the end of the list, and that of the last string
        text = text.removesuffix("\0")
    return text.split("\0")
