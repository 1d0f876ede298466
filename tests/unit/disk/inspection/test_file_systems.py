import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import MIB, Sparse, blkid, bytes_at, missing, run, sparse_file, write_at

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.inspection.file_systems import detect_file_system
from pulumi_vmimport.disk.raw_content import RawContent

# libblkid's word -> ours.
BLKID = {
    "ntfs": FileSystem.NTFS,
    "ReFS": FileSystem.REFS,
    "BitLocker": FileSystem.BITLOCKER,
    "vfat": FileSystem.FAT,
    "exfat": FileSystem.EXFAT,
    "ext2": FileSystem.EXT2,
    "ext3": FileSystem.EXT3,
    "ext4": FileSystem.EXT4,
    "xfs": FileSystem.XFS,
    "btrfs": FileSystem.BTRFS,
    "jfs": FileSystem.JFS,
    "swap": FileSystem.SWAP,
    "LVM2_member": FileSystem.LVM2,
    "crypto_LUKS": FileSystem.LUKS,
    "iso9660": FileSystem.ISO9660,
}
LABEL = "Größe 1"
MADE: dict[str, tuple[int, FileSystem, list[str]]] = {
    "ntfs": (8, FileSystem.NTFS, ["mkntfs", "-F", "-Q", "-q", "-L", LABEL]),
    "ntfs-no-label": (8, FileSystem.NTFS, ["mkntfs", "-F", "-Q", "-q"]),
    "ntfs-4k-sectors": (16, FileSystem.NTFS, ["mkntfs", "-F", "-Q", "-q", "-s", "4096", "-L", LABEL]),
    "ntfs-64k-clusters": (16, FileSystem.NTFS, ["mkntfs", "-F", "-Q", "-q", "-c", "65536", "-L", LABEL]),
    "ntfs-512-clusters": (16, FileSystem.NTFS, ["mkntfs", "-F", "-Q", "-q", "-c", "512", "-L", LABEL]),
    "fat12": (4, FileSystem.FAT, ["mkfs.vfat", "-F", "12", "-n", "TWELVE"]),
    "fat16": (32, FileSystem.FAT, ["mkfs.vfat", "-F", "16", "-n", "SIXTEEN"]),
    "fat32": (64, FileSystem.FAT, ["mkfs.vfat", "-F", "32", "-n", "ESP 32"]),
    "fat32-no-label": (64, FileSystem.FAT, ["mkfs.vfat", "-F", "32"]),
    "exfat": (16, FileSystem.EXFAT, ["mkfs.exfat", "-L", LABEL]),
    "ext2": (8, FileSystem.EXT2, ["mkfs.ext2", "-q", "-L", LABEL]),
    "ext3": (8, FileSystem.EXT3, ["mkfs.ext3", "-q", "-L", LABEL]),
    "ext4": (8, FileSystem.EXT4, ["mkfs.ext4", "-q", "-L", LABEL]),
    "ext4-no-journal": (8, FileSystem.EXT4, ["mkfs.ext4", "-q", "-O", "^has_journal"]),
    "xfs": (320, FileSystem.XFS, ["mkfs.xfs", "-q", "-L", "root disk"]),
    "btrfs": (128, FileSystem.BTRFS, ["mkfs.btrfs", "-q", "-L", LABEL]),
    "swap": (1, FileSystem.SWAP, ["mkswap", "-q", "-L", LABEL]),
}


def _sector(name: bytes) -> bytes:
    return (b"\xeb\x58\x90" + name).ljust(510, b"\0") + b"\x55\xaa"


def _bitlocker() -> bytes:
    """Windows 7's layout, as libbde documents it: the metadata's offsets stand behind its GUID at 160."""
    sector = bytearray(_sector(b"-FVE-FS-"))
    struct.pack_into("<HBHBHHB", sector, 11, 512, 8, 0, 0, 0, 0, 0xF8)
    guid = bytes.fromhex("3bd66749292ed84a8399f6a339e3d001")
    struct.pack_into("<16sQQQ", sector, 160, guid, 65536, 131072, 196608)
    metadata = b"-FVE-FS-" + struct.pack("<HH", 100, 2)
    return bytes(sector).ljust(65536, b"\0") + metadata


def _refs() -> bytes:
    return b"\0\0\0ReFS\0\0\0\0" + bytes(5) + b"FSRS"


def _lvm() -> bytes:
    """A physical volume's label in its second sector, with LVM2's CRC."""
    body = struct.pack("<I8s", 32, b"LVM2 001") + b"VVVVVV2222333344445555666677777X" + struct.pack("<QQQ", MIB, 0, 0)
    body = body.ljust(512 - 20, b"\0")
    crc = 0xF597A6CF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    return bytes(512) + b"LABELONE" + struct.pack("<QI", 1, crc) + body


def _luks1() -> bytes:
    return b"LUKS\xba\xbe\0\1" + b"aes".ljust(32, b"\0") + b"xts-plain64".ljust(32, b"\0") + b"sha256".ljust(32, b"\0")


def _luks2() -> bytes:
    header = b"LUKS\xba\xbe\0\2" + struct.pack(">QQ", 16384, 3) + b"vault".ljust(48, b"\0") + b"sha256".ljust(32, b"\0")
    return header.ljust(168, b"\0") + b"11111111-2222-3333-4444-555555555555"


def _jfs() -> bytes:
    block_bits = struct.pack("<HH", 12, 3)  # 4096, and how much more than 512
    superblock = b"JFS1" + struct.pack("<IQI", 1, 4096, 4096) + block_bits + struct.pack("<IHH", 512, 9, 0)
    return bytes(32768) + superblock.ljust(152, b"\0") + b"journaled".ljust(16, b"\0")


def _iso() -> bytes:
    return bytes(32768) + b"\1CD001\1\0" + b"LINUX".ljust(32) + b"INSTALLER".ljust(32)


# No tool on Debian makes these without root or further packages: written by hand from the formats' documents.
WRITTEN: dict[str, tuple[FileSystem, bytes]] = {
    "bitlocker": (FileSystem.BITLOCKER, _bitlocker()),
    "refs": (FileSystem.REFS, _refs()),
    "lvm2": (FileSystem.LVM2, _lvm()),
    "luks1": (FileSystem.LUKS, _luks1()),
    "luks2": (FileSystem.LUKS, _luks2()),
    "jfs": (FileSystem.JFS, _jfs()),
    "iso9660": (FileSystem.ISO9660, _iso()),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    directory = tmp_path_factory.mktemp("file-systems")

    def make(name: str) -> Path:
        path = directory / name
        if path.exists():
            return path
        if name in WRITTEN:
            sparse_file(path, 32 * MIB)  # libblkid looks for JFS on nothing smaller
            write_at(path, 0, WRITTEN[name][1])
            return path
        size, _, command = MADE[name]
        if lacking := missing(command[0], "blkid"):
            pytest.skip(f"needs {lacking}: see `make disk-tools`")
        run(*command, sparse_file(path, size * MIB))
        return path

    return make


def _volume(path: Path) -> tuple[DiskRegion, Sparse]:
    source = Sparse(path)
    return DiskRegion.of_disk(RawContent(source)), source


@pytest.mark.parametrize("name", [*MADE, *WRITTEN])
def test_a_file_system_and_its_label_are_what_libblkid_finds(made: Callable[[str], Path], name: str) -> None:
    path = made(name)
    expected, detected = blkid(path), detect_file_system(_volume(path)[0])
    assert detected.file_system == BLKID[expected["TYPE"]] == (WRITTEN.get(name) or MADE[name][1:])[0]
    assert detected.label == expected.get("LABEL", "").replace("\\ ", " ")


@pytest.mark.parametrize("name", [*MADE, *WRITTEN])
def test_detecting_a_file_system_takes_a_few_small_reads(made: Callable[[str], Path], name: str) -> None:
    volume, source = _volume(made(name))
    detect_file_system(volume)
    assert source.reads <= 3
    # The reader of NTFS, which finds the label in the master file table, reads blocks of 16 KiB.
    assert source.read_bytes <= 3 * (16 << 10 if name.startswith("ntfs") else 4096)


@pytest.mark.parametrize("name", [*MADE, *WRITTEN])
def test_the_boot_sector_signature_is_a_fact(made: Callable[[str], Path], name: str) -> None:
    path = made(name)
    assert detect_file_system(_volume(path)[0]).boot_sector_signature == (bytes_at(path, 510, 2) == b"\x55\xaa")


def test_zeros_are_empty_and_other_bytes_unknown(tmp_path: Path) -> None:
    path = sparse_file(tmp_path / "zeros", MIB)
    assert detect_file_system(_volume(path)[0]).file_system == FileSystem.EMPTY
    write_at(path, 65536, b"?")
    assert detect_file_system(_volume(path)[0]).file_system == FileSystem.UNKNOWN


def test_an_external_ext_journal_is_not_a_file_system(made: Callable[[str], Path], tmp_path: Path) -> None:
    if lacking := missing("mkfs.ext4", "blkid"):
        pytest.skip(f"needs {lacking}")
    path = sparse_file(tmp_path / "journal", 8 * MIB)
    run("mkfs.ext4", "-q", "-O", "journal_dev", path)
    assert blkid(path)["TYPE"] == "jbd"
    assert detect_file_system(_volume(path)[0]).file_system == FileSystem.UNKNOWN


def test_a_partition_smaller_than_any_superblock_is_read_to_its_end_only(tmp_path: Path) -> None:
    path = sparse_file(tmp_path / "disk", MIB)
    write_at(path, 0, bytes(1024) + b"?" * 64)
    volume = DiskRegion(RawContent(Sparse(path)), 0, 1024)
    assert detect_file_system(volume).file_system == FileSystem.EMPTY


def test_a_label_has_no_control_characters(tmp_path: Path) -> None:
    path = sparse_file(tmp_path / "swap", MIB)
    write_at(path, 4086, b"SWAPSPACE2")
    write_at(path, 1052, b"a\x1b[2Jb\n")
    assert detect_file_system(_volume(path)[0]).label == "a?[2Jb"


@pytest.mark.parametrize("name", ["ntfs", "exfat", "fat32", "fat16"])
def test_a_label_outside_the_partition_is_empty(made: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    sector = bytearray(bytes_at(made(name), 0, 512))
    far = b"\xff" * 8
    if name == "ntfs":
        sector[48:56] = far
    elif name == "exfat":
        sector[88:100] = far + far[:4]
    else:
        sector[14:16] = far[:2]
        sector[43:54] = sector[71:82] = b"NO NAME    "
    path = sparse_file(tmp_path / "changed", MIB)
    write_at(path, 0, bytes(sector))
    found = detect_file_system(_volume(path)[0])
    assert (found.file_system, found.label) == (MADE[name][1], "")
