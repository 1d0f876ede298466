"""Free space and sector sizes, as the tools of the file systems and of partition tables show them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import Memory
from tests.unit.disk.inspection.disk_tools import Sparse, bytes_at, missing, place, run, sfdisk, sparse_file, write_at

from pulumi_vmimport.disk.inspection.facts import DiskFacts, FileSystem, PartitionScheme
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.image_profile import ImageProfile

MIB = 1 << 20
MAKE = {
    "ntfs": "mkntfs -F -Q {}",
    "ntfs-of-64k": "mkntfs -F -Q -c 65536 {}",
    "ntfs-of-1k": "mkntfs -F -Q -c 1024 {}",
    "ext4": "mke2fs -q -F -t ext4 {}",
    "ext2": "mke2fs -q -F -t ext2 -b 1024 {}",
    "xfs": "mkfs.xfs -q -f {}",
}


def free_by_tool(name: str, part: Path) -> int:
    if name.startswith("ntfs"):
        shown = run("ntfsinfo", "-m", part)
        return _number(r"Free Clusters: (\d+)", shown) * _number(r"Cluster Size: (\d+)", shown)
    if name == "xfs":
        shown = run("xfs_db", "-r", "-c", "sb 0", "-c", "p fdblocks blocksize", part)
        return _number(r"fdblocks = (\d+)", shown) * _number(r"blocksize = (\d+)", shown)
    shown = run("dumpe2fs", "-h", part)
    return _number(r"Free blocks:\s+(\d+)", shown) * _number(r"Block size:\s+(\d+)", shown)


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found, text
    return int(found[1])


def inspected(path: Path) -> DiskFacts:
    (disk,) = inspect_image(Sparse(path)).disks
    return disk


@pytest.mark.parametrize("name", MAKE)
def test_the_free_space_is_that_of_the_tools(name: str, tmp_path: Path) -> None:
    command = MAKE[name]
    if tools := missing(command.split()[0]):
        pytest.skip(f"not installed: {tools}")
    part = sparse_file(tmp_path / "part", 400 * MIB - (3 << 15))  # the last byte of the bitmap is not full
    run(*command.format(part).split())
    disk = sparse_file(tmp_path / "disk.raw", 410 * MIB)
    sfdisk(disk, f"label: dos\nstart=2048, size={part.stat().st_size // 512}, type=7, bootable\n")
    place(part, disk, MIB)
    facts = inspected(disk)
    assert facts.layout
    assert facts.damage == ()
    assert facts.layout.partitions[0].free_bytes == free_by_tool(name, part)


def ntfs(tmp_path: Path) -> Path:
    part = sparse_file(tmp_path / "part", 64 * MIB)
    run("mkntfs", "-F", "-Q", part)
    disk = sparse_file(tmp_path / "disk.raw", 66 * MIB)
    sfdisk(disk, "label: dos\nstart=2048, size=131072, type=7, bootable\n")
    place(part, disk, MIB)
    return disk


def test_a_damaged_bitmap_leaves_the_free_space_unknown(tmp_path: Path) -> None:
    disk = ntfs(tmp_path)
    table = int.from_bytes(bytes_at(disk, MIB + 48, 8), "little") * 4096
    write_at(disk, MIB + table + 6 * 1024, b"BAAD")
    layout = inspected(disk).layout
    assert layout
    assert (layout.partitions[0].file_system, layout.partitions[0].free_bytes) == (FileSystem.NTFS, None)


def test_an_absurd_free_space_is_reported(tmp_path: Path) -> None:
    disk = sparse_file(tmp_path / "disk.raw", 66 * MIB)
    part = sparse_file(tmp_path / "part", 64 * MIB)
    run("mke2fs", "-q", "-F", "-t", "ext4", part)
    sfdisk(disk, "label: dos\nstart=2048, size=131072, type=83, bootable\n")
    place(part, disk, MIB)
    write_at(disk, MIB + 1024 + 12, b"\xff\xff\xff\x7f")
    facts = inspected(disk)
    assert facts.layout
    assert facts.layout.partitions[0].free_bytes is None
    assert "free bytes, but the partition has 67108864" in facts.damage[0].words
    assert "layout-damaged" in {f.rule for f in evaluate(inspect_image(Sparse(disk)), ImageProfile.EC2)}


def test_a_bitmap_is_not_read_over_a_network_if_it_is_large(tmp_path: Path) -> None:
    disk = ntfs(tmp_path)
    # The boot sector claims 1 TiB of clusters of 512 bytes.
    write_at(disk, MIB + 13, b"\1")
    write_at(disk, MIB + 40, (1 << 31).to_bytes(8, "little"))
    far = Sparse(disk, is_local=False)
    inspect_image(far)
    assert far.read_bytes < 4 * MIB


BOOT = b"\xeb\x52\x90NTFS    ".ljust(510, b"\0") + b"\x55\xaa"


def of_4096(tmp_path: Path, label: str) -> Path:
    """A disk that is partitioned in sectors of 4096 bytes."""
    disk = sparse_file(tmp_path / "disk.raw", 64 * MIB)
    if label == "gpt":
        # sfdisk has --sector-size only since util-linux 2.39.
        run("fdisk", "--sector-size", "4096", disk, text="g\nn\n1\n\n+16M\nt\n1\nn\n2\n\n+32M\nw\n")
    else:
        entry = b"\x80\0\0\0\x07\0\0\0" + (256).to_bytes(4, "little") + (8192).to_bytes(4, "little")
        write_at(disk, 0, b"\xeb\x3c".ljust(446, b"\0") + entry.ljust(64, b"\0") + b"\x55\xaa")
    write_at(disk, 17 * MIB if label == "gpt" else MIB, BOOT)
    return disk


@pytest.mark.parametrize("format", ["raw", "vmdk", "vpc", "vhdx"])
@pytest.mark.parametrize("label", ["gpt", "dos"])
def test_4096_byte_sectors_are_one_finding_whatever_the_container(label: str, format: str, tmp_path: Path) -> None:
    disk = of_4096(tmp_path, label)
    image = disk
    if format != "raw":
        image = tmp_path / f"disk.{format}"
        options = ("-o", "subformat=streamOptimized") if format == "vmdk" else ()
        run("qemu-img", "convert", "-f", "raw", "-O", format, *options, disk, image)
    facts = inspect_image(Sparse(image))
    assert facts.disks[0].sector_bytes == 4096
    layout = facts.disks[0].layout
    assert layout
    assert layout.scheme is (PartitionScheme.GPT if label == "gpt" else PartitionScheme.MBR)
    assert FileSystem.NTFS in {partition.file_system for partition in layout.partitions}
    for profile in (ImageProfile.EC2, ImageProfile.BYOL_WORKSPACES):
        found = {finding.rule: finding for finding in evaluate(facts, profile)}
        assert found["sector-size"].severity == "error"
        assert "do not repair the partition table" in found["sector-size"].remedy
        assert not found.keys() & {"gpt-damaged", "layout-damaged", "no-boot-partition", "gpt-backup-not-at-end"}


def test_a_table_of_512_byte_sectors_decides_over_the_sectors_of_a_vhdx(tmp_path: Path) -> None:
    """A VHDX may state 4096-byte sectors and hold a copy of a disk with 512-byte sectors, as EBS presents it."""
    raw = sparse_file(tmp_path / "disk.raw", 64 * MIB)
    sfdisk(raw, "label: gpt\nsize=16M, type=U\nsize=32M\n")
    write_at(raw, 17 * MIB, BOOT)
    run("qemu-img", "convert", "-f", "raw", "-O", "vhdx", raw, tmp_path / "disk.vhdx")
    data = bytearray((tmp_path / "disk.vhdx").read_bytes())
    sector = bytes.fromhex("1dbf41816fa90947ba47f233a8faab5f")  # the id of the item LogicalSectorSize
    at = data.index(sector)
    table = data.index(b"metadata")
    (offset,) = (int.from_bytes(data[at + 16 : at + 20], "little"),)
    assert data[table + offset : table + offset + 4] == (512).to_bytes(4, "little")
    data[table + offset : table + offset + 4] = (4096).to_bytes(4, "little")
    facts = inspect_image(Memory(bytes(data), "disk.vhdx"))
    assert facts.disks[0].sector_bytes == 512
    assert "sector-size" not in {finding.rule for finding in evaluate(facts, ImageProfile.EC2)}


def volumes(tmp_path: Path, script: str, *starts: int) -> set[str]:
    disk = sparse_file(tmp_path / "disk.raw", 9 << 30)
    sfdisk(disk, script)
    for start in starts:
        write_at(disk, start * MIB, BOOT)
    return {finding.rule for finding in evaluate(inspect_image(Sparse(disk)), ImageProfile.BYOL_WORKSPACES)}


@pytest.mark.parametrize(
    ("script", "starts", "several"),
    [
        pytest.param("label: dos\nsize=7G, type=7, bootable\nsize=1G, type=7\n", (1, 7169), True, id="data"),
        pytest.param("label: dos\nsize=500M, type=7, bootable\nsize=7G, type=7\n", (1, 501), False, id="system"),
        pytest.param("label: dos\nsize=7G, type=7, bootable\nsize=500M, type=27\n", (1, 7169), False, id="recovery"),
        pytest.param(
            "label: gpt\nsize=100M, type=U\nsize=7G, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n"
            "size=500M, type=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC\n", (101, 7269), False, id="gpt",
        ),
        pytest.param(
            "label: gpt\nsize=100M, type=U\nsize=7G, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n"
            "size=500M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n", (101, 7269), True, id="gpt-data",
        ),
        pytest.param(
            "label: gpt\nsize=100M, type=U\nsize=7G, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n"
            'size=500M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, attrs="GUID:63"\n', (101, 7269), False, id="gpt-no-letter",
        ),
    ],
)  # fmt: skip
def test_several_windows_volumes_on_the_root_disk_are_an_error(
    script: str, starts: tuple[int, ...], several: bool, tmp_path: Path
) -> None:
    assert ("byol-several-volumes" in volumes(tmp_path, script, *starts)) == several


@pytest.mark.parametrize(
    ("free_gib", "rules"),
    [
        (9.9, {"byol-free-space"}),
        (10, {"byol-free-space-for-office"}),
        (19.9, {"byol-free-space-for-office"}),
        (20, set()),
    ],
)
def test_little_free_space_is_an_error_for_workspaces(free_gib: float, rules: set[str]) -> None:
    from tests.unit.disk.rules.sample_facts import mbr, partition  # noqa: PLC0415 - facts made by hand

    facts = mbr(partition(free_bytes=int(free_gib * (1 << 30))))
    assert {finding.rule for finding in evaluate(facts, ImageProfile.BYOL_WORKSPACES)} == rules
    unknown = replace(facts, disks=mbr(partition(free_bytes=None)).disks)
    assert evaluate(unknown, ImageProfile.BYOL_WORKSPACES) == ()
