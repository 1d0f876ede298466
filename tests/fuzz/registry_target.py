"""The fuzz target of registry hives: one file holds two transaction logs, then the hive."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from tests.fuzz.fuzzed_file import DEEP, LOCAL, REPAIRED, FuzzedFile, encoded
from tests.unit.disk.registry.accounts import User, sam, security, sid
from tests.unit.disk.registry.boot_store import store
from tests.unit.disk.registry.hive_writer import (
    BINARY,
    HiveWriter,
    Values,
    changed_pages,
    checksum_of,
    dword,
    hive,
    log_entry,
    new_log,
    old_log,
    sz,
    texts,
    with_sequences,
)

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.file_tree import DirectoryEntry
from pulumi_vmimport.disk.registry.bcd import read_boot_configuration
from pulumi_vmimport.disk.registry.control_set import current_control_set
from pulumi_vmimport.disk.registry.domain_membership import read_domain_membership
from pulumi_vmimport.disk.registry.hive import Hive, Key
from pulumi_vmimport.disk.registry.marvin32 import marvin32
from pulumi_vmimport.disk.registry.sam import read_accounts

_LOG_BYTES = 64 << 10
_LOGS = (0, _LOG_BYTES)
_HIVE_AT = 2 * _LOG_BYTES
_HEADER_BYTES, _PAGES_HASH, _HEADER_HASH, _ENTRY_BYTES = 512, 24, 32, 40
_MAX_SIZE_BYTES = 4 << 30
_LIMITS = {"most_reads": 30_000, "most_read_bytes": 400 << 20}
_MAX_KEYS, _MAX_VALUES, _MAX_DEPTH = 300, 20, 8
_PATHS = ("ControlSet001\\Services\\Tcpip", "Select", "Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}", "absent\\key")


@dataclass(frozen=True)
class _Part:
    """A part of the file, as a file of a volume."""

    file: FuzzedFile
    path: str
    start: int
    size_bytes: int
    is_directory: bool = False

    def read(self, offset: int, length: int) -> bytes:
        assert 0 <= offset < offset + length
        return self.file.read_at(self.start + offset, min(length, max(self.size_bytes - offset, 0)))

    def entries(self) -> Iterator[DirectoryEntry]:
        raise AssertionError(self.path)


def registry(data: bytes) -> None:
    """A hive with its logs: its keys and values, and what the readers of known hives find."""
    file = FuzzedFile(data, most_size_bytes=_MAX_SIZE_BYTES, **_LIMITS)
    if file.options & REPAIRED:
        _repair(file)
    logs = [_Part(file, f"LOG{at}", at, min(_LOG_BYTES, max(file.size_bytes - at, 0))) for at in _LOGS]
    part = _Part(file, "HIVE", _HIVE_AT, max(file.size_bytes - _HIVE_AT, 0))
    try:
        read = Hive.open(part, logs, check_all=bool(file.options & DEEP))
    except DiskImageError:
        return
    assert read.state_reason.isprintable()
    for use in (_walk, _look_up, read_boot_configuration, read_domain_membership, current_control_set):
        with suppress(DiskImageError):
            use(read)
    with suppress(DiskImageError):
        found = read_accounts(read)
        assert all(set(asdict(account)) >= {"name", "rid"} for account in islice(found.accounts, 10))
    assert all(reason.isprintable() for reason in read.unreadable_reasons)


def write_registry_seeds(directory: Path) -> None:
    """Small hives of every kind, clean and dirty, and those of Windows that have readers of their own."""
    directory.mkdir(exist_ok=True)
    for name, (data, *logs) in _seeds():
        pieces = [*zip(_LOGS, logs, strict=False), (_HIVE_AT, data)]
        seed = encoded(_HIVE_AT + len(data), pieces, REPAIRED | LOCAL)
        (directory / name).write_bytes(seed)


def _seeds() -> Iterator[tuple[str, tuple[bytes, ...]]]:
    keys: dict[str, Values] = {
        "ControlSet001\\Services\\Tcpip": {"Start": dword(1), "ImagePath": sz("a.sys"), "big": (BINARY, bytes(17_000))},
        "ControlSet001\\Services\\\u0416": {"List": (7, texts("a", "", "b")), "": (0xFFFF0012, b"\1\2")},
        "Select": {"Current": dword(1)},
    }
    for kind, size in ((b"lh", 0), (b"lf", 2), (b"li", 1)):
        yield f"keys-{kind.decode()}", (HiveWriter(keys, list_kind=kind, list_of_lists=size).written(),)
    old, new = hive(keys), hive({**keys, "Z": {"x": dword(7)}})
    pages = changed_pages(old, new, 512)
    entries = [log_entry(number, len(new) - 4096, [page]) for number, page in enumerate(pages, 7)]
    dirty, half = with_sequences(old, 7, 6), len(entries) // 2
    yield "dirty-new", (dirty, new_log(new, 7, entries[:half]), new_log(new, 7 + half, entries[half:]))
    yield "dirty-old", (dirty, old_log(old, new))
    yield "store", (hive(store()),)
    yield "sam", (hive(sam({"Administrator": User(500), "user": User(1000)}, [sid(21, 1, 2, 3, 500)])),)
    yield "security", (hive(security(sid(21, 1, 2, 3))),)


def _walk(read: Hive) -> None:
    for key in islice(_walked(read.root, _MAX_DEPTH), _MAX_KEYS):
        for value in islice(key.values(), _MAX_VALUES):
            with suppress(DiskImageError):
                if value.data_bytes <= _LOG_BYTES:
                    assert len(value.data) == value.data_bytes
                    assert (value.text() or "").count("\0") == 0
                    assert [value.number(), value.strings()].count(None) >= 1


def _walked(key: Key, depth: int) -> Iterator[Key]:
    yield key
    for subkey in key.subkeys() if depth else ():
        yield from _walked(subkey, depth - 1)


def _look_up(read: Hive) -> None:
    for path in _PATHS:
        with suppress(DiskImageError):
            key = read.key(path)
            assert key is None or key.path.lower() == path.lower()
            assert key is None or key.value("Start") is None or key.values()


def _repair(file: FuzzedFile) -> None:
    """Give headers and log entries valid checksums."""
    for at in (*_LOGS, _HIVE_AT):
        head = file.peek(at, _HEADER_BYTES)
        if head.startswith(b"regf") and len(head) == _HEADER_BYTES:
            file.patch(at + _HEADER_BYTES - 4, checksum_of(head))
    for log in _LOGS:
        at = log + _HEADER_BYTES
        while file.peek(at, 4) == b"HvLE":
            size = int.from_bytes(file.peek(at + 4, 4), "little")
            if not _ENTRY_BYTES < size <= log + _LOG_BYTES - at:
                break
            body = file.peek(at + _ENTRY_BYTES, size - _ENTRY_BYTES)
            file.patch(at + _PAGES_HASH, marvin32(body).to_bytes(8, "little"))
            file.patch(at + _HEADER_HASH, marvin32(file.peek(at, _HEADER_HASH)).to_bytes(8, "little"))
            at += size
