"""A volume of 128 MiB like that of a Windows system; its data is in windows.ntfs.xz. Running this module writes that file.

mkntfs, wimlib and ntfscp make it, on a bitmap in which all other groups of clusters are taken, so that the hive is in
hundreds of fragments and needs an attribute list.
"""

import lzma
import os
import random
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import bytes_at, run, sparse_file, write_at
from tests.unit.disk.ntfs.oracle import fill, opened, take_clusters

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.ntfs.file_record import DATA, INDEX_ALLOCATION, without_fixups
from pulumi_vmimport.disk.ntfs.ntfs_file import NtfsFile
from pulumi_vmimport.disk.ntfs.ntfs_volume import NtfsVolume
from pulumi_vmimport.disk.ntfs.streams import ClusterStream
from pulumi_vmimport.disk.raw_content import RawContent

FIXTURE = Path(__file__).with_name("windows.ntfs.xz")
HIVE = "/Windows/System32/config/SYSTEM"
COMPRESSED = "/compressed.log"
MIXED = "/mixed.log"
HIBERNATION = "/hiberfil.sys"
LONG_NAME, SHORT_NAME = "/Program Files/long name.txt", "/Program Files/LONGNA~1.TXT"
"""Two names of one file; to NTFS the second is no 8.3 name"""
SIZE_BYTES = 128 << 20
_BLOCK_BYTES, _NUMBER = 1024, struct.Struct("<I")
CLUSTER_BYTES = 1024
_INDEX_RECORD_BYTES = 4096
_LOG_BYTES = 4 << 20


@cache
def files() -> dict[str, bytes]:
    """The content of all files by path; that of ntfscp is compressed by NTFS."""
    dice = random.Random(4)  # noqa: S311 - no secret
    found = {HIVE: b"".join(b"hbin%08d".ljust(256, b"\1") % number for number in range(6400))}
    for number in range(150):
        found[f"/Windows/System32/{number:03}-module.dll"] = b"MZ%d" % number
    for name in ("straße", "ÿ", "Ω", "\u017fmall", "𐐨"):
        found[f"/Users/{name}"] = name.encode()
    found[LONG_NAME] = b"long"
    return found | {
        HIBERNATION: bytes(8192),
        COMPRESSED: b"".join(dice.choice((b"the registry ", b"hive ", b"of Windows ")) for _ in range(4000)),
        MIXED: dice.randbytes(20_000) + bytes(50_000) + b"text " * 4000 + dice.randbytes(700),
    }


@dataclass
class StoredVolume:
    """A `Source` of blocks; those that are not stored are zeros. Counts what is read."""

    blocks: dict[int, bytes]
    size_bytes: int = SIZE_BYTES
    name: str = "windows.ntfs"
    is_local: bool = True
    reads: int = 0
    read_bytes: int = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads += 1
        self.read_bytes += length
        return self.peek(offset, min(length, self.size_bytes - offset))

    def extents(self) -> Iterator[tuple[int, int]]:
        yield 0, self.size_bytes

    def peek(self, offset: int, length: int) -> bytes:
        first, end = offset // _BLOCK_BYTES, -(-(offset + length) // _BLOCK_BYTES)
        data = b"".join(self.blocks.get(number, bytes(_BLOCK_BYTES)) for number in range(first, end))
        return data[offset - first * _BLOCK_BYTES :][:length]

    def write(self, offset: int, data: bytes) -> None:
        for at, value in enumerate(data, offset):
            number, within = divmod(at, _BLOCK_BYTES)
            block = bytearray(self.blocks.get(number, bytes(_BLOCK_BYTES)))
            block[within] = value
            self.blocks[number] = bytes(block)

    def opened(self) -> NtfsVolume:
        return NtfsVolume(DiskRegion.of_disk(RawContent(self)))

    def stored_in(self, path: Path) -> Path:
        """Write the volume to a file with holes."""
        sparse_file(path, self.size_bytes)
        with path.open("r+b") as file:
            for number, block in self.blocks.items():
                file.seek(number * _BLOCK_BYTES)
                file.write(block)
        return path

    def number_of(self, path: str) -> int:
        """The number of the file record of a file."""
        file = self.opened().find(path)
        assert file
        return file._record.number

    def place_of(self, number: int, kind: int = DATA, offset: int = 0) -> int:
        """Where the content of a file is on the volume, in clusters."""
        stream = self.opened()._table.stream(number, "", kind, "" if kind == DATA else "$I30")
        assert isinstance(stream, ClusterStream)
        cluster, _ = stream.runs.at(offset // CLUSTER_BYTES)
        return cluster * CLUSTER_BYTES + offset % CLUSTER_BYTES

    def record(self, number: int) -> bytearray:
        """A file record without its protection against torn writes."""
        return bytearray(without_fixups(self.peek(self.place_of(0, offset=number * 1024), 1024), b"FILE", ""))

    def put_record(self, number: int, record: bytes | bytearray) -> None:
        self.put_protected(self.place_of(0, offset=number * 1024), record)

    def put_protected(self, place: int, record: bytes | bytearray) -> None:
        """Write a record with its protection."""
        self.write(place, protected(record))

    def index_record(self, path: str) -> tuple[int, bytearray]:
        """The place of the first index record of a directory, and the record without its protection."""
        place = self.place_of(self.number_of(path), INDEX_ALLOCATION)
        return place, bytearray(without_fixups(self.peek(place, _INDEX_RECORD_BYTES), b"INDX", ""))

    def add_attribute(self, path: str, kind: int, value: bytes) -> None:
        """Add an attribute with its value in the file record, in the order of kinds."""
        number = self.number_of(path)
        record = self.record(number)
        at = attribute_at(record, kind, or_next=True)
        length = -(-(24 + len(value)) // 8) * 8
        header = struct.pack("<IIBBHHHIHxx", kind, length, 0, 0, 24, 0, 99, len(value), 24)
        (used,) = struct.unpack_from("<I", record, 24)
        record[at:] = (header + value).ljust(length, b"\0") + record[at : 1024 - length]
        struct.pack_into("<I", record, 24, used + length)
        self.put_record(number, record)


def protected(record: bytes | bytearray) -> bytes:
    """A record as it is stored, with its protection against torn writes."""
    data = bytearray(record)
    (fixups,) = struct.unpack_from("<H", data, 4)
    mark = data[fixups : fixups + 2]
    for at, end in enumerate(range(512, len(data) + 1, 512), 1):
        data[fixups + 2 * at : fixups + 2 * at + 2] = data[end - 2 : end]
        data[end - 2 : end] = mark
    return bytes(data)


def attribute_at(record: bytes | bytearray, kind: int, *, or_next: bool = False) -> int:
    """Where an attribute is in a file record."""
    (at,) = struct.unpack_from("<H", record, 20)
    while True:
        found, length = struct.unpack_from("<II", record, at)
        if found == kind or (or_next and found > kind):
            return int(at)
        assert found != 0xFFFFFFFF
        at += length


def restart_page(
    change: int,
    in_use: int,
    flags: int,
    *,
    signature: bytes = b"RSTR",
    version: tuple[int, int] = (2, 0),
    page: int = 4096,
) -> bytes:
    """A restart page of $LogFile, without its protection against torn writes."""
    data = bytearray(page)
    area, fixups = 48 + page // 256, page // 512 + 1
    major, minor = version
    struct.pack_into("<4sHHQIIHhh", data, 0, signature, 30, fixups, 0, page, 4096, area, minor, major)
    data[30:32] = b"\7\0"
    free = 0xFFFF if in_use == 0 else 0
    numbers = (change, 1, free, in_use, flags, 67 - _LOG_BYTES.bit_length(), 48 + 160, 48, _LOG_BYTES, 0, 48, 64, 1)
    struct.pack_into("<QHHHHIHHQIHHI", data, area, *numbers)
    if page > area + 48 + 160:
        client = struct.pack("<QQHHHxxxxxxI", 0, 0, 0xFFFF, 0xFFFF, 0, 8) + "NTFS".encode("utf-16-le")
        data[area + 48 : area + 48 + len(client)] = client
    return bytes(data)


def found(volume: StoredVolume, path: str) -> NtfsFile:
    """The file with a path."""
    file = volume.opened().find(path)
    assert file
    return file


def refused(read: Callable[[], object]) -> str:
    """The words with which a read is refused."""
    with pytest.raises(UnreadableVolumeError) as caught:
        read()
    return str(caught.value)


def change(volume: StoredVolume, path: str, kind: int, layout: str, at: int, value: int) -> None:
    """Change a number of an attribute."""
    number = volume.number_of(path)
    record = volume.record(number)
    struct.pack_into(layout, record, attribute_at(record, kind) + at, value)
    volume.put_record(number, record)


@cache
def _stored_blocks() -> dict[int, bytes]:
    data = lzma.decompress(FIXTURE.read_bytes())
    size = _NUMBER.size + _BLOCK_BYTES
    parts = (data[at : at + size] for at in range(0, len(data), size))
    return {_NUMBER.unpack_from(part)[0]: part[_NUMBER.size :] for part in parts}


def stored_volume() -> StoredVolume:
    """A copy of the volume, to be changed."""
    return StoredVolume(dict(_stored_blocks()))


def _store(path: Path) -> None:
    """Write the blocks of a volume that are not zeros."""
    data = path.read_bytes()
    blocks = (data[at : at + _BLOCK_BYTES] for at in range(0, len(data), _BLOCK_BYTES))
    stored = b"".join(_NUMBER.pack(number) + block for number, block in enumerate(blocks) if any(block))
    FIXTURE.write_bytes(lzma.compress(stored, preset=9 | lzma.PRESET_EXTREME))


def make(directory: Path) -> Path:
    """Make the volume."""
    path = sparse_file(directory / "windows.ntfs", SIZE_BYTES)
    run("mkntfs", "-F", "-Q", "-q", "-T", "-C", "-c", CLUSTER_BYTES, "-L", "Windows", path)
    _copy(directory, path, COMPRESSED)
    _copy(directory, path, MIXED)
    _end_compression(path)
    _copy(directory, path, HIBERNATION)  # wimlib leaves it out
    take_clusters(path, b"\xff\x00")
    tree = directory / "tree"
    for name in files().keys() - {COMPRESSED, MIXED, HIBERNATION}:
        file = tree / name[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(files()[name])
        os.utime(file, (1e9, 1e9))
    os.link(tree / LONG_NAME[1:], tree / SHORT_NAME[1:])
    return fill(path, tree)


def _copy(directory: Path, volume: Path, name: str) -> None:
    source = directory / "source"
    source.write_bytes(files()[name])
    run("ntfscp", "-q", volume, source, name[1:])


def _end_compression(path: Path) -> None:
    """Let new files inherit no compression from the root directory: ntfs-3g compresses none into fragments."""
    table = opened(path)._table.clusters.table_cluster * CLUSTER_BYTES
    root = table + 5 * 1024
    (first,) = struct.unpack("<H", bytes_at(path, root + 20, 2))
    (value,) = struct.unpack("<H", bytes_at(path, root + first + 20, 2))
    write_at(path, root + first + value + 32, struct.pack("<I", 0x26))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        _store(make(Path(name)))
    sys.stdout.write(f"{FIXTURE.name}: {FIXTURE.stat().st_size} bytes\n")
