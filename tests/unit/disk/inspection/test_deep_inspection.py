"""ContainerInspection every grain of a VMDK: what no other look at the file sees."""

import random
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import (
    SECTOR,
    Memory,
    archive,
    converted,
    with_directory_at_end,
)
from tests.unit.disk.inspection.sample_descriptors import VSPHERE_OVF

from pulumi_vmimport.disk.inspection.facts import DiskFacts
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image

MIB = 1 << 20
GRAINS = 48  # of 64 KiB, of what cannot be compressed


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    raw = tmp_path_factory.mktemp("deep") / "disk.raw"
    raw.write_bytes(random.Random(5).randbytes(GRAINS << 16))  # noqa: S311 - no secret
    return converted(raw, raw.with_suffix(".vmdk"), "vmdk", "subformat=streamOptimized").read_bytes()


def grain_at(image: bytes, number: int) -> int:
    """Where qemu-img put a grain; its directory is at the start."""
    (directory,) = struct.unpack_from("<Q", image, 56)
    (table,) = struct.unpack_from("<I", image, directory * SECTOR)
    (sector,) = struct.unpack_from("<I", image, table * SECTOR + 4 * number)
    return int(sector) * SECTOR


def spoilt(image: bytes, *numbers: int) -> bytes:
    data = bytearray(image)
    for number in numbers:
        at = grain_at(image, number) + 30_000
        data[at : at + 8] = bytes(8)
    return bytes(data)


def deep(image: bytes, *, is_local: bool = True) -> DiskFacts:
    (disk,) = inspect_image(Memory(image, "disk.vmdk", is_local), deep=True).disks
    assert disk.vmdk
    return disk


@pytest.mark.parametrize("is_local", [True, False], ids=["local", "network"])
def test_a_bad_grain_in_the_middle_is_found_by_decompressing_all_grains(image: bytes, is_local: bool) -> None:
    bad = spoilt(image, 17)
    (shallow,) = inspect_image(Memory(bad, "disk.vmdk", is_local)).disks
    assert shallow.vmdk
    assert (shallow.vmdk.every_grain_inflates, shallow.damage) == (None, ())
    disk = deep(bad, is_local=is_local)
    assert disk.vmdk
    assert disk.vmdk.every_grain_inflates is False
    (damage,) = disk.damage
    assert damage.where == "grain"
    assert damage.words.startswith(f"grain 17 at {grain_at(image, 17)} ")


@pytest.mark.parametrize("at_end", [True, False], ids=["vsphere", "qemu"])
def test_every_grain_of_a_valid_vmdk_is_decompressible(image: bytes, at_end: bool) -> None:
    disk = deep(with_directory_at_end(image) if at_end else image)
    assert disk.vmdk
    assert (disk.vmdk.every_grain_inflates, disk.damage) == (True, ())


def test_a_grain_with_the_marker_of_another_is_found(image: bytes) -> None:
    data = bytearray(image)
    struct.pack_into("<Q", data, grain_at(image, 5), 77)
    (damage,) = deep(bytes(data)).damage
    assert (damage.where, damage.words.split(" ")[:2]) == ("grain", ["grain", "5"])


def test_only_the_first_bad_grains_are_listed(image: bytes) -> None:
    disk = deep(spoilt(image, *range(3, GRAINS - 2)))
    assert [damage.words.split(" at ")[0] for damage in disk.damage[:3]] == ["grain 3", "grain 4", "grain 5"]
    assert [damage.words for damage in disk.damage[3:]] == ["the grains after grain 5 were not read"]


def test_a_bad_last_grain_is_reported_once(image: bytes) -> None:
    assert len(deep(spoilt(image, GRAINS - 1)).damage) == 1


def test_a_bad_grain_in_an_ova_is_found(image: bytes) -> None:
    ova = archive({"win11.ovf": VSPHERE_OVF.encode(), "win11-1.vmdk": spoilt(image, 9)})
    (disk,) = inspect_image(Memory(ova, "win11.ova"), deep=True).disks
    assert disk.vmdk
    assert disk.vmdk.every_grain_inflates is False
    assert [damage.where for damage in disk.damage] == ["grain"]


def test_uncompressed_grains_are_not_decompressed(tmp_path: Path) -> None:
    raw = tmp_path / "disk.raw"
    raw.write_bytes(b"\1" * MIB)
    made = converted(raw, tmp_path / "disk.vmdk", "vmdk", "subformat=monolithicSparse").read_bytes()
    disk = deep(made)
    assert disk.vmdk
    assert (disk.vmdk.every_grain_inflates, disk.damage) == (None, ())


def test_grains_that_expand_beyond_their_size_take_no_memory(image: bytes) -> None:
    data, bomb = bytearray(image), zlib.compress(bytes(40 * MIB))
    for number in range(1, 10):
        at = grain_at(image, number)
        data[at + 8 : at + 12 + len(bomb)] = struct.pack("<I", len(bomb)) + bomb
    tracemalloc.start()
    try:
        assert [damage.where for damage in deep(bytes(data)).damage].count("grain") == 4
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MIB
