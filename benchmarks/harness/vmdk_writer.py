"""Writes stream-optimized VMDKs of any size as vSphere sends them: grain tables after their grains, and a footer.

Source: VMware's Virtual Disk Format 5.0, section "Stream-Optimized Compressed Sparse Extents".
"""

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

SECTOR = 512
GRAIN_SECTORS = 128
GRAIN_BYTES = GRAIN_SECTORS * SECTOR
TABLE_ENTRIES = 512
_AT_END = 2**64 - 1
_DISTINCT_GRAINS = 256
_TABLE, _DIRECTORY, _FOOTER = 1, 2, 3
_DESCRIPTOR = """# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RDONLY {sectors} SPARSE "disk.vmdk"

# The Disk Data Base
ddb.adapterType = "lsilogic"
ddb.geometry.cylinders = "{cylinders}"
ddb.geometry.heads = "255"
ddb.geometry.sectors = "63"
ddb.virtualHWVersion = "13"
"""

Grain = Callable[[int], bytes | int | None]
"""Content of a grain, by its number: compressed bytes, a size in bytes to leave as a hole, or None for zeros."""


def half_compressible(path: Path, file_bytes: int) -> int:
    """Write a disk of about `file_bytes` whose grains compress to half. Returns its capacity in bytes."""
    capacity = file_bytes // len(_grain_record(0, full_grain(0))) * GRAIN_BYTES
    with path.open("wb") as file:
        write(file, capacity, full_grain)
    return capacity


def full_grain(number: int) -> bytes:
    """A grain that compresses to half; 256 distinct ones repeat."""
    return _half_random()[number % _DISTINCT_GRAINS]


@cache
def _half_random() -> list[bytes]:
    source = random.Random(1)  # noqa: S311 - not a secret
    text = b"text" * (GRAIN_BYTES // 8)
    return [zlib.compress(source.randbytes(GRAIN_BYTES // 2) + text, 1) for _ in range(_DISTINCT_GRAINS)]


def write(file: BinaryIO, capacity_bytes: int, grain: Grain) -> None:
    """Write a disk at the file's current position; leaves a hole where `grain` returns a size."""
    start, grains = file.tell(), -(-capacity_bytes // GRAIN_BYTES)
    capacity = capacity_bytes // SECTOR
    descriptor = _DESCRIPTOR.format(sectors=capacity, cylinders=capacity // (255 * 63)).encode()
    descriptor_sectors = -(-len(descriptor) // SECTOR)
    overhead = GRAIN_SECTORS  # the first grain is aligned to the grain size

    def header(directory: int) -> bytes:
        facts = struct.pack(
            "<4sIIQQQQIQQQB4sH",
            *(b"KDMV", 3, 0x30001, capacity, GRAIN_SECTORS, 1, descriptor_sectors, TABLE_ENTRIES),
            *(0, directory, overhead, 0, b"\n \r\n", 1),
        )
        return facts.ljust(SECTOR, b"\0")

    file.write(header(_AT_END) + descriptor)
    file.seek(start + overhead * SECTOR)
    directory: list[int] = []
    for first in range(0, grains, TABLE_ENTRIES):
        table = list(_grains(file, start, range(first, min(first + TABLE_ENTRIES, grains)), grain))
        table += [0] * (TABLE_ENTRIES - len(table))
        directory.append(_write_table(file, start, _TABLE, table) if any(table) else 0)
    directory_at = _write_table(file, start, _DIRECTORY, directory)
    file.write(_marker(1, _FOOTER) + header(directory_at) + bytes(SECTOR))


def _grains(file: BinaryIO, start: int, numbers: range, grain: Grain) -> Iterator[int]:
    """Write grains; yields the first sector of each, 0 for a grain of zeros."""
    for number in numbers:
        content = grain(number)
        if content is None:
            yield 0
            continue
        yield (file.tell() - start) // SECTOR
        if isinstance(content, int):
            file.seek(content, 1)
        else:
            file.write(_grain_record(number, content))


def _grain_record(number: int, compressed: bytes) -> bytes:
    return _padded(struct.pack("<QI", number * GRAIN_SECTORS, len(compressed)) + compressed)


def _write_table(file: BinaryIO, start: int, kind: int, entries: list[int]) -> int:
    content = _padded(struct.pack(f"<{len(entries)}I", *entries))
    file.write(_marker(len(content) // SECTOR, kind))
    first_sector = (file.tell() - start) // SECTOR
    file.write(content)
    return first_sector


def _marker(sectors: int, kind: int) -> bytes:
    return struct.pack("<QII", sectors, 0, kind).ljust(SECTOR, b"\0")


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % SECTOR)
