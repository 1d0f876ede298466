"""The index of a directory: a B-tree of names, whose root is in the file record and whose nodes are in index records.

Source: the NTFS documentation of linux-ntfs ("$INDEX_ROOT", "$INDEX_ALLOCATION", "index record").
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pulumi_vmimport.disk.disk_region import unpack_padded
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.ntfs.file_record import (
    INDEX_ALLOCATION,
    INDEX_ROOT,
    Reference,
    decode_name,
    without_fixups,
)
from pulumi_vmimport.disk.ntfs.file_table import FileTable
from pulumi_vmimport.disk.ntfs.streams import Stream
from pulumi_vmimport.disk.ntfs.upper_case import UpperCase

_NAMES = "$I30"
_ROOT_HEADER_AT, _NODE_HEADER_AT = 16, 24
_MAX_ROOT_BYTES = 4096  # it is in a file record
_ENTRY, _KEY = struct.Struct("<QHHI"), struct.Struct("<I4xBB")
_ENTRY_BYTES, _KEY_BYTES = 16, 66
_CHILD = struct.Struct("<Q")
_HAS_CHILD, _IS_LAST = 1, 2
_SHORT_NAME = 2
_IS_DIRECTORY = 0x10000000
_SMALL_UNIT_BYTES = 512
_MIN_RECORD_BYTES, _MAX_RECORD_BYTES = 512, 16 << 10  # Windows formats 4 KiB
_MAX_DEPTH = 32
_CACHED_NODES = 8
_MAX_NODES = 1 << 16  # two million names


@dataclass(frozen=True)
class IndexEntry:
    """A name in a directory."""

    name: str
    reference: Reference
    is_directory: bool
    is_short: bool
    """Whether it is the 8.3 name of a file that has another name too"""


@dataclass(frozen=True)
class _Slot:
    """An entry of a node: a name, and the number of the node with the names before it. The last slot has no name."""

    entry: IndexEntry | None
    child: int | None


class DirectoryIndex:
    """The names in a directory."""

    def __init__(self, table: FileTable, upper_case: UpperCase, number: int, where: str) -> None:
        """`number` is that of the file record."""
        self._table, self._upper_case, self._number, self._where = table, upper_case, number, where
        self._node = lru_cache(maxsize=_CACHED_NODES)(self._read_node)

    def find(self, name: str) -> IndexEntry | None:
        """The file with this name, whatever its case. Raises: as `entries`."""
        wanted, node = self._upper_case.key(name), self._root
        for _ in range(_MAX_DEPTH):
            child = None
            for slot in node:
                key = self._upper_case.key(slot.entry.name) if slot.entry else None
                if key == wanted:
                    return slot.entry
                if key is None or key > wanted:
                    child = slot.child
                    break
            if child is None:
                return None
            node = self._node(child)
        raise self._error(f"the index is deeper than {_MAX_DEPTH} nodes")

    def entries(self) -> Iterator[IndexEntry]:
        """The names in order, short ones included.

        Raises: UnreadableVolumeError; DiskImageError; what the source raises.
        """
        yield from self._below(self._root, set(), 0)

    def _below(self, slots: list[_Slot], seen: set[int], depth: int) -> Iterator[IndexEntry]:
        for slot in slots:
            if slot.child is not None:
                if slot.child in seen or depth >= _MAX_DEPTH or len(seen) >= _MAX_NODES:
                    raise self._error("the nodes of the index form a loop, or are too many")
                seen.add(slot.child)
                yield from self._below(self._node(slot.child), seen, depth + 1)
            if slot.entry is not None:
                yield slot.entry

    @cached_property
    def _root_data(self) -> bytes:
        stream = self._table.stream(self._number, self._where, INDEX_ROOT, _NAMES)
        if stream is None:
            raise self._error("the directory has no index")
        return stream.read(0, _MAX_ROOT_BYTES)

    @cached_property
    def _root(self) -> list[_Slot]:
        return self._slots(self._root_data, _ROOT_HEADER_AT)

    @cached_property
    def _record_bytes(self) -> int:
        size: int = unpack_padded("<I", self._root_data, 8)[0]
        if not _MIN_RECORD_BYTES <= size <= _MAX_RECORD_BYTES or size.bit_count() != 1:
            raise self._error(f"its index records have {size} bytes, which is impossible")
        return size

    @cached_property
    def _allocation(self) -> Stream:
        stream = self._table.stream(self._number, self._where, INDEX_ALLOCATION, _NAMES)
        if stream is None:
            raise self._error("the index refers to records that the directory does not have")
        return stream

    def _read_node(self, number: int) -> list[_Slot]:
        cluster_bytes = self._table.clusters.cluster_bytes
        unit = cluster_bytes if cluster_bytes <= self._record_bytes else _SMALL_UNIT_BYTES
        where = f"{self._where}: index record {number}"
        data = self._allocation.read(number * unit, self._record_bytes)
        if len(data) != self._record_bytes:
            raise UnreadableVolumeError(where, "it does not lie within the index")
        data = without_fixups(data, b"INDX", where)
        (own,) = unpack_padded("<Q", data, 16)
        if own != number:
            raise UnreadableVolumeError(where, f"the record states that its number is {own}")
        return self._slots(data, _NODE_HEADER_AT)

    def _slots(self, data: bytes, header_at: int) -> list[_Slot]:
        first, used = unpack_padded("<II", data, header_at)
        at, end = header_at + first, min(header_at + used, len(data))
        slots: list[_Slot] = []
        while at + _ENTRY_BYTES <= end:
            reference, length, key_length, flags = _ENTRY.unpack_from(data, at)
            if not _ENTRY_BYTES + 8 * (flags & _HAS_CHILD) <= length <= end - at:
                raise self._error("an entry of the index does not lie within its record")
            child = _CHILD.unpack_from(data, at + length - 8)[0] if flags & _HAS_CHILD else None
            if flags & _IS_LAST:
                return [*slots, _Slot(None, child)]
            key = data[at + _ENTRY_BYTES : at + length][:key_length]
            slots.append(_Slot(self._entry(Reference.of(reference), key), child))
            at += length
        raise self._error("a record of the index has no last entry")

    def _entry(self, reference: Reference, key: bytes) -> IndexEntry:
        """An entry by its key, a $FILE_NAME attribute."""
        if len(key) < _KEY_BYTES:
            raise self._error("a name of the index is damaged")
        attributes, length, namespace = _KEY.unpack_from(key, 56)
        name = key[_KEY_BYTES : _KEY_BYTES + 2 * length]
        if not length or len(name) != 2 * length:
            raise self._error("a name of the index is damaged")
        return IndexEntry(decode_name(name), reference, bool(attributes & _IS_DIRECTORY), namespace == _SHORT_NAME)

    def _error(self, reason: str) -> UnreadableVolumeError:
        return UnreadableVolumeError(self._where, reason)
