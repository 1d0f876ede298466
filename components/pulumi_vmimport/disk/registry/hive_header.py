"""The base block of a registry hive and of its transaction logs.

Source: the specification of the format at github.com/msuhanov/regf.
"""

import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor

BASE_BLOCK_BYTES = 4096
"""Where the bins of a hive start; offsets of cells count from there"""
HEADER_BYTES = 512
MAX_BINS_BYTES = 1 << 31
PRIMARY_FILE, OLD_LOG_TYPES, NEW_LOG_TYPE = 0, (1, 2), 6
BIN_BYTES = 4096

_SIGNATURE = b"regf"
_FIELDS = struct.Struct("<4x2IQ3I4x2I")
_CHECKSUM_AT = 508
_ALL_BITS = 0xFFFFFFFF


@dataclass(frozen=True)
class HiveHeader:
    """The header of a hive or log."""

    primary_sequence: int
    secondary_sequence: int
    timestamp: int
    """When the hive was last written, in units of 100 ns since 1601"""
    major_version: int
    minor_version: int
    file_type: int
    root_cell: int
    bins_bytes: int
    has_valid_checksum: bool

    @property
    def is_dirty(self) -> bool:
        """Whether changes may not have reached the file."""
        return not self.has_valid_checksum or self.primary_sequence != self.secondary_sequence


def read_header(data: bytes) -> HiveHeader | None:
    """The header at the start of a file; None if there is none."""
    if len(data) < HEADER_BYTES or not data.startswith(_SIGNATURE):
        return None
    fields = _FIELDS.unpack_from(data)
    is_valid = checksum(data) == struct.unpack_from("<I", data, _CHECKSUM_AT)[0]
    return HiveHeader(*(*fields, is_valid))


def checksum(data: bytes) -> int:
    """The checksum of a header."""
    total: int = reduce(xor, struct.unpack_from(f"<{_CHECKSUM_AT // 4}I", data))
    return {0: 1, _ALL_BITS: _ALL_BITS - 1}.get(total, total)
