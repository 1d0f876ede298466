"""Replays transaction logs in memory, as Windows does when it loads a hive that was not closed cleanly.

Source: the specification of the format at github.com/msuhanov/regf.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cmp_to_key

from pulumi_vmimport.disk.file_tree import File, UnreadableVolumeError
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.disk.registry.block_reader import BlockReader
from pulumi_vmimport.disk.registry.dirty_sectors import apply_dirty_sectors
from pulumi_vmimport.disk.registry.hive_header import (
    HEADER_BYTES,
    NEW_LOG_TYPE,
    OLD_LOG_TYPES,
    PRIMARY_FILE,
    HiveHeader,
    read_header,
)
from pulumi_vmimport.disk.registry.log_entries import complete_entries, page_references
from pulumi_vmimport.disk.registry.page_map import PageMap

_SEQUENCES = 1 << 32


class HiveState(StrEnum):
    """Whether the content of a hive is what Windows would load."""

    CLEAN = "clean"
    RECOVERED = "recovered"
    NOT_RECOVERED = "not-recovered"


@dataclass
class Recovery:
    """A hive as its logs complete it."""

    header: HiveHeader
    state: HiveState
    reason: str
    pages: PageMap = field(default_factory=PageMap)


@dataclass(frozen=True)
class _Log:
    name: str
    reader: BlockReader
    header: HiveHeader


def recover(header: HiveHeader, logs: Sequence[File], *, check_all: bool = False) -> Recovery:
    """Apply the logs to a hive if it is dirty; `check_all` is that of `complete_entries`.

    Raises: what the files raise, except UnreadableVolumeError.
    """
    if not header.is_dirty:
        return Recovery(header, HiveState.CLEAN, "")
    why = "the checksum of its header is wrong"
    if header.has_valid_checksum:
        why = f"its sequence numbers are {header.primary_sequence} and {header.secondary_sequence}"
    notes: list[str] = []
    try:
        recovery = _replay(header, logs, notes, check_all=check_all)
    except UnreadableVolumeError as error:
        recovery = None
        notes.append(str(error))
    if recovery is None:
        return Recovery(header, HiveState.NOT_RECOVERED, "; ".join((why, *(notes or ["it has no transaction log"]))))
    recovery.reason = "; ".join((why, *notes))
    return recovery


def _replay(header: HiveHeader, logs: Sequence[File], notes: list[str], *, check_all: bool) -> Recovery | None:
    found = []
    for file in logs:
        reader = BlockReader(file)
        log = read_header(reader.read(0, HEADER_BYTES))
        name = printable(file.path.replace("\\", "/").rsplit("/", 1)[-1])
        if log is not None and not log.is_dirty and log.file_type in {NEW_LOG_TYPE, *OLD_LOG_TYPES}:
            found.append(_Log(name, reader, log))
        elif reader.size_bytes:  # the second log is often empty
            notes.append(f"{name} has no valid header of a transaction log")
    new = [log for log in found if log.header.file_type == NEW_LOG_TYPE]
    if new:
        return _replay_entries(header, new, notes, check_all=check_all)
    return _replay_sectors(header, found, notes)


def _replay_entries(hive: HiveHeader, logs: list[_Log], notes: list[str], *, check_all: bool) -> Recovery | None:
    """Logs in the order of their sequence numbers. The second follows only if no entry between the two is missing."""
    ordered = sorted(logs, key=cmp_to_key(_order))
    recovery = Recovery(hive, HiveState.RECOVERED, "")
    if not hive.has_valid_checksum:  # nothing gives the entry to start from
        ordered = ordered[-1:]
        recovery.header = replace(ordered[0].header, file_type=PRIMARY_FILE)
    following: int | None = None
    applied = 0
    for log in ordered:
        sequence = log.header.primary_sequence
        if hive.has_valid_checksum and _distance(sequence, hive.secondary_sequence) < 0:
            notes.append(f"{log.name} is older than the hive")
            continue
        if following is not None and sequence != following:
            notes.append(f"{log.name} starts with entry {sequence}, and entry {following} is missing")
            break
        count = _apply(log, recovery, check_all=check_all)
        notes.append(f"{count} {'entry' if count == 1 else 'entries'} of {log.name} applied")
        applied += count
        following = (sequence + count) % _SEQUENCES
    return recovery if applied else None


def _apply(log: _Log, recovery: Recovery, *, check_all: bool) -> int:
    entries = complete_entries(log.reader, log.header.primary_sequence, check_all=check_all)
    for count, entry in enumerate(entries):
        pages = page_references(log.reader, entry)
        if pages is None:
            return count
        for page in pages:
            recovery.pages.add(page)
        recovery.header = replace(recovery.header, bins_bytes=entry.bins_bytes)
    return len(entries)


def _replay_sectors(hive: HiveHeader, logs: list[_Log], notes: list[str]) -> Recovery | None:
    """The newer of the logs; it belongs to the last write of the hive, and so has its time."""
    if not logs:
        return None
    log = max(logs, key=lambda log: log.header.timestamp)
    if hive.has_valid_checksum and log.header.timestamp != hive.timestamp:
        notes.append(f"{log.name} is not of the hive's last write")
        return None
    recovery = Recovery(replace(log.header, file_type=PRIMARY_FILE), HiveState.RECOVERED, "")
    apply_dirty_sectors(log.reader, log.header.bins_bytes, recovery.pages)
    notes.append(f"{log.name} applied")
    return recovery


def _order(log: _Log, other: _Log) -> int:
    return _distance(log.header.primary_sequence, other.header.primary_sequence)


def _distance(sequence: int, since: int) -> int:
    """How much later a sequence number is than another; they start again at 0 after 4294967295."""
    distance = (sequence - since) % _SEQUENCES
    return distance if distance < _SEQUENCES // 2 else distance - _SEQUENCES
