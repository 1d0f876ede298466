"""The volume as a whole: what is no readable NTFS volume, how much is read, and damage anywhere."""

import random
import struct
import tracemalloc
from contextlib import suppress

import pytest
from tests.unit.disk.ntfs.windows_volume import (
    COMPRESSED,
    HIVE,
    LONG_NAME,
    MIXED,
    SIZE_BYTES,
    StoredVolume,
    attribute_at,
    files,
    stored_volume,
)

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.inspection.free_space import free_bytes
from pulumi_vmimport.disk.ntfs.file_record import DATA, INDEX_ALLOCATION, INDEX_ROOT
from pulumi_vmimport.disk.ntfs.ntfs_volume import NtfsVolume
from pulumi_vmimport.disk.raw_content import RawContent

MIB = 1 << 20
ROOT, BITMAP = 5, 6


@pytest.fixture
def volume() -> StoredVolume:
    return stored_volume()


def test_a_volume_encrypted_by_bitlocker_is_recognized(volume: StoredVolume) -> None:
    volume.write(3, b"-FVE-FS-")
    with pytest.raises(
        UnreadableVolumeError, match=r"^boot sector: BitLocker encrypts the volume; decrypt it in Windows first$"
    ):
        volume.opened()


@pytest.mark.parametrize(
    ("at", "data", "words"),
    [
        (3, b"EXFAT   ", "the volume is not NTFS"),
        (0, bytes(512), "the volume is not NTFS"),
        (11, b"\x01\x02", "impossible sizes"),
        (11, b"\0\0", "impossible sizes"),
        (13, b"\x03", "impossible sizes"),
        (13, b"\0", "impossible sizes"),
        (13, b"\xe1", "impossible sizes"),
        (64, b"\0", "impossible sizes"),
        (64, b"\x81", "impossible sizes"),
        (64, b"\x03", "impossible sizes"),
        (64, b"\xf3", "impossible sizes"),
        (48, b"\xff" * 8, "does not lie within the volume"),
        (40, bytes(8), "does not lie within the volume"),
        (48, bytes(8), "file record 0: expected the signature FILE"),
    ],
)  # fmt: skip
def test_fails_for_an_impossible_boot_sector(volume: StoredVolume, at: int, data: bytes, words: str) -> None:
    volume.write(at, data)
    with pytest.raises(UnreadableVolumeError, match=words):
        volume.opened()


@pytest.mark.parametrize("flags", [0, 1, 2])
def test_fails_without_a_root_directory(volume: StoredVolume, flags: int) -> None:
    record = volume.record(ROOT)
    struct.pack_into("<H", record, 22, flags)
    volume.put_record(ROOT, record)
    with pytest.raises(UnreadableVolumeError, match="file record 5 is not the root directory"):
        volume.opened().find("/Windows")


def test_the_index_of_a_compressed_directory_is_not_compressed(volume: StoredVolume) -> None:
    number = volume.number_of("/Windows/System32")
    record = volume.record(number)
    for kind in (INDEX_ROOT, INDEX_ALLOCATION):
        struct.pack_into("<H", record, attribute_at(record, kind) + 12, 1)
    volume.put_record(number, record)
    assert volume.opened().find(HIVE)


def test_a_file_behind_the_end_of_a_short_partition_is_unreadable(volume: StoredVolume) -> None:
    content = RawContent(volume)
    last = volume.place_of(volume.number_of(COMPRESSED))
    whole = NtfsVolume(DiskRegion(content, 0, SIZE_BYTES)).find(COMPRESSED)
    short = NtfsVolume(DiskRegion(content, 0, last)).find(COMPRESSED)
    assert whole
    assert whole.read(0, 1) == files()[COMPRESSED][:1]
    assert short
    assert short.size_bytes == len(files()[COMPRESSED])
    with pytest.raises(UnreadableVolumeError, match="does not lie within the volume and its partition"):
        short.read(0, 1)


def test_the_free_space_is_that_of_the_inspection_of_the_disk(volume: StoredVolume) -> None:
    free = volume.opened().free_bytes()
    assert 0 < free < SIZE_BYTES
    assert free == free_bytes(DiskRegion.of_disk(RawContent(volume)), FileSystem.NTFS)


def test_fails_for_a_bitmap_that_is_too_short(volume: StoredVolume) -> None:
    record = volume.record(BITMAP)
    struct.pack_into("<QQ", record, attribute_at(record, DATA) + 48, 100, 100)
    volume.put_record(BITMAP, record)
    with pytest.raises(UnreadableVolumeError, match="does not describe the 131071 clusters"):
        volume.opened().free_bytes()


@pytest.mark.parametrize(("is_local", "clusters"), [(True, 1 << 33), (False, 1 << 26)])
def test_fails_for_a_bitmap_that_is_too_large(volume: StoredVolume, is_local: bool, clusters: int) -> None:
    volume.is_local = is_local
    volume.write(40, struct.pack("<Q", clusters * 2))
    with pytest.raises(UnreadableVolumeError, match=f"clusters, got {clusters}"):
        volume.opened().free_bytes()


def read_facts(volume: StoredVolume) -> None:
    opened = volume.opened()
    opened.shutdown()
    for path in (HIVE, COMPRESSED, MIXED, LONG_NAME, "/Users/straße", "/pagefile.sys"):
        file = opened.find(path)
        if file is not None:
            file.read(file.size_bytes // 2, 5000)
    sum(1 for _ in opened.root.entries())


def test_over_a_network_few_requests_read_the_facts(volume: StoredVolume) -> None:
    volume.is_local = False
    read_facts(volume)
    assert volume.reads <= 25
    assert volume.read_bytes <= 3 * MIB


def test_locally_little_is_read(volume: StoredVolume) -> None:
    read_facts(volume)
    assert volume.read_bytes <= MIB


def test_memory_is_bounded_when_the_whole_volume_is_read(volume: StoredVolume) -> None:
    opened = volume.opened()
    tracemalloc.start()
    try:
        for _ in range(2):
            for path, data in files().items():
                file = opened.find(path)
                assert file
                for at in range(0, len(data), 50_000):
                    file.read(at, 50_000)
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


def read_everything(opened: NtfsVolume) -> None:
    for path in (HIVE, COMPRESSED, MIXED, "/USERS/Ÿ"):
        with suppress(UnreadableVolumeError):
            file = opened.find(path)
            if file is not None:
                file.read(0, 1 << 16)
                file.read(max(file.size_bytes - 100, 0), 1000)
    for path in ("/", "/Windows/System32", "/Users"):
        with suppress(UnreadableVolumeError):
            directory = opened.find(path)
            if directory is not None and directory.is_directory:
                assert sum(1 for _ in directory.entries()) < 10_000


@pytest.mark.parametrize("seed", range(100))
def test_damage_anywhere_is_unreadable_and_nothing_else(seed: int) -> None:
    """Numbers of file records change; the records are protected again, so that their content counts."""
    volume, dice = stored_volume(), random.Random(seed)  # noqa: S311 - no secret
    numbers = [0, 5, 10, *map(volume.number_of, (HIVE, COMPRESSED, MIXED, "/Users", "/Windows/System32"))]
    place, node = volume.index_record("/Windows/System32")
    records = {number: volume.record(number) for number in dice.sample(numbers, 2)}
    for damaged in (*records.values(), node):
        width = dice.choice((1, 2, 4, 8))
        at = dice.randrange(16, 600)
        value = dice.choice(
            (0, 1, (1 << 8 * width) - 1, 1 << dice.randrange(8 * width), dice.randrange(1 << 8 * width))
        )
        damaged[at : at + width] = value.to_bytes(width, "little")
    places = {number: volume.place_of(0, offset=number * 1024) for number in records}
    for number, record in records.items():
        volume.put_protected(places[number], record)
    volume.put_protected(place, node)
    volume.reads = 0
    with suppress(UnreadableVolumeError):
        read_everything(volume.opened())
    assert volume.reads < 2000
