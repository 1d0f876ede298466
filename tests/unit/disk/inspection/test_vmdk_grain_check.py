import struct

import pytest
from tests.unit.disk.inspection.container_images import (
    SECTOR,
    TABLE_ENTRIES,
    Memory,
    marker,
    scattered,
)

from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection
from pulumi_vmimport.disk.inspection.facts import VmdkFacts
from pulumi_vmimport.disk.inspection.inspect_vmdk import inspect_vmdk

GIB, MIB = 1 << 30, 1 << 20


def read(data: bytes, *, is_local: bool = True) -> tuple[VmdkFacts, ContainerInspection]:
    inspected = inspect_vmdk(Memory(data, is_local=is_local), lambda _: None)
    assert inspected.vmdk
    return inspected.vmdk, inspected


def edited(image: bytes, at: int, value: bytes) -> bytes:
    at %= len(image)
    return image[:at] + value + image[at + len(value) :]


def test_a_stream_truncated_anywhere_is_detected_with_its_directory_at_the_start(at_start: bytes) -> None:
    last = len(at_start.rstrip(b"\0"))
    for size in (*range(4, last - 1, 9973), *range(last - 2000, last - 1, 7)):
        for is_local in (True, False):
            facts, inspected = read(at_start[:size], is_local=is_local)
            assert inspected.damage, size
            assert not facts.grains_end_within_file


def directory_of(image: bytes) -> int:
    (sector,) = struct.unpack_from("<Q", image, 56)
    return int(sector) * SECTOR


def test_a_grain_table_outside_the_file_is_reported(at_start: bytes) -> None:
    facts, inspected = read(edited(at_start, directory_of(at_start), b"\xff\xff\xff\xff"))
    assert facts.grains_end_within_file is False
    assert inspected.damage[0].words.startswith("1 grain tables lie outside the file of ")


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        pytest.param(0, struct.pack("<Q", 3), "is marked as sector 3 with", id="sector"),
        pytest.param(8, struct.pack("<I", 0), "with 0 bytes, expected sector", id="empty"),
        pytest.param(8, struct.pack("<I", 1 << 31), "with 2147483648 bytes", id="huge"),
        pytest.param(8, struct.pack("<I", 60_000), "grain 1119", id="long"),
        pytest.param(12, b"\0\0", "cannot be inflated", id="no-deflate"),
    ],
)
def test_the_last_grain_must_be_valid(at_start: bytes, at: int, value: bytes, words: str) -> None:
    tables = struct.unpack_from("<3I", at_start, directory_of(at_start))
    entries = struct.unpack_from(f"<{TABLE_ENTRIES}I", at_start, tables[2] * SECTOR)
    last = max(entries) * SECTOR
    _, inspected = read(edited(at_start, last + at, value))
    assert [damage.where for damage in inspected.damage] == ["grain"]
    assert words in inspected.damage[0].words


def test_over_a_network_only_a_few_tables_of_a_large_stream_are_read() -> None:
    source = scattered(70 * GIB, 20 << 14)
    inspected = inspect_vmdk(source, lambda _: None)
    assert inspected.damage == []
    assert inspected.vmdk
    assert (inspected.vmdk.grains_end_within_file, inspected.vmdk.every_grain_table_read) == (True, False)
    assert source.size_bytes > 20 * GIB
    assert len(source.windows) <= 8


def test_a_large_local_stream_is_checked_completely() -> None:
    source = scattered(70 * GIB, 20 << 14)
    source.is_local = True
    inspected = inspect_vmdk(source, lambda _: None)
    assert inspected.vmdk
    assert (inspected.vmdk.grains_end_within_file, inspected.vmdk.every_grain_table_read) == (True, True)


def test_a_directory_of_64_tib_takes_bounded_work() -> None:
    for is_local in (True, False):
        source = scattered(64 << 40, 5)
        source.is_local = is_local
        (end,) = [at for at in source.pieces if source.pieces[at].startswith(marker(2**21 * 4 // SECTOR, 2))]
        first = struct.unpack_from("<I", source.pieces[end], SECTOR)[0]
        count = 1 << 21
        source.pieces[end] = edited(source.pieces[end], SECTOR, struct.pack(f"<{count}I", *[first] * count))
        inspect_vmdk(source, lambda _: None)
        assert len(source.windows) <= 50
