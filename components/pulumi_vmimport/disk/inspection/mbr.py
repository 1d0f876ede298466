"""The master boot record: four entries, and the chain of extended boot records.

Source: there is no standard; Linux (block/partitions/msdos.c) and util-linux (libfdisk/src/dos.c).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_region import DiskRegion, unpack_padded
from pulumi_vmimport.disk.inspection.boot_sector import has_signature
from pulumi_vmimport.disk.inspection.facts import Damage

EXTENDED = frozenset({0x05, 0x0F, 0x85})
PROTECTIVE = 0xEE
EFI_SYSTEM = 0xEF
DYNAMIC_DISK = 0x42
HIDDEN_RECOVERY = 0x27
TYPE_NAMES = {
    0x01: "FAT12",
    0x04: "FAT16 below 32 MiB",
    0x05: "extended",
    0x06: "FAT16",
    0x07: "NTFS, exFAT or HPFS",
    0x0B: "FAT32",
    0x0C: "FAT32 (LBA)",
    0x0E: "FAT16 (LBA)",
    0x0F: "extended (LBA)",
    HIDDEN_RECOVERY: "Windows recovery",
    DYNAMIC_DISK: "Windows dynamic disk (LDM)",
    0x82: "Linux swap",
    0x83: "Linux",
    0x85: "Linux extended",
    0x8E: "Linux LVM",
    0xA5: "FreeBSD",
    0xEE: "GPT protective",
    EFI_SYSTEM: "EFI system",
    0xFB: "VMware VMFS",
    0xFD: "Linux RAID",
}

_CODE_BYTES = 440
_SIGNATURE_AT = 440
_ENTRIES_AT, _ENTRY_BYTES, _ENTRIES = 446, 16, 4
_ENTRY = "<B3xB3xII"  # flag, type, first sector, sectors; the rest are cylinders, heads and sectors
_INACTIVE, _ACTIVE = 0x00, 0x80
_FIRST_LOGICAL = 5
# Together with the four primary partitions 128, as in a Windows GPT; over a network each may cost a request.
_MAX_LINKS, _MAX_FAR_LINKS = 124, 16


@dataclass(frozen=True)
class MbrEntry:
    """A used entry."""

    number: int
    type: int
    is_active: bool
    start_bytes: int
    size_bytes: int


def has_boot_code(sector: bytes) -> bool:
    """Whether BIOS would find boot code."""
    return has_signature(sector) and any(sector[:_CODE_BYTES])


def disk_signature(sector: bytes) -> str:
    """The disk signature of Windows, in eight hexadecimal digits."""
    return f"{unpack_padded('<I', sector, _SIGNATURE_AT)[0]:08x}"


def wrong_flag(sector: bytes) -> int | None:
    """The first invalid active flag; None if all four are valid, which boot sector code does not satisfy."""
    flags = sector[_ENTRIES_AT : _ENTRIES_AT + _ENTRIES * _ENTRY_BYTES : _ENTRY_BYTES]
    return next((flag for flag in flags if flag not in {_INACTIVE, _ACTIVE}), None)


def entries_of(sector: bytes, sector_bytes: int, base_bytes: int = 0) -> list[MbrEntry]:
    """The used entries, numbered by position. Offsets count from `base_bytes`."""
    found = []
    for number in range(_ENTRIES):
        flag, kind, start, count = unpack_padded(_ENTRY, sector, _ENTRIES_AT + number * _ENTRY_BYTES)
        if kind and count:
            start_bytes = base_bytes + start * sector_bytes
            found.append(MbrEntry(number + 1, kind, flag == _ACTIVE, start_bytes, count * sector_bytes))
    return found


def logical_entries(disk: DiskRegion, primary: Sequence[MbrEntry]) -> tuple[list[MbrEntry], list[Damage]]:
    """The logical partitions, from number 5 on.

    An extended boot record locates one partition relative to itself, and the next record relative to the start of the
    extended partition. Raises: DiskImageError; what the source raises.
    """
    found: list[MbrEntry] = []
    damage: list[Damage] = []
    seen: set[int] = set()
    most = _MAX_LINKS if disk.content.is_local else _MAX_FAR_LINKS
    for extended in primary:
        at = extended.start_bytes if extended.type in EXTENDED else None
        while at is not None:
            where = f"extended boot record at {at}"
            if wrong := _wrong_place(at, extended, seen, most):
                damage.append(Damage(where, wrong))
                break
            seen.add(at)
            record = disk.read(at, 512)
            if not has_signature(record):
                damage.append(Damage(where, f"it ends in {record[510:512].hex(' ')}, expected 55 aa"))
                break
            two = entries_of(record, disk.content.sector_bytes, at)[:2]
            for entry in two:
                if entry.type not in EXTENDED:
                    number = _FIRST_LOGICAL + len(found)
                    found.append(MbrEntry(number, entry.type, entry.is_active, entry.start_bytes, entry.size_bytes))
            links = (entry.start_bytes - at for entry in two if entry.type in EXTENDED)
            at = next((extended.start_bytes + link for link in links), None)
    return found, damage


def _wrong_place(at: int, extended: MbrEntry, seen: set[int], most: int) -> str | None:
    if at in seen:
        return "the chain of records is circular"
    if len(seen) >= most:
        return f"the chain has more than {most} records; the rest was not read"
    if not extended.start_bytes <= at < extended.start_bytes + extended.size_bytes:
        return f"it lies outside extended partition {extended.number}"
    return None
