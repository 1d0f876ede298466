import struct
from pathlib import Path
from typing import Any

import pytest
from tests.unit.disk.inspection.disk_tools import (
    MIB,
    Sparse,
    blkid,
    missing,
    place,
    run,
    sfdisk,
    sparse_file,
    write_at,
)

from pulumi_vmimport.disk.disk_errors import DamagedImageError
from pulumi_vmimport.disk.inspection.facts import Damage, FileSystem, Layout, Partition, PartitionScheme
from pulumi_vmimport.disk.inspection.partition_table import MAX_EXAMINED, read_layout
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
GPT = (
    "label: gpt\n"
    "size=16M, type=uefi, name=ESP\n"
    "size=16M, type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE\n"
    'size=64M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name="Größe, C:", attrs="LegacyBIOSBootable"\n'
    "size=8M, type=swap\n"
)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return sparse_file(tmp_path / "disk", DISK_BYTES)


def read(path: Path, sector_bytes: int = 512) -> tuple[Layout, tuple[Damage, ...]]:
    content = RawContent(Sparse(path))
    content.sector_bytes = sector_bytes
    return read_layout(content)


def as_sfdisk(partition: Partition, disk: Path, label: str) -> dict[str, Any]:
    """A partition in sfdisk's words."""
    node: dict[str, Any] = {
        "node": f"{disk}{partition.number}",
        "start": partition.start_bytes // 512,
        "size": partition.size_bytes // 512,
    }
    if label == "gpt":
        attributes = {"attrs": "LegacyBIOSBootable"} if partition.is_active else {}
        return {**node, "type": partition.type, **attributes, **({"name": partition.name} if partition.name else {})}
    return {**node, "type": f"{int(partition.type, 16):x}", **({"bootable": True} if partition.is_active else {})}


@pytest.mark.parametrize(
    ("script", "scheme"),
    [
        pytest.param(MBR, PartitionScheme.MBR, id="mbr"),
        pytest.param(LOGICAL, PartitionScheme.MBR, id="logical"),
        pytest.param(GPT, PartitionScheme.GPT, id="gpt"),
        pytest.param("label: gpt\ntable-length: 300\n" + "size=64K\n" * 250, PartitionScheme.GPT, id="gpt-250"),
        pytest.param("label: dos\n", PartitionScheme.MBR, id="mbr-without-partitions"),
        pytest.param("label: gpt\n", PartitionScheme.GPT, id="gpt-without-partitions"),
    ],
)
def test_partitions_are_those_that_sfdisk_lists(disk: Path, script: str, scheme: PartitionScheme) -> None:
    table = sfdisk(disk, script)
    layout, damage = read(disk)
    assert layout.scheme == scheme
    for partition in table.get("partitions", []):
        partition.pop("uuid", None)
    assert [as_sfdisk(partition, disk, table["label"]) for partition in layout.partitions] == table.get(
        "partitions", []
    )
    signature = table["id"].removeprefix("0x")
    assert layout.disk_signature == signature
    assert layout.whole_disk_file_system is None
    assert [each.where for each in damage] == (["partition table"] if len(layout.partitions) > MAX_EXAMINED else [])
    assert (layout.primary_gpt_valid, layout.backup_gpt_valid) == ((True, True) if scheme == "gpt" else (None, None))


def test_important_types_have_names_and_the_efi_system_partition_is_a_fact(disk: Path) -> None:
    sfdisk(disk, GPT)
    layout, _ = read(disk)
    assert [partition.type_name for partition in layout.partitions] == [
        "EFI system",
        "Microsoft reserved",
        "Microsoft basic data",
        "Linux swap",
    ]
    assert [partition.is_efi_system for partition in layout.partitions] == [True, False, False, False]
    sfdisk(disk, MBR)
    assert [partition.is_efi_system for partition in read(disk)[0].partitions] == [False, True, False]


def test_each_partition_holds_what_libblkid_finds_there(disk: Path, tmp_path: Path) -> None:
    table = sfdisk(disk, GPT)
    commands = (["mkfs.vfat", "-n", "EFI"], None, ["mkntfs", "-F", "-Q", "-q", "-L", "Windows"], ["mkswap", "-L", "s"])
    for command, partition in zip(commands, table["partitions"], strict=True):
        if command:
            part = sparse_file(tmp_path / "part", partition["size"] * 512)
            run(*command, part)
            place(part, disk, partition["start"] * 512)
    layout, damage = read(disk)
    found = [(partition.file_system.value, partition.label) for partition in layout.partitions]
    probed = [blkid(disk, each["start"] * 512, each["size"] * 512) for each in table["partitions"]]
    assert [(each.get("TYPE", "empty"), each.get("LABEL", "")) for each in probed] == [
        ("vfat" if kind == "fat" else kind, label) for kind, label in found
    ]
    assert (layout.root, damage) == (3, ())
    assert [partition.boot_sector_signature for partition in layout.partitions] == [True, False, True, False]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["mkfs.vfat", "-I", "-n", "STICK"], id="fat"),
        pytest.param(["mkntfs", "-F", "-Q", "-q"], id="ntfs"),
        pytest.param(["mkfs.ext4", "-q"], id="ext4"),
        pytest.param(["mkswap"], id="swap"),
    ],
)
def test_a_disk_with_one_file_system_has_no_partition_table(disk: Path, command: list[str]) -> None:
    run(*command, disk)
    layout, damage = read(disk)
    kind = {"vfat": "fat"}.get(found := blkid(disk)["TYPE"], found)
    assert (layout.scheme, layout.whole_disk_file_system, layout.partitions, damage) == ("none", kind, (), ())


def test_a_disk_of_zeros_has_no_table_and_is_empty(disk: Path) -> None:
    layout, damage = read(disk)
    assert (layout.scheme, layout.whole_disk_file_system, layout.boot_code) == ("none", FileSystem.EMPTY, False)
    assert (layout.disk_signature, layout.root, damage) == (None, None, ())


def test_a_boot_signature_without_a_partition_table_is_reported(disk: Path) -> None:
    write_at(disk, 0, b"?" * 510 + b"\x55\xaa")
    layout, damage = read(disk)
    assert (layout.scheme, layout.whole_disk_file_system) == ("none", FileSystem.UNKNOWN)
    words = "an entry starts with 3f, expected 80 (active) or 00; this is not a partition table"
    assert damage == (Damage("partition table", words),)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("label: dos\nsize=32M, type=42\n", id="mbr"),
        pytest.param("label: gpt\nsize=1M, type=5808C8AA-7E8F-42E0-85D2-E1E90434CFB3\n", id="gpt-database"),
        pytest.param("label: gpt\nsize=32M, type=AF9B60A0-1431-4F62-BC68-3311714A69AD\n", id="gpt-data"),
    ],
)
def test_a_windows_dynamic_disk_is_reported(disk: Path, script: str) -> None:
    sfdisk(disk, script)
    assert read(disk)[0].is_dynamic_disk
    sfdisk(disk, GPT)
    assert not read(disk)[0].is_dynamic_disk


def test_an_unreadable_partition_does_not_affect_the_others(disk: Path) -> None:
    class Damaged(RawContent):
        def read(self, offset: int, length: int) -> bytes:
            if offset == MIB:
                raise DamagedImageError("disk", "grain 16 cannot be inflated")
            return super().read(offset, length)

    sfdisk(disk, MBR)
    layout, damage = read_layout(Damaged(Sparse(disk)))
    assert [partition.file_system for partition in layout.partitions] == [
        FileSystem.UNKNOWN,
        FileSystem.EMPTY,
        FileSystem.EMPTY,
    ]
    assert [each.where for each in damage] == ["partition 1"]


ROOT = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
BASIC = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
RECOVERY = "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC"


@pytest.mark.parametrize(
    ("partitions", "root"),
    [
        pytest.param(
            [("100M", "uefi", "fat"), ("16M", BASIC, ""), ("60G", BASIC, "ntfs"), ("500M", RECOVERY, "ntfs")],
            3,
            id="windows",
        ),
        pytest.param(
            [("500M", BASIC, "ntfs"), ("60G", BASIC, "ntfs"), ("100G", BASIC, "ntfs")], 2, id="windows-with-data"
        ),
        pytest.param([("1G", LINUX, "ext4"), ("30G", LINUX, "lvm2")], 2, id="linux-lvm"),
        pytest.param([("20G", LINUX, "xfs"), ("30G", ROOT, "ext4")], 2, id="linux-typed-root"),
        pytest.param([("1G", LINUX, "ext4"), ("4G", LINUX, "ext4"), ("2G", "swap", "swap")], 2, id="small"),
        pytest.param([("100M", "uefi", "fat"), ("100G", BASIC, "fat")], None, id="none"),
        pytest.param([("60G", BASIC, "bitlocker")], 1, id="bitlocker"),
    ],
)
def test_the_root_is_the_partition_most_likely_to_hold_the_system(
    tmp_path: Path, partitions: list[tuple[str, str, str]], root: int | None
) -> None:
    starts = {
        "": b"",
        "fat": b"\xeb\x3c\x90mkfs.fat" + struct.pack("<HBHBHHB", 512, 1, 1, 2, 512, 4096, 0xF8),
        "ntfs": b"\xeb\x52\x90NTFS    ",
        "bitlocker": b"\xeb\x52\x90-FVE-FS-",
        "xfs": b"XFSB",
        "ext4": bytes(1024 + 56) + b"\x53\xef" + bytes(34) + struct.pack("<III", 4, 0x40, 0),
        "lvm2": bytes(512) + b"LABELONE" + bytes(16) + b"LVM2 001",
        "swap": bytes(4086) + b"SWAPSPACE2",
    }
    disk = sparse_file(tmp_path / "disk", 200 << 30)
    table = sfdisk(disk, "label: gpt\n" + "".join(f"size={size}, type={kind}\n" for size, kind, _ in partitions))
    for (_, _, kind), partition in zip(partitions, table["partitions"], strict=True):
        start = starts[kind]
        write_at(disk, partition["start"] * 512, start if len(start) > 500 else start.ljust(510, b"\0") + b"\x55\xaa")
    layout, _ = read(disk)
    assert [partition.file_system for partition in layout.partitions] == [
        kind or "unknown" for _, _, kind in partitions
    ]
    assert layout.root == root
