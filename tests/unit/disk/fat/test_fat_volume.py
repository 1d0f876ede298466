import random
import struct
from pathlib import Path

import pytest
from tests.unit.disk.fat.fat_images import Fat, make_fat, walked
from tests.unit.disk.inspection.disk_tools import MIB, Sparse, bytes_at, missing, run, sparse_file, write_at

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.fat.fat_table import fat_geometry
from pulumi_vmimport.disk.fat.fat_volume import FatVolume
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.raw_content import RawContent

KINDS: dict[str, tuple[int, tuple[object, ...], int]] = {
    "fat12": (4, ("-F", 12), 12),
    "fat16": (32, ("-F", 16), 16),
    "fat32": (100, ("-F", 32, "-s", 1), 32),
    "fat32-4k-sectors": (300, ("-F", 32, "-S", 4096, "-s", 1), 32),
    "fat32-one-table": (64, ("-F", 32, "-f", 1), 32),
}
FILES = {
    "EFI/Microsoft/Boot/BCD": 28_672,
    "EFI/Microsoft/Boot/bootmgfw.efi": 100_001,
    "EFI/Boot/bootx64.efi": 1,
    "EFI/empty": 0,
    "EFI/" + "a name of exactly 26 letter": 5,
    "EFI/" + "n" * 200 + ".with an end": 600,
    "lower.txt": 10,
    "Größe €.txt": 11,
    "\u00e5 in code page 437 is 86": 12,
}


@pytest.fixture(scope="module", params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Fat, int]:
    """A volume with files in pieces, deleted names, and a directory of several clusters."""
    size, options, bits = KINDS[request.param]
    fat = make_fat(tmp_path_factory.mktemp("fat") / "volume", size, *options)
    dice = random.Random(3)  # noqa: S311 - no secret
    fat.make("EFI", "EFI/Microsoft", "EFI/Microsoft/Boot", "EFI/Boot", "many")
    for number in range(60):
        fat.write(f"many/a file with a long name {number:03}", dice.randbytes(3000))
    fat.delete(*(f"many/a file with a long name {number:03}" for number in range(0, 60, 2)))
    for name, length in FILES.items():
        fat.write(name, dice.randbytes(length))
    return fat, bits


def test_names_and_contents_are_those_that_mtools_reads(made: tuple[Fat, int]) -> None:
    fat, bits = made
    volume = fat.volume()
    assert fat_geometry(DiskRegion.of_disk(RawContent(Sparse(fat.path)))).bits == bits
    assert walked(volume) == fat.listed()
    assert len(walked(volume)) == len(FILES) + 30 + 5
    for name in sorted(fat.listed()):
        if not name.endswith("/"):
            found = volume.find(name)
            assert found is not None
            assert (found.path, found.is_directory) == (name.replace("/", "\\"), False)
            assert found.read(0, found.size_bytes + 100) == fat.content(name)


def test_a_part_of_a_file_is_read_from_its_offset_on(made: tuple[Fat, int]) -> None:
    fat, _ = made
    name = "EFI/Microsoft/Boot/bootmgfw.efi"
    whole, found = fat.content(name), fat.volume().find(name)
    assert found is not None
    dice = random.Random(4)  # noqa: S311 - no secret
    for _ in range(50):
        offset, length = dice.randrange(len(whole) + 50), dice.randrange(9000)
        assert found.read(offset, length) == whole[offset : offset + length]
    assert found.read(-1, 5) == b""


@pytest.mark.parametrize(
    "path", ["efi/microsoft/BOOT/bcd", "/EFI/MICROS~1/BOOT/BCD", "//efi//Microsoft/boot/Bcd/", "EFI/Microsoft/Boot/BCD"]
)
def test_a_path_is_found_in_any_case_by_long_or_short_names(made: tuple[Fat, int], path: str) -> None:
    found = made[0].volume().find(path)
    assert found is not None
    assert (found.path, found.size_bytes) == ("\\EFI\\Microsoft\\Boot\\BCD", 28_672)


@pytest.mark.parametrize(
    "path", ["EFI/none", "EFI/Microsoft/Boot/BCD/inside", "EFI/.", "EFI/..", "GRÖSSE €.TXT", "EFI/Microsoft/Boot/BC"]
)
def test_what_does_not_exist_is_not_found(made: tuple[Fat, int], path: str) -> None:
    assert made[0].volume().find(path) is None


def test_the_root_is_a_directory(made: tuple[Fat, int]) -> None:
    root = made[0].volume().find("/")
    assert root is not None
    assert (root.path, root.is_directory, root.size_bytes) == ("\\", True, 0)


def test_fails_to_read_a_directory_or_to_list_a_file(made: tuple[Fat, int]) -> None:
    folder, file = made[0].volume().find("EFI"), made[0].volume().find("lower.txt")
    assert folder is not None
    assert file is not None
    with pytest.raises(UnreadableVolumeError, match=r"^\\EFI: expected a file, got a directory$"):
        folder.read(0, 1)
    with pytest.raises(UnreadableVolumeError, match=r"^\\lower.txt: expected a directory, got a file$"):
        next(file.entries())


@pytest.fixture
def small(tmp_path: Path) -> Fat:
    """FAT16 with clusters of 2 KiB: \\folder\\file.bin of 5000 bytes in clusters 3, 4 and 5."""
    fat = make_fat(tmp_path / "volume", 32, "-F", 16, "-s", 4)
    fat.make("folder")
    fat.write("folder/file.bin", random.Random(6).randbytes(5000))  # noqa: S311 - no secret
    return fat


def _link(fat: Fat, cluster: int, target: int) -> None:
    geometry = fat_geometry(DiskRegion.of_disk(RawContent(Sparse(fat.path))))
    write_at(fat.path, geometry.table_at + 2 * cluster, struct.pack("<H", target))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (3, "its chain of clusters returns to cluster 3"),
        (0, "cluster 2 of its chain is 0, outside 2 to 16344"),
        (16345, "cluster 2 of its chain is 16345, outside 2 to 16344"),
        (0xFFF7, "cluster 2 of its chain is 65527, outside 2 to 16344"),
        (0xFFFF, "its chain of 2 clusters ends before its 5000 bytes"),
    ],
    ids=["loop", "free", "outside", "bad", "short"],
)
def test_fails_if_the_clusters_of_a_file_cannot_be_its(small: Fat, target: int, reason: str) -> None:
    _link(small, 4, target)
    found = small.volume().find("folder/file.bin")
    assert found is not None
    with pytest.raises(UnreadableVolumeError) as raised:
        found.read(0, 1)
    assert (raised.value.where, raised.value.reason) == ("\\folder\\file.bin", reason)


def test_a_directory_that_is_a_loop_ends(small: Fat) -> None:
    for number in range(70):
        small.write(f"folder/{number}", b"")
    small.mtools("mdir", "::folder")
    _link(small, 2, 2)
    folder = small.volume().find("folder")
    assert folder is not None
    names: list[str] = []
    with pytest.raises(UnreadableVolumeError, match=r"^\\folder: its chain of clusters returns to cluster 2$"):
        names.extend(entry.name for entry in folder.entries())
    assert small.volume().find("folder/file.bin") is not None
    with pytest.raises(UnreadableVolumeError):
        small.volume().find("folder/not there")


def test_a_long_name_whose_checksum_is_wrong_gives_way_to_the_short_name(small: Fat) -> None:
    small.write("folder/A long name.txt", b"data")
    disk = small.path.read_bytes()
    at = disk.index(b"ALONGN~1TXT")
    write_at(small.path, at - 32 + 13, bytes([disk[at - 32 + 13] ^ 1]))
    assert small.listed() == {"/folder/", "/folder/file.bin", "/folder/ALONGN~1.TXT"}
    assert walked(small.volume()) == small.listed()


@pytest.mark.parametrize("damaged", [0, 0x40], ids=["number", "mark of the last piece"])
def test_a_long_name_with_a_piece_missing_gives_way_to_the_short_name(small: Fat, damaged: int) -> None:
    small.write("folder/A long name.txt", b"data")
    disk = small.path.read_bytes()
    at = disk.index(b"ALONGN~1TXT") - 64
    write_at(small.path, at, bytes([disk[at] ^ 0x40 if damaged else 0x43]))
    assert "/folder/ALONGN~1.TXT" in walked(small.volume())


def test_a_short_name_that_begins_with_the_mark_of_deleted_names_is_read(small: Fat) -> None:
    write_at(small.path, small.path.read_bytes().index(b"FILE    BIN"), b"\x05")
    assert walked(small.volume()) == {"/folder/", "/folder/\u03c3ile.bin"}


def test_a_blank_name_is_not_listed(small: Fat) -> None:
    write_at(small.path, small.path.read_bytes().index(b"FILE    BIN"), b" " * 11)
    assert walked(small.volume()) == {"/folder/"}


def test_a_table_other_than_the_first_is_read_where_the_boot_sector_says_so(tmp_path: Path) -> None:
    fat = make_fat(tmp_path / "volume", 64, "-F", 32)
    fat.write("file", b"in use" * 1000)
    geometry = fat_geometry(DiskRegion.of_disk(RawContent(Sparse(fat.path))))
    (sectors,) = struct.unpack("<I", bytes_at(fat.path, 36, 4))
    write_at(fat.path, geometry.table_at, bytes(512))
    cleared = fat.volume().find("file")
    assert cleared is not None
    with pytest.raises(UnreadableVolumeError, match="cluster 1 of its chain is 0"):
        cleared.read(0, 1)
    write_at(fat.path, 40, struct.pack("<H", 0x81))
    found = fat.volume().find("file")
    assert found is not None
    assert found.read(0, 10_000) == b"in use" * 1000
    moved = fat_geometry(DiskRegion.of_disk(RawContent(Sparse(fat.path)))).table_at
    assert moved == geometry.table_at + sectors * 512


def test_a_small_volume_is_fat32_if_its_boot_sector_is_one_of_fat32(tmp_path: Path) -> None:
    """As Windows and Linux decide, and fsck.fat; mtools decides by the number of clusters."""
    fat = make_fat(tmp_path / "volume", 40, "-F", 32, "-s", 1)
    fat.make("EFI")
    fat.write("EFI/file", b"data" * 1000)
    write_at(fat.path, 32, struct.pack("<I", 30 * MIB // 512))
    geometry = fat_geometry(DiskRegion.of_disk(RawContent(Sparse(fat.path))))
    assert geometry.bits == 32
    assert geometry.clusters < 65525
    found = fat.volume().find("EFI/file")
    assert found is not None
    assert found.read(0, 5000) == b"data" * 1000
    assert "2 files, 10/60148 clusters" in run("fsck.fat", "-n", fat.path, status=1)


def test_a_file_is_read_in_few_reads(tmp_path: Path) -> None:
    fat = make_fat(tmp_path / "volume", 100, "-F", 32, "-s", 1)
    fat.make("EFI", "EFI/Microsoft", "EFI/Microsoft/Boot")
    fat.write("EFI/Microsoft/Boot/BCD", bytes(28_672))
    source = Sparse(fat.path)
    found = FatVolume(DiskRegion.of_disk(RawContent(source))).find("EFI/Microsoft/Boot/BCD")
    assert found is not None
    for at in range(0, 28_672, 512):
        found.read(at, 512)
    # The boot sector, a page of the table, four directories, 56 clusters.
    assert source.reads == 1 + 1 + 4 + 56


def test_fails_on_another_file_system(tmp_path: Path) -> None:
    if absent := missing("mkntfs"):
        pytest.skip(f"{absent}: see `make disk-tools`")
    run("mkntfs", "-F", "-Q", "-q", sparse_file(tmp_path / "volume", 8 * MIB))
    with pytest.raises(UnreadableVolumeError, match=r"^boot sector: expected the parameters of a FAT volume$"):
        Fat(tmp_path / "volume").volume()


def test_fails_if_the_tables_leave_no_room_for_clusters(small: Fat) -> None:
    write_at(small.path, 22, struct.pack("<H", 0xFFFF))
    with pytest.raises(UnreadableVolumeError, match="expected room for clusters, got 65536 sectors"):
        small.volume()


def test_fails_on_a_chain_that_is_longer_than_any_file_of_interest(tmp_path: Path) -> None:
    fat = make_fat(tmp_path / "volume", 100, "-F", 32, "-s", 1)
    fat.write("file", b"data")
    geometry = fat_geometry(DiskRegion.of_disk(RawContent(Sparse(fat.path))))
    links = struct.pack(f"<{geometry.clusters}I", *range(3, geometry.clusters + 3))
    write_at(fat.path, geometry.table_at + 8, links)
    write_at(fat.path, fat.path.read_bytes().index(b"FILE       ") + 28, struct.pack("<I", 90 * MIB))
    found = fat.volume().find("file")
    assert found is not None
    with pytest.raises(UnreadableVolumeError, match="its chain has more than 131072 clusters"):
        found.read(0, 1)
