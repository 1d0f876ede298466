"""The entries of a FAT directory, with their long names.

Source: Microsoft's FAT specification 1.03 (fatgen103). A long name precedes its short entry in up to 20 pieces, the
last piece first; each holds a checksum of the short name. If a program that knows no long names renamed the file, the
pieces do not belong to it: then the short name counts, as in Windows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_region import unpack_padded
from pulumi_vmimport.disk.fat.fat_table import ENTRY_BYTES

_END, _DELETED, _STANDS_FOR_DELETED = 0x00, 0xE5, 0x05
_VOLUME_ID, _DIRECTORY, _LONG_NAME, _ATTRIBUTES = 0x08, 0x10, 0x0F, 0x3F
_LAST_PIECE, _MAX_PIECES = 0x40, 20
_LOWER_BASE, _LOWER_EXTENSION = 0x08, 0x10
_NO_NAMES = (b".          ", b"..         ", b"           ")


@dataclass(frozen=True)
class FatEntry:
    """A file or a directory as its directory describes it."""

    name: str
    """The long name, or else the short one"""
    short_name: str
    is_directory: bool
    first_cluster: int
    size_bytes: int
    """0 for a directory"""

    def is_named(self, name: str) -> bool:
        """Whether this is one of its names, in any case."""
        return _folded(name) in {_folded(self.name), _folded(self.short_name)}


def directory_entries(blocks: Iterable[bytes], *, is_fat32: bool) -> Iterator[FatEntry]:
    """Parse a directory; without volume labels, `.`, `..` and blank names. Blocks are whole numbers of entries."""
    pieces: list[bytes] = []
    for block in blocks:
        for at in range(0, len(block) - ENTRY_BYTES + 1, ENTRY_BYTES):
            entry = block[at : at + ENTRY_BYTES]
            if entry[0] == _END:
                return
            if entry[0] == _DELETED:
                pieces = []
            elif entry[11] & _ATTRIBUTES == _LONG_NAME:
                pieces = [entry, *([] if entry[0] & _LAST_PIECE else pieces[: _MAX_PIECES - 1])]
            else:
                if not entry[11] & _VOLUME_ID and entry[:11] not in _NO_NAMES:
                    yield _entry(entry, pieces, is_fat32=is_fat32)
                pieces = []


def _entry(entry: bytes, pieces: list[bytes], *, is_fat32: bool) -> FatEntry:
    high, low, size = unpack_padded("<H4xHI", entry, 20)
    short = _short_name(entry)
    is_directory = bool(entry[11] & _DIRECTORY)
    return FatEntry(
        name=_long_name(pieces, _checksum(entry[:11])) or short,
        short_name=short,
        is_directory=is_directory,
        first_cluster=high << 16 | low if is_fat32 else low,
        size_bytes=0 if is_directory else size,
    )


def _short_name(entry: bytes) -> str:
    """The name in 8.3 form. Windows stores a name that is all lower case with a flag instead of a long name."""
    first = _DELETED if entry[0] == _STANDS_FOR_DELETED else entry[0]
    base, extension = (part.rstrip(b" ").decode("cp437") for part in (bytes([first]) + entry[1:8], entry[8:11]))
    base = base.lower() if entry[12] & _LOWER_BASE else base
    extension = extension.lower() if entry[12] & _LOWER_EXTENSION else extension
    return f"{base}.{extension}" if extension else base


def _long_name(pieces: list[bytes], checksum: int) -> str:
    """The name in the pieces, first piece first; empty unless all are there and belong to the short name."""
    order = [piece[0] & ~_LAST_PIECE for piece in pieces]
    is_whole = order == list(range(1, len(pieces) + 1)) and bool(pieces and pieces[-1][0] & _LAST_PIECE)
    if not is_whole or any(piece[13] != checksum for piece in pieces):
        return ""
    units = b"".join(piece[1:11] + piece[14:26] + piece[28:32] for piece in pieces)
    return units.decode("utf-16-le", errors="replace").split("\0", 1)[0]


def _checksum(short_name: bytes) -> int:
    total = 0
    for byte in short_name:
        total = ((total & 1) << 7 | total >> 1) + byte & 0xFF
    return total


def _folded(name: str) -> str:
    """The name in upper case, one character for each: as Windows, U+017F is not S and U+00DF not SS."""
    uppers = ((character, character.upper()) for character in name)
    return "".join(
        upper if len(upper) == 1 and upper.isascii() == character.isascii() else character
        for character, upper in uppers
    )
