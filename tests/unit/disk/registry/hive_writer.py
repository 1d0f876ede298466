"""Writes registry hives and their transaction logs, for tests: every kind of list, value and log, also damaged ones."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_vmimport.disk.file_tree import DirectoryEntry
from pulumi_vmimport.disk.registry.marvin32 import marvin32

NONE = 0xFFFFFFFF
SZ, EXPAND_SZ, BINARY, DWORD, MULTI_SZ, QWORD = 1, 2, 3, 4, 7, 11
TIME = 0x01DC_0000_0000_0000
_BASE = 4096
Values = Mapping[str, tuple[int, bytes]]


@dataclass
class MemoryFile:
    """A file of a volume, in memory; counts what is read."""

    data: bytes
    path: str = "\\Windows\\System32\\config\\SYSTEM"
    is_directory: bool = False
    reads: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        assert offset >= 0
        assert length > 0
        self.reads.append((offset, length))
        return self.data[offset : offset + length]

    def entries(self) -> Iterator[DirectoryEntry]:
        raise AssertionError("a hive is no directory")


def text(value: str) -> bytes:
    return (value + "\0").encode("utf-16-le")


def texts(*values: str) -> bytes:
    return "".join(f"{value}\0" for value in (*values, "")).encode("utf-16-le")


def sz(value: str) -> tuple[int, bytes]:
    return SZ, text(value)


def dword(value: int) -> tuple[int, bytes]:
    return DWORD, struct.pack("<I", value)


@dataclass
class HiveWriter:
    """A hive with these keys; parents need not be listed. `cells` locates them in the file that was written."""

    keys: Mapping[str, Values]
    minor: int = 5
    list_kind: bytes = b"lh"
    list_of_lists: int = 0
    """How many entries each list has, if a list of lists is to be written"""
    sequences: tuple[int, int] = (7, 7)
    root_name: str = "ROOT"
    padding: int = 0
    """Free bytes in front of the root key, whose cell is then not the first"""
    cells: dict[str, int] = field(default_factory=dict)
    """Path of a key, or path, `/` and name of a value: where its cell starts in the file"""

    def written(self) -> bytes:
        """The file."""
        self._bins = bytearray(32)
        self._tree: dict[str, list[str]] = {"": []}
        self._names: dict[str, str] = {"": self.root_name}
        for path in self.keys:
            self._add(path)
        if self.padding:
            self._bins += struct.pack("<i", self.padding).ljust(self.padding, b"\0")
        self._security = self._cell(_security(32 + self.padding))
        root = self._key("", NONE)
        free = -len(self._bins) % _BASE
        if free:
            self._bins += struct.pack("<i", free).ljust(free, b"\0")
        self._bins[:32] = struct.pack("<4sIIQQI", b"hbin", 0, len(self._bins), 0, TIME, 0)
        head = header(self.sequences, root, len(self._bins), minor=self.minor)
        return head + bytes(self._bins)

    def _add(self, path: str) -> None:
        if path.lower() in self._tree:
            return
        parent, _, name = path.rpartition("\\")
        self._add(parent)
        self._tree[path.lower()] = []
        self._names[path.lower()] = name
        self._tree[parent.lower()].append(path)

    def _cell(self, data: bytes) -> int:
        at, size = len(self._bins), -(-(len(data) + 4) // 8) * 8
        self._bins += struct.pack("<i", -size) + data.ljust(size - 4, b"\0")
        return at

    def _key(self, path: str, parent: int) -> int:
        name, plain = _name(self._names[path.lower()])
        at = self._cell(bytes(76 + len(name)))
        self.cells[path] = _BASE + at
        children = sorted(self._tree[path.lower()], key=str.upper)
        subkeys = [(self._key(child, at), self._names[child.lower()]) for child in children]
        values = self.keys.get(path, {})
        value_list = NONE
        if values:
            offsets = [self._value(path, name, kind, data) for name, (kind, data) in values.items()]
            value_list = self._cell(struct.pack(f"<{len(offsets)}I", *offsets))
        flags = (0x20 if plain else 0) | (0x0C if not path else 0)
        longest = [max([0, *map(len, part)]) * 2 for part in ([n for _, n in subkeys], values)]
        node = struct.pack(
            "<2sHQIIIIIIIIIIIIIIIHH", b"nk", flags, TIME, 0, parent, len(subkeys), 0, self._list(subkeys), NONE,
            len(values), value_list, self._security, NONE, longest[0], 0, longest[1], 0, 0, len(name), 0,
        )  # fmt: skip
        self._bins[at + 4 : at + 4 + len(node) + len(name)] = node + name
        return at

    def _list(self, subkeys: Sequence[tuple[int, str]]) -> int:
        if not subkeys:
            return NONE
        size = self.list_of_lists or len(subkeys)
        lists = []
        for first in range(0, len(subkeys), size):
            part = subkeys[first : first + size]
            entries = b"".join(struct.pack("<I", at) + self._hint(name) for at, name in part)
            lists.append(self._cell(struct.pack("<2sH", self.list_kind, len(part)) + entries))
        if not self.list_of_lists:
            return lists[0]
        return self._cell(struct.pack(f"<2sH{len(lists)}I", b"ri", len(lists), *lists))

    def _hint(self, name: str) -> bytes:
        if self.list_kind == b"li":
            return b""
        if self.list_kind == b"lf":
            return name[:4].encode("latin-1", "replace").ljust(4, b"\0") if _name(name)[1] else bytes(4)
        total = 0
        for character in name.upper():
            total = (total * 37 + ord(character)) & NONE
        return struct.pack("<I", total)

    def _value(self, path: str, name: str, kind: int, data: bytes) -> int:
        size = len(data)
        if size <= 4:
            size, content = size | 0x80000000, data.ljust(4, b"\0")
        elif size > 16344 and self.minor >= 4:
            content = struct.pack("<I", self._big_data(data))
        else:
            content = struct.pack("<I", self._cell(data))
        stored, plain = _name(name)
        node = struct.pack("<2sHI4sIHH", b"vk", len(stored), size, content, kind, int(plain), 0) + stored
        at = self._cell(node)
        self.cells[f"{path}/{name}"] = _BASE + at
        return at

    def _big_data(self, data: bytes) -> int:
        parts = [self._cell(data[at : at + 16344] + bytes(4)) for at in range(0, len(data), 16344)]
        return self._cell(struct.pack("<2sHI", b"db", len(parts), self._cell(struct.pack(f"<{len(parts)}I", *parts))))


def hive(keys: Mapping[str, Values], **options: int) -> bytes:
    """A hive with these keys."""
    return HiveWriter(keys, **options).written()  # type: ignore[arg-type]


def header(
    sequences: tuple[int, int], root: int, bins: int, *, minor: int = 5, kind: int = 0, time: int = TIME
) -> bytes:
    """The base block of a hive; the first 512 bytes are that of a log."""
    return sealed(
        struct.pack("<4sIIQIIIIIII", b"regf", *sequences, time, 1, minor, kind, 1, root, bins, 1).ljust(4096, b"\0")
    )


def sealed(data: bytes) -> bytes:
    """The file with a valid checksum of its header."""
    return data[:508] + checksum_of(data) + data[512:]


def checksum_of(data: bytes) -> bytes:
    """The checksum of a header."""
    total = 0
    for (word,) in struct.iter_unpack("<I", data[:508]):
        total ^= word
    return struct.pack("<I", {0: 1, NONE: NONE - 1}.get(total, total))


def with_sequences(data: bytes, primary: int, secondary: int) -> bytes:
    return sealed(data[:4] + struct.pack("<2I", primary, secondary) + data[12:])


def edited(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def changed_pages(old: bytes, new: bytes, page: int = 4096) -> list[tuple[int, bytes]]:
    """(offset in the bins, content) of the pages in which a hive differs from an older one."""
    return [
        (at - _BASE, new[at : at + page])
        for at in range(_BASE, len(new), page)
        if new[at : at + page] != old[at : at + page]
    ]


def log_entry(sequence: int, bins: int, pages: Sequence[tuple[int, bytes]], *, salt: int = 0) -> bytes:
    """An entry of a log as Windows 8.1 and later write it; a salt makes the hash of the pages wrong."""
    body = b"".join(struct.pack("<II", at, len(data)) for at, data in pages) + b"".join(data for _, data in pages)
    size = -(-(40 + len(body)) // 512) * 512
    body = body.ljust(size - 40, b"\0")
    head = struct.pack("<4sIIIIIQ", b"HvLE", size, 0, sequence, bins, len(pages), marvin32(body) ^ salt)
    return head + struct.pack("<Q", marvin32(head)) + body


def new_log(hive: bytes, first: int, entries: Sequence[bytes], rest: bytes = b"") -> bytes:
    """A log as Windows 8.1 and later write it, of a hive that has the same root cell."""
    root, bins = struct.unpack_from("<II", hive, 36)
    return header((first, first), root, bins, kind=6)[:512] + b"".join(entries) + rest


def old_log(old: bytes, new: bytes, *, time: int = TIME, kind: int = 1) -> bytes:
    """A log as Windows wrote it before 8.1, with the sectors in which a hive differs from an older one."""
    root, bins = struct.unpack_from("<II", new, 36)
    bitmap, sectors = bytearray(bins // 4096), b""
    for offset, data in changed_pages(old, new, 512):
        bitmap[offset // 4096] |= 1 << offset // 512 % 8
        sectors += data
    start = header((7, 7), root, bins, kind=kind, time=time)[:512] + b"DIRT" + bytes(bitmap)
    return start.ljust(-(-len(start) // 512) * 512, b"\0") + sectors


def _name(name: str) -> tuple[bytes, bool]:
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le"), False


def _security(at: int) -> bytes:
    """Everyone may do everything."""
    everyone = bytes.fromhex("010100000000000100000000")
    entry = struct.pack("<BBHI", 0, 2, 8 + len(everyone), 0xF003F) + everyone
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(entry), 1, 0) + entry
    descriptor = struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 32, 0, 44) + 2 * everyone + acl
    return struct.pack("<2sHIIII", b"sk", 0, at, at, 1, len(descriptor)) + descriptor
