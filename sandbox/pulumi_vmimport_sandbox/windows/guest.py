"""A Windows guest: its registry, its files, and the disk that holds them."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from pulumi_vmimport_sandbox.windows import accounts, ntfs_log, partition_tables
from pulumi_vmimport_sandbox.windows.accounts import Account
from pulumi_vmimport_sandbox.windows.boot_configuration import BootPartition, boot_configuration
from pulumi_vmimport_sandbox.windows.healthy_software import software
from pulumi_vmimport_sandbox.windows.healthy_system import system
from pulumi_vmimport_sandbox.windows.hive_log import dirty_hive
from pulumi_vmimport_sandbox.windows.hive_writer import write_hive
from pulumi_vmimport_sandbox.windows.partition_tables import Partition
from pulumi_vmimport_sandbox.windows.registry import Key
from pulumi_vmimport_sandbox.windows.releases import WINDOWS_10_22H2, WINDOWS_11_22H2, Release
from pulumi_vmimport_sandbox.windows.sparse_bytes import BLOCK_BYTES, SparseBytes
from pulumi_vmimport_sandbox.windows.volume_template import VolumeTemplate, templates

GIB, MIB = 1 << 30, 1 << 20
CONFIG = "/Windows/System32/config"
_FIRST_PARTITION = 1 * MIB
_RESERVED_BYTES = 16 * MIB
_HIDDEN_SECTORS_AT = 28
_PE_AT, _AMD64 = 0x80, 0x8664
_ESP_ID = UUID("0a5a9d3c-6d5e-4d3b-8f0a-6c1f6b1f0001")
_RESERVED_ID = UUID("0a5a9d3c-6d5e-4d3b-8f0a-6c1f6b1f0002")
_WINDOWS_ID = UUID("0a5a9d3c-6d5e-4d3b-8f0a-6c1f6b1f0003")


class Layout(StrEnum):
    """How Setup divided the disk."""

    WINDOWS_10 = "windows-10"
    """MBR: System Reserved, which is active and has the BCD store, and C:"""
    WINDOWS_10_ONE_VOLUME = "windows-10-one-volume"
    """MBR: C: alone, active, with the BCD store"""
    WINDOWS_11 = "windows-11"
    """GPT: EFI system partition with the BCD store, Microsoft Reserved, C:"""


@dataclass
class WindowsGuest:
    """A guest; change what you like before `disk`."""

    layout: Layout
    release: Release
    software: Key
    system: Key
    security: Key
    boot: Key
    """The BCD store"""
    accounts: list[Account] = field(default_factory=accounts.healthy_accounts)
    files: dict[str, bytes] = field(default_factory=dict)
    """Contents of files of C: by path; make_volumes.PLACES names those that have room, and their sizes"""
    exist: dict[str, bool] = field(default_factory=dict)
    """Which of make_volumes.SWITCHES exist, if not as in a healthy guest"""
    capacity_bytes: int = 64 * GIB
    free_bytes: int | None = None
    """Free space of C:. Default: about 61 GiB"""
    is_clean: bool = True
    """Whether C: was dismounted"""
    active: tuple[int, ...] = (0,)
    """Indexes of the partitions that an MBR marks as active"""
    before_crash: dict[str, Key] = field(default_factory=dict)
    """Old content of SYSTEM or SOFTWARE: the file has this, and its log leads to the present content"""
    has_logs: bool = True
    """Whether those logs exist"""
    is_fragmented: bool = False
    is_encrypted: bool = False
    """Whether BitLocker encrypts C:"""

    @classmethod
    def healthy(cls, layout: Layout = Layout.WINDOWS_10, release: Release | None = None) -> "WindowsGuest":
        """A guest that is ready for BYOL WorkSpaces."""
        is_uefi = layout is Layout.WINDOWS_11
        release = release or (WINDOWS_11_22H2 if is_uefi else WINDOWS_10_22H2)
        partitions = _partitions(layout)
        boots = [_boot_partition(part, is_gpt=is_uefi) for part in (partitions[-1], partitions[0])]
        return cls(
            layout=layout,
            release=release,
            software=software(release),
            system=system(drive_letter(partitions[-1], is_gpt=is_uefi)),
            security=accounts.security(),
            boot=boot_configuration(*boots, is_uefi=is_uefi),
            files={f"/Windows/System32/{name}": portable_executable() for name in ("ntoskrnl.exe", "winload.exe")},
        )

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """The partitions of the disk; C: is the last one."""
        return _partitions(self.layout, self.active)

    def disk(self, volume: VolumeTemplate | None = None) -> SparseBytes:
        """The disk; a source for readers, and `write_file` writes it. `volume` replaces the stored volume of C:.

        Raises: ValueError if a file or hive is larger than its room.
        """
        disk = SparseBytes(self.capacity_bytes)
        partitions = self.partitions
        boot = {"/Boot/BCD": write_hive(self.boot).file()}
        match self.layout:
            case Layout.WINDOWS_11:
                partition_tables.write_gpt(disk, partitions)
                boot = {f"/EFI/Microsoft{path}": content for path, content in boot.items()}
                _place(disk, partitions[0], templates()["esp"].volume(boot, {}))
            case Layout.WINDOWS_10:
                partition_tables.write_mbr(disk, partitions)
                reserved = templates()["system-reserved"]
                _place(disk, partitions[0], reserved.volume({**boot, **_log_file(reserved, is_clean=True)}, {}))
            case _:
                partition_tables.write_mbr(disk, partitions)
        _place(disk, partitions[-1], self._system_volume(boot, volume))
        return disk

    def _system_volume(self, boot: Mapping[str, bytes], template: VolumeTemplate | None) -> SparseBytes:
        template = template or templates()["system-fragmented" if self.is_fragmented else "system"]
        contents = {**self.files, **self._hives(), **_log_file(template, is_clean=self.is_clean)}
        exist = dict(self.exist)
        if self.layout is Layout.WINDOWS_10_ONE_VOLUME:
            contents |= boot
            exist["/Boot/BCD"] = True
        if self.free_bytes is not None:
            contents["$Bitmap"] = _bitmap(template, self.free_bytes)
        volume = template.volume(contents, exist)
        if self.is_encrypted:
            volume.write_at(3, b"-FVE-FS-")
        return volume

    def _hives(self) -> dict[str, bytes]:
        clean = {"SAM": accounts.sam(self.accounts), "SECURITY": self.security}
        files = {f"{CONFIG}/{name}": write_hive(root).file() for name, root in clean.items()}
        for name, root in (("SYSTEM", self.system), ("SOFTWARE", self.software)):
            path = f"{CONFIG}/{name}"
            if old := self.before_crash.get(name):
                dirty = dirty_hive(write_hive(old), write_hive(root))
                files |= {path: dirty.file, **({f"{path}.LOG1": dirty.log} if self.has_logs else {})}
            else:
                files[path] = write_hive(root).file()
        return files


def drive_letter(partition: Partition, *, is_gpt: bool) -> bytes:
    """The value of a drive letter in MountedDevices."""
    if is_gpt:
        return b"DMIO:ID:" + partition.id.bytes_le
    return struct.pack("<IQ", partition_tables.MBR_SIGNATURE, partition.start)


def portable_executable(machine: int = _AMD64) -> bytes:
    """The start of an executable file for a processor; 014Ch is x86, AA64h is ARM64."""
    image = bytearray(0x200)
    image[:2] = b"MZ"
    struct.pack_into("<I", image, 0x3C, _PE_AT)
    struct.pack_into("<4sH", image, _PE_AT, b"PE\0\0", machine)
    return bytes(image)


def _partitions(layout: Layout, active: tuple[int, ...] = (0,)) -> tuple[Partition, ...]:
    sizes = {name: template.size_bytes for name, template in templates().items()}
    parts: tuple[Partition, ...]
    match layout:
        case Layout.WINDOWS_11:
            parts = (
                Partition(0, sizes["esp"], partition_tables.EFI_SYSTEM, _ESP_ID, "EFI system partition"),
                Partition(0, _RESERVED_BYTES, partition_tables.MICROSOFT_RESERVED, _RESERVED_ID, "Microsoft reserved"),
                Partition(0, sizes["system"], partition_tables.BASIC_DATA, _WINDOWS_ID, "Basic data partition"),
            )
        case Layout.WINDOWS_10:
            parts = (Partition(0, sizes["system-reserved"]), Partition(0, sizes["system"]))
        case Layout.WINDOWS_10_ONE_VOLUME:
            parts = (Partition(0, sizes["system"]),)
    partitions, start = [], _FIRST_PARTITION
    for number, part in enumerate(parts):
        partitions.append(replace(part, start=start, is_active=number in active))
        start += part.size
    return tuple(partitions)


def _boot_partition(partition: Partition, *, is_gpt: bool) -> BootPartition:
    if is_gpt:
        return BootPartition(partition.id.bytes_le, partition_tables.DISK_GUID.bytes_le, is_gpt)
    signature = struct.pack("<I12x", partition_tables.MBR_SIGNATURE)
    return BootPartition(struct.pack("<Q8x", partition.start), signature, is_gpt)


def _place(disk: SparseBytes, partition: Partition, volume: SparseBytes) -> None:
    """Put a volume into its partition. An NTFS boot sector and its copy have the start of the partition."""
    if volume.read_at(3, 4) == b"NTFS":
        start = struct.pack("<I", partition.start // partition_tables.SECTOR_BYTES)
        for sector in (0, volume.size_bytes - partition_tables.SECTOR_BYTES):
            volume.write_at(sector + _HIDDEN_SECTORS_AT, start)
    first = partition.start // BLOCK_BYTES
    disk.blocks.update({first + number: block for number, block in volume.blocks.items()})


def _log_file(template: VolumeTemplate, *, is_clean: bool) -> dict[str, bytes]:
    ((_, size),) = template.places["$LogFile"]
    return {"$LogFile": ntfs_log.restart_pages(size, is_clean=is_clean)}


def _bitmap(template: VolumeTemplate, free_bytes: int) -> bytes:
    """The bitmap with about this many free bytes: clusters are in use from the first one on."""
    ((offset, size),) = template.places["$Bitmap"]
    bitmap = bytearray(SparseBytes(template.size_bytes, dict(template.blocks)).read_at(offset, size))
    surplus = 8 * size - int.from_bytes(bitmap, "little").bit_count() - free_bytes // BLOCK_BYTES
    for at, byte in enumerate(bitmap):
        surplus -= 8 - byte.bit_count()
        if surplus < 0:
            break
        bitmap[at] = 0xFF
    return bytes(bitmap)
