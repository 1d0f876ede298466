"""A hive whose cells are changed, for tests of damage."""

import struct
from collections.abc import Iterator

from tests.unit.disk.registry.hive_writer import BINARY, HiveWriter, MemoryFile, Values, dword, edited, sz, texts

from pulumi_vmimport.disk.registry.hive import Hive, Key

KEYS: dict[str, Values] = {
    "Services\\a": {"x": dword(1), "y": sz("text"), "z": (BINARY, bytes(40_000))},
    "Services\\b": {"x": dword(2)},
    "Services\\c": {"x": dword(3), "m": (7, texts("a", "", "b"))},
    "Services\\d\\e": {},
}
KEY_SUBKEYS, KEY_LIST, KEY_VALUES, KEY_VALUE_LIST, KEY_NAME_BYTES = 24, 32, 40, 44, 76
VALUE_NAME_BYTES, VALUE_SIZE, VALUE_DATA = 6, 8, 12
"""Fields of cells, whose size comes first"""


class Damage:
    """A hive and its cells, to be changed."""

    def __init__(self, keys: dict[str, Values] = KEYS, **options: int | bytes) -> None:
        self.writer = HiveWriter(keys, **options)  # type: ignore[arg-type]
        self.data = self.writer.written()

    def cell(self, name: str) -> int:
        return self.writer.cells[name]

    def number(self, name: str, field: int) -> int:
        return int(struct.unpack_from("<I", self.data, self.cell(name) + field)[0])

    def put(self, name: str, field: int, value: int | bytes) -> None:
        data = value if isinstance(value, bytes) else struct.pack("<I", value)
        self.put_at(self.cell(name) + field, data)

    def put_at(self, at: int, data: bytes) -> None:
        self.data = edited(self.data, at, data)

    def list_at(self, name: str) -> int:
        """Where the list of a key's subkeys starts in the file."""
        return 4096 + self.number(name, KEY_LIST)

    def opened(self) -> Hive:
        return Hive.open(MemoryFile(self.data))


def names(read: Hive, path: str = "Services") -> list[str]:
    key = read.key(path)
    assert key is not None
    return [subkey.name for subkey in key.subkeys()]


def walked(key: Key) -> Iterator[Key]:
    yield key
    for subkey in key.subkeys():
        yield from walked(subkey)
