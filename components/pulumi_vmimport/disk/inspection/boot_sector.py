"""Boot sectors of Windows and DOS file systems: which file system it is, and its label.

Sources: Microsoft's FAT specification 1.03 (fatgen103) and its exFAT specification. disk/ntfs reads NTFS.
"""

from pulumi_vmimport.disk.disk_region import DiskRegion, decode_text, unpack_padded
from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.ntfs.boot_parameters import BITLOCKER_NAME, NAME_AT, NTFS_NAME

SIGNATURE = b"\x55\xaa"
SIGNATURE_AT = 510

# The OEM name at offset 3.
_NAMES = {
    NTFS_NAME: FileSystem.NTFS,
    b"ReFS\0\0\0\0": FileSystem.REFS,
    BITLOCKER_NAME: FileSystem.BITLOCKER,
    b"EXFAT   ": FileSystem.EXFAT,
}
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


def has_signature(sector: bytes) -> bool:
    """Whether the sector ends in the boot signature 55 AA."""
    return sector[SIGNATURE_AT : SIGNATURE_AT + 2] == SIGNATURE


def named_file_system(sector: bytes) -> FileSystem | None:
    """The file system that the sector states."""
    return _NAMES.get(sector[NAME_AT : NAME_AT + len(NTFS_NAME)])


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
