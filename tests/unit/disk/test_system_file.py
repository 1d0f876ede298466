from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import MIB, Sparse, missing
from tests.unit.disk.linux.linux_system import PREPARED, mbr_disk
from tests.unit.disk.linux.linux_volumes import ext, xfs

from pulumi_vmimport.disk.disk_content import DiskContent, Source
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.inspection.facts import Layout
from pulumi_vmimport.disk.inspection.partition_table import read_layout
from pulumi_vmimport.disk.raw_content import RawContent
from pulumi_vmimport.disk.system_file import read_linux_file, read_windows_file
from pulumi_vmimport_sandbox.windows import Layout as WindowsLayout
from pulumi_vmimport_sandbox.windows import WindowsGuest
from pulumi_vmimport_sandbox.windows.make_volumes import PLACES, STATUS_FILE

LINUX_FILE = "/var/log/vmimport-status.json"


def opened(source: Source) -> tuple[DiskContent, Layout]:
    content = RawContent(source)
    return content, read_layout(content)[0]


@pytest.mark.parametrize("layout", WindowsLayout)
def test_a_file_of_windows_is_read_whatever_the_partitions_are(layout: WindowsLayout) -> None:
    guest = WindowsGuest.healthy(layout)
    guest.files[STATUS_FILE], guest.exist[STATUS_FILE] = b"{}".ljust(PLACES[STATUS_FILE]), True
    assert (read_windows_file(*opened(guest.disk()), STATUS_FILE) or b"").strip() == b"{}"


def test_a_file_that_windows_does_not_have_is_none() -> None:
    assert read_windows_file(*opened(WindowsGuest.healthy().disk()), STATUS_FILE) is None


def test_a_disk_without_windows_has_no_such_file(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(bytes(MIB))
    assert read_windows_file(*opened(Sparse(tmp_path / "disk")), STATUS_FILE) is None
    assert read_linux_file(*opened(Sparse(tmp_path / "disk")), LINUX_FILE) is None


def test_fails_for_an_encrypted_volume() -> None:
    guest = WindowsGuest.healthy(WindowsLayout.WINDOWS_10)
    guest.is_encrypted = True
    with pytest.raises(DiskImageError, match="encrypted with BitLocker"):
        read_windows_file(*opened(guest.disk()), STATUS_FILE)


@pytest.mark.skipif(bool(missing("mke2fs", "mkfs.xfs", "sfdisk")), reason="needs e2fsprogs, xfsprogs and fdisk")
@pytest.mark.parametrize("make", [ext, xfs], ids=["ext4", "xfs"])
def test_a_file_of_linux_is_read(tmp_path: Path, make: object) -> None:
    assert callable(make)
    volume = make(tmp_path / "root", {**PREPARED, LINUX_FILE: "{}"})
    content, layout = opened(Sparse(mbr_disk(tmp_path / "disk", volume)))
    assert read_linux_file(content, layout, LINUX_FILE) == b"{}"
    assert read_linux_file(content, layout, "/no/such/file") is None
