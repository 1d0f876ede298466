"""Small stream-optimized VMDKs, laid out as vSphere sends them."""

import struct
import zlib
from collections.abc import Callable

import pytest

SECTOR = 512
GRAIN = 128
TABLE_ENTRIES = 512
AT_END = 2**64 - 1
DESCRIPTOR = b'# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="streamOptimized"\n'


def header(capacity: int, directory: int = AT_END, *, flags: int = 0x30001, compression: int = 1) -> bytes:
    facts = struct.pack(
        "<4sIIQQQQIQQQB4sH",
        b"KDMV", 3, flags, capacity, GRAIN, 1, 1, TABLE_ENTRIES, 0, directory, GRAIN, 0, b"\n \r\n", compression,
    )  # fmt: skip
    return facts.ljust(SECTOR, b"\0")


def _marker(sectors: int, kind: int) -> bytes:
    return struct.pack("<QII", sectors, 0, kind).ljust(SECTOR, b"\0")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % SECTOR)


def vmdk(capacity_bytes: int, content: bytes) -> bytes:
    """A disk that begins with the content and is zero behind it."""
    capacity = capacity_bytes // SECTOR
    out = header(capacity) + _padded(DESCRIPTOR)
    table = [0] * TABLE_ENTRIES
    for number, at in enumerate(range(0, len(content), GRAIN * SECTOR)):
        packed = zlib.compress(content[at : at + GRAIN * SECTOR].ljust(GRAIN * SECTOR, b"\0"))
        table[number] = len(out) // SECTOR
        out += _padded(struct.pack("<QI", number * GRAIN, len(packed)) + packed)
    out += _marker(TABLE_ENTRIES * 4 // SECTOR, 1)
    table_at = len(out) // SECTOR
    out += struct.pack(f"<{TABLE_ENTRIES}I", *table) + _marker(1, 2)
    directory_at = len(out) // SECTOR
    tables = -(-capacity // (GRAIN * TABLE_ENTRIES))
    out += _padded(struct.pack(f"<{tables}I", table_at, *[0] * (tables - 1)))
    return out + _marker(1, 3) + header(capacity, directory_at) + bytes(SECTOR)


@pytest.fixture
def stream_optimized() -> Callable[[int, bytes], bytes]:
    return vmdk


@pytest.fixture
def sparse_header() -> Callable[..., bytes]:
    return header
