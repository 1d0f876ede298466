"""Lists the members of a tar archive, with one read per header.

Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar manual, "Basic Tar Format"
(long names, sizes in base 256).
"""

import re
from dataclasses import dataclass, field

from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.facts import Damage
from pulumi_vmimport.disk.inspection.package_facts import OvaMember
from pulumi_vmimport.disk.inspection.source_views import is_local
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.disk.tar_header import BLOCK_BYTES, checksum_matches
from pulumi_vmimport.shown_value import shown_value

MAX_MEMBERS = 1000
_MAX_HEADERS = 3 * MAX_MEMBERS  # a long name and a pax header may precede each member
# Over a network each large member costs a request; ImportImage accepts at most 21 disks.
_MAX_FAR_JUMPS, _FAR_BYTES = 40, 256 << 10
_MAX_EXTENSION_BYTES = 64 << 10
_NAME, _SIZE, _PREFIX = slice(0, 100), slice(124, 136), slice(345, 500)
_TYPE, _MAGIC = slice(156, 157), slice(257, 262)
_BASE_256 = 0x80
_FILES, _WITHOUT_DATA = frozenset({b"0", b"\0", b"7"}), frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
_LONG_NAME, _PAX = b"L", b"x"
_EXTENSIONS = frozenset({_LONG_NAME, _PAX})
_SPARSE = b"S"  # of GNU tar: the data are not the file
_SPARSE_KEYS, _SPARSE_NAME = b"GNU.sparse.", b"GNU.sparse.name"  # the same in a pax header
WITHOUT_DATA = ("sparse file (tar --sparse)", "hard link", "symbolic link")
"""Kinds of members that stand for a file without being it"""
_UNUSUAL = {
    _PAX: "pax header",
    b"g": "global pax header",
    _SPARSE: WITHOUT_DATA[0],
    b"1": WITHOUT_DATA[1],
    b"2": WITHOUT_DATA[2],
    b"3": "device",
    b"4": "device",
    b"6": "named pipe",
    b"D": "directory list (tar --incremental)",
    b"M": "part of a file (tar --multi-volume)",
    b"V": "volume label",
}
_ZEROS = bytes(BLOCK_BYTES)
_MAX_PAX_RECORDS = 256
_END_BYTES = 2 * BLOCK_BYTES
_WHERE = "tar archive"


@dataclass
class Archive:
    """The members, and the damage."""

    members: list[OvaMember] = field(default_factory=list)
    ends_in_zero_blocks: bool = False
    every_member_read: bool = True
    """False if the archive has more members than are read"""
    unusual_headers: list[str] = field(default_factory=list)
    """Kinds of headers and members that DSP0243 does not allow in an OVA"""
    damage: list[Damage] = field(default_factory=list)


@dataclass
class _Extension:
    """An extension header, which applies to the next header."""

    name: bytes | None = None
    size: int | None = None
    is_sparse: bool = False


def read_archive(source: Source) -> Archive:
    """Read from header to header, up to 1000 members or the first damage.

    If reading stops early, the end of the file is checked for zero blocks. Raises: what the source raises.
    """
    archive, extension = Archive(), _Extension()
    offset = jumps = 0
    for _ in range(_MAX_HEADERS):
        found = _read_header(source, offset, archive)
        if found is None:
            return archive
        header, size = found
        data = offset + BLOCK_BYTES
        kind = _SPARSE if extension.is_sparse and header[_TYPE] in _FILES else header[_TYPE]
        if kind in _UNUSUAL and len(archive.unusual_headers) < MAX_MEMBERS:
            name = "" if kind in _EXTENSIONS else f" {_name(header, extension)}"
            archive.unusual_headers.append(_UNUSUAL[kind] + (name if kind != b"g" else ""))
        if kind in _EXTENSIONS:
            _read_extension(extension, kind, source.read_at(data, min(size, _MAX_EXTENSION_BYTES)))
        else:
            size = 0 if kind in _WITHOUT_DATA else size if extension.size is None else extension.size
            if kind in _FILES:
                archive.members.append(OvaMember(_name(header, extension), data, size))
            extension = _Extension()
        if data + size > source.size_bytes:
            what = archive.members[-1].name if kind in _FILES else "the data of a header"
            words = f"{what} ends at {data + size}, the archive at {source.size_bytes}"
            archive.damage.append(Damage(_WHERE, words))
            return archive
        jumps += size > _FAR_BYTES
        if len(archive.members) >= MAX_MEMBERS or (jumps > _MAX_FAR_JUMPS and not is_local(source)):
            break
        offset = -(-(data + size) // BLOCK_BYTES) * BLOCK_BYTES
    archive.every_member_read = False
    archive.ends_in_zero_blocks = _ends_in_zeros(source)
    archive.damage.append(Damage(_WHERE, f"it has more than {len(archive.members)} members; the rest was not read"))
    return archive


def _read_header(source: Source, offset: int, archive: Archive) -> tuple[bytes, int] | None:
    """(a header, the size that it states); None at the end of the archive or at damage."""
    header = source.read_at(offset, BLOCK_BYTES)
    if header == _ZEROS:
        archive.ends_in_zero_blocks = source.read_at(offset + BLOCK_BYTES, BLOCK_BYTES) == _ZEROS
        return None
    if not header:  # the archive ends without its two zero blocks
        return None
    size = _size(header[_SIZE]) if len(header) == BLOCK_BYTES and checksum_matches(header) else None
    if size is None:
        found = header[:16].hex(" ") if len(header) == BLOCK_BYTES else f"{len(header)} bytes"
        if len(header) == BLOCK_BYTES and header[_MAGIC] == b"ustar":
            found = f"that of {shown_value(printable(header[_NAME]))} with a wrong checksum or size"
        archive.damage.append(Damage(_WHERE, f"expected the header of a member at {offset}, got {found}"))
        archive.ends_in_zero_blocks = _ends_in_zeros(source)
        return None
    return header, size


def _ends_in_zeros(source: Source) -> bool:
    """Whether the file ends in zero blocks."""
    end = source.read_at(max(source.size_bytes - _END_BYTES, 0), _END_BYTES)
    return len(end) == _END_BYTES and not any(end)


def _size(field: bytes) -> int | None:
    if field[0] & _BASE_256:
        size = int.from_bytes(field, "big") - (_BASE_256 << 8 * (len(field) - 1))
        return size if size < 1 << 63 else None
    digits = field.replace(b"\0", b" ").strip()
    return int(digits or b"0", 8) if re.fullmatch(rb"[0-7]*", digits) else None


def _name(header: bytes, extension: _Extension) -> str:
    if extension.name is not None:
        return printable(extension.name)
    name = header[_NAME].split(b"\0", 1)[0]
    prefix = header[_PREFIX].split(b"\0", 1)[0] if header[_MAGIC] == b"ustar" and header[262:263] == b"\0" else b""
    return printable(prefix + b"/" + name if prefix else name)


def _read_extension(extension: _Extension, kind: bytes, data: bytes) -> None:
    if kind == _LONG_NAME:
        extension.name = data.split(b"\0", 1)[0]
        return
    at = 0
    for _ in range(_MAX_PAX_RECORDS):
        length = re.match(rb"(\d{1,6}) ", data[at : at + 8])
        if length is None or int(length[1]) <= len(length[0]):
            return
        key, _, value = data[at + len(length[0]) : at + int(length[1])].rstrip(b"\n").partition(b"=")
        extension.is_sparse |= key.startswith(_SPARSE_KEYS)
        if key == _SPARSE_NAME or (key == b"path" and not extension.is_sparse):
            extension.name = value
        elif key == b"size" and re.fullmatch(rb"\d{1,18}", value):
            extension.size = int(value)
        at += int(length[1])
