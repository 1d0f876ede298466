"""The names of the files in an initramfs: a series of cpio archives, most of them compressed.

Source: https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
"""

import bz2
import importlib
import lzma
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from pulumi_vmimport.disk.file_tree import File, UnreadableVolumeError
from pulumi_vmimport.disk.linux.volume_process import REMEDY

MAX_STORED_BYTES = 512 << 20
MAX_UNPACKED_BYTES = 1 << 30
MAX_FILES = 200_000
_READ_BYTES = 1 << 20
_PIECE_BYTES = 1 << 20
_CPIO = (b"070701", b"070702")
_CPIO_HEADER_BYTES = 110
_CPIO_NUMBERS = re.compile(rb"[0-9A-Fa-f]{104}")
_MAX_NAME_BYTES = 4096
_TRAILER = "TRAILER!!!"
_LZ4_LEGACY = b"\x02\x21\x4c\x18"
_LZ4_BLOCK_BYTES = 8 << 20
_LZO = b"\x89LZO\0\r\n\x1a\n"


class Decompressor(Protocol):
    """What lzma, bz2 and zstd have in common."""

    @property
    def eof(self) -> bool:
        """Whether the compressed data has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without more data."""

    @property
    def unused_data(self) -> bytes:
        """What follows the compressed data."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most so many bytes."""


class _Gzip:
    """zlib's decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max(max_length, 0))


class _Lz4Legacy:
    """The format that Linux uses with lz4: a magic, then blocks behind their sizes, without an end."""

    def __init__(self) -> None:
        self._decompress = _module("lz4.block", "lz4").decompress
        self._data = b""
        self.eof, self.needs_input, self.unused_data = False, True, b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:  # noqa: ARG002 - a block is at most 8 MiB
        self._data += data
        self._data = self._data.removeprefix(_LZ4_LEGACY)
        (size,) = struct.unpack("<I", self._data[:4].ljust(4, b"\0"))
        has_size = len(self._data) >= 4  # noqa: PLR2004 - the size of a size
        if (has_size and not 0 < size <= 2 * _LZ4_BLOCK_BYTES) or not self._data:
            self.eof, self.unused_data = True, self._data
            return b""
        self.needs_input = not has_size or len(self._data) < 4 + size
        if self.needs_input:
            return b""
        block, self._data = self._data[4 : 4 + size], self._data[4 + size :]
        unpacked: bytes = self._decompress(block, uncompressed_size=_LZ4_BLOCK_BYTES)
        self.needs_input = not self._data
        return unpacked


def _module(name: str, packing: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UnreadableVolumeError("initramfs", f"it is compressed with {packing}; run `{REMEDY}`") from error


def _zstd() -> Decompressor:
    try:
        module: Any = importlib.import_module("compression.zstd")  # Python 3.14
    except ImportError:
        module = _module("backports.zstd", "zstd")
    made: Decompressor = module.ZstdDecompressor()
    return made


_FORMATS: tuple[tuple[bytes, Callable[[], Decompressor]], ...] = (
    (b"\x1f\x8b", _Gzip),
    (b"\xfd7zXZ\0", lzma.LZMADecompressor),
    (b"]\0\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE)),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\x28\xb5\x2f\xfd", _zstd),
    (_LZ4_LEGACY, _Lz4Legacy),
)


@dataclass
class _Stream:
    """The bytes of a file, or what a decompressor makes of them, read once from the start."""

    pieces: Iterator[bytes]
    ahead: bytes = b""

    def take(self, length: int) -> bytes:
        """The next bytes; fewer at the end."""
        parts = [self.ahead]
        there = len(self.ahead)
        while there < length and (piece := next(self.pieces, b"")):
            parts.append(piece)
            there += len(piece)
        data = b"".join(parts)
        self.ahead = data[length:]
        return data[:length]

    def put_back(self, data: bytes) -> None:
        """The next `take` starts with these bytes."""
        self.ahead = data + self.ahead

    def skip(self, length: int) -> bool:
        """Leave bytes out; whether there were so many."""
        while length > 0:
            taken = len(self.take(min(length, _PIECE_BYTES)))
            if not taken:
                return False
            length -= taken
        return True


def file_names(file: File, path: str) -> Iterator[str]:
    """The names in an initramfs, in order; a caller that knows enough stops early.

    Raises: UnreadableVolumeError if it is damaged, or compressed in a way that is not read; as `File.read`.
    """
    if file.size_bytes > MAX_STORED_BYTES:
        raise UnreadableVolumeError(path, f"expected at most {MAX_STORED_BYTES >> 20} MiB, got {file.size_bytes} bytes")
    stream = _Stream(_pieces(file))
    count = 0
    for count, name in enumerate(_archives(stream, path, is_packed=False), 1):
        if count > MAX_FILES:
            raise UnreadableVolumeError(path, f"it has more than {MAX_FILES} files")
        yield name
    if not count:
        raise UnreadableVolumeError(path, "it contains no cpio archive")


def _pieces(file: File) -> Iterator[bytes]:
    for offset in range(0, file.size_bytes, _READ_BYTES):
        yield file.read(offset, _READ_BYTES)


def _archives(stream: _Stream, path: str, *, is_packed: bool) -> Iterator[str]:
    """Archives one after the other, with zeros between them: first those of early microcode, not compressed."""
    while True:
        start = stream.take(len(_LZO))
        if not start:
            return
        if not start.strip(b"\0"):
            continue
        zeros = len(start) - len(start.lstrip(b"\0"))
        start = start[zeros:] + stream.take(zeros)
        stream.put_back(start)
        if start.startswith(_CPIO):
            yield from _names(stream, path)
            continue
        unpack = next((make for magic, make in _FORMATS if start.startswith(magic)), None)
        if unpack is None or is_packed:
            name = "LZO" if start.startswith(_LZO) else f"an unknown format (it starts with {start[:6].hex(' ')})"
            raise UnreadableVolumeError(path, f"it is compressed with {name}, which is not read")
        yield from _archives(_Stream(_unpacked(stream, unpack(), path)), path, is_packed=True)


def _unpacked(stream: _Stream, decompressor: Decompressor, path: str) -> Iterator[bytes]:
    unpacked = 0
    data, is_end = stream.take(_READ_BYTES), False
    while True:
        try:
            piece = decompressor.decompress(data, _PIECE_BYTES)
        except Exception as error:
            # Each library has its own exceptions.
            raise UnreadableVolumeError(path, f"its compressed data is damaged: {error}") from error
        unpacked += len(piece)
        if unpacked > MAX_UNPACKED_BYTES:
            raise UnreadableVolumeError(path, f"it unpacks to more than {MAX_UNPACKED_BYTES >> 30} GiB")
        if piece:
            yield piece
        if decompressor.eof:
            break
        if is_end and not piece:
            raise UnreadableVolumeError(path, "its compressed data ends too early")
        data = stream.take(_READ_BYTES) if decompressor.needs_input else b""
        is_end = decompressor.needs_input and not data
    stream.put_back(decompressor.unused_data)


def _names(stream: _Stream, path: str) -> Iterator[str]:
    """The names of one cpio archive in the format newc, up to its trailer."""
    while True:
        header = stream.take(_CPIO_HEADER_BYTES)
        if not header.startswith(_CPIO) or not _CPIO_NUMBERS.fullmatch(header[6:]):
            raise UnreadableVolumeError(path, "an entry of its cpio archive is damaged, or the archive ends too early")
        size, name_bytes = int(header[54:62], 16), int(header[94:102], 16)
        if not 0 < name_bytes <= _MAX_NAME_BYTES:
            raise UnreadableVolumeError(path, f"expected a name of 1 to {_MAX_NAME_BYTES} bytes, got {name_bytes}")
        name = stream.take(name_bytes)[:-1].decode("utf-8", errors="replace")
        if not stream.skip(-(_CPIO_HEADER_BYTES + name_bytes) % 4 + size + -size % 4) and name != _TRAILER:
            raise UnreadableVolumeError(path, f"it ends within {name[:100]}")
        if name == _TRAILER:
            return
        yield name
