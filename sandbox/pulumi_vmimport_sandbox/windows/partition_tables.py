"""Partition tables as Windows Setup writes them. Sources: UEFI 2.10, chapter 5; the tests compare with sfdisk."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pulumi_vmimport_sandbox.windows.sparse_bytes import SparseBytes

SECTOR_BYTES = 512
MBR_SIGNATURE = 0x1BADB002
DISK_GUID = UUID("8f1c6d2e-3b7a-4c55-9d10-6a2b41f0c3e7")
EFI_SYSTEM = UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
MICROSOFT_RESERVED = UUID("e3c9e316-0b5c-4db8-817d-f92df00215ae")
BASIC_DATA = UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
_NO_ID = UUID(int=0)
_BOOT_CODE = b"\xfa\xf4\xeb\xfd"  # stops the processor; Windows' own code is not ours to copy
_NTFS, _PROTECTIVE, _ACTIVE = 0x07, 0xEE, 0x80
_ENTRIES, _ENTRY_BYTES, _ENTRY_SECTORS = 128, 128, 32
_MAX_SECTORS = 0xFFFFFFFF


@dataclass(frozen=True)
class Partition:
    """A partition, in bytes."""

    start: int
    size: int
    kind: UUID = BASIC_DATA
    """On GPT"""
    id: UUID = _NO_ID
    name: str = ""
    is_active: bool = False
    """On MBR"""


def write_mbr(disk: SparseBytes, partitions: Sequence[Partition]) -> None:
    """Divide a disk with an MBR; its partitions hold NTFS."""
    _write_mbr(disk, [(_NTFS, part.start, part.size, part.is_active) for part in partitions], MBR_SIGNATURE, _BOOT_CODE)


def write_gpt(disk: SparseBytes, partitions: Sequence[Partition]) -> None:
    """Divide a disk with a GPT."""
    sectors = disk.size_bytes // SECTOR_BYTES
    protected = min(sectors - 1, _MAX_SECTORS) * SECTOR_BYTES
    _write_mbr(disk, [(_PROTECTIVE, SECTOR_BYTES, protected, False)])
    entries = b"".join(map(_gpt_entry, partitions)).ljust(_ENTRIES * _ENTRY_BYTES, b"\0")
    last = sectors - 1
    for own, other, entries_at in ((1, last, 2), (last, 1, last - _ENTRY_SECTORS)):
        disk.write_at(entries_at * SECTOR_BYTES, entries)
        disk.write_at(own * SECTOR_BYTES, _gpt_header(own, other, entries_at, last, zlib.crc32(entries)))


def _write_mbr(
    disk: SparseBytes, partitions: Sequence[tuple[int, int, int, bool]], signature: int = 0, code: bytes = b""
) -> None:
    # Addresses in cylinders, heads and sectors that are too large for their fields.
    entries = (
        struct.pack(
            "<B3sB3sII",
            *(_ACTIVE if is_active else 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff"),
            *(start // SECTOR_BYTES, size // SECTOR_BYTES),
        )
        for kind, start, size, is_active in partitions
    )
    table = b"".join(entries).ljust(64, b"\0")
    disk.write_at(0, code.ljust(440, b"\0") + struct.pack("<IH", signature, 0) + table + b"\x55\xaa")


def _gpt_entry(part: Partition) -> bytes:
    first, end = part.start // SECTOR_BYTES, (part.start + part.size) // SECTOR_BYTES
    name = part.name.encode("utf-16-le").ljust(72, b"\0")
    return struct.pack("<16s16sQQQ", part.kind.bytes_le, part.id.bytes_le, first, end - 1, 0) + name


def _gpt_header(own: int, other: int, entries_at: int, last: int, entries_checksum: int) -> bytes:
    first_usable, last_usable = 2 + _ENTRY_SECTORS, last - _ENTRY_SECTORS - 1

    def packed(checksum: int) -> bytes:
        return struct.pack(
            "<8sIIIIQQQQ16sQIII",
            *(b"EFI PART", 0x10000, 92, checksum, 0, own, other, first_usable, last_usable),
            *(DISK_GUID.bytes_le, entries_at, _ENTRIES, _ENTRY_BYTES, entries_checksum),
        )

    return packed(zlib.crc32(packed(0)))
