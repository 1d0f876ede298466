"""The transaction log of a registry hive as Windows 8.1 and later write it: entries with pages of the hive.

Source: the specification of the format at github.com/msuhanov/regf.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.block_reader import BlockReader
from pulumi_vmimport.disk.registry.hive_header import BIN_BYTES, HEADER_BYTES, MAX_BINS_BYTES
from pulumi_vmimport.disk.registry.marvin32 import marvin32
from pulumi_vmimport.disk.registry.page_map import Page

MAX_PAGES = 1 << 16
"""Pages of a log, in at most as many entries: 256 MiB of usual ones"""
MAX_HASHED_BYTES = 16 << 20
"""How much of the pages of a log is hashed at 5 MB/s to find its last complete entry"""

_SECTOR_BYTES = 512
_SIGNATURE = b"HvLE"
_FIELDS = struct.Struct("<4sI4x3I2Q")  # signature, size, (flags), sequence, size of the bins, pages, two hashes
_REFERENCE = struct.Struct("<2I")
_SEQUENCES = 1 << 32


@dataclass(frozen=True)
class LogEntry:
    """An entry whose own header is valid."""

    position: int
    size: int
    sequence: int
    bins_bytes: int
    page_count: int
    pages_hash: int


def complete_entries(log: BlockReader, sequence: int, *, check_all: bool = False) -> list[LogEntry]:
    """The entries that were written completely, from the sequence number of the log's header on.

    A crash can only tear the entry that was being written, so the hash of the pages is computed from the last entry
    back until one is complete; of all entries with `check_all`.

    Raises: UnreadableVolumeError; what the file raises.
    """
    entries = list(_entries(log, sequence))
    hashed = 0
    if check_all:
        for number, entry in enumerate(entries):
            if not _is_complete(log, entry):
                return entries[:number]
        return entries
    while entries:
        hashed += entries[-1].size
        if hashed > MAX_HASHED_BYTES:
            raise UnreadableVolumeError(
                log.path, f"the hashes of its last {hashed} bytes are wrong or too long to check"
            )
        if _is_complete(log, entries[-1]):
            break
        entries.pop()
    return entries


def page_references(log: BlockReader, entry: LogEntry) -> list[Page] | None:
    """The pages of an entry; None if one is impossible, so that the entry is not complete.

    Raises: what the file raises.
    """
    at = entry.position + _FIELDS.size
    references = log.read(at, entry.page_count * _REFERENCE.size)
    at += len(references)
    pages = []
    for offset, length in _REFERENCE.iter_unpack(references):
        end = at + length
        if (
            not length
            or length % _SECTOR_BYTES
            or offset + length > MAX_BINS_BYTES
            or end > entry.position + entry.size
        ):
            return None
        pages.append(Page(offset, offset + length, log, at))
        at = end
    return pages


def _entries(log: BlockReader, sequence: int) -> Iterator[LogEntry]:
    """What follows the last entry is an older one or anything else: its sequence number is not the next."""
    position, pages = HEADER_BYTES, 0
    while (entry := _entry_at(log, position, sequence)) is not None:
        pages += entry.page_count
        if pages > MAX_PAGES:
            raise UnreadableVolumeError(log.path, f"it has more than {MAX_PAGES} pages")
        yield entry
        position += entry.size
        sequence = (sequence + 1) % _SEQUENCES


def _entry_at(log: BlockReader, position: int, sequence: int) -> LogEntry | None:
    data = log.read(position, _FIELDS.size)
    if len(data) < _FIELDS.size:
        return None
    signature, size, found, bins, count, pages_hash, header_hash = _FIELDS.unpack(data)
    is_valid = (
        signature == _SIGNATURE
        and found == sequence
        and header_hash == marvin32(data[:32])
        and size % _SECTOR_BYTES == 0
        and position + size <= log.size_bytes
        and 0 < count <= (size - _FIELDS.size) // (_REFERENCE.size + _SECTOR_BYTES)
        and 0 < bins <= MAX_BINS_BYTES
        and bins % BIN_BYTES == 0
    )
    return LogEntry(position, size, sequence, bins, count, pages_hash) if is_valid else None


def _is_complete(log: BlockReader, entry: LogEntry) -> bool:
    if entry.size > MAX_HASHED_BYTES:
        raise UnreadableVolumeError(
            log.path, f"entry {entry.sequence} has {entry.size} bytes, which take too long to check"
        )
    data = log.read(entry.position + _FIELDS.size, entry.size - _FIELDS.size)
    return marvin32(data) == entry.pages_hash
