"""Whether Windows dismounted a volume when it was last shut down.

The dirty bit of the volume does not say so: it is clear on a volume that is in use. $LogFile and hiberfil.sys do.
Sources: the NTFS documentation of linux-ntfs ("$LogFile", restart pages; $VOLUME_INFORMATION); Microsoft's
documentation of fast startup, which hibernates the kernel at each shutdown.
"""

from dataclasses import dataclass

from pulumi_vmimport.disk.disk_region import unpack_padded
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.ntfs.file_record import DATA, VOLUME_INFORMATION, without_fixups
from pulumi_vmimport.disk.ntfs.file_table import FileTable
from pulumi_vmimport.disk.ntfs.ntfs_file import NtfsFile
from pulumi_vmimport.disk.ntfs.streams import Stream
from pulumi_vmimport.shown_value import shown_bytes

_LOG_RECORD, _VOLUME_RECORD = 2, 3
_LOG, _HIBERNATION, _VOLUME = "\\$LogFile", "\\hiberfil.sys", "$Volume"
_PAGE_BYTES = (4096, 512, 1024, 2048, 8192, 16384, 32768, 65536)
_RESTART, _CHECKED = b"RSTR", b"CHKD"  # the latter was written by chkdsk
_NO_CLIENT, _IS_CLEAN = 0xFFFF, 0x0002
_INFORMATION_BYTES, _IS_DIRTY = 12, 0x0001
_HEADER_BYTES = 4096
_HIBERNATED, _RESUMED = (b"HIBR", b"HORM"), (b"WAKE",)


@dataclass(frozen=True)
class Shutdown:
    """How the volume was left."""

    is_clean: bool | None
    """Whether what is on the disk is complete. None if that is not known"""
    reasons: tuple[str, ...]
    """The evidence, in words"""
    is_dirty_flag: bool | None
    """Whether the volume is marked for a check by chkdsk, which is another matter. None if that is not known"""


@dataclass(frozen=True)
class _Finding:
    is_clean: bool | None
    reason: str


def read_shutdown(table: FileTable, root: NtfsFile) -> Shutdown:
    """Judge the volume with this root directory. What is unreadable is unknown.

    Raises: DiskImageError of the image; what the source raises.
    """
    findings = (_log(table), _hibernation(root))
    verdicts = {finding.is_clean for finding in findings}
    is_clean = False if False in verdicts else None if None in verdicts else True
    return Shutdown(is_clean, tuple(finding.reason for finding in findings), _is_dirty(table))


def _is_dirty(table: FileTable) -> bool | None:
    try:
        stream = table.stream(_VOLUME_RECORD, _VOLUME, VOLUME_INFORMATION)
        data = stream.read(0, _INFORMATION_BYTES) if stream else b""
    except UnreadableVolumeError:
        return None
    return bool(unpack_padded("<H", data, 10)[0] & _IS_DIRTY) if len(data) == _INFORMATION_BYTES else None


def _log(table: FileTable) -> _Finding:
    try:
        stream = table.stream(_LOG_RECORD, _LOG, DATA)
        if stream is None:
            return _Finding(None, f"{_LOG} has no content")
        start = stream.read(0, 2 * _PAGE_BYTES[0])
        if start and start.count(0xFF) == len(start):
            return _Finding(True, f"{_LOG} is empty: no change is pending")
        pages = list(filter(None, (_restart_page(stream, at) for at in (0, *_PAGE_BYTES))))
    except UnreadableVolumeError as error:
        return _Finding(None, f"{_LOG} is unreadable: {error.reason}")
    if not pages:
        return _Finding(None, f"{_LOG} has no valid restart page")
    return max(pages, key=lambda page: page.change).finding


@dataclass(frozen=True)
class _RestartPage:
    change: int
    """The number of the last change (LSN) that it knows of"""
    finding: _Finding


def _restart_page(stream: Stream, at: int) -> _RestartPage | None:
    """The restart page at an offset; None if there is none."""
    header = stream.read(at, 32)
    if header[:4] not in {_RESTART, _CHECKED}:
        return None
    page_bytes, area, minor, major = unpack_padded("<I4xHhh", header, 16)
    if page_bytes not in _PAGE_BYTES or at not in {0, page_bytes}:
        return None
    try:
        page = without_fixups(stream.read(at, page_bytes), header[:4], _LOG)
    except UnreadableVolumeError:  # the other page replaces a torn one
        return None
    if area + 16 > len(page):
        return None
    change, in_use, flags = unpack_padded("<Q4xHH", page, area)
    if header[:4] == _CHECKED:
        (change,) = unpack_padded("<Q", page, 8)
    is_clean = in_use == _NO_CLIENT or bool(flags & _IS_CLEAN)
    words = "the volume was dismounted" if is_clean else "the volume was in use and changes may be pending"
    where = f"{_LOG}, restart page at {at} (log version {major}.{minor}, flags {flags:04X}h"
    client = "no client" if in_use == _NO_CLIENT else f"client {in_use} in use"
    return _RestartPage(change, _Finding(is_clean, f"{where}, {client}): {words}"))


def _hibernation(root: NtfsFile) -> _Finding:
    try:
        file = root.child(_HIBERNATION[1:])
        if file is None:
            return _Finding(True, f"{_HIBERNATION} does not exist: Windows is not hibernated")
        header = file.read(0, _HEADER_BYTES)
    except UnreadableVolumeError as error:
        return _Finding(None, f"{_HIBERNATION} is unreadable: {error.reason}")
    signature = header[:4].upper()
    if signature in _HIBERNATED:
        words = f"{_HIBERNATION} starts with {header[:4].decode()}: Windows is hibernated, or fast startup ended it"
        remedy = "run `powercfg /h off` in Windows, or shut it down with `shutdown /s /t 0`"
        return _Finding(False, f"{words}; {remedy}")
    if not any(header):
        return _Finding(True, f"{_HIBERNATION} holds no hibernated system")
    state = "a system that was resumed" if signature in _RESUMED else "something else than a hibernated system"
    return _Finding(None, f"{_HIBERNATION} starts with {shown_bytes(header[:4])}: {state}")
