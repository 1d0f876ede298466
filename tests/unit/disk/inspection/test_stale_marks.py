"""Marks of another format that were left on a disk, and those of a format whose file is damaged."""

import struct
import subprocess
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import Memory, archive, converted
from tests.unit.disk.inspection.disk_tools import missing, sfdisk

from pulumi_vmimport.disk.disk_errors import UnsupportedImageError
from pulumi_vmimport.disk.image_format import format_of
from pulumi_vmimport.disk.inspection.facts import Container, DiskFacts, FileSystem
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.readable_formats import ImageFormat

pytestmark = pytest.mark.skipif(
    bool(missing("sfdisk", "mkfs.ext4", "mkfs.vfat")), reason="needs the Debian packages of `make file-system-tools`"
)
MIB = 1 << 20
ISO_AT, VOLUME_DESCRIPTOR = 0x8000, b"\1CD001\1\0"


def one(image: bytes, name: str = "disk.raw") -> DiskFacts:
    (disk,) = inspect_image(Memory(image, name)).disks
    return disk


def with_iso_marks(image: bytes) -> bytes:
    return image[:ISO_AT] + VOLUME_DESCRIPTOR + image[ISO_AT + len(VOLUME_DESCRIPTOR) :]


def divided(path: Path, table: str, first_kib: int, mkfs: tuple[str, ...]) -> bytes:
    path.write_bytes(bytes(24 * MIB))
    sfdisk(path, table)
    volume = path.with_suffix(".volume")
    volume.write_bytes(bytes(8 * MIB))
    subprocess.run([*mkfs, volume], check=True, capture_output=True)
    with path.open("r+b") as file:
        file.seek(first_kib << 10)
        file.write(volume.read_bytes())
    return path.read_bytes()


EXT4, FAT = ("mkfs.ext4", "-q"), ("mkfs.vfat",)


@pytest.mark.parametrize(
    "table",
    [
        pytest.param("label: dos\nstart=2048, size=8M, type=83, bootable\n", id="mbr"),
        pytest.param("label: gpt\nstart=2048, size=8M\n", id="gpt"),
    ],
)
def test_a_disk_that_was_written_over_an_iso_is_a_disk(tmp_path: Path, table: str) -> None:
    disk = one(with_iso_marks(divided(tmp_path / "disk.raw", table, 1024, EXT4)))
    assert (disk.container, disk.other) == (Container.RAW, None)
    assert disk.layout
    assert [part.file_system for part in disk.layout.partitions] == [FileSystem.EXT4]


@pytest.mark.parametrize(
    ("table", "mkfs"),
    [
        pytest.param("label: dos\nstart=2048, size=8M, type=ef\n", FAT, id="its-boot-image"),
        pytest.param(
            "label: dos\nstart=1, size=512K, type=cd\nstart=2048, size=8M, type=83\n", EXT4, id="over-the-iso"
        ),
        pytest.param("label: dos\nstart=2048, size=8M, type=83\n", ("true",), id="nothing-known"),
    ],
)
def test_an_iso_with_a_partition_table_stays_an_iso(tmp_path: Path, table: str, mkfs: tuple[str, ...]) -> None:
    assert one(with_iso_marks(divided(tmp_path / "disk.raw", table, 1024, mkfs))).other == "an ISO 9660 image"


def test_a_stale_tar_magic_on_a_disk_does_not_make_it_a_tar(tmp_path: Path) -> None:
    image = bytearray(divided(tmp_path / "disk.raw", "label: dos\nstart=2048, size=8M, type=83\n", 1024, EXT4))
    image[257:262] = b"ustar"
    disk = one(bytes(image))
    assert (disk.container, disk.other, disk.damage) == (Container.RAW, None, ())
    assert format_of(Memory(bytes(image))) is ImageFormat.RAW


def test_an_archive_whose_first_header_is_damaged_is_an_ova_with_damage() -> None:
    image = archive({"vm.ovf": b"<x/>", "disk.vmdk": b"d" * 900})
    for damaged in (image[:300] + b"XXXX" + image[304:], image[:511], image[:300]):
        facts = inspect_image(Memory(damaged, "vm.ova"))
        assert (facts.container, facts.disks) == (Container.OVA, ())
        assert facts.damage[0].where == "tar archive"
        assert "at 0" in facts.damage[0].words
    with pytest.raises(UnsupportedImageError, match="tar"):
        format_of(Memory(image[:300] + b"XXXX" + image[304:]))


@pytest.fixture
def fixed(tmp_path: Path) -> bytes:
    raw = tmp_path / "disk.raw"
    raw.write_bytes(bytes(3 * MIB))
    return converted(raw, tmp_path / "disk.vhd", "vpc", "subformat=fixed,force_size=on").read_bytes()


def test_a_stale_cookie_at_the_end_of_a_disk_does_not_make_it_a_vhd() -> None:
    image = bytes(MIB) + b"conectix".ljust(512, b"\0")
    assert (one(image).container, one(image).damage) == (Container.RAW, ())
    assert format_of(Memory(image)) is ImageFormat.RAW


def test_a_damaged_vhd_is_detected_by_its_name_its_footer_copy_or_the_rest_of_its_footer(fixed: bytes) -> None:
    zeroed = fixed[:-512] + fixed[-512:-504].ljust(512, b"\0")
    assert one(zeroed, "disk.VHD").container is Container.VHD
    assert format_of(Memory(zeroed, "disk.vhd")) is ImageFormat.VHD
    wrong_sum = fixed[:-448] + struct.pack(">I", 7) + fixed[-444:]
    for image in (wrong_sum, fixed[:-1], fixed + b"x"):
        disk = one(image, "disk")
        assert (disk.container, [damage.where for damage in disk.damage][:1]) == (Container.VHD, ["footer"])
