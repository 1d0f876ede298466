"""Writes hives as a power failure leaves them: an old file, and a transaction log with what changed.

Source: "Windows registry file format specification", github.com/msuhanov/regf, section "New format" (Windows 8.1 and
later).
"""

import struct
from dataclasses import dataclass

from pulumi_vmimport_sandbox.windows.hive_writer import BIN_BYTES, Hive

_SECTOR_BYTES = 512
_LOG_TYPE = 6
_ENTRY_HEAD_BYTES = 40
_SEED = 0x82EF4D887A4E55C5
_MASK = 0xFFFFFFFF
# As in a hive of a real machine: the log does not follow the sequence number of the hive directly.
_HIVE_SEQUENCES, _LOG_SEQUENCE = (8, 7), 12


@dataclass(frozen=True)
class DirtyHive:
    """A hive that was not written completely, and its log."""

    file: bytes
    log: bytes


def dirty_hive(old: Hive, new: Hive) -> DirtyHive:
    """A hive whose file has the old content and whose log turns it into the new content."""
    starts = range(0, len(new.bins), BIN_BYTES)
    changed = [at for at in starts if new.bins[at : at + BIN_BYTES] != old.bins[at : at + BIN_BYTES]]
    middle = len(changed) // 2
    entries = [part for part in (changed[:middle], changed[middle:]) if part]
    log = new.header((_LOG_SEQUENCE, _LOG_SEQUENCE), _LOG_TYPE)[:_SECTOR_BYTES]
    for number, part in enumerate(entries):
        log += _entry(_LOG_SEQUENCE + number, new.bins, part)
    return DirtyHive(old.file(_HIVE_SEQUENCES), log)


def _entry(sequence: int, bins: bytes, offsets: list[int]) -> bytes:
    references = b"".join(struct.pack("<II", at, BIN_BYTES) for at in offsets)
    body = references + b"".join(bins[at : at + BIN_BYTES] for at in offsets)
    size = -(-(_ENTRY_HEAD_BYTES + len(body)) // _SECTOR_BYTES) * _SECTOR_BYTES
    body = body.ljust(size - _ENTRY_HEAD_BYTES, b"\0")
    head = struct.pack("<4sIIIIIQ", b"HvLE", size, 0, sequence, len(bins), len(offsets), marvin32(body))
    return head + struct.pack("<Q", marvin32(head)) + body


def marvin32(data: bytes) -> int:
    """The hash of log entries, with the seed of the registry."""
    low, high = _SEED & _MASK, _SEED >> 32
    whole = len(data) // 4 * 4
    last = int.from_bytes(data[whole:] + b"\x80", "little")
    for number in (*(number for (number,) in struct.iter_unpack("<I", data[:whole])), last, 0):
        low = low + number & _MASK
        high ^= low
        low = _rotated(low, 20) + high & _MASK
        high = _rotated(high, 9) ^ low
        low = _rotated(low, 27) + high & _MASK
        high = _rotated(high, 19)
    return high << 32 | low


def _rotated(number: int, bits: int) -> int:
    return (number << bits | number >> (32 - bits)) & _MASK
