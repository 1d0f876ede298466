"""Logs of XFS: records by code, and those of two real volumes.

xfs_log_mounted.xz and xfs_log_unmounted.xz have the superblock (512 bytes) and the used blocks of the log of a volume of
320 MiB: Linux 6.18 mounted it, made three folders with a file each and synchronized it; the first was copied then, the
second after it was unmounted. `xfs_repair` refuses to touch the first one.
"""

import lzma
import struct
from pathlib import Path

from tests.unit.disk.inspection.disk_tools import MIB, sparse_file

BLOCK = 512
LOG_BYTES_AT = (2 * 20480 + 6) * 4096
"""Where mkfs.xfs places the log in a volume of 320 MiB"""
UNMOUNT, COMMIT = 0x20, 0x02


def record(block: int, cycle: int, flags: int = COMMIT, *, operations: int = 1, data_blocks: int = 1) -> bytes:
    """A record with one header block, at this block of the log."""
    header = struct.pack(">4IQQ", 0xFEEDBABE, cycle, 2, data_blocks * BLOCK, cycle << 32 | block, cycle << 32 | block)
    header = header.ljust(40, b"\0") + struct.pack(">I", operations)
    header = header.ljust(320, b"\0") + struct.pack(">I", 32 << 10)
    data = struct.pack(">IIBBH", cycle, 8, 0xAA, flags, 0).ljust(BLOCK, b"\0")
    rest = struct.pack(">I", cycle).ljust(BLOCK, b"\0") * (data_blocks - 1)
    return header.ljust(BLOCK, b"\0") + data + rest


def volume(path: Path, log: bytes, *, blocks: int | None = None) -> Path:
    """A volume with nothing but a superblock and a log, of 16384 * 4096 bytes or as many blocks as `log` has."""
    superblock = bytearray(BLOCK)
    superblock[:4] = b"XFSB"
    for at, layout, value in (
        (4, ">I", 4096),
        (48, ">Q", 2 << 15 | 6),
        (84, ">I", 20480),
        (96, ">I", (blocks or len(log) // BLOCK) * BLOCK // 4096),
        (124, ">B", 15),
    ):
        struct.pack_into(layout, superblock, at, value)
    return _written(path, bytes(superblock), log)


def real_volume(path: Path, name: str) -> Path:
    """A volume with the log of a real one."""
    data = lzma.decompress(Path(__file__).with_name(f"xfs_log_{name}.xz").read_bytes())
    return _written(path, data[:BLOCK], data[BLOCK:])


def append_record(image: Path) -> None:
    """Let a volume that mkfs.xfs made, of 320 MiB, look as if it were in use."""
    with image.open("r+b") as file:
        file.seek(LOG_BYTES_AT + 2 * BLOCK)
        file.write(record(2, 1))


def _written(path: Path, superblock: bytes, log: bytes) -> Path:
    with sparse_file(path, 320 * MIB).open("r+b") as file:
        file.write(superblock)
        file.seek(LOG_BYTES_AT)
        file.write(log)
    return path
