"""Reads one small file of the operating system on a disk, without booting it."""

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.file_tree import File, UnreadableVolumeError
from pulumi_vmimport.disk.guest.guest_facts import NO_WINDOWS
from pulumi_vmimport.disk.inspection.facts import Layout
from pulumi_vmimport.disk.linux.installed_system import LinuxDisk
from pulumi_vmimport.disk.windows.windows_disk import find_windows

_MAX_BYTES = 1 << 20


def read_windows_file(content: DiskContent, layout: Layout, path: str) -> bytes | None:
    """A file of the volume of Windows, such as `/Windows/win.ini`; None if there is none, or no Windows.

    Raises: DiskImageError, also if the volume is encrypted; what the source of the image raises.
    """
    disk = find_windows(content, layout)
    if isinstance(disk, str):
        if disk == NO_WINDOWS:
            return None
        raise UnreadableVolumeError(path, disk)
    return _content(disk.volume.find(path))


def read_linux_file(content: DiskContent, layout: Layout, path: str) -> bytes | None:
    """A file of the Linux system on a disk, such as `/etc/fstab`; None if there is none, or no Linux.

    Raises: as `read_windows_file`.
    """
    with LinuxDisk.read(content, layout) as disk:
        if disk.roots:
            return _content(disk.mounted(disk.roots[0]).find(path))
        if disk.problems:
            raise UnreadableVolumeError(path, "; ".join(disk.problems.values()))
        return None


def _content(file: File | None) -> bytes | None:
    if file is None or file.is_directory:
        return None
    if file.size_bytes > _MAX_BYTES:
        raise UnreadableVolumeError(file.path, f"expected at most {_MAX_BYTES} bytes, got {file.size_bytes}")
    return file.read(0, file.size_bytes)
