"""Stream-optimized VMDKs of any size, laid out as vSphere sends them: tables behind their grains, a footer at the end.

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
_KINDS = 256
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
"""What a grain number is stored as: its compressed bytes, a size that stays a hole, or None for a grain of zeros."""


def half_compressible(path: Path, file_bytes: int) -> int:
    """Write a disk of about so many bytes in its file, in each of whose grains one half can be compressed.

    Returns its capacity in bytes.
    """
    capacity = file_bytes // len(_stored(0, full_grain(0))) * GRAIN_BYTES
    with path.open("wb") as file:
        write(file, capacity, full_grain)
    return capacity


def full_grain(number: int) -> bytes:
    """A grain one half of which could be compressed; 256 of them come again and again."""
    return _half_random()[number % _KINDS]


@cache
def _half_random() -> list[bytes]:
    dice = random.Random(1)  # noqa: S311 - no secret
    text = b"text" * (GRAIN_BYTES // 8)
    return [zlib.compress(dice.randbytes(GRAIN_BYTES // 2) + text, 1) for _ in range(_KINDS)]


def write(file: BinaryIO, capacity_bytes: int, grain: Grain) -> None:
    """Write a disk from the file's position on; holes are left where `grain` gives a size."""
    start, grains = file.tell(), -(-capacity_bytes // GRAIN_BYTES)
    capacity = capacity_bytes // SECTOR
    descriptor = _DESCRIPTOR.format(sectors=capacity, cylinders=capacity // (255 * 63)).encode()
    descriptor_sectors = -(-len(descriptor) // SECTOR)
    overhead = GRAIN_SECTORS  # the first grain begins at a whole grain

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
    """Write grains; the sectors they begin at."""
    for number in numbers:
        content = grain(number)
        if content is None:
            yield 0
            continue
        yield (file.tell() - start) // SECTOR
        if isinstance(content, int):
            file.seek(content, 1)
        else:
            file.write(_stored(number, content))


def _stored(number: int, compressed: bytes) -> bytes:
    return _padded(struct.pack("<QI", number * GRAIN_SECTORS, len(compressed)) + compressed)


def _write_table(file: BinaryIO, start: int, kind: int, entries: list[int]) -> int:
    content = _padded(struct.pack(f"<{len(entries)}I", *entries))
    file.write(_marker(len(content) // SECTOR, kind))
    at = (file.tell() - start) // SECTOR
    file.write(content)
    return at


def _marker(sectors: int, kind: int) -> bytes:
    return struct.pack("<QII", sectors, 0, kind).ljust(SECTOR, b"\0")


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % SECTOR)
