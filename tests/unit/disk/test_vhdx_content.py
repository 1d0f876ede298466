import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.disk import vhdx_structures
from pulumi_vmimport.disk.disk_errors import DamagedImageError, UnsupportedImageError
from pulumi_vmimport.disk.vhdx_content import VhdxContent

Memory = Callable[..., Any]
KIB, MIB = 1 << 10, 1 << 20
HEADERS, REGIONS = (64 * KIB, 128 * KIB), (192 * KIB, 256 * KIB)


@pytest.fixture
def image(raw_disk: Path, convert: Callable[[Path, Sequence[str]], Path]) -> bytes:
    return convert(raw_disk, ["-O", "vhdx", "-o", "block_size=1M"]).read_bytes()


def edited(image: bytes, at: int, value: bytes) -> bytes:
    return image[:at] + value + image[at + len(value) :]


def sealed(image: bytes, at: int, length: int) -> bytes:
    """The image with the right checksum in a structure."""
    checksum = vhdx_structures.crc32c(image[at : at + length])
    return edited(image, at + 4, struct.pack("<I", checksum))


def with_headers(image: bytes, at: int, value: bytes) -> bytes:
    for start in HEADERS:
        image = sealed(edited(image, start + at, value), start, 4 * KIB)
    return image


def with_regions(image: bytes, at: int, value: bytes) -> bytes:
    for start in REGIONS:
        image = sealed(edited(image, start + at, value), start, 64 * KIB)
    return image


def region(image: bytes, guid: Any) -> tuple[int, int]:
    """(where its entry is in the region table, where the region is)."""
    at = image.index(guid.bytes_le, REGIONS[0])
    return at - REGIONS[0], struct.unpack_from("<Q", image, at + 16)[0]


def with_item(image: bytes, guid: Any, value: bytes) -> bytes:
    """The image with another value in a metadata item."""
    _, metadata = region(image, vhdx_structures.METADATA)
    entry = image.index(guid.bytes_le, metadata)
    return edited(image, metadata + struct.unpack_from("<I", image, entry + 16)[0], value)


def test_fails_for_a_pending_log(image: bytes, memory: Memory) -> None:
    with pytest.raises(UnsupportedImageError, match="a VHDX whose log holds writes that were not applied; open it"):
        VhdxContent(memory(with_headers(image, 48, b"\1" * 16)))


def test_the_newer_header_applies(image: bytes, memory: Memory) -> None:
    newer = max(HEADERS, key=lambda at: struct.unpack_from("<Q", image, at + 8)[0])
    (older,) = set(HEADERS) - {newer}
    VhdxContent(memory(sealed(edited(image, older + 48, b"\1" * 16), older, 4 * KIB)))
    with pytest.raises(UnsupportedImageError, match="log holds writes that were not applied"):
        VhdxContent(memory(sealed(edited(image, newer + 48, b"\1" * 16), newer, 4 * KIB)))
    damaged = edited(image, newer + 48, b"\1" * 16)  # a header that was being written when the power went
    VhdxContent(memory(damaged))


def test_fails_without_a_valid_header(image: bytes, memory: Memory) -> None:
    for at in HEADERS:
        image = edited(image, at + 100, b"\7")
    with pytest.raises(DamagedImageError, match="neither of its two headers has a valid checksum"):
        VhdxContent(memory(image))


def test_the_second_region_table_replaces_an_invalid_first(image: bytes, memory: Memory) -> None:
    image = edited(image, REGIONS[0] + 100, b"\7")
    VhdxContent(memory(image))
    with pytest.raises(DamagedImageError, match="neither of its two region tables has a valid checksum"):
        VhdxContent(memory(edited(image, REGIONS[1] + 100, b"\7")))


def test_fails_for_an_unknown_required_region(image: bytes, memory: Memory) -> None:
    at, _ = region(image, vhdx_structures.BLOCK_ALLOCATION_TABLE)
    image = with_regions(image, at + 28, struct.pack("<I", 1))
    with pytest.raises(DamagedImageError, match="requires the unknown region 01010101-0101-0101-0101-010101010101"):
        VhdxContent(memory(with_regions(image, at, b"\1" * 16)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(struct.pack("<Q", 1 << 60), "the block allocation table of 168 bytes at 1152921", id="outside"),
        pytest.param(struct.pack("<QI", 3 * MIB, 100), "has 100 bytes for 21 entries", id="short"),
    ],
)
def test_fails_for_an_invalid_table(image: bytes, memory: Memory, value: bytes, words: str) -> None:
    at, _ = region(image, vhdx_structures.BLOCK_ALLOCATION_TABLE)
    with pytest.raises(DamagedImageError, match=words):
        VhdxContent(memory(with_regions(image, at + 16, value)))


@pytest.mark.parametrize(
    ("item", "value", "error", "words"),
    [
        (
            vhdx_structures.FILE_PARAMETERS,
            struct.pack("<II", 1000, 0),
            DamagedImageError,
            "blocks of 1000 and sectors of 512",
        ),
        (vhdx_structures.FILE_PARAMETERS, struct.pack("<II", MIB, 2), UnsupportedImageError, "a differencing VHDX"),
        (vhdx_structures.LOGICAL_SECTOR_SIZE, struct.pack("<I", 520), DamagedImageError, "sectors of 520 bytes"),
        (
            vhdx_structures.DISK_SIZE,
            struct.pack("<Q", 1 << 62),
            DamagedImageError,
            "expected a capacity of 1 byte to 64 TiB",
        ),
        (vhdx_structures.DISK_SIZE, struct.pack("<Q", 1 << 45), DamagedImageError, "bytes for 33562623 entries"),
    ],
    ids=["block", "parent", "sector", "capacity", "table"],
)
def test_fails_for_invalid_metadata(
    image: bytes, memory: Memory, item: Any, value: bytes, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        VhdxContent(memory(with_item(image, item, value)))


def test_fails_without_the_required_metadata(image: bytes, memory: Memory) -> None:
    _, metadata = region(image, vhdx_structures.METADATA)
    with pytest.raises(DamagedImageError, match="its metadata of 1048576 bytes starts with 'notadata'"):
        VhdxContent(memory(edited(image, metadata, b"notadata")))
    entry = image.index(vhdx_structures.DISK_SIZE.bytes_le, metadata)
    with pytest.raises(DamagedImageError, match="its metadata lacks 2fa54224-cd1b-4876-b211-5dbed83bf4b8"):
        VhdxContent(memory(edited(image, entry, bytes(16))))


def test_sectors_of_4096_bytes_are_a_fact(image: bytes, memory: Memory) -> None:
    assert (
        VhdxContent(memory(with_item(image, vhdx_structures.LOGICAL_SECTOR_SIZE, struct.pack("<I", 4096)))).sector_bytes
        == 4096
    )


@pytest.mark.parametrize("state", [4, 5, 7])
def test_fails_for_a_block_stored_in_a_parent(image: bytes, memory: Memory, state: int) -> None:
    _, table = region(image, vhdx_structures.BLOCK_ALLOCATION_TABLE)
    disk = VhdxContent(memory(edited(image, table, struct.pack("<Q", 8 * MIB | state))))
    with pytest.raises(DamagedImageError, match=f"block 0 has state {state}"):
        list(disk.extents())


@pytest.mark.parametrize("state", [0, 1, 2, 3])
def test_an_absent_block_is_zeros(image: bytes, memory: Memory, state: int) -> None:
    _, table = region(image, vhdx_structures.BLOCK_ALLOCATION_TABLE)
    disk = VhdxContent(memory(edited(image, table, struct.pack("<Q", 8 * MIB | state))))
    assert disk.read(0, 512) == bytes(512)
    assert next(iter(disk.extents()))[0] == MIB
