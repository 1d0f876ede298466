import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import listed, missing, run
from tests.unit.sandbox.windows.hivex_export import exported, flat

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.fat.fat_volume import FatVolume
from pulumi_vmimport.disk.file_tree import FileTree
from pulumi_vmimport.disk.ntfs.ntfs_volume import NtfsVolume
from pulumi_vmimport.disk.raw_content import RawContent
from pulumi_vmimport_sandbox.windows import FAULTS, Layout, SparseBytes, WindowsGuest, faulty_guest
from pulumi_vmimport_sandbox.windows.guest import GIB, MIB
from pulumi_vmimport_sandbox.windows.hive_writer import write_hive
from pulumi_vmimport_sandbox.windows.make_volumes import PLACES, SWITCHES, make_templates
from pulumi_vmimport_sandbox.windows.volume_template import VolumeTemplate, load, store, templates


def _system_volume(guest: WindowsGuest, path: Path) -> Path:
    disk, part = guest.disk(), guest.partitions[-1]
    blocks = {number - part.start // 4096: block for number, block in disk.blocks.items()}
    inside = {number: block for number, block in blocks.items() if 0 <= number < part.size // 4096}
    return SparseBytes(part.size, inside).write_file(path)


def _names(volume: Path, folder: str) -> set[str]:
    if absent := missing("ntfsls"):
        pytest.skip(f"{absent}: see `make disk-tools`")
    return set(run("ntfsls", "-f", "-p", folder, volume).splitlines()) - {".", ".."}


def _content(volume: Path, path: str, target: Path) -> Path:
    """A file as ntfs-3g reads it."""
    with target.open("wb") as file:
        subprocess.run(["ntfscat", "-f", volume, path], stdout=file, check=True)
    return target


@pytest.mark.parametrize("fragmented", [False, True], ids=["contiguous", "fragmented"])
def test_ntfs_3g_reads_the_hives_from_the_volume(fragmented: bool, tmp_path: Path) -> None:
    guest = WindowsGuest.healthy()
    guest.is_fragmented = fragmented
    volume = _system_volume(guest, tmp_path / "volume")
    assert {"bootmgr", "pagefile.sys", "Windows", "Users"} <= _names(volume, "/")
    for name, root in (("SYSTEM", guest.system), ("SOFTWARE", guest.software), ("SECURITY", guest.security)):
        stored = _content(volume, f"/Windows/System32/config/{name}", tmp_path / name)
        assert stored.stat().st_size == PLACES[f"/Windows/System32/config/{name}"]
        assert exported(stored) == dict(flat(root))


@pytest.mark.parametrize("path", SWITCHES)
def test_a_file_exists_where_the_guest_says_so(path: str, tmp_path: Path) -> None:
    folder, _, name = path.rpartition("/")
    for exists in (True, False):
        guest = WindowsGuest.healthy()
        guest.exist[path] = exists
        assert (name in _names(_system_volume(guest, tmp_path / "volume"), folder or "/")) == exists


def test_a_healthy_guest_has_the_files_that_it_should(tmp_path: Path) -> None:
    volume = _system_volume(WindowsGuest.healthy(), tmp_path / "volume")
    for path, exists in SWITCHES.items():
        folder, _, name = path.rpartition("/")
        assert (name in _names(volume, folder or "/")) == exists, path


def test_sfdisk_reads_the_partitions(tmp_path: Path) -> None:
    for layout, label, parts in (
        (Layout.WINDOWS_10, "dos", [(2048, 102400, "7", True), (104448, 132120576, "7", None)]),
        (Layout.WINDOWS_10_ONE_VOLUME, "dos", [(2048, 132120576, "7", True)]),
        (
            Layout.WINDOWS_11,
            "gpt",
            [
                (2048, 204800, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", None),
                (206848, 32768, "E3C9E316-0B5C-4DB8-817D-F92DF00215AE", None),
                (239616, 132120576, "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", None),
            ],
        ),
    ):
        table = listed(WindowsGuest.healthy(layout).disk().write_file(tmp_path / "disk"))
        assert table["label"] == label
        found = [(part["start"], part["size"], part["type"], part.get("bootable")) for part in table["partitions"]]
        assert found == parts
        assert "No errors detected." in run("sfdisk", "--verify", tmp_path / "disk")


def test_mtools_reads_the_boot_configuration_of_a_uefi_guest(tmp_path: Path) -> None:
    if absent := missing("mcopy"):
        pytest.skip(f"{absent}: see `make file-system-tools`")
    guest = WindowsGuest.healthy(Layout.WINDOWS_11)
    disk = guest.disk().write_file(tmp_path / "disk")
    run("mcopy", "-i", f"{disk}@@{guest.partitions[0].start}", "::EFI/Microsoft/Boot/BCD", tmp_path / "BCD")
    assert exported(tmp_path / "BCD") == dict(flat(guest.boot))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_changes_little_of_the_disk(name: str) -> None:
    layout = FAULTS[name].layout
    healthy, faulty = WindowsGuest.healthy(layout).disk(), faulty_guest(name).disk()
    changed = {
        number
        for number in healthy.blocks.keys() | faulty.blocks.keys()
        if healthy.blocks.get(number) != faulty.blocks.get(number)
    }
    moves_everything = name in {"Fragmented", "DiskFreeSpace", "DiskFreeSpace/Office", "DotNetMissing"}
    assert changed or healthy.size_bytes != faulty.size_bytes
    assert len(changed) < 150 or moves_everything


def test_several_faults_can_be_in_one_guest() -> None:
    guest = faulty_guest("AutoLogonEnabled", "DomainJoined", layout=Layout.WINDOWS_11)
    assert guest.layout is Layout.WINDOWS_11
    assert len(guest.security.key(r"Policy\PolPrDmS").values[""].data) == 24
    with pytest.raises(KeyError, match="NoSuchFault"):
        faulty_guest("NoSuchFault")


def test_free_space_is_what_the_guest_says(tmp_path: Path) -> None:
    guest = WindowsGuest.healthy()
    guest.free_bytes = 9 * GIB
    ((offset, size),) = templates()["system"].places["$Bitmap"]
    bitmap = guest.disk().read_at(guest.partitions[-1].start + offset, size)
    free = (8 * size - int.from_bytes(bitmap, "little").bit_count()) * 4096
    assert abs(free - 9 * GIB) < MIB


def test_the_log_of_a_volume_says_whether_it_was_dismounted() -> None:
    ((offset, _),) = templates()["system"].places["$LogFile"]
    for is_clean, flags, version in ((True, 2, (1, 1)), (False, 0, (0, 2))):
        guest = WindowsGuest.healthy()
        guest.is_clean = is_clean
        page = guest.disk().read_at(guest.partitions[-1].start + offset, 4096)
        assert page.startswith(b"RSTR")
        (area,) = struct.unpack_from("<H", page, 24)
        assert struct.unpack_from("<hh", page, 26) == version
        assert struct.unpack_from("<H", page, area + 14) == (flags,)


def test_fails_if_a_hive_has_no_room() -> None:
    guest = WindowsGuest.healthy()
    for number in range(3000):
        guest.system.key(rf"Many\Key number {number}")
    with pytest.raises(ValueError, match=r"SYSTEM: expected at most 262144 bytes, got \d+"):
        guest.disk()


def test_fails_on_a_file_without_a_switch() -> None:
    guest = WindowsGuest.healthy()
    guest.exist["/no/such.file"] = True
    with pytest.raises(KeyError, match=r"no switches for /no/such\.file"):
        guest.disk()


def test_the_stored_volumes_are_those_that_the_tools_make(tmp_path: Path) -> None:
    """Their clusters may be elsewhere: that depends on the version of ntfs-3g."""
    if absent := missing("mkntfs", "wimlib-imagex", "mkfs.vfat", "mcopy"):
        pytest.skip(f"{absent}: see `make file-system-tools`")
    made = load(store(make_templates(tmp_path)))
    assert made.keys() == templates().keys()
    for name, stored in templates().items():
        again = made[name]
        assert again.size_bytes == stored.size_bytes
        assert _sizes(again) == _sizes(stored)
        assert _defaults(again) == _defaults(stored)
        assert _paths(again) == _paths(stored)


def _sizes(template: VolumeTemplate) -> dict[str, int]:
    return {path: sum(length for _, length in places) for path, places in template.places.items()}


def _defaults(template: VolumeTemplate) -> dict[str, bool]:
    return {path: exists for path, (_, exists) in template.switches.items()}


def _paths(template: VolumeTemplate) -> set[str]:
    region = DiskRegion.of_disk(RawContent(template.volume({}, {})))
    tree = FatVolume(region) if region.read(82, 5) == b"FAT32" else NtfsVolume(region)
    return set(_below(tree, ""))


def _below(tree: FileTree, path: str) -> Iterator[str]:
    folder = tree.find(path or "/")
    assert folder is not None
    for entry in folder.entries():
        if not entry.name.startswith(("$", ".")):
            yield f"{path}/{entry.name}"
            if entry.is_directory:
                yield from _below(tree, f"{path}/{entry.name}")


def test_a_sparse_disk_reads_what_was_written() -> None:
    disk = SparseBytes(20_000)
    disk.write_at(4000, b"x" * 200)
    disk.write_at(19_990, b"end")
    assert disk.read_at(3990, 20) == bytes(10) + b"x" * 10
    assert disk.read_at(19_985, 100) == bytes(5) + b"end" + bytes(7)
    assert list(disk.extents()) == [(0, 8192), (16_384, 3616)]
    disk.write_at(4000, bytes(200))
    assert list(disk.extents()) == [(16_384, 3616)]


def test_an_empty_hive_is_smaller_than_a_page() -> None:
    assert len(write_hive(WindowsGuest.healthy().security).file()) == 8192
