import struct
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import (
    MIB,
    Sparse,
    bytes_at,
    listed,
    missing,
    sfdisk,
    sparse_file,
    write_at,
)

from pulumi_vmimport.disk.inspection.facts import Damage, Layout
from pulumi_vmimport.disk.inspection.partition_table import read_layout
from pulumi_vmimport.disk.raw_content import RawContent

pytestmark = pytest.mark.skipif(
    bool(missing("sfdisk", "sgdisk", "fdisk", "mkfs.ext4", "mkfs.vfat", "mkntfs", "blkid")),
    reason="needs the Debian packages of `make file-system-tools`",
)
DISK_BYTES = 256 * MIB
MBR = "label: dos\nlabel-id: 0x1234abcd\nsize=32M, type=7, bootable\nsize=16M, type=ef\nsize=8M, type=82\n"
LOGICAL = "label: dos\nsize=16M, type=83\nsize=200M, type=f\n" + "".join(
    f"{number}: size=16M, type=83\n" for number in range(5, 11)
)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return sparse_file(tmp_path / "disk", DISK_BYTES)


def read(path: Path, sector_bytes: int = 512) -> tuple[Layout, tuple[Damage, ...]]:
    content = RawContent(Sparse(path))
    content.sector_bytes = sector_bytes
    return read_layout(content)


def test_boot_code_precedes_the_partition_table(disk: Path) -> None:
    sfdisk(disk, MBR)
    assert not read(disk)[0].boot_code
    write_at(disk, 0, b"\xeb\x63\x90")
    assert read(disk)[0].boot_code


def test_all_active_partitions_are_reported(disk: Path) -> None:
    sfdisk(disk, MBR)
    write_at(disk, 446 + 16, b"\x80")
    assert [partition.get("bootable", False) for partition in listed(disk)["partitions"]] == [True, True, False]
    assert [partition.is_active for partition in read(disk)[0].partitions] == [True, True, False]


def test_an_extended_partition_is_a_container(disk: Path) -> None:
    sfdisk(disk, LOGICAL)
    partitions = read(disk)[0].partitions
    assert [partition.number for partition in partitions if partition.is_container] == [2]
    assert partitions[1].type_name.startswith("extended")


def test_a_circular_chain_of_extended_records_ends(disk: Path) -> None:
    sfdisk(disk, LOGICAL)
    extended = next(partition.start_bytes for partition in read(disk)[0].partitions if partition.type == "0f")
    second = extended + struct.unpack_from("<I", bytes_at(disk, extended, 512), 446 + 16 + 8)[0] * 512
    link = bytearray(bytes_at(disk, second, 512))
    struct.pack_into("<I", link, 446 + 16 + 8, 0)
    write_at(disk, second, bytes(link))
    layout, damage = read(disk)
    assert [partition.number for partition in layout.partitions] == [1, 2, 5, 6]
    assert damage == (Damage(f"extended boot record at {extended}", "the chain of records is circular"),)


@pytest.mark.parametrize(
    ("link", "words"),
    [
        pytest.param(0x7FFFFFFF, "it lies outside extended partition 2", id="outside"),
        pytest.param(1, "it ends in 00 00, expected 55 aa", id="no-record"),
    ],
)
def test_a_broken_chain_keeps_the_partitions_before_the_break(disk: Path, link: int, words: str) -> None:
    sfdisk(disk, LOGICAL)
    extended = next(partition.start_bytes for partition in read(disk)[0].partitions if partition.type == "0f")
    record = bytearray(bytes_at(disk, extended, 512))
    struct.pack_into("<I", record, 446 + 16 + 8, link)
    write_at(disk, extended, bytes(record))
    layout, damage = read(disk)
    assert [partition.number for partition in layout.partitions] == [1, 2, 5]
    assert damage == (Damage(f"extended boot record at {extended + link * 512}", words),)


@pytest.mark.parametrize(("is_local", "most"), [(True, 124), (False, 16)])
def test_an_overlong_chain_of_extended_records_is_cut(disk: Path, is_local: bool, most: int) -> None:
    first, size = 2048, DISK_BYTES // 512 - 2048
    write_at(disk, 0, _record(_entry(0x0F, first, size)))
    for number in range(200):
        at = first + 4 * number
        write_at(disk, at * 512, _record(_entry(0x83, 1, 2), _entry(0x05, 4 * (number + 1), 4)))
    layout, damage = read_layout(RawContent(Sparse(disk, is_local=is_local)))
    assert len(layout.partitions) == 1 + most
    words = f"the chain has more than {most} records; the rest was not read"
    assert words in [each.words for each in damage]


@pytest.mark.parametrize("sectors", [DISK_BYTES // 512, 0xFFFFFFFF])
def test_a_partition_that_ends_beyond_the_disk_is_reported(disk: Path, sectors: int) -> None:
    write_at(disk, 0, _record(_entry(0x07, 2048, sectors)))
    layout, damage = read(disk)
    assert layout.partitions[0].size_bytes == sectors * 512
    words = f"it extends from 1048576 to {1048576 + sectors * 512} on a disk of {DISK_BYTES} bytes"
    assert damage == (Damage("partition 1", words),)


def _entry(kind: int, start: int, size: int) -> bytes:
    return struct.pack("<B3xB3xII", 0, kind, start, size)


def _record(*entries: bytes) -> bytes:
    return bytes(446) + b"".join(entries).ljust(64, b"\0") + b"\x55\xaa"
