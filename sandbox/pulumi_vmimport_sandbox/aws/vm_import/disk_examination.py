"""VM Import's validation of an uploaded disk: its format, volumes and guest.

Implemented from the format specifications, independently of the library's readers, so that each reveals defects of the
other.
"""

import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, BinaryIO

from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem
from pulumi_vmimport_sandbox.aws.vm_import import ovf_envelope

_SECTOR = 512
# VMware, Virtual Disk Format 5.0: SparseExtentHeader.
_VMDK_MAGIC, _VMDK_COMPRESSED, _VMDK_DEFLATE, _VMDK_FOOTER = b"KDMV", 1 << 16, 1, 0xFFFFFFFFFFFFFFFF
_VHD_DYNAMIC = 3  # Virtual Hard Disk Image Format Specification: Hard Disk Footer Format.


class UnusableDisk(Exception):  # noqa: N818 - a result of the simulation, not an error of the sandbox
    """VM Import rejects the disk; the message is the StatusMessage of the task."""


@dataclass(frozen=True)
class ExaminedDisk:
    """The volumes of a disk container with their sizes in bytes, and its guest if the file describes it."""

    volumes: tuple[int, ...]
    guest: GuestSystem | None = None


def examine(declared: str, file: BinaryIO, size: int, *, boots: bool = True) -> ExaminedDisk:
    """Examine a file in the declared format. Data disks need no partitions.

    Raises:
        UnusableDisk: VM Import fails the task with this message.
    """
    reader = _READERS.get(declared.upper())
    if reader is None:
        raise _disk_validation("Unsupported specified file format")
    if reader is _raw and not boots:
        return ExaminedDisk((size,))
    file.seek(0)
    return reader(file, size)


def _disk_validation(reason: str) -> UnusableDisk:
    # Public texts: "Unsupported VMDK File Format", "Unsupported specified file format".
    return UnusableDisk(f"ClientError: Disk validation failed [{reason}]")


def _vmdk(file: BinaryIO, size: int) -> ExaminedDisk:
    return ExaminedDisk((vmdk_capacity(file.read(_SECTOR), lambda: _at(file, size - 2 * _SECTOR, _SECTOR)),))


def vmdk_capacity(head: bytes, footer: Callable[[], bytes]) -> int:
    """The capacity in bytes of a stream-optimized VMDK.

    Raises:
        UnusableDisk: The file is not a stream-optimized VMDK. Message: TR-35.
    """

    def number(at: int, length: int) -> int:
        return int.from_bytes(head[at : at + length], "little")

    stream_optimized = head[:4] == _VMDK_MAGIC and number(8, 4) & _VMDK_COMPRESSED and number(77, 2) == _VMDK_DEFLATE
    # A truncated stream has no footer, which is in the second-last sector.
    if not stream_optimized or (number(56, 8) == _VMDK_FOOTER and footer()[:4] != _VMDK_MAGIC):
        raise _disk_validation("Unsupported VMDK File Format")
    return number(12, 8) * _SECTOR


def _vhd(file: BinaryIO, size: int) -> ExaminedDisk:
    footer = _at(file, size - _SECTOR, _SECTOR)
    if footer[:8] != b"conectix":
        raise _disk_validation("Unsupported VHD File Format")  # assumed, after the VMDK's
    if int.from_bytes(footer[60:64], "big") == _VHD_DYNAMIC and _at(file, 0, _SECTOR) != footer:
        raise UnusableDisk("ClientError: Footers not identical")  # TR-05
    return ExaminedDisk((int.from_bytes(footer[48:56], "big"),))


def _vhdx(file: BinaryIO, size: int) -> ExaminedDisk:
    if file.read(8) != b"vhdxfile":
        raise _disk_validation("Unsupported VHDX File Format")  # assumed, after the VMDK's
    return ExaminedDisk((size,))


def _raw(file: BinaryIO, size: int) -> ExaminedDisk:
    if file.read(_SECTOR)[510:512] != b"\x55\xaa":
        raise UnusableDisk("ClientError: No bootable partition found")  # TR-04
    return ExaminedDisk((size,))


def _ova(file: BinaryIO, _: int) -> ExaminedDisk:
    """Examine an OVA. Source: DSP0243, section 5.3. Messages are assumed, except TR-34."""
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            members = {member.name: member for member in archive}
            names = list(members)
            if not names or not names[0].endswith(".ovf"):
                raise _disk_validation("the first file of an OVA must be its OVF descriptor")
            read = {n: _member(archive, members[n]) for n in names if n.endswith((".ovf", ".mf"))}
            envelope = ovf_envelope.parse(read[names[0]])
            if envelope.is_chunked:
                raise UnusableDisk("ClientError: OVA with chunked disk files is not supported")
            missing = [name for name in envelope.disk_files if name not in members]
            if missing:
                raise _disk_validation(f"the OVF descriptor names files that are not in the OVA: {', '.join(missing)}")
            for manifest in (read[n] for n in names if n.endswith(".mf")):
                _verify(manifest, archive, members)
            volumes = tuple(_ova_disk(file, members[name]) for name in envelope.disk_files)
    except (tarfile.TarError, ovf_envelope.InvalidOvf) as error:
        raise _disk_validation(f"OVA cannot be read: {error}") from error
    if not volumes:
        raise _disk_validation("the OVF descriptor names no disk")
    return ExaminedDisk(volumes, envelope.guest)


def _ova_disk(file: BinaryIO, member: tarfile.TarInfo) -> int:
    head = _at(file, member.offset_data, _SECTOR)
    footer_at = member.offset_data + member.size - 2 * _SECTOR
    return vmdk_capacity(head, lambda: _at(file, footer_at, _SECTOR))


def _verify(manifest: bytes, archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo]) -> None:
    for entry in ovf_envelope.manifest(manifest):
        member = members.get(entry.file)
        if member is None or entry.differs(_member_file(archive, member)):
            raise _disk_validation(f"the manifest of the OVA does not match {entry.file}")


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    return _member_file(archive, member).read()


def _member_file(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(member)
    if file is None:
        raise _disk_validation(f"{member.name} in the OVA is not a file")
    return file


def _at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(max(offset, 0))
    return file.read(length)


_READERS: Mapping[str, Callable[[BinaryIO, int], ExaminedDisk]] = {
    "OVA": _ova,
    "RAW": _raw,
    "VHD": _vhd,
    "VHDX": _vhdx,
    "VMDK": _vmdk,
}
