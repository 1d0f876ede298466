"""Records of the master file table and their attributes, and the protection of records against torn writes.

Source: the NTFS documentation of linux-ntfs ("FILE record", "attribute header", "fixup").
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_region import unpack_padded
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.shown_value import shown_bytes

STANDARD_INFORMATION, ATTRIBUTE_LIST, VOLUME_NAME, VOLUME_INFORMATION = 0x10, 0x20, 0x60, 0x70
DATA, INDEX_ROOT, INDEX_ALLOCATION, REPARSE_POINT = 0x80, 0x90, 0xA0, 0xC0
_MIN_ATTRIBUTE_BYTES = 24
_IN_USE, _DIRECTORY = 1, 2
_STRIDE_BYTES = 512  # also where sectors have 4096 bytes
_RECORD_NUMBER_AT = 44  # since NTFS 3.1; before, the fixups were here
_NUMBER_MASK, _SEQUENCE_SHIFT = (1 << 48) - 1, 48


@dataclass(frozen=True)
class Reference:
    """The number of a file record, and how often the record was reused when the reference was written."""

    number: int
    sequence: int

    @classmethod
    def of(cls, value: int) -> "Reference":
        return cls(value & _NUMBER_MASK, value >> _SEQUENCE_SHIFT)


OWN = Reference(0, 0)


@dataclass(frozen=True)
class Attribute:
    """An attribute, or one extent of it."""

    kind: int
    name: str
    flags: int
    value: bytes | None
    """The content if it is in the record; None if it is in clusters"""
    first: int = 0
    """Of an extent: its first cluster in the stream"""
    pairs: bytes = b""
    """Of an extent: its mapping pairs"""
    compression_shift: int = 0
    """Of the first extent: how many clusters are compressed together, as a power of 2"""
    size_bytes: int = 0
    """Of the first extent: the size of the stream"""
    initialized_bytes: int = 0
    """Of the first extent: what was written of it; the rest is zeros"""


@dataclass(frozen=True)
class FileRecord:
    """A record of the master file table."""

    number: int
    sequence: int
    is_in_use: bool
    is_directory: bool
    base: Reference
    """The record of the file that this record extends; OWN if it is the file's own"""
    attributes: tuple[Attribute, ...]

    @property
    def where(self) -> str:
        """The name in errors."""
        return f"file record {self.number}"


def parse_file_record(data: bytes, number: int) -> FileRecord:
    """Raises: UnreadableVolumeError."""
    where = f"file record {number}"
    data = without_fixups(data, b"FILE", where)
    fixups, sequence, first, flags, used, base = unpack_padded("<4xH10xH2xHHI4xQ", data)
    if fixups > _RECORD_NUMBER_AT:
        (own,) = unpack_padded("<I", data, _RECORD_NUMBER_AT)
        if own != number & 0xFFFFFFFF:
            raise UnreadableVolumeError(where, f"the record states that its number is {own}")
    attributes = tuple(_attributes(data, first, min(used, len(data)), where))
    return FileRecord(number, sequence, bool(flags & _IN_USE), bool(flags & _DIRECTORY), Reference.of(base), attributes)


def without_fixups(data: bytes, signature: bytes, where: str) -> bytes:
    """A record with the last two bytes of each 512 restored, which NTFS stores separately to detect torn writes.

    Raises: UnreadableVolumeError if the signature is another one, or a part of the record is from another write.
    """
    at, count = unpack_padded("<HH", data, 4)
    strides = len(data) // _STRIDE_BYTES
    if data[:4] != signature:
        raise UnreadableVolumeError(where, f"expected the signature {signature.decode()}, got {shown_bytes(data[:4])}")
    if not strides or count != strides + 1 or at + 2 * count > len(data):
        raise UnreadableVolumeError(where, "its update sequence array is damaged")
    whole = bytearray(data)
    mark = data[at : at + 2]
    for number in range(1, count):
        end = number * _STRIDE_BYTES
        if whole[end - 2 : end] != mark:
            raise UnreadableVolumeError(where, "the record was torn: a part of it is from another write")
        whole[end - 2 : end] = data[at + 2 * number : at + 2 * number + 2]
    return bytes(whole)


def decode_name(data: bytes) -> str:
    """A name of NTFS, which is any 16-bit units; half a unit at the end does not count."""
    return data[: len(data) // 2 * 2].decode("utf-16-le", "surrogatepass")


def _attributes(data: bytes, at: int, end: int, where: str) -> Iterator[Attribute]:
    while at + 4 <= end and data[at : at + 4] != b"\xff" * 4:
        kind, length, is_elsewhere, name_length, name_at, flags = unpack_padded("<IIBBHH", data, at)
        if not _MIN_ATTRIBUTE_BYTES <= length <= end - at or name_at + 2 * name_length > length:
            raise UnreadableVolumeError(where, f"attribute {kind:x}h does not lie within the record")
        part = data[at : at + length]
        name = decode_name(part[name_at : name_at + 2 * name_length])
        at += length
        if not is_elsewhere:
            value_bytes, value_at = struct.unpack_from("<IH", part, 16)
            if value_at + value_bytes > length:
                raise UnreadableVolumeError(where, f"the value of attribute {kind:x}h does not lie within it")
            yield Attribute(kind, name, flags, part[value_at : value_at + value_bytes])
            continue
        first, pairs_at, shift, size, initialized = unpack_padded("<Q8xHB13xQQ", part, 16)
        yield Attribute(kind, name, flags, None, first, part[pairs_at:], shift, size, initialized)
