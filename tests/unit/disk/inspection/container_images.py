"""Image files as tools make them, and laid out by hand as vSphere, ovftool and VirtualBox lay them out."""

import io
import json
import struct
import subprocess
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.unit.disk.inspection.disk_tools import run
from tests.unit.disk.inspection.sample_descriptors import VSPHERE_OVF

SECTOR, GRAIN, TABLE_ENTRIES = 512, 128, 512
AT_END = 2**64 - 1
WINDOW_BYTES = 256 << 10


@dataclass
class Memory:
    """A file in memory; `is_local` as a file on this machine."""

    data: bytes
    name: str = "disk"
    is_local: bool = True

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read_at(self, offset: int, length: int) -> bytes:
        assert offset >= 0
        assert length >= 0
        return self.data[offset : offset + length]

    def extents(self) -> Iterator[tuple[int, int]]:
        yield 0, len(self.data)


@dataclass
class Holed:
    """A large file of holes with pieces in them; counts the windows that a network would have brought."""

    size_bytes: int
    pieces: dict[int, bytes]
    name: str = "disk"
    is_local: bool = False
    windows: set[int] = field(default_factory=set)

    def read_at(self, offset: int, length: int) -> bytes:
        assert offset >= 0
        assert length >= 0
        length = max(min(length, self.size_bytes - offset), 0)
        self.windows.update(range(offset // WINDOW_BYTES, -(-(offset + length) // WINDOW_BYTES)))
        data = bytearray(length)
        for at, piece in self.pieces.items():
            first, last = max(at, offset), min(at + len(piece), offset + length)
            if first < last:
                data[first - offset : last - offset] = piece[first - at : last - at]
        return bytes(data)

    def extents(self) -> Iterator[tuple[int, int]]:
        yield 0, self.size_bytes


def converted(raw: Path, made: Path, format: str, options: str = "") -> Path:
    """The disk in another format, by qemu-img."""
    extra = ["-o", options] if options else []
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", format, *extra, raw, made], check=True)
    return made


def qemu_info(image: Path, format: str) -> dict[str, Any]:
    """What qemu-img says of an image."""
    done = subprocess.run(
        ["qemu-img", "info", "--output", "json", "-f", format, image], check=True, capture_output=True
    )
    info: dict[str, Any] = json.loads(done.stdout)
    return info


def identical(one: Path, other: Path) -> bool:
    """Whether qemu-img finds the same disk in both."""
    return subprocess.run(["qemu-img", "compare", "-q", one, other], check=False).returncode == 0


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % SECTOR)


def marker(sectors: int, kind: int) -> bytes:
    return struct.pack("<QII", sectors, 0, kind).ljust(SECTOR, b"\0")


def with_directory_at_end(image: bytes) -> bytes:
    """A stream-optimized VMDK of qemu-img with its directory at the end, as vSphere and ovftool write it."""
    _, _, _, capacity, grain, at, size, *_ = struct.unpack_from("<4sIIQQQQI", image)
    (directory,) = struct.unpack_from("<Q", image, 56)
    count = -(-capacity // (grain * TABLE_ENTRIES))
    header = bytearray(image[:SECTOR])
    struct.pack_into("<QQQQQ", header, 28, 1, size, TABLE_ENTRIES, 0, 0)
    struct.pack_into("<IQQQ", header, 44, TABLE_ENTRIES, 0, AT_END, 128)
    out = bytearray(bytes(header) + image[at * SECTOR : (at + size) * SECTOR]).ljust(128 * SECTOR, b"\0")
    tables = []
    for table in struct.unpack_from(f"<{count}I", image, directory * SECTOR):
        entries = []
        for entry in struct.unpack_from(f"<{TABLE_ENTRIES}I", image, table * SECTOR):
            entries.append(len(out) // SECTOR if entry else 0)
            if entry:
                (length,) = struct.unpack_from("<I", image, entry * SECTOR + 8)
                out += padded(image[entry * SECTOR : entry * SECTOR + 12 + length])
        tables.append(len(out) // SECTOR + 1 if any(entries) else 0)
        if any(entries):
            out += marker(TABLE_ENTRIES * 4 // SECTOR, 1) + struct.pack(f"<{TABLE_ENTRIES}I", *entries)
    directory_bytes = padded(struct.pack(f"<{count}I", *tables))
    out += marker(len(directory_bytes) // SECTOR, 2)
    struct.pack_into("<Q", header, 56, len(out) // SECTOR)
    return bytes(out + directory_bytes + marker(1, 3) + header + bytes(SECTOR))


def scattered(capacity: int, grains: int, first_grain: bytes = b"") -> Holed:
    """A stream as vSphere writes it, of grains that take 64 KiB each: only what the check needs is there."""
    descriptor = b'# Disk DescriptorFile\nparentCID=ffffffff\ncreateType="streamOptimized"\n'
    pieces, at, directory = {}, GRAIN, []
    tables = -(-capacity // (GRAIN * SECTOR * TABLE_ENTRIES))
    packed = zlib.compress(bytes(GRAIN * SECTOR))
    for first in range(0, tables * TABLE_ENTRIES, TABLE_ENTRIES):
        count = max(min(grains - first, TABLE_ENTRIES), 0)
        if not count:
            directory.append(0)
            continue
        for number in {0, count - 1, *range(0 if first else min(count, 200))}:
            data = zlib.compress(first_grain.ljust(GRAIN * SECTOR, b"\0")) if first + number == 0 else packed
            pieces[(at + number * GRAIN) * SECTOR] = struct.pack("<QI", (first + number) * GRAIN, len(data)) + data
        entries = [at + number * GRAIN for number in range(count)] + [0] * (TABLE_ENTRIES - count)
        at += count * GRAIN
        pieces[at * SECTOR] = marker(4, 1) + struct.pack(f"<{TABLE_ENTRIES}I", *entries)
        directory.append(at + 1)
        at += 5
    end = padded(struct.pack(f"<{tables}I", *directory))
    header = (b"KDMV", 3, 0x30001, capacity // SECTOR, GRAIN, 1, 1, TABLE_ENTRIES, 0)
    tail = (GRAIN, 0, b"\n \r\n", 1)
    pieces[0] = struct.pack("<4sIIQQQQIQQQB4sH", *header, AT_END, *tail).ljust(SECTOR, b"\0") + descriptor
    footer = struct.pack("<4sIIQQQQIQQQB4sH", *header, at + 1, *tail).ljust(SECTOR, b"\0")
    pieces[at * SECTOR] = marker(len(end) // SECTOR, 2) + end + marker(1, 3) + footer
    return Holed(at * SECTOR + 3 * SECTOR + len(end) + SECTOR, pieces)


def archive(members: Mapping[str, bytes], format: int = tarfile.USTAR_FORMAT) -> bytes:
    """The members in this order, by Python's tarfile."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=format) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return made.getvalue()


def manifest(tool: str, folder: Path, files: dict[str, bytes]) -> bytes:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    lines = "".join(run(tool, "--tag", folder / name).replace(f"{folder}/", "") for name in files)
    return lines.encode()


def vsphere_members(stream: bytes) -> dict[str, bytes]:
    return {
        "win11.ovf": VSPHERE_OVF.encode(),
        "win11-1.vmdk": stream,
        "win11-2.iso": bytes(40_000),
        "win11-3.nvram": b"n" * 8684,
    }
