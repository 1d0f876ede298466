"""Registry keys and values of a simulated guest, which `hive_writer` stores as hives."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD, REG_MULTI_SZ, REG_QWORD = 1, 2, 3, 4, 7, 11


@dataclass(frozen=True)
class Value:
    """A value as it is stored. `kind` is any number: SAM uses RIDs, and device properties FFFF0012h."""

    kind: int
    data: bytes


def string(text: str) -> Value:
    """REG_SZ."""
    return Value(REG_SZ, _text(text))


def expandable(text: str) -> Value:
    """REG_EXPAND_SZ."""
    return Value(REG_EXPAND_SZ, _text(text))


def strings(*texts: str) -> Value:
    """REG_MULTI_SZ. Texts may be empty, as in PendingFileRenameOperations."""
    return Value(REG_MULTI_SZ, b"".join(map(_text, texts)) + b"\0\0")


def binary(data: bytes) -> Value:
    """REG_BINARY."""
    return Value(REG_BINARY, data)


def dword(number: int) -> Value:
    """REG_DWORD."""
    return Value(REG_DWORD, struct.pack("<I", number))


def qword(number: int) -> Value:
    """REG_QWORD."""
    return Value(REG_QWORD, struct.pack("<Q", number))


def _text(text: str) -> bytes:
    return (text + "\0").encode("utf-16-le")


@dataclass
class Key:
    """A key. Names of keys and values differ in more than case."""

    name: str
    keys: dict[str, "Key"] = field(default_factory=dict)
    """By their names in upper case"""
    values: dict[str, Value] = field(default_factory=dict)
    """By name; the default value has no name"""

    def key(self, path: str) -> "Key":
        """The key with this path, which is created if it does not exist."""
        found = self
        for name in filter(None, path.split("\\")):
            found = found.keys.setdefault(name.upper(), Key(name))
        return found

    def set(self, path: str, **values: Value) -> None:
        """Set values of a key; creates the key."""
        self.set_named(path, values)

    def set_named(self, path: str, values: Mapping[str, Value]) -> None:
        """As `set`, for names that are not identifiers."""
        self.key(path).values.update(values)

    def delete_value(self, path: str, name: str) -> None:
        """Delete a value. Raises: KeyError if it does not exist."""
        del self.key(path).values[name]

    def delete(self, path: str) -> None:
        """Delete a key with all below it. Raises: KeyError if it does not exist."""
        parent, _, name = path.rpartition("\\")
        del self.key(parent).keys[name.upper()]

    def in_order(self) -> Iterator["Key"]:
        """The subkeys as a hive sorts them."""
        return (self.keys[name] for name in sorted(self.keys))
