"""Writes registry hives as Windows does.

Source: "Windows registry file format specification", github.com/msuhanov/regf. The tests compare with hivex.
"""

import struct
from dataclasses import dataclass, field
from functools import reduce
from operator import xor

from pulumi_vmimport_sandbox.windows.registry import Key, Value

HEADER_BYTES = BIN_BYTES = 4096
_BIN_HEADER_BYTES = 32
_NONE = 0xFFFFFFFF
_ROOT, _LATIN_NAME = 0x0C, 0x20
_LATIN_VALUE_NAME, _INLINE = 0x01, 0x80000000
_MAX_INLINE_BYTES, _MAX_CELL_DATA_BYTES = 4, 16344
_MAX_LIST = 500  # a list of subkeys fits into one bin; more lists need an index of lists
_WRITTEN_AT = 133_497_504_000_000_000  # 2024-01-15, in units of 100 ns since 1601
_CHECKSUM_AT = 508
_FORMAT_MAJOR, FORMAT_MINOR = 1, 5


@dataclass(frozen=True)
class Hive:
    """The parts of a hive file."""

    root_cell: int
    bins: bytes

    def header(self, sequences: tuple[int, int] = (1, 1), file_type: int = 0) -> bytes:
        """The base block. Different sequence numbers mark a hive that was not written completely."""
        fields = (*sequences, _WRITTEN_AT, _FORMAT_MAJOR, FORMAT_MINOR, file_type, 1, self.root_cell, len(self.bins), 1)
        head = struct.pack("<4sIIQIIIIIII", b"regf", *fields).ljust(_CHECKSUM_AT, b"\0")
        return (head + struct.pack("<I", checksum(head))).ljust(HEADER_BYTES, b"\0")

    def file(self, sequences: tuple[int, int] = (1, 1)) -> bytes:
        """The whole file."""
        return self.header(sequences) + self.bins


def write_hive(root: Key) -> Hive:
    """Store the keys under `root`, with its name."""
    cells = _Cells()
    descriptor = _security_descriptor()
    security = cells.add(struct.pack("<2sHIIII", b"sk", 0, 0, 0, _count(root), len(descriptor)) + descriptor)
    cells.patch(security + 4, struct.pack("<II", security, security))
    at = _add_key(cells, root, _NONE, security)
    return Hive(at, cells.written())


def checksum(head: bytes) -> int:
    """The checksum of the first 508 bytes of a base block."""
    total: int = reduce(xor, struct.unpack("<127I", head[:_CHECKSUM_AT]))
    return {_NONE: _NONE - 1, 0: 1}.get(total, total)


@dataclass
class _Cells:
    """Cells in bins. An offset counts from the first bin, and a cell does not cross the end of its bin."""

    data: bytearray = field(default_factory=bytearray)
    free_at: int = 0

    def add(self, content: bytes) -> int:
        """Store a cell. Returns its offset."""
        size = -(-(len(content) + 4) // 8) * 8
        if len(self.data) - self.free_at < size:
            self._add_bin(size)
        at = self.free_at
        self.patch(at - 4, struct.pack("<i", -size) + content)
        self.free_at += size
        return at

    def patch(self, at: int, content: bytes) -> None:
        """Overwrite a part of a cell; `at` counts from the first bin, as if cells had no size before them."""
        self.data[at + 4 : at + 4 + len(content)] = content

    def written(self) -> bytes:
        """The bins, with the rest of the last one as a free cell."""
        self._close_bin()
        return bytes(self.data)

    def _add_bin(self, size: int) -> None:
        self._close_bin()
        start = len(self.data)
        bin_bytes = -(-(size + _BIN_HEADER_BYTES) // BIN_BYTES) * BIN_BYTES
        header = struct.pack("<4sIIQQI", b"hbin", start, bin_bytes, 0, 0 if start else _WRITTEN_AT, 0)
        self.data += header.ljust(bin_bytes, b"\0")
        self.free_at = start + _BIN_HEADER_BYTES

    def _close_bin(self) -> None:
        if rest := len(self.data) - self.free_at:
            self.patch(self.free_at - 4, struct.pack("<i", rest))
            self.free_at = len(self.data)


def _add_key(cells: _Cells, key: Key, parent: int, security: int) -> int:
    name, is_latin = _stored_name(key.name)
    flags = (_LATIN_NAME if is_latin else 0) | (_ROOT if parent == _NONE else 0)
    at = cells.add(bytes(76) + name)
    subkeys = [(subkey, _add_key(cells, subkey, at, security)) for subkey in key.in_order()]
    values = [_add_value(cells, value_name, value) for value_name, value in key.values.items()]
    names = [2 * len(subkey.name) for subkey in key.keys.values()]
    value_names = [2 * len(value_name) for value_name in key.values]
    sizes = [len(value.data) for value in key.values.values()]
    head = struct.pack(
        "<2sHQIIIIIIIIIIIIIIIHH",
        *(b"nk", flags, _WRITTEN_AT, 0, parent, len(subkeys), 0, _add_lists(cells, subkeys), _NONE),
        *(len(values), cells.add(struct.pack(f"<{len(values)}I", *values)) if values else _NONE, security, _NONE),
        *(max(names, default=0), 0, max(value_names, default=0), max(sizes, default=0), 0, len(name), 0),
    )
    cells.patch(at, head)
    return at


def _add_lists(cells: _Cells, subkeys: list[tuple[Key, int]]) -> int:
    """Lists with hashes of the names; if there are several, a list of lists."""
    lists = []
    for first in range(0, len(subkeys), _MAX_LIST):
        part = subkeys[first : first + _MAX_LIST]
        entries = b"".join(struct.pack("<II", at, _name_hash(key.name)) for key, at in part)
        lists.append(cells.add(struct.pack("<2sH", b"lh", len(part)) + entries))
    if len(lists) > 1:
        return cells.add(struct.pack(f"<2sH{len(lists)}I", b"ri", len(lists), *lists))
    return lists[0] if lists else _NONE


def _add_value(cells: _Cells, name: str, value: Value) -> int:
    stored, is_latin = _stored_name(name)
    size = len(value.data)
    if size <= _MAX_INLINE_BYTES:
        (data,) = struct.unpack("<I", value.data.ljust(4, b"\0"))
        size |= _INLINE
    elif size <= _MAX_CELL_DATA_BYTES:
        data = cells.add(value.data)
    else:
        parts = [cells.add(value.data[at : at + _MAX_CELL_DATA_BYTES]) for at in range(0, size, _MAX_CELL_DATA_BYTES)]
        parts_at = cells.add(struct.pack(f"<{len(parts)}I", *parts))
        data = cells.add(struct.pack("<2sHI", b"db", len(parts), parts_at))
    flags = _LATIN_VALUE_NAME if is_latin else 0
    return cells.add(struct.pack("<2sHIIIHH", b"vk", len(stored), size, data, value.kind, flags, 0) + stored)


def _stored_name(name: str) -> tuple[bytes, bool]:
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le"), False


def _name_hash(name: str) -> int:
    return reduce(lambda total, character: (total * 37 + ord(character)) & 0xFFFFFFFF, name.upper(), 0)


def _count(key: Key) -> int:
    return 1 + sum(map(_count, key.keys.values()))


def _security_descriptor() -> bytes:
    """Owner and group Administrators; full access for SYSTEM and Administrators. Source: [MS-DTYP], 2.4.6."""
    administrators, system = (_sid(5, 32, 544), _sid(5, 18))
    entries = b"".join(struct.pack("<BBHI", 0, 2, 8 + len(sid), 0xF003F) + sid for sid in (system, administrators))
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(entries), 2, 0) + entries
    owner_at = 20
    group_at, acl_at = owner_at + len(administrators), owner_at + 2 * len(administrators)
    return struct.pack("<BBHIIII", 1, 0, 0x8004, owner_at, group_at, 0, acl_at) + administrators * 2 + acl


def _sid(authority: int, *parts: int) -> bytes:
    return struct.pack(">BB", 1, len(parts)) + authority.to_bytes(6, "big") + struct.pack(f"<{len(parts)}I", *parts)
