"""Registry hives, read on demand: only the cells that an answer needs.

Source: the specification of the format at github.com/msuhanov/regf.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pulumi_vmimport.disk.file_tree import File, UnreadableVolumeError
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.disk.registry.hive_cells import INLINE, HiveCells, KeyCell, SubkeyEntry, ValueCell
from pulumi_vmimport.disk.registry.hive_header import (
    BASE_BLOCK_BYTES,
    BIN_BYTES,
    HEADER_BYTES,
    MAX_BINS_BYTES,
    PRIMARY_FILE,
    HiveHeader,
    read_header,
)
from pulumi_vmimport.disk.registry.hive_recovery import HiveState, recover
from pulumi_vmimport.disk.registry.registry_text import (
    all_strings,
    first_text,
    folded,
    name_hash,
    name_hint,
)

REG_SZ, REG_EXPAND_SZ, REG_DWORD, REG_DWORD_BIG_ENDIAN, REG_MULTI_SZ, REG_QWORD = 1, 2, 4, 5, 7, 11

_MAJOR_VERSION = 1
_MINOR_VERSIONS = range(3, 7)
MAX_DEPTH = 512
"""How deep keys can be. Source: https://learn.microsoft.com/windows/win32/sysinfo/registry-element-size-limits"""

_MAX_REASONS = 20
_NUMBER_FORMATS = {REG_DWORD: "<I", REG_DWORD_BIG_ENDIAN: ">I", REG_QWORD: "<Q"}


class Hive:
    """A hive. Its content is that of the file, completed by its transaction logs if it was not closed cleanly."""

    def __init__(self, cells: HiveCells, root_cell: int, state: HiveState, state_reason: str) -> None:
        self.path = cells.path
        """The path of the file"""
        self.state = state
        self.state_reason = state_reason
        """Why the hive is not clean, and which log entries were applied or why none was; empty for a clean hive"""
        self._cells = cells
        self._root_cell = root_cell
        self._reasons: dict[str, None] = {}

    @classmethod
    def open(cls, file: File, logs: Sequence[File] = (), *, check_all: bool = False) -> "Hive":
        """Open a hive with its logs, such as `SYSTEM.LOG1` and `SYSTEM.LOG2`, in any order. A clean hive ignores them.

        `check_all` computes the hash of every log entry, at 5 MB/s, instead of the last ones.

        Raises: UnreadableVolumeError if it is not a hive, also for the format of Windows NT 3; DiskImageError; what the
        source of the image raises. So do all methods and properties.
        """
        header = read_header(file.read(0, HEADER_BYTES))
        if header is None:
            raise UnreadableVolumeError(file.path, "it is not a registry hive")
        available = (file.size_bytes - BASE_BLOCK_BYTES) // BIN_BYTES * BIN_BYTES
        if not header.has_valid_checksum:
            header = replace(header, bins_bytes=min(max(available, 0), MAX_BINS_BYTES))
        recovery = recover(header, logs, check_all=check_all)
        header = recovery.header
        _expect_supported(file, header)
        if header.bins_bytes > MAX_BINS_BYTES:
            raise UnreadableVolumeError(file.path, f"its header gives {header.bins_bytes} bytes of bins")
        cells = HiveCells(file, header.bins_bytes, header.minor_version, recovery.pages)
        hive = cls(cells, header.root_cell, recovery.state, recovery.reason)
        if available < header.bins_bytes and recovery.state != HiveState.RECOVERED:
            hive.add_unreadable(
                f"the file is truncated: it has {max(available, 0)} of the {header.bins_bytes} bytes of its bins"
            )
        return hive

    @property
    def root(self) -> "Key":
        """The root key. Its path is empty; its name has no meaning."""
        return Key(self, self._cells, self._cells.key(self._root_cell), "", ())

    def key(self, path: str) -> "Key | None":
        r"""The key with this path from the root, separated by `\`; None if it does not exist.

        The case of ASCII letters does not matter.
        """
        return self.root.key(path)

    @property
    def is_partly_unreadable(self) -> bool:
        """Whether something that was asked for so far was skipped because it cannot be read."""
        return bool(self._reasons)

    @property
    def unreadable_reasons(self) -> tuple[str, ...]:
        """Why, the first twenty times."""
        return tuple(self._reasons)

    def add_unreadable(self, reason: str) -> None:
        """Record that something was skipped."""
        if len(self._reasons) < _MAX_REASONS:
            self._reasons[reason] = None


class Key:
    """A key."""

    def __init__(self, hive: Hive, cells: HiveCells, cell: KeyCell, path: str, above: tuple[int, ...]) -> None:
        self.name = cell.name
        self.path = path
        r"""The names from the root, separated by `\`"""
        self._hive = hive
        self._cells = cells
        self._cell = cell
        self._above = above

    def subkeys(self) -> Iterator["Key"]:
        """The subkeys in the order of the hive. One that cannot be read is skipped and recorded in the hive."""
        for entry in self._cells.subkey_entries(self._cell):
            try:
                subkey = self._subkey(entry)
            except UnreadableVolumeError as error:
                self._hive.add_unreadable(f"{printable(self.path)}: {error.reason}")
            else:
                yield subkey

    def key(self, path: str) -> "Key | None":
        """The key with this path from here, as `Hive.key`.

        Raises UnreadableVolumeError if it was not found, but something could not be read that may be it.
        """
        found: Key | None = self
        for name in filter(None, path.split("\\")):
            if found is None:
                return None
            found = found._find(name)  # noqa: SLF001 - of the same class
        return found

    def values(self) -> Iterator["Value"]:
        """The values in the order of the hive. One that cannot be read is skipped and recorded in the hive."""
        for cell in self._cells.values(self._cell):
            if isinstance(cell, UnreadableVolumeError):
                self._hive.add_unreadable(f"{printable(self.path)}: {cell.reason}")
            else:
                yield Value(cell.name, cell.type, self.path, self._cells, cell)

    def value(self, name: str = "") -> "Value | None":
        """The value with this name, whose case does not matter, or the default value; None if it does not exist.

        Raises UnreadableVolumeError if it was not found, but something could not be read that may be it.
        """
        wanted, unreadable = folded(name), None
        for cell in self._cells.values(self._cell):
            if isinstance(cell, UnreadableVolumeError):
                unreadable = unreadable or cell
            elif folded(cell.name) == wanted:
                return Value(cell.name, cell.type, self.path, self._cells, cell)
        if unreadable is not None:
            raise unreadable
        return None

    def _find(self, name: str) -> "Key | None":
        wanted, unreadable = folded(name), None
        hints = {b"lh": name_hash(name), b"lf": name_hint(name)}
        for entry in self._cells.subkey_entries(self._cell):
            if isinstance(entry, SubkeyEntry) and _is_other(entry, hints.get(entry.kind)):
                continue
            try:
                subkey = self._subkey(entry)
            except UnreadableVolumeError as error:
                unreadable = unreadable or error
            else:
                if folded(subkey.name) == wanted:
                    return subkey
        if unreadable is not None:
            raise unreadable
        return None

    def _subkey(self, entry: SubkeyEntry | UnreadableVolumeError) -> "Key":
        if isinstance(entry, UnreadableVolumeError):
            raise entry
        above = (*self._above, self._cell.offset)
        if entry.offset in above:
            raise self._cells.damaged(entry.offset, "is a key that is its own subkey")
        if len(above) > MAX_DEPTH:
            raise self._cells.damaged(entry.offset, f"is a key below {MAX_DEPTH} others")
        cell = self._cells.key(entry.offset)
        return Key(self._hive, self._cells, cell, f"{self.path}\\{cell.name}" if self.path else cell.name, above)


@dataclass(frozen=True)
class Value:
    """A value."""

    name: str
    """Empty for the default value"""
    type: int
    r"""As stored; types above 11 are usual, and those below `SAM\Domains\Account\Users\Names` are account ids"""
    key_path: str
    _cells: HiveCells
    _cell: ValueCell

    @property
    def data_bytes(self) -> int:
        """The size of the data as it is recorded."""
        return self._cell.size & ~INLINE

    @property
    def data(self) -> bytes:
        """The data, read at each call; at most 2 MiB."""
        return self._cells.data(self._cell)

    def text(self) -> str | None:
        """The string of a REG_SZ or REG_EXPAND_SZ, up to its NUL; None for another type."""
        return first_text(self.data) if self.type in {REG_SZ, REG_EXPAND_SZ} else None

    def number(self) -> int | None:
        """The number of a REG_DWORD or REG_QWORD; None for another type or size."""
        number_format = _NUMBER_FORMATS.get(self.type)
        data = self.data if number_format else b""
        if number_format is None or len(data) != struct.calcsize(number_format):
            return None
        return int(struct.unpack(number_format, data)[0])

    def strings(self) -> list[str] | None:
        """The strings of a REG_MULTI_SZ, with the empty ones within it; None for another type."""
        return all_strings(self.data) if self.type == REG_MULTI_SZ else None


def _expect_supported(file: File, header: HiveHeader) -> None:
    if header.file_type != PRIMARY_FILE:
        raise UnreadableVolumeError(file.path, "it is a transaction log, not a registry hive")
    if header.major_version != _MAJOR_VERSION or header.minor_version not in _MINOR_VERSIONS:
        version = f"{header.major_version}.{header.minor_version}"
        raise UnreadableVolumeError(file.path, f"it has version {version} of the format; 1.3 to 1.6 are read")


def _is_other(entry: SubkeyEntry, hint: bytes | None) -> bool:
    """Whether the list shows that a key has another name: by its hash, or by its first characters if they are ASCII."""
    if hint is None or entry.kind == b"lh":
        return hint is not None and entry.hint != hint
    return entry.hint[0] != 0 and entry.hint.isascii() and entry.hint.upper() != hint
