import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.disk.inspection.container_images import Memory, converted, qemu_info

from pulumi_vmimport.disk import vhdx_structures
from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection
from pulumi_vmimport.disk.inspection.facts import VhdxFacts
from pulumi_vmimport.disk.inspection.inspect_vhdx import inspect_vhdx
from pulumi_vmimport.disk.vhdx_structures import crc32c

KIB, MIB = 1 << 10, 1 << 20
HEADERS, REGIONS = (64 * KIB, 128 * KIB), (192 * KIB, 256 * KIB)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dice = random.Random(7)  # noqa: S311 - no secret
    path = tmp_path_factory.mktemp("raw") / "disk.raw"
    with path.open("wb") as file:
        file.truncate(21 * MIB)
        for at in (0, 9 * MIB, 20 * MIB):
            file.seek(at)
            file.write(dice.randbytes(90_000))
    return path


@pytest.fixture(scope="module")
def make(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("vhdx")
    return lambda options: converted(raw, folder / "disk.vhdx", "vhdx", options)


@pytest.fixture(scope="module")
def image(make: Callable[[str], Path]) -> bytes:
    return make("block_size=1M").read_bytes()


def read(data: bytes) -> tuple[VhdxFacts, ContainerInspection]:
    inspected = inspect_vhdx(Memory(data))
    assert inspected.vhdx
    return inspected.vhdx, inspected


def edited(image: bytes, at: int, value: bytes) -> bytes:
    return image[:at] + value + image[at + len(value) :]


def sealed(image: bytes, at: int, length: int) -> bytes:
    return edited(image, at + 4, struct.pack("<I", crc32c(image[at : at + length])))


def with_headers(image: bytes, at: int, value: bytes) -> bytes:
    for start in HEADERS:
        image = sealed(edited(image, start + at, value), start, 4 * KIB)
    return image


def region(image: bytes, guid: Any) -> tuple[int, int]:
    """(where its entry is in the region table, where the region is)."""
    at = image.index(guid.bytes_le, REGIONS[0])
    return at - REGIONS[0], struct.unpack_from("<Q", image, at + 16)[0]


def with_regions(image: bytes, at: int, value: bytes) -> bytes:
    for start in REGIONS:
        image = sealed(edited(image, start + at, value), start, 64 * KIB)
    return image


def with_item(image: bytes, guid: Any, value: bytes) -> bytes:
    _, metadata = region(image, vhdx_structures.METADATA)
    entry = image.index(guid.bytes_le, metadata)
    return edited(image, metadata + struct.unpack_from("<I", image, entry + 16)[0], value)


@pytest.mark.parametrize(
    ("options", "block", "is_fixed"),
    [
        ("block_size=1M", MIB, False),
        ("block_size=32M", 32 * MIB, False),
        ("subformat=fixed", 8 * MIB, True),
        ("subformat=fixed,block_size=1M", MIB, True),
    ],
)
def test_a_vhdx_has_the_facts_that_qemu_img_reports(
    make: Callable[[str], Path], raw: Path, options: str, block: int, is_fixed: bool
) -> None:
    made = make(options)
    info = qemu_info(made, "vhdx")
    facts, inspected = read(made.read_bytes())
    assert facts.creator
    assert facts.creator.startswith("QEMU v")
    assert facts == VhdxFacts(facts.creator, 2, 2, False, info["cluster-size"], 512, is_fixed, False)
    assert facts.block_bytes == block
    assert inspected.capacity_bytes == info["virtual-size"]
    assert inspected.damage == []
    assert inspected.content
    assert inspected.content.read(9 * MIB, 90_000) == raw.read_bytes()[9 * MIB : 9 * MIB + 90_000]


def test_a_pending_log_is_a_fact(image: bytes) -> None:
    facts, inspected = read(with_headers(image, 48, b"\1" * 16))
    assert (facts.log_is_pending, inspected.content, inspected.damage) == (True, None, [])
    newer = max(HEADERS, key=lambda at: struct.unpack_from("<Q", image, at + 8)[0])
    facts, _ = read(sealed(edited(image, newer + 48, b"\1" * 16), newer, 4 * KIB))
    assert facts.log_is_pending
    facts, inspected = read(edited(image, newer + 48, b"\1" * 16))
    assert (facts.valid_headers, facts.log_is_pending, inspected.damage) == (1, False, [])


def test_headers_and_region_tables_with_valid_checksums_are_counted(image: bytes) -> None:
    for at in (*HEADERS, *REGIONS):
        image = edited(image, at + 2000, b"\7")
    facts, inspected = read(image)
    assert (facts.valid_headers, facts.valid_region_tables, facts.log_is_pending) == (0, 0, None)
    assert [damage.where for damage in inspected.damage] == ["header", "region table"]
    assert inspected.capacity_bytes is None


def test_the_second_region_table_replaces_an_invalid_first(image: bytes) -> None:
    facts, inspected = read(edited(image, REGIONS[0] + 100, b"\7"))
    assert (facts.valid_region_tables, facts.block_bytes, inspected.damage) == (1, MIB, [])


@pytest.mark.parametrize(
    ("item", "value", "where"),
    [
        (vhdx_structures.FILE_PARAMETERS, struct.pack("<II", 1000, 0), ["metadata"]),
        (vhdx_structures.FILE_PARAMETERS, struct.pack("<II", 0, 0), ["metadata"]),
        (vhdx_structures.FILE_PARAMETERS, struct.pack("<II", MIB, 2), []),
        (vhdx_structures.LOGICAL_SECTOR_SIZE, struct.pack("<I", 520), ["metadata"]),
        (vhdx_structures.DISK_SIZE, struct.pack("<Q", 1 << 62), ["metadata"]),
        (vhdx_structures.DISK_SIZE, struct.pack("<Q", 0), ["metadata"]),
        (vhdx_structures.DISK_SIZE, struct.pack("<Q", 1 << 45), ["block allocation table"]),
    ],
)
def test_invalid_metadata_is_damage(image: bytes, item: Any, value: bytes, where: list[str]) -> None:
    facts, inspected = read(with_item(image, item, value))
    assert [damage.where for damage in inspected.damage] == where
    assert inspected.content is None
    assert facts.has_parent is (value == struct.pack("<II", MIB, 2))


def test_the_sector_size_is_a_fact(image: bytes) -> None:
    image = with_item(image, vhdx_structures.PHYSICAL_SECTOR_SIZE, struct.pack("<I", 4096))
    image = with_item(image, vhdx_structures.LOGICAL_SECTOR_SIZE, struct.pack("<I", 4096))
    facts, inspected = read(image)
    assert facts.physical_sector_bytes == 4096
    assert inspected.content
    assert inspected.content.sector_bytes == 4096


def test_regions_outside_the_file_are_damage(image: bytes) -> None:
    at, _ = region(image, vhdx_structures.BLOCK_ALLOCATION_TABLE)
    _, inspected = read(with_regions(image, at + 16, struct.pack("<Q", 1 << 60)))
    assert [damage.where for damage in inspected.damage] == ["block allocation table"]
    at, _ = region(image, vhdx_structures.METADATA)
    facts, inspected = read(with_regions(image, at + 16, struct.pack("<Q", (1 << 64) - 1)))
    assert [damage.where for damage in inspected.damage] == ["metadata"]
    assert (facts.block_bytes, facts.valid_region_tables) == (None, 2)


def test_missing_regions_are_damage(image: bytes) -> None:
    for guid, what in (
        (vhdx_structures.BLOCK_ALLOCATION_TABLE, "block allocation table"),
        (vhdx_structures.METADATA, "metadata"),
    ):
        at, _ = region(image, guid)
        _, inspected = read(with_regions(image, at, b"\1" * 16))
        assert inspected.damage[0].words.endswith(what)


def test_a_vhdx_truncated_anywhere_is_detected(image: bytes) -> None:
    for size in (*range(8, len(image), 500_009), len(image) - 1):
        assert read(image[:size])[1].damage, size


def test_a_block_outside_the_file_is_reported(image: bytes) -> None:
    _, table = region(image, vhdx_structures.BLOCK_ALLOCATION_TABLE)
    _, inspected = read(edited(image, table + 8, struct.pack("<Q", 1 << 50 | 6)))
    assert f"block 1 ends at {(1 << 50) + MIB}, the file at {len(image)}" in inspected.damage[0].words
