"""The GUID partition table, of which a disk has two copies.

Source: UEFI specification 2.10, section 5.3.
"""

import zlib
from dataclasses import dataclass
from uuid import UUID

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_region import MAX_READ_BYTES, DiskRegion, decode_text, unpack_padded
from pulumi_vmimport.disk.inspection.facts import Damage

EFI_SYSTEM = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
WINDOWS_RECOVERY = "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC"
LINUX_ROOT_X86 = "44479540-F297-41B2-9AF7-D131D5F0458A"
LINUX_ROOTS = frozenset(
    {
        "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
        LINUX_ROOT_X86,
        "B921B045-1DF0-41C3-AF44-4C6F280D3FAE",
    }
)
DYNAMIC_DISKS = frozenset({"5808C8AA-7E8F-42E0-85D2-E1E90434CFB3", "AF9B60A0-1431-4F62-BC68-3311714A69AD"})
TYPE_NAMES = {
    EFI_SYSTEM: "EFI system",
    WINDOWS_RECOVERY: "Windows recovery",
    "E3C9E316-0B5C-4DB8-817D-F92DF00215AE": "Microsoft reserved",
    "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7": "Microsoft basic data",
    "5808C8AA-7E8F-42E0-85D2-E1E90434CFB3": "Windows dynamic disk's database (LDM)",
    "AF9B60A0-1431-4F62-BC68-3311714A69AD": "Windows dynamic disk's data (LDM)",
    "21686148-6449-6E6F-744E-656564454649": "BIOS boot",
    "0FC63DAF-8483-4772-8E79-3D69D8477DE4": "Linux file system",
    "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F": "Linux swap",
    "E6D6D379-F507-44C2-A23C-238F2A3DF928": "Linux LVM",
    "A19D880F-05FC-4D3B-A006-743F0F84911E": "Linux RAID",
    "CA7D7CCB-63ED-4C53-861C-1742536059CC": "Linux LUKS",
    "BC13C2FF-59E6-4262-A352-B275FD6F7172": "Linux extended boot",
    "933AC7E1-2EB4-4F13-B844-0E14E2AEF915": "Linux home",
    "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709": "Linux root (x86-64)",
    LINUX_ROOT_X86: "Linux root (x86)",
    "B921B045-1DF0-41C3-AF44-4C6F280D3FAE": "Linux root (ARM64)",
    "AA31E02A-400F-11DB-9590-000C2911D1B8": "VMware VMFS",
}

_SIGNATURE, _REVISION = b"EFI PART", 0x00010000
# signature, revision, header bytes, its CRC, its own sector, the other one's, first and last usable sector, disk GUID,
# first sector of the entries, their count, bytes of one, their CRC
_HEADER, _HEADER_BYTES = "<8sIIIxxxxQQQQ16sQIII", 92
_CRC_AT = 16
_ENTRY, _MIN_ENTRY_BYTES = "<16s16sQQQ72s", 128  # type, GUID, first and last sector, attributes, name
_LEGACY_BOOT = 1 << 2
_NO_DRIVE_LETTER = 1 << 62 | 1 << 63  # of Microsoft's partitions: hidden, no drive letter
SECTORS = (512, 4096)
"""The sector sizes of disks"""


@dataclass(frozen=True)
class GptEntry:
    """A used entry. Its size is negative if it ends before it starts."""

    number: int
    type: str
    is_active: bool
    start_bytes: int
    size_bytes: int
    name: str
    has_drive_letter: bool = True
    guid: str = ""


@dataclass(frozen=True)
class Gpt:
    """Both copies. The entries are those of the primary GPT if it is valid, else those of the backup."""

    primary_valid: bool
    backup_valid: bool
    backup_at_end: bool | None
    """Whether the backup is in the last sector of the disk; None if there is none"""
    disk_guid: str | None
    entries: tuple[GptEntry, ...]
    damage: tuple[Damage, ...]


class _InvalidError(Exception):
    """A header or table is invalid; the message gives the reason."""


@dataclass(frozen=True)
class _GptHeader:
    other_sector: int
    disk_guid: str
    entries: bytes
    entry_bytes: int


def has_primary_header(disk: DiskRegion) -> bool:
    """Whether the disk has a valid primary GPT. Raises: as `read_gpt`."""
    return _is_header(disk, 1, disk.content.sector_bytes)


def sector_bytes_of(content: DiskContent, *, is_protected: bool) -> int | None:
    """The sector size of a GPT, by the position of its primary copy; None if there is none.

    `is_protected` says whether the disk has a protective MBR. Then the backup, or else the signature of a damaged copy,
    decides if the primary copy is invalid. Raises: DiskImageError; what the source raises.
    """
    disk = DiskRegion.of_disk(content)
    primary = [(1, sector_bytes) for sector_bytes in SECTORS]
    backup = [(disk.size_bytes // sector_bytes - 1, sector_bytes) for sector_bytes in SECTORS]
    places = [*primary, *backup] if is_protected else primary
    valid = next((place for place in places if _is_header(disk, *place)), None)
    if valid is None and is_protected:
        valid = next((place for place in places if _has_signature(disk, *place)), None)
    return valid[1] if valid else None


def _is_header(disk: DiskRegion, sector: int, sector_bytes: int) -> bool:
    try:
        _header(disk, sector, sector_bytes)
    except _InvalidError:
        return False
    return True


def _has_signature(disk: DiskRegion, sector: int, sector_bytes: int) -> bool:
    return disk.read(sector * sector_bytes, len(_SIGNATURE)) == _SIGNATURE


def read_gpt(disk: DiskRegion) -> Gpt:
    """Both copies. Raises: DiskImageError; what the source raises."""
    damage = []
    sector_bytes = disk.content.sector_bytes
    primary = backup = at_end = None
    try:
        primary = _header(disk, 1, sector_bytes)
    except _InvalidError as error:
        damage.append(Damage("primary GPT", f"{error}{_other_sector_size(disk)}"))
    last = disk.size_bytes // sector_bytes - 1
    # An enlarged disk has its backup at the former end, which the primary GPT states.
    places = [last, primary.other_sector] if primary and primary.other_sector < last else [last]
    for place in places:
        try:
            backup = _header(disk, place, sector_bytes)
            at_end = place == last
            break
        except _InvalidError as error:
            wrong = Damage("backup GPT", str(error))
    else:
        damage.append(wrong)
    table = primary or backup
    return Gpt(
        primary is not None,
        backup is not None,
        at_end,
        table.disk_guid if table else None,
        tuple(_entries(table, sector_bytes)) if table else (),
        tuple(damage),
    )


def _header(disk: DiskRegion, sector: int, sector_bytes: int) -> _GptHeader:
    at = sector * sector_bytes
    data = disk.read(at, sector_bytes)
    read = unpack_padded(_HEADER, data)
    signature, revision, size, crc, own, other, _, _, guid, first, count, entry_bytes, entries_crc = read
    if signature != _SIGNATURE:
        raise _InvalidError(f"expected the signature EFI PART at {at}, got {signature.hex(' ')}")
    if revision != _REVISION or not _HEADER_BYTES <= size <= sector_bytes:
        raise _InvalidError(f"the header at {at} states revision {revision:#x} and {size} bytes")
    found = zlib.crc32(data[:_CRC_AT] + bytes(4) + data[_CRC_AT + 4 : size])
    if found != crc:
        raise _InvalidError(f"the CRC-32 of the header at {at} is wrong: expected {crc:08x}, got {found:08x}")
    if own != sector:
        raise _InvalidError(f"the header at {at} states sector {own}")
    length = count * entry_bytes
    if entry_bytes < _MIN_ENTRY_BYTES or entry_bytes & (entry_bytes - 1) or not 0 < length <= MAX_READ_BYTES:
        raise _InvalidError(f"the header at {at} states {count} entries of {entry_bytes} bytes")
    entries = disk.read(first * sector_bytes, length)
    found = zlib.crc32(entries)
    if found != entries_crc:
        raise _InvalidError(f"the CRC-32 of the {count} entries is wrong: expected {entries_crc:08x}, got {found:08x}")
    return _GptHeader(other, _guid(guid), entries, entry_bytes)


def _entries(table: _GptHeader, sector_bytes: int) -> list[GptEntry]:
    found = []
    for number, at in enumerate(range(0, len(table.entries), table.entry_bytes), 1):
        kind, unique, first, last, attributes, name = unpack_padded(_ENTRY, table.entries, at)
        if any(kind):
            size = (last - first + 1) * sector_bytes
            active = bool(attributes & _LEGACY_BOOT)
            label = decode_text(name, "utf-16-le")
            letter = not attributes & _NO_DRIVE_LETTER
            start = first * sector_bytes
            found.append(GptEntry(number, _guid(kind), active, start, size, label, letter, _guid(unique)))
    return found


def _other_sector_size(disk: DiskRegion) -> str:
    """A disk copied between 512-byte and 4096-byte sectors has its GPT in the wrong place."""
    own = disk.content.sector_bytes
    for other in SECTORS:
        if other != own and disk.read(other, len(_SIGNATURE)) == _SIGNATURE:
            return f"; one is at {other}, as on a disk with {other}-byte sectors; this disk has {own}-byte sectors"
    return ""


def _guid(data: bytes) -> str:
    return str(UUID(bytes_le=data)).upper()
