"""Finds the Linux systems on a disk, and puts the volumes of one together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.fat.fat_volume import FatVolume
from pulumi_vmimport.disk.file_tree import FileTree, UnreadableVolumeError
from pulumi_vmimport.disk.inspection.facts import FileSystem, Layout
from pulumi_vmimport.disk.linux.fstab import FstabEntry, parse_fstab, volume_of
from pulumi_vmimport.disk.linux.guest_tree import GuestTree
from pulumi_vmimport.disk.linux.volume_tree import LIBRARIES, LinuxVolume
from pulumi_vmimport.disk.linux.volumes import Volume, volumes_of

# What a root volume has; /usr may be another volume.
_MARKS = ("/etc/passwd", "/etc/os-release", "/usr/lib/os-release")
_MAX_VOLUMES = 32
_UNREAD = frozenset({FileSystem.BTRFS, FileSystem.JFS, FileSystem.LUKS, FileSystem.UNKNOWN})
_EFI = frozenset({"/boot/efi", "/efi", "/boot/EFI"})


@dataclass
class LinuxDisk:
    """The volumes of a disk, and the systems on them. Close it: a process reads each volume."""

    volumes: tuple[Volume, ...]
    roots: list[Volume] = field(default_factory=list)
    """The volumes that hold a system"""
    problems: dict[str, str] = field(default_factory=dict)
    """By volume: why it may hold a system and cannot be read"""
    _open: dict[str, LinuxVolume] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for volume in self._open.values():
            volume.close()

    @classmethod
    def read(cls, content: DiskContent, layout: Layout) -> "LinuxDisk":
        """Look for systems. Raises: DiskImageError; what the source raises."""
        disk = cls(volumes_of(content, layout)[:_MAX_VOLUMES])
        try:
            disk._find_roots()
        except BaseException:
            disk.__exit__(None, None, None)
            raise
        return disk

    @property
    def has_linux(self) -> bool:
        """Whether something on the disk is of Linux, read or not."""
        kinds = {volume.file_system for volume in self.volumes}
        of_linux = {*LIBRARIES, FileSystem.BTRFS, FileSystem.JFS, FileSystem.LUKS, FileSystem.SWAP}
        return bool(kinds & of_linux) or any(volume.device or volume.note for volume in self.volumes)

    @property
    def esp(self) -> FileTree | None:
        """The EFI system partition; None if there is none. Raises: DiskImageError."""
        for volume in self.volumes:
            if volume.is_efi_system and volume.region is not None and volume.file_system is FileSystem.FAT:
                return FatVolume(volume.region)
        return None

    def _find_roots(self) -> None:
        for volume in self.volumes:
            if volume.note or volume.file_system in _UNREAD:
                self.problems[volume.where] = describe(volume)
            elif volume.file_system in LIBRARIES:
                try:
                    if any(self.tree_of(volume).find(mark) for mark in _MARKS):
                        self.roots.append(volume)
                except DiskImageError as error:
                    self.problems[volume.where] = str(error)

    def tree_of(self, volume: Volume) -> LinuxVolume:
        """The files of a volume. Raises: UnreadableVolumeError."""
        if volume.where not in self._open:
            if volume.region is None:
                raise UnreadableVolumeError(volume.where, volume.note)
            self._open[volume.where] = LinuxVolume(volume.region, volume.file_system, volume.where)
        return self._open[volume.where]

    def mounted(self, root: Volume) -> GuestTree:
        """The system of a root volume. Raises: as `File.read`."""
        tree = self.tree_of(root)
        fstab = tree.find("/etc/fstab")
        mounts, missing = {}, {}
        for entry in parse_fstab(fstab.text()) if fstab else ():
            point = entry.mount_point
            if not entry.has_device or not point.startswith("/") or point == "/" or point in _EFI:
                continue
            volume, _ = volume_of(entry.device, self.volumes)
            if volume is None:
                missing[point] = f"{entry.device}, which fstab mounts at {point}, was not found on this disk"
            elif volume.file_system in LIBRARIES:
                mounts[point] = self.tree_of(volume).look
            else:
                missing[point] = f"it is on {describe(volume)}"
        return GuestTree(tree.look, mounts, missing)

    def fstab_entries(self, tree: GuestTree) -> Iterator[tuple[FstabEntry, bool | None]]:
        """The entries that need a disk, and whether their volume is there; None if another disk may have it.

        Raises: as `File.read`.
        """
        for entry in parse_fstab(tree.text("/etc/fstab")):
            if entry.has_device and entry.device.startswith(("/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=")):
                volume, is_certain = volume_of(entry.device, self.volumes)
                yield entry, True if volume else False if is_certain else None

    def remote_mounts(self, tree: GuestTree) -> list[str]:
        """The mount points of file systems on other machines that the boot needs. Raises: as `File.read`."""
        entries = parse_fstab(tree.text("/etc/fstab"))
        return [e.mount_point for e in entries if e.is_remote and not {"nofail", "noauto", "_netdev"} & {*e.options}]


def describe(volume: Volume) -> str:
    """What a volume that is not read holds."""
    if volume.note:
        return f"{volume.where}, {volume.note}" if volume.region is None else f"{volume.where}, {volume.note}, not read"
    encrypted = ", encrypted" if volume.file_system is FileSystem.LUKS else ""
    return f"{volume.where}, {volume.file_system}{encrypted}, not read"


def encrypted_volumes(volumes: Sequence[Volume]) -> list[str]:
    """The volumes that are encrypted with LUKS."""
    return [volume.where for volume in volumes if volume.file_system is FileSystem.LUKS]
