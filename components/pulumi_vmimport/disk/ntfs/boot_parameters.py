"""The boot sector of an NTFS volume: its name and its units.

Sources: the NTFS documentation of linux-ntfs ("$Boot"); [MS-FSCC].
"""

from dataclasses import dataclass
from typing import Final

from pulumi_vmimport.disk.disk_region import unpack_padded

NAME_AT: Final = 3
NTFS_NAME: Final = b"NTFS    "
BITLOCKER_NAME: Final = b"-FVE-FS-"
"""The name of an NTFS volume that BitLocker encrypts"""

_RECORD_BYTES = range(256, 4097)
_MOST_SECTORS = 0x80
"""A larger number of sectors or clusters is the power of two of a negative exponent."""
_TOTAL_SECTORS_AT = 40


@dataclass(frozen=True)
class BootParameters:
    """The units of a volume. Only the size of a file record is checked."""

    sector_bytes: int
    cluster_bytes: int
    sectors: int
    table_at: int
    """The offset of the master file table"""
    record_bytes: int


def boot_parameters(sector: bytes) -> BootParameters | None:
    """The units that a boot sector states; None if they are impossible."""
    sector_bytes, sectors = unpack_padded("<HB", sector, 11)
    cluster_bytes = sector_bytes * (sectors if sectors <= _MOST_SECTORS else 1 << min(256 - sectors, 31))
    table, _, clusters = unpack_padded("<QQB", sector, 48)
    record_bytes = 1 << (256 - clusters) if clusters > _MOST_SECTORS else clusters * cluster_bytes
    if record_bytes not in _RECORD_BYTES or not cluster_bytes:
        return None
    (total,) = unpack_padded("<Q", sector, _TOTAL_SECTORS_AT)
    return BootParameters(sector_bytes, cluster_bytes, total, table * cluster_bytes, record_bytes)
