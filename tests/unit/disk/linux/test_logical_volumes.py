import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pyvslvm
from tests.unit.disk.inspection.disk_tools import MIB, Sparse, missing, write_at
from tests.unit.disk.linux.linux_volumes import ext, region_of
from tests.unit.disk.linux.lvm_images import EXTENT_BYTES, PE_START, Group, linear, physical_volume, put, striped

from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.inspection.partition_table import read_layout
from pulumi_vmimport.disk.linux.logical_volumes import LogicalVolume, logical_volumes, read_physical_volume
from pulumi_vmimport.disk.linux.volume_tree import LinuxVolume
from pulumi_vmimport.disk.linux.volumes import volumes_of
from pulumi_vmimport.disk.raw_content import RawContent

ONE, TWO = "1".ljust(32, "a"), "2".ljust(32, "b")
PARTS = {"pv0": ONE, "pv1": TWO}
GROUP = Group({"pv0": ONE}, {"root": [linear(0, 20, 5), linear(20, 4, 40)], "swap": [linear(0, 2, 30)]})
BOTH = Group(
    PARTS, {"root": [linear(0, 3, 2), linear(3, 3, 7, "pv1")], "fast": [striped(0, 4, ("pv0", 20), ("pv1", 30))]}
)


def _volumes(*paths: Path) -> dict[str, LogicalVolume]:
    read = [read_physical_volume(region_of(path)) for path in paths]
    assert all(read)
    return {volume.name: volume for volume in logical_volumes([each for each in read if each])}


def _noise(path: Path, seed: int) -> Path:
    write_at(path, PE_START, random.Random(seed).randbytes(path.stat().st_size - PE_START))  # noqa: S311 - no secret
    return path


def _by_library(paths: Sequence[Path]) -> dict[str, bytes]:
    handle = pyvslvm.handle()
    files = [path.open("rb") for path in paths]
    handle.open_file_object(files[0])
    handle.open_physical_volume_files_as_file_objects(files)
    group = handle.get_volume_group()
    volumes = {volume.name: volume for volume in group.logical_volumes}
    return {name: bytes(volume.read_buffer_at_offset(volume.size, 0)) for name, volume in volumes.items()}


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return _noise(physical_volume(tmp_path / "pv0", ONE, GROUP), 1)


def test_libvslvm_reads_the_same(tmp_path: Path) -> None:
    """libvslvm 20260901 refuses volumes with two segments, so it compares those with one."""
    group = replace(GROUP, volumes={"root": [linear(0, 20, 5)], "swap": [linear(0, 2, 30)]})
    path = _noise(physical_volume(tmp_path / "pv0", ONE, group), 2)
    volumes = _volumes(path)
    assert {name: volume.read_at(0, 1 << 30) for name, volume in volumes.items()} == {
        f"vg/{name}": data for name, data in _by_library([path]).items()
    }
    assert {name: volume.size_bytes for name, volume in volumes.items()} == {"vg/root": 20 * MIB, "vg/swap": 2 * MIB}


def test_segments_are_joined_in_order(one: Path) -> None:
    data = one.read_bytes()[PE_START:]
    root = _volumes(one)["vg/root"]
    assert (
        root.read_at(20 * EXTENT_BYTES - 7, 14)
        == data[25 * EXTENT_BYTES - 7 : 25 * EXTENT_BYTES] + data[40 * EXTENT_BYTES :][:7]
    )
    assert root.read_at(root.size_bytes - 3, 100) == data[44 * EXTENT_BYTES - 3 : 44 * EXTENT_BYTES]
    assert root.read_at(root.size_bytes, 1) == b""


def test_a_group_of_two_disks_is_read_with_stripes(tmp_path: Path) -> None:
    paths = [_noise(physical_volume(tmp_path / name, id, BOTH), seed) for seed, (name, id) in enumerate(PARTS.items())]
    first, second = (path.read_bytes()[PE_START:] for path in paths)
    volumes = _volumes(*paths)
    assert volumes["vg/root"].read_at(0, 1 << 30) == first[2 * MIB : 5 * MIB] + second[7 * MIB : 10 * MIB]
    stripe = 64 << 10
    expected = b"".join(
        part[start * MIB + at : start * MIB + at + stripe]
        for at in range(0, 2 * MIB, stripe)
        for part, start in ((first, 20), (second, 30))
    )
    assert volumes["vg/fast"].read_at(0, 1 << 30) == expected
    assert volumes["vg/fast"].read_at(stripe - 3, 9) == expected[stripe - 3 : stripe + 6]


def test_a_missing_disk_is_named(tmp_path: Path) -> None:
    volumes = _volumes(physical_volume(tmp_path / "pv0", ONE, BOTH))
    assert {name: volume.unreadable for name, volume in volumes.items()} == dict.fromkeys(
        ("vg/root", "vg/fast"), "its physical volume pv1 is not on this disk"
    )


@pytest.mark.parametrize("kind", ["thin", "raid1", "mirror", "cache", "snapshot", "vdo", "linear"])
def test_kinds_that_are_not_read_are_named(kind: str, tmp_path: Path) -> None:
    group = replace(GROUP, volumes={"root": [linear(0, 20, 5).replace("striped", kind)], "home": [linear(0, 1, 60)]})
    volumes = _volumes(physical_volume(tmp_path / "pv0", ONE, group))
    assert volumes["vg/root"].unreadable == f"its type {kind} is not read"
    assert volumes["vg/home"].unreadable is None


def test_hidden_volumes_are_left_out(tmp_path: Path) -> None:
    group = replace(GROUP, status='["READ", "WRITE"]')
    assert _volumes(physical_volume(tmp_path / "pv0", ONE, group)) == {}


def test_metadata_may_run_over_the_end_of_its_ring(tmp_path: Path) -> None:
    """libvslvm 20260901 takes the wrong checksum of such metadata, and does not read it."""
    path = physical_volume(tmp_path / "pv0", ONE, GROUP, wrap=True)
    assert _volumes(path)["vg/root"].size_bytes == 24 * MIB


def test_comments_are_no_metadata(tmp_path: Path) -> None:
    path = physical_volume(tmp_path / "pv0", ONE, GROUP, text=GROUP.text.encode())
    assert _volumes(path)["vg/root"].size_bytes == 24 * MIB


def test_the_newest_metadata_counts(tmp_path: Path) -> None:
    old = physical_volume(tmp_path / "pv0", ONE, replace(BOTH, volumes={"old": [linear(0, 1, 1)]}))
    new = physical_volume(tmp_path / "pv1", TWO, replace(BOTH, sequence=7, volumes={"new": [linear(0, 1, 1)]}))
    assert set(_volumes(old, new)) == set(_volumes(new, old)) == {"vg/new"}


HOSTILE = {
    "empty": "",
    "text": "this is no metadata\n",
    "open-section": "vg {\nid = 1\n",
    "open-list": "vg { a = [1, 2",
    "no-value": "vg { a = }",
    "deep": "a {" * 1000,
    "control": "vg { \x01 }",
    "quote": 'vg { a = "',
    "no-sequence": 'vg { id = "x" }',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_damaged_metadata_is_reported_as_unreadable(text: str, tmp_path: Path) -> None:
    path = physical_volume(tmp_path / "pv0", ONE, GROUP, text=text.encode())
    read = read_physical_volume(region_of(path))
    assert read is not None
    assert logical_volumes([read]) == ()
    if text:
        assert read.metadata is None


IMPOSSIBLE = {
    "no-extents": (linear(0, 0, 0), "does not follow"),
    "gap": (linear(5, 2, 0), "does not follow"),
    "negative": (linear(0, -2, 0), "expected a number as extent_count"),
    "negative-place": (linear(0, 2, -9), "expected a number as the first extent"),
    "text": (linear(0, 2, 0).replace("= 2", '= "2"'), "expected a number as extent_count"),
    "nowhere": (linear(0, 2, 0, "pv9"), "its physical volume pv9"),
    "no-stripes": ('start_extent = 0\nextent_count = 2\ntype = "striped"\nstripes = []', "does not follow"),
    "no-stripe-size": (
        striped(0, 2, ("pv0", 1), ("pv0", 9)).replace("stripe_size = 128", "stripe_size = 0"),
        "does not follow",
    ),
}


@pytest.mark.parametrize(("segment", "words"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible_segments_make_a_volume_unreadable(segment: str, words: str, tmp_path: Path) -> None:
    path = physical_volume(tmp_path / "pv0", ONE, replace(GROUP, volumes={"root": [segment]}))
    assert words in str(_volumes(path)["vg/root"].unreadable)


def test_extents_beyond_the_disk_are_zeros(tmp_path: Path) -> None:
    path = physical_volume(tmp_path / "pv0", ONE, replace(GROUP, volumes={"root": [linear(0, 1 << 30, 1 << 40)]}))
    root = _volumes(path)["vg/root"]
    assert root.read_at(1 << 45, 10) == bytes(10)


def test_mutated_metadata_ends_soon_and_raises_nothing(tmp_path: Path) -> None:
    dice = random.Random(9)  # noqa: S311 - no secret
    whole = physical_volume(tmp_path / "whole", ONE, GROUP, mib=2).read_bytes()
    path = tmp_path / "pv0"
    started = time.process_time()
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.choice([1, 4, 30])):
            data[dice.choice([dice.randrange(512, 1024), dice.randrange(4096, 4608), dice.randrange(5632, 7500)])] = (
                dice.randrange(256)
            )
        path.write_bytes(data)
        if read := read_physical_volume(region_of(path)):
            for volume in logical_volumes([read]):
                if volume.unreadable is None:
                    assert len(volume.read_at(0, 5000)) == min(5000, volume.size_bytes)
    assert time.process_time() - started < 60, "a hang guard, not a bar"


@pytest.mark.skipif(bool(missing("mke2fs")), reason="needs mke2fs")
def test_a_file_system_on_a_logical_volume_is_read(tmp_path: Path) -> None:
    path = physical_volume(tmp_path / "pv0", ONE, replace(GROUP, volumes={"root": [linear(0, 16, 5)]}))
    put(ext(tmp_path / "root", {"/etc/hostname": "web\n"}), path, 5)
    content = RawContent(Sparse(path))
    (found,) = volumes_of(content, read_layout(content)[0])
    assert (found.where, found.device, found.file_system) == ("logical volume vg/root", "vg/root", FileSystem.EXT4)
    assert found.region is not None
    volume = LinuxVolume(found.region, found.file_system, found.where)
    hostname = volume.find("/etc/hostname")
    assert hostname is not None
    assert hostname.text() == "web\n"
    volume.close()
