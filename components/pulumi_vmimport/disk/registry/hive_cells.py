"""The cells of a registry hive: keys, lists of subkeys, values and their data.

Source: the specification of the format at github.com/msuhanov/regf.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from pulumi_vmimport.disk.file_tree import File, UnreadableVolumeError
from pulumi_vmimport.disk.registry.block_reader import BlockReader
from pulumi_vmimport.disk.registry.hive_header import BASE_BLOCK_BYTES
from pulumi_vmimport.disk.registry.page_map import PageMap
from pulumi_vmimport.disk.registry.registry_text import stored_name

MAX_CELLS = 1 << 20
"""How many cells are read in all: the look-ups of every fact of a real hive take a few thousand."""
MAX_SUBKEYS = 1 << 17
MAX_VALUES = 1 << 16
MAX_DATA_BYTES = 2 << 20
"""A value of more is not read; Windows limits those of older hives to 1 MiB."""
MAX_KEY_NAME_BYTES, MAX_VALUE_NAME_BYTES = 2 * 255, 2 * 16383
"""Source: https://learn.microsoft.com/windows/win32/sysinfo/registry-element-size-limits"""

_NONE = 0xFFFFFFFF
_SIZE = struct.Struct("<i")
_CELL_ALIGNMENT = 8
_KEY = struct.Struct("<2sH9xB6xI4xI4xII28xH2x")
_KEY_LATIN_1 = 0x20
_LAYER_SEMANTICS, _LAYERED_MINOR_VERSION = 3, 6
_VALUE = struct.Struct("<2sHIIIH2x")
_VALUE_LATIN_1 = 1
INLINE = 0x80000000
"""The data is in the value itself; a flag of its size"""
_MAX_INLINE_BYTES, _INLINE_AT = 4, 8
_LIST = struct.Struct("<2sH")
_MAX_ENTRIES = 0xFFFF
_HASHED_LISTS, _PLAIN_LIST, _LIST_OF_LISTS = {b"lf", b"lh"}, b"li", b"ri"
_HASHED_ENTRY, _PLAIN_ENTRY = struct.Struct("<I4s"), struct.Struct("<I")
_BIG_DATA = struct.Struct("<2sHI")
_BIG_DATA_MINOR_VERSION, _SEGMENT_BYTES = 4, 16344


class KeyCell(NamedTuple):
    """A key."""

    offset: int
    name: str
    subkey_count: int
    subkey_list: int
    value_count: int
    value_list: int


class ValueCell(NamedTuple):
    """A value, with its data not yet read."""

    name: str
    type: int
    size: int
    data_field: bytes


class SubkeyEntry(NamedTuple):
    """An entry in a list of subkeys: where the key is, and what the list says about its name."""

    offset: int
    kind: bytes
    hint: bytes


class HiveCells:
    """Reads cells; trusts none of their numbers."""

    def __init__(self, file: File, bins_bytes: int, minor_version: int, pages: PageMap) -> None:
        self.path = file.path
        self.bins_bytes = bins_bytes
        self._reader = BlockReader(file)
        self._minor_version = minor_version
        self._pages = pages
        self._has_pages = len(pages) > 0
        self._cells = 0

    def key(self, offset: int) -> KeyCell:
        """The key at this offset. Raises: UnreadableVolumeError; what the file raises."""
        data = self._cell(offset, _KEY.size + MAX_KEY_NAME_BYTES)
        if len(data) < _KEY.size or data[:2] != b"nk":
            raise self.damaged(offset, "is not a key")
        _, flags, layer, count, subkeys, value_count, values, length = _KEY.unpack_from(data)
        if layer & _LAYER_SEMANTICS and self._minor_version >= _LAYERED_MINOR_VERSION:
            raise self.damaged(offset, "is a key of a container's layer, which depends on another hive")
        name = data[_KEY.size : _KEY.size + length]
        if len(name) < length:
            raise self.damaged(offset, f"is a key whose name of {length} bytes is too long")
        return KeyCell(
            offset, stored_name(name, is_latin_1=bool(flags & _KEY_LATIN_1)), count, subkeys, value_count, values
        )

    def subkey_entries(self, key: KeyCell) -> Iterator[SubkeyEntry | UnreadableVolumeError]:
        """Where the subkeys are; an error in place of what cannot be read. Raises: what the file raises."""
        found = 0
        for entry in self._list(key.subkey_list) if key.subkey_count else ():
            if isinstance(entry, SubkeyEntry):
                found += 1
            if found > min(key.subkey_count, MAX_SUBKEYS):
                yield self.damaged(key.offset, f"is a key with more subkeys than {found - 1}")
                return
            yield entry
        if found < key.subkey_count:
            yield self.damaged(key.offset, f"is a key with {key.subkey_count} subkeys, of which {found} are listed")

    def values(self, key: KeyCell) -> Iterator[ValueCell | UnreadableVolumeError]:
        """The values; an error in place of what cannot be read. Raises: what the file raises."""
        if not key.value_count:
            return
        try:
            data = self._cell(key.value_list, min(key.value_count, MAX_VALUES) * _PLAIN_ENTRY.size)
        except UnreadableVolumeError as error:
            yield error
            return
        data = data[: len(data) // _PLAIN_ENTRY.size * _PLAIN_ENTRY.size]
        for (offset,) in _PLAIN_ENTRY.iter_unpack(data):
            try:
                yield self._value(offset)
            except UnreadableVolumeError as error:
                yield error
        listed = len(data) // _PLAIN_ENTRY.size
        if listed < key.value_count:
            yield self.damaged(key.offset, f"is a key with {key.value_count} values, of which {listed} are listed")

    def data(self, value: ValueCell) -> bytes:
        """The data of a value. Raises: UnreadableVolumeError; what the file raises."""
        if value.size & INLINE:
            size = value.size & ~INLINE
            if size > _MAX_INLINE_BYTES:
                raise UnreadableVolumeError(self.path, f"a value has {size} bytes in a field of {_MAX_INLINE_BYTES}")
            return value.data_field[:size]
        if not value.size:
            return b""
        if value.size > MAX_DATA_BYTES:
            raise UnreadableVolumeError(
                self.path, f"a value has {value.size} bytes; values of up to {MAX_DATA_BYTES} bytes are read"
            )
        offset = int.from_bytes(value.data_field, "little")
        data = self._cell(offset, value.size)
        has_big_data = self._minor_version >= _BIG_DATA_MINOR_VERSION and value.size > _SEGMENT_BYTES
        if has_big_data and data.startswith(b"db"):
            data = b"".join(self._segments(offset, data, value.size))
        if len(data) < value.size:
            raise self.damaged(offset, f"has {len(data)} of the {value.size} bytes of a value")
        return data

    def damaged(self, offset: int, found: str) -> UnreadableVolumeError:
        """The error for a cell."""
        return UnreadableVolumeError(self.path, f"the cell at {offset:#x} {found}")

    def _segments(self, offset: int, data: bytes, size: int) -> Iterator[bytes]:
        if len(data) < _BIG_DATA.size:
            raise self.damaged(offset, "is too small for the list of a value's segments")
        _, count, listed = _BIG_DATA.unpack_from(data)
        needed = -(-size // _SEGMENT_BYTES)
        if count < needed:
            raise self.damaged(offset, f"lists {count} segments for a value of {size} bytes")
        segments = self._cell(listed, needed * _PLAIN_ENTRY.size)
        if len(segments) < needed * _PLAIN_ENTRY.size:
            raise self.damaged(listed, f"is too small for {needed} segments")
        for (segment,) in _PLAIN_ENTRY.iter_unpack(segments):
            part = self._cell(segment, min(size, _SEGMENT_BYTES))
            if len(part) < min(size, _SEGMENT_BYTES):
                raise self.damaged(segment, f"has {len(part)} bytes of a segment of {min(size, _SEGMENT_BYTES)}")
            yield part
            size -= len(part)

    def _value(self, offset: int) -> ValueCell:
        data = self._cell(offset, _VALUE.size + MAX_VALUE_NAME_BYTES)
        if len(data) < _VALUE.size or data[:2] != b"vk":
            raise self.damaged(offset, "is not a value")
        _, length, size, _, kind, flags = _VALUE.unpack_from(data)
        name = data[_VALUE.size : _VALUE.size + length]
        if len(name) < length:
            raise self.damaged(offset, f"is a value whose name of {length} bytes is too long")
        field = data[_INLINE_AT : _INLINE_AT + _MAX_INLINE_BYTES]
        return ValueCell(stored_name(name, is_latin_1=bool(flags & _VALUE_LATIN_1)), kind, size, field)

    def _list(self, offset: int) -> Iterator[SubkeyEntry | UnreadableVolumeError]:
        """The entries of a list, or of the lists that it lists. Each list counts once, so that a loop ends."""
        try:
            kind, data = self._list_cell(offset)
        except UnreadableVolumeError as error:
            yield error
            return
        if kind != _LIST_OF_LISTS:
            yield from _entries(kind, data)
            return
        seen = {offset}
        for (listed,) in _PLAIN_ENTRY.iter_unpack(data):
            try:
                if listed in seen:
                    raise self.damaged(listed, "is listed twice")
                seen.add(listed)
                kind, data = self._list_cell(listed)
                if kind == _LIST_OF_LISTS:
                    raise self.damaged(listed, "is a list of lists within another one")
            except UnreadableVolumeError as error:
                yield error
                continue
            yield from _entries(kind, data)

    def _list_cell(self, offset: int) -> tuple[bytes, bytes]:
        data = self._cell(offset, _LIST.size + _MAX_ENTRIES * _HASHED_ENTRY.size)
        kind, count = _LIST.unpack_from(data)
        if kind not in {*_HASHED_LISTS, _PLAIN_LIST, _LIST_OF_LISTS}:
            raise self.damaged(offset, "is not a list of subkeys")
        size = _HASHED_ENTRY.size if kind in _HASHED_LISTS else _PLAIN_ENTRY.size
        entries = data[_LIST.size :][: count * size]
        return kind, entries[: len(entries) // size * size]

    def _cell(self, offset: int, most: int) -> bytes:
        """At most so many bytes of a cell; at least 4, its minimum."""
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise UnreadableVolumeError(self.path, f"what was looked up takes more than {MAX_CELLS} of its cells")
        if offset == _NONE or offset % _CELL_ALIGNMENT:
            raise self.damaged(offset, "cannot exist")
        size = -_SIZE.unpack(self._read(offset, _SIZE.size))[0]
        if size <= 0:
            raise self.damaged(offset, "is free or has no size, but is referred to")
        if size % _CELL_ALIGNMENT or offset + size > self.bins_bytes:
            raise self.damaged(offset, f"has an impossible size of {size} bytes")
        return self._read(offset + _SIZE.size, min(size - _SIZE.size, most))

    def _read(self, offset: int, length: int) -> bytes:
        if offset + length > self.bins_bytes:
            raise self.damaged(offset, f"ends beyond the {self.bins_bytes} bytes of the bins")
        if not self._has_pages:
            return _read_all(self._reader, BASE_BLOCK_BYTES + offset, length)
        pages = self._pages.overlapping(offset, offset + length)
        parts, at = [], offset
        for page in pages:
            parts.append(_read_all(self._reader, BASE_BLOCK_BYTES + at, page.start - at))
            parts.append(_read_all(page.log, page.position, page.end - page.start))
            at = page.end
        parts.append(_read_all(self._reader, BASE_BLOCK_BYTES + at, offset + length - at))
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _read_all(reader: BlockReader, offset: int, length: int) -> bytes:
    data = reader.read(offset, length)
    if len(data) < length:
        raise UnreadableVolumeError(reader.path, f"it ends before the {length} bytes at {offset}")
    return data


def _entries(kind: bytes, data: bytes) -> Iterator[SubkeyEntry]:
    if kind in _HASHED_LISTS:
        for offset, hint in _HASHED_ENTRY.iter_unpack(data):
            yield SubkeyEntry(offset, kind, hint)
    else:
        for (offset,) in _PLAIN_ENTRY.iter_unpack(data):
            yield SubkeyEntry(offset, kind, b"")
