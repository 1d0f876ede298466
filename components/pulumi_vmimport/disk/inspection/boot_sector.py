"""Boot sectors of Windows and DOS file systems: which file system it is, and its label.

Sources: Microsoft's FAT specification 1.03 (fatgen103), its exFAT specification, [MS-FSCC] and the NTFS documentation
of linux-ntfs.
"""

from dataclasses import dataclass

from pulumi_vmimport.disk.inspection.disk_region import DiskRegion, decode_text, unpack_padded
from pulumi_vmimport.disk.inspection.facts import FileSystem

SIGNATURE = b"\x55\xaa"
SIGNATURE_AT = 510

# The OEM name at offset 3.
_NAMES = {
    b"NTFS    ": FileSystem.NTFS,
    b"ReFS\0\0\0\0": FileSystem.REFS,
    b"-FVE-FS-": FileSystem.BITLOCKER,
    b"EXFAT   ": FileSystem.EXFAT,
}
_NAME_AT = 3
_JUMPS = (0xEB, 0xE9)
_SECTORS = {512, 1024, 2048, 4096}
_CLUSTERS = {1 << power for power in range(8)}
_MEDIA = {0xF0, *range(0xF8, 0x100)}
_MAX_FATS = 4
_DIRECTORY_BYTES = 4096  # a label is among the first entries of the root directory
_ENTRY_BYTES = 32
_VOLUME_ID, _LONG_NAME = 0x08, 0x0F
_DELETED, _NO_LABEL = 0xE5, b"NO NAME    "
_EXTENDED_PARAMETERS = 0x29
_EXFAT_LABEL = 0x83
_EXFAT_MOST_CHARACTERS = 11
_MFT_RECORD_BYTES = range(256, 4097)
_VOLUME_RECORD = 3  # $Volume
_VOLUME_NAME, _END_OF_ATTRIBUTES = 0x60, 0xFFFFFFFF
_MAX_ATTRIBUTES = 64


def has_signature(sector: bytes) -> bool:
    """Whether the sector ends in the boot signature 55 AA."""
    return sector[SIGNATURE_AT : SIGNATURE_AT + 2] == SIGNATURE


def named_file_system(sector: bytes) -> FileSystem | None:
    """The file system that the sector states."""
    return _NAMES.get(sector[_NAME_AT : _NAME_AT + 8])


def is_fat(sector: bytes) -> bool:
    """Whether the sector has valid FAT parameters; the name of FAT in it is not reliable."""
    sector_bytes, cluster, reserved, fats = unpack_padded("<HBHB", sector, 11)
    return (
        has_signature(sector)
        and sector[0] in _JUMPS
        and sector_bytes in _SECTORS
        and cluster in _CLUSTERS
        and reserved > 0
        and 0 < fats <= _MAX_FATS
        and sector[21] in _MEDIA
    )


def fat_label(region: DiskRegion, sector: bytes) -> str:
    """The label in the root directory, which Windows uses, or else in the boot sector."""
    sector_bytes, cluster, reserved, fats, root_entries, _, _, fat_sectors = unpack_padded("<HBHBHHBH", sector, 11)
    large_fat_sectors, _, _, root_cluster = unpack_padded("<IHHI", sector, 36)
    after_fats = (reserved + fats * (fat_sectors or large_fat_sectors)) * sector_bytes
    is_fat32 = root_entries == 0
    root = after_fats + ((root_cluster - 2) * cluster * sector_bytes if is_fat32 else 0)
    directory = region.read(root, _DIRECTORY_BYTES)
    for at in range(0, _DIRECTORY_BYTES, _ENTRY_BYTES):
        name, attributes = directory[at : at + 11], directory[at + 11]
        if not name[0]:
            break
        if attributes & _LONG_NAME != _LONG_NAME and attributes & _VOLUME_ID and name[0] != _DELETED:
            return decode_text(name, "cp437")
    at = 71 if is_fat32 else 43
    stated = sector[at : at + 11]
    has_label = sector[at - 5] == _EXTENDED_PARAMETERS and stated != _NO_LABEL
    return decode_text(stated, "cp437") if has_label else ""


def exfat_label(region: DiskRegion, sector: bytes) -> str:
    """The label in the root directory."""
    heap, _, root_cluster = unpack_padded("<III", sector, 88)
    sector_shift, cluster_shift = sector[108] & 0xF, sector[109] & 0x1F
    root = (heap << sector_shift) + ((root_cluster - 2) << (sector_shift + cluster_shift))
    directory = region.read(root, _DIRECTORY_BYTES)
    for at in range(0, _DIRECTORY_BYTES, _ENTRY_BYTES):
        if directory[at] == _EXFAT_LABEL:
            characters = min(directory[at + 1], _EXFAT_MOST_CHARACTERS)
            return decode_text(directory[at + 2 : at + 2 + 2 * characters], "utf-16-le")
        if not directory[at]:
            break
    return ""


@dataclass(frozen=True)
class NtfsGeometry:
    """The units of an NTFS volume."""

    sector_bytes: int
    cluster_bytes: int
    table_at: int
    """The offset of the master file table"""
    record_bytes: int


def ntfs_geometry(sector: bytes) -> NtfsGeometry | None:
    """The units that a boot sector states; None if they are impossible."""
    sector_bytes, sectors = unpack_padded("<HB", sector, 11)
    cluster_bytes = sector_bytes * _power_or_count(sectors, unsigned_to=0x80)
    table, _, clusters = unpack_padded("<QQB", sector, 48)
    record_bytes = 1 << (256 - clusters) if clusters > 0x80 else clusters * cluster_bytes  # noqa: PLR2004
    if record_bytes not in _MFT_RECORD_BYTES or not cluster_bytes:
        return None
    return NtfsGeometry(sector_bytes, cluster_bytes, table * cluster_bytes, record_bytes)


def ntfs_record(region: DiskRegion, geometry: NtfsGeometry, number: int) -> bytes:
    """One of the first records of the master file table, which are stored together; empty if it is none."""
    record = region.read(geometry.table_at + number * geometry.record_bytes, geometry.record_bytes)
    return _with_sector_ends(record)


def ntfs_label(region: DiskRegion, sector: bytes) -> str:
    """The name in $Volume, the fourth record of the master file table."""
    geometry = ntfs_geometry(sector)
    if geometry is None:
        return ""
    record = ntfs_record(region, geometry, _VOLUME_RECORD)
    (at,) = unpack_padded("<H", record, 20)
    for _ in range(_MAX_ATTRIBUTES):
        kind, length, is_elsewhere = unpack_padded("<IIB", record, at)
        if kind == _VOLUME_NAME and not is_elsewhere:
            value_bytes, value = unpack_padded("<IH", record, at + 16)
            return decode_text(record[at + value : at + value + value_bytes], "utf-16-le")
        at += length
        if kind == _END_OF_ATTRIBUTES or not length or at >= len(record):
            break
    return ""


def _power_or_count(value: int, *, unsigned_to: int) -> int:
    return value if value <= unsigned_to else 1 << min(256 - value, 31)


def _with_sector_ends(record: bytes) -> bytes:
    """The record with the last two bytes of each sector restored, which NTFS stores separately."""
    if not record.startswith(b"FILE"):
        return b""
    at, count = unpack_padded("<HH", record, 4)
    whole = bytearray(record)
    for number, end in zip(range(1, count), range(512, len(record) + 1, 512), strict=False):
        whole[end - 2 : end] = record[at + 2 * number : at + 2 * number + 2].ljust(2, b"\0")
    return bytes(whole)
