import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import (
    MIB,
    Sparse,
    bytes_at,
    listed,
    missing,
    run,
    sfdisk,
    sparse_file,
    write_at,
)

from pulumi_vmimport.disk.inspection.facts import Damage, FileSystem, Layout
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.inspection.partition_table import read_layout
from pulumi_vmimport.disk.raw_content import RawContent
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.image_profile import ImageProfile

pytestmark = pytest.mark.skipif(
    bool(missing("sfdisk", "sgdisk", "fdisk", "mkfs.ext4", "mkfs.vfat", "mkntfs", "blkid")),
    reason="needs the Debian packages of `make file-system-tools`",
)
DISK_BYTES = 256 * MIB
GPT_ENTRIES_AT = 1024
GPT = (
    "label: gpt\n"
    "size=16M, type=uefi, name=ESP\n"
    "size=16M, type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE\n"
    'size=64M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name="Größe, C:", attrs="LegacyBIOSBootable"\n'
    "size=8M, type=swap\n"
)
MBR = "label: dos\nlabel-id: 0x1234abcd\nsize=32M, type=7, bootable\nsize=16M, type=ef\nsize=8M, type=82\n"


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return sparse_file(tmp_path / "disk", DISK_BYTES)


def read(path: Path, sector_bytes: int = 512) -> tuple[Layout, tuple[Damage, ...]]:
    content = RawContent(Sparse(path))
    content.sector_bytes = sector_bytes
    return read_layout(content)


def test_a_disk_with_4096_byte_sectors_is_read_in_them(disk: Path) -> None:
    run("fdisk", "-b", "4096", disk, text="g\nn\n\n\n+16M\nn\n\n\n+8M\nt\n1\n1\nw\n")
    printed = run("fdisk", "-b", "4096", "-l", "-o", "Start,Sectors", disk)
    expected = [tuple(map(int, line.split())) for line in printed.splitlines() if re.fullmatch(r"\s*\d+\s+\d+", line)]
    layout, damage = read(disk, 4096)
    assert len(expected) == 2
    assert [
        (partition.start_bytes // 4096, partition.size_bytes // 4096) for partition in layout.partitions
    ] == expected
    assert (layout.scheme, layout.primary_gpt_valid, layout.backup_gpt_valid, damage) == ("gpt", True, True, ())
    raw = inspect_image(Sparse(disk)).disks[0]  # a raw image says it nowhere but by the place of its GPT
    assert (raw.sector_bytes, raw.layout, raw.damage) == (4096, layout, ())


def test_a_gpt_for_another_sector_size_is_reported(disk: Path) -> None:
    """As after copying a disk of 4096-byte sectors to a machine whose disks have 512."""
    run("fdisk", "-b", "4096", disk, text="g\nn\n\n\n+16M\nw\n")
    layout, damage = read(disk)
    assert (layout.scheme, layout.primary_gpt_valid, layout.partitions) == ("gpt", False, ())
    assert "as on a disk with 4096-byte sectors; this disk has 512-byte sectors" in damage[0].words


@pytest.mark.parametrize(
    "lost",
    [(0, 4096), (4096, 20 * 1024), (DISK_BYTES - 5 * 4096, 5 * 4096), (4096 + 16, 8), None],
    ids=["protective-mbr", "primary", "backup", "crc-of-the-primary", "enlarged"],
)
def test_no_remedy_for_a_damaged_gpt_of_4096_byte_sectors_destroys_it(disk: Path, lost: tuple[int, int] | None) -> None:
    run("fdisk", "-b", "4096", disk, text="g\nn\n\n\n+16M\nn\n\n\n+8M\nt\n1\n1\nw\n")
    whole = inspect_image(Sparse(disk)).disks[0].layout
    if lost:
        write_at(disk, lost[0], bytes(lost[1]))
    else:
        with disk.open("r+b") as file:
            file.truncate(2 * DISK_BYTES)
    facts = inspect_image(Sparse(disk))
    findings = evaluate(facts, ImageProfile.EC2)
    assert facts.disks[0].sector_bytes == 4096
    assert whole
    assert facts.disks[0].layout
    assert facts.disks[0].layout.partitions == whole.partitions
    assert {finding.rule for finding in findings} <= {"sector-size", "layout-damaged", "root-unknown"}
    assert findings[0].rule == "sector-size"
    assert not any("sgdisk" in finding.remedy for finding in findings)


def test_a_gpt_of_4096_byte_sectors_without_a_valid_copy_is_recognized_by_its_signature(disk: Path) -> None:
    run("fdisk", "-b", "4096", disk, text="g\nn\n\n\n+16M\nw\n")
    for at in (4096 + 16, DISK_BYTES - 4096 + 16):
        write_at(disk, at, bytes(4))
    facts = inspect_image(Sparse(disk))
    assert facts.disks[0].sector_bytes == 4096
    assert not any("sgdisk" in finding.remedy for finding in evaluate(facts, ImageProfile.EC2))


def test_a_hybrid_mbr_is_reported(disk: Path) -> None:
    sfdisk(disk, GPT)
    assert not read(disk)[0].is_hybrid
    run("sgdisk", "--hybrid=3", disk)
    layout, damage = read(disk)
    assert (layout.scheme, layout.is_hybrid, len(layout.partitions), damage) == ("gpt", True, 4, ())


@pytest.mark.parametrize("offset", [512, 512 + 16, GPT_ENTRIES_AT])
def test_a_damaged_primary_gpt_is_reported_and_the_backup_is_read(disk: Path, offset: int) -> None:
    sfdisk(disk, GPT)
    whole, _ = read(disk)
    write_at(disk, offset, bytes(byte ^ 1 for byte in bytes_at(disk, offset, 1)))
    assert (
        "Main partition table CRC mismatch" in (checked := run("sgdisk", "--verify", disk)) or "main" in checked.lower()
    )
    layout, damage = read(disk)
    assert (layout.primary_gpt_valid, layout.backup_gpt_valid) == (False, True)
    assert (layout.partitions, layout.disk_signature) == (whole.partitions, whole.disk_signature)
    assert [each.where for each in damage] == ["primary GPT"]


def test_a_damaged_backup_gpt_is_reported(disk: Path) -> None:
    sfdisk(disk, GPT)
    write_at(disk, DISK_BYTES - 512, bytes(512))
    layout, damage = read(disk)
    assert (layout.primary_gpt_valid, layout.backup_gpt_valid, len(layout.partitions)) == (True, False, 4)
    assert damage == (
        Damage("backup GPT", f"expected the signature EFI PART at {DISK_BYTES - 512}, got 00 00 00 00 00 00 00 00"),
    )


def test_the_position_of_the_backup_gpt_is_a_fact(disk: Path) -> None:
    sfdisk(disk, MBR)
    assert read(disk)[0].backup_gpt_at_end is None
    sfdisk(disk, GPT)
    assert read(disk)[0].backup_gpt_at_end is True
    write_at(disk, DISK_BYTES - 512, bytes(512))
    assert read(disk)[0].backup_gpt_at_end is None


def test_an_enlarged_disk_has_its_backup_gpt_at_its_former_end(disk: Path) -> None:
    sfdisk(disk, GPT)
    with disk.open("r+b") as file:
        file.truncate(2 * DISK_BYTES)
    layout, damage = read(disk)
    assert (layout.backup_gpt_valid, layout.backup_gpt_at_end, damage) == (True, False, ())


def test_a_protective_entry_means_gpt_even_without_a_valid_table(disk: Path) -> None:
    sfdisk(disk, GPT)
    write_at(disk, 512, bytes(512))
    write_at(disk, DISK_BYTES - 512, bytes(512))
    layout, damage = read(disk)
    assert (layout.scheme, layout.primary_gpt_valid, layout.backup_gpt_valid) == ("gpt", False, False)
    assert (layout.partitions, [each.where for each in damage]) == ((), ["primary GPT", "backup GPT"])


@pytest.mark.parametrize("bytes_of_it", [b"\0" * 512, b"\0" * 510 + b"\x55\xaa"])
def test_a_missing_protective_mbr_is_reported(disk: Path, bytes_of_it: bytes) -> None:
    sfdisk(disk, GPT)
    write_at(disk, 0, bytes_of_it)
    layout, damage = read(disk)
    assert (layout.scheme, len(layout.partitions), layout.is_hybrid) == ("gpt", 4, False)
    assert [each.where for each in damage] == ["protective MBR"]


def test_a_stale_gpt_behind_an_mbr_does_not_count(disk: Path) -> None:
    sfdisk(disk, GPT)
    first = bytes_at(disk, 512, 512)
    table = sfdisk(disk, MBR)
    write_at(disk, 512, first)
    layout, _ = read(disk)
    assert table["label"] == "dos" == listed(disk)["label"]
    assert (layout.scheme, len(layout.partitions)) == ("mbr", 3)


def test_a_gpt_entry_that_ends_before_it_starts_is_reported(disk: Path) -> None:
    sfdisk(disk, GPT)
    entry = struct.pack("<16s16sQQ", b"\1" * 16, b"\2" * 16, 4096, 2048)
    _rewritten(disk, lambda entries: entry + entries[len(entry) :])
    layout, damage = read(disk)
    assert layout.partitions[0].size_bytes < 0
    assert [each.where for each in damage if each.where != "backup GPT"] == ["partition 1"]


@pytest.mark.parametrize(("count", "size"), [(0xFFFFFFFF, 128), (128, 0x80000000), (0, 128), (128, 64), (128, 129)])
def test_an_invalid_gpt_is_not_read(disk: Path, count: int, size: int) -> None:
    sfdisk(disk, "label: gpt\n")
    header = bytearray(bytes_at(disk, 512, 512))
    struct.pack_into("<II", header, 80, count, size)
    write_at(disk, 512, _with_crc(header))
    source = Sparse(disk)
    layout, damage = read_layout(RawContent(source))
    assert (layout.primary_gpt_valid, layout.backup_gpt_valid) == (False, True)
    assert damage[0].words == f"the header at 512 states {count} entries of {size} bytes"
    assert source.read_bytes < MIB


@pytest.mark.parametrize(("is_local", "most"), [(True, 128), (False, 16)])
def test_partitions_beyond_the_limit_are_listed_but_not_read(disk: Path, is_local: bool, most: int) -> None:
    sfdisk(disk, "label: gpt\ntable-length: 300\n" + "size=64K, type=swap\n" * 250)
    source = Sparse(disk, is_local=is_local)
    layout, damage = read_layout(RawContent(source))
    kinds = [partition.file_system for partition in layout.partitions]
    assert kinds == [FileSystem.EMPTY] * most + [FileSystem.UNKNOWN] * (250 - most)
    assert damage == (Damage("partition table", f"partitions from number {most + 1} on were not inspected"),)
    assert source.reads < 3 * most + 10
    assert source.read_bytes < 3 * most * 4096 + MIB


def _with_crc(header: bytearray) -> bytes:
    struct.pack_into("<I", header, 16, 0)
    struct.pack_into("<I", header, 16, zlib.crc32(header[:92]))
    return bytes(header)


def _rewritten(disk: Path, change: Callable[[bytes], bytes]) -> None:
    entries = change(bytes_at(disk, GPT_ENTRIES_AT, 128 * 128))
    header = bytearray(bytes_at(disk, 512, 512))
    struct.pack_into("<I", header, 88, zlib.crc32(entries))
    write_at(disk, GPT_ENTRIES_AT, entries)
    write_at(disk, 512, _with_crc(header))
