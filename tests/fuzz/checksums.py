"""Repairs checksums of mutated inputs, which readers would otherwise reject at once."""

import zlib

from tests.fuzz.fuzzed_file import FuzzedFile

from pulumi_vmimport.disk import vhdx_structures

_KIB = 1 << 10
_MAX_BYTES = 1 << 20


def repair(file: FuzzedFile) -> None:
    """Repair the checksums at the positions of all formats."""
    _tar(file)
    _vhd(file)
    for at, size in ((64 * _KIB, 4 * _KIB), (128 * _KIB, 4 * _KIB), (192 * _KIB, 64 * _KIB), (256 * _KIB, 64 * _KIB)):
        if file.peek(at, 4) in {b"head", b"regi"}:
            file.patch(at + 4, quick_crc(file.peek(at, size)).to_bytes(4, "little"))
    for sector_bytes in (512, 4096):
        for at in (sector_bytes, file.size_bytes // sector_bytes * sector_bytes - sector_bytes):
            _gpt(file, at, sector_bytes)


def quick_crc(data: bytes) -> int:
    """A replacement of CRC-32C, which runs at 5 MB/s in Python, for a structure with its checksum at byte 4."""
    return zlib.crc32(data[:4] + data[8:])


def use_quick_crc() -> None:
    """Let the VHDX readers of this process use it."""
    vars(vhdx_structures)["crc32c"] = quick_crc


def _tar(file: FuzzedFile) -> None:
    for offset, length in list(file.extents()):
        for at in range(-(-offset // 512) * 512, min(offset + length, offset + _MAX_BYTES), 512):
            header = file.peek(at, 512)
            if header[257:262] == b"ustar":
                total = sum(header[:148]) + 8 * 0x20 + sum(header[156:])
                file.patch(at + 148, b"%06o\0 " % total)


def _vhd(file: FuzzedFile) -> None:
    footer_at = file.size_bytes - 512
    for at in (footer_at, 0):
        footer = file.peek(at, 512)
        if footer.startswith(b"conectix"):
            if at == 0 and file.peek(footer_at, 8) == b"conectix":
                file.patch(0, file.peek(footer_at, 512))
                return
            _complement(file, at, 512, 64)
            header_at = int.from_bytes(footer[16:24], "big")
            if file.peek(header_at, 8) == b"cxsparse":
                _complement(file, header_at, 1024, 36)


def _complement(file: FuzzedFile, at: int, size: int, checksum: int) -> None:
    data = file.peek(at, size)
    if len(data) == size:
        total = sum(data) - sum(data[checksum : checksum + 4])
        file.patch(at + checksum, (~total & 0xFFFFFFFF).to_bytes(4, "big"))


def _gpt(file: FuzzedFile, at: int, sector_bytes: int) -> None:
    header = bytearray(file.peek(at, sector_bytes)) if at >= 0 else bytearray()
    size = int.from_bytes(header[12:16], "little")
    if not header.startswith(b"EFI PART") or size > len(header):
        return
    first, count, entry = (int.from_bytes(header[a:b], "little") for a, b in ((72, 80), (80, 84), (84, 88)))
    if count * entry <= _MAX_BYTES:
        # What lies behind the end counts as zeros, as it does for the reader.
        entries = file.peek(first * sector_bytes, count * entry).ljust(count * entry, b"\0")
        header[88:92] = zlib.crc32(entries).to_bytes(4, "little")
    header[16:20] = bytes(4)
    header[16:20] = zlib.crc32(header[:size]).to_bytes(4, "little")
    file.patch(at, bytes(header[:92]))
