import random
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.disk.disk_errors import DamagedImageError, DiskImageError, UnsupportedImageError
from pulumi_vmimport.disk.vmdk_content import VmdkContent

GIB, GRAIN = 1 << 30, 64 << 10
Memory = Callable[..., Any]


def edited(image: bytes, at: int, value: bytes) -> bytes:
    return image[:at] + value + image[at + len(value) :]


def with_descriptor(image: bytes, old: bytes, new: bytes) -> bytes:
    assert old in image[512:1024]
    return image.replace(old, new.ljust(len(old)), 1)


@pytest.fixture
def image(stream_optimized: Any) -> bytes:
    """Two grains of data; header and descriptor are a sector each."""
    made: bytes = stream_optimized(GIB, b"windows" * 15_000)
    return made


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        pytest.param(
            73, b"\r\r\r\r", "line endings in its header were converted by a transfer in text mode", id="text"
        ),
        pytest.param(20, struct.pack("<Q", 0), "grains of 0 sectors", id="no-grain"),
        pytest.param(20, struct.pack("<Q", 100), "grains of 100 sectors", id="odd-grain"),
        pytest.param(20, struct.pack("<Q", 1 << 40), "grains of 1099511627776 sectors", id="huge-grain"),
        pytest.param(44, struct.pack("<I", 1 << 31), "tables of 2147483648 entries", id="huge-table"),
    ],
)
def test_fails_for_an_invalid_header(image: bytes, memory: Memory, at: int, value: bytes, words: str) -> None:
    with pytest.raises(DamagedImageError, match=words):
        VmdkContent(memory(edited(image, at, value)))


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        pytest.param(12, struct.pack("<Q", 0), "expected a capacity of 1 byte to 64 TiB, got 0", id="no-capacity"),
        pytest.param(12, struct.pack("<Q", 1 << 50), "expected a capacity of 1 byte to 64 TiB, got ", id="capacity"),
        pytest.param(12, struct.pack("<Q", 1 << 36), "the grain directory of 4194304 bytes at ", id="directory-size"),
        pytest.param(56, struct.pack("<Q", 1 << 50), "the grain directory of 128 bytes at ", id="directory-outside"),
        pytest.param(
            36, struct.pack("<Q", 1 << 50), "states a descriptor of 576460752303423488 bytes", id="descriptor"
        ),
        pytest.param(0, b"XXXX", "its footer starts with 'XXXX', expected 'KDMV'", id="no-footer"),
    ],
)
def test_fails_for_an_invalid_footer(image: bytes, memory: Memory, at: int, value: bytes, words: str) -> None:
    with pytest.raises(DamagedImageError, match=words):
        VmdkContent(memory(edited(image, len(image) - 1024 + at, value)))


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (b'createType="twoGbMaxExtentSparse"', "a VMDK of createType twoGbMaxExtentSparse"),
        (b"#", "a VMDK of createType none"),
        (b'parentCID=0a1b2c3d\ncreateType="streamOptimized"', "with a parent disk .parentCID 0a1b2c3d.; consolidate"),
    ],
    ids=["split", "no-type", "delta"],
)
def test_fails_for_a_disk_that_is_incomplete_in_this_file(image: bytes, memory: Memory, new: bytes, words: str) -> None:
    old = b'parentCID=ffffffff\ncreateType="streamOptimized"\n'
    with pytest.raises(UnsupportedImageError, match=words):
        VmdkContent(memory(with_descriptor(image, old, new + b"\n")))


def test_fails_for_a_part_of_a_split_disk(image: bytes, memory: Memory) -> None:
    for at in (0, len(image) - 1024):
        image = edited(image, at + 28, struct.pack("<QQ", 0, 0))
    with pytest.raises(UnsupportedImageError, match="without a descriptor, which is one part of a split disk"):
        VmdkContent(memory(image))


def test_fails_for_an_unknown_compression(sparse_header: Any, memory: Memory) -> None:
    with pytest.raises(UnsupportedImageError, match="a VMDK with flags 0x10001 and compression 1; convert it"):
        VmdkContent(memory(sparse_header(2048, 21, flags=0x10001) + bytes(20_000)))


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        pytest.param(0, struct.pack("<Q", 128), "grain 0 at 1024 is marked as sector 128", id="other-place"),
        pytest.param(8, struct.pack("<I", 1 << 30), "with 1073741824 bytes, expected sector 0", id="huge"),
        pytest.param(8, struct.pack("<I", 100), "grain 0 at 1024 inflates to", id="cut"),
        pytest.param(12, b"\0\0", "grain 0 at 1024 cannot be inflated", id="no-deflate"),
        pytest.param(40, b"\xa5\x5a", "grain 0 at 1024 (inflates to|cannot be inflated)", id="bit-rot"),
    ],
)
def test_fails_for_a_grain_that_is_damaged(image: bytes, memory: Memory, at: int, value: bytes, words: str) -> None:
    disk = VmdkContent(memory(edited(image, 1024 + at, value)))
    with pytest.raises(DamagedImageError, match=words):
        disk.read(0, 4096)


def test_fails_for_tables_that_place_more_grains_than_the_file_can_hold(stream_optimized: Any, memory: Memory) -> None:
    image = stream_optimized(1 << 40, b"windows")
    directory = len(image) - 1536 - 32768 * 4
    table = image[directory : directory + 4]
    assert struct.unpack("<I", table)[0] > 0
    hostile = edited(image, directory, table * 32768)  # each table of the disk is the first one
    at = struct.unpack("<I", table)[0] * 512
    hostile = edited(hostile, at, hostile[at : at + 4] * 512)
    with pytest.raises(DamagedImageError, match="place more chunks of 65536 bytes than its"):
        list(VmdkContent(memory(hostile)).extents())


def test_a_grain_table_outside_the_file_is_reported(image: bytes, memory: Memory) -> None:
    directory = len(image) - 1536 - 512
    with pytest.raises(DiskImageError, match="a grain table of 2048 bytes at 2199023255040 does not lie within its"):
        list(VmdkContent(memory(edited(image, directory, b"\xff\xff\xff\xff"))).extents())


def test_zeroed_grains_are_zeros(tmp_path: Path, memory: Memory) -> None:
    made = tmp_path / "disk.vmdk"
    options = ["-f", "vmdk", "-o", "subformat=monolithicSparse,zeroed_grain=on"]
    subprocess.run(["qemu-img", "create", "-q", *options, made, "1M"], check=True)
    subprocess.run(
        ["qemu-io", "-f", "vmdk", "-c", "write -P 5 0 256k", "-c", "write -z 64k 64k", made],
        check=True,
        capture_output=True,
    )
    disk = VmdkContent(memory(made.read_bytes()))
    assert list(disk.extents()) == [(0, 65536), (131072, 131072)]
    assert disk.read(60_000, 80_000) == b"\5" * 5536 + bytes(65536) + b"\5" * (80_000 - 5536 - 65536)


def test_a_grain_of_a_remote_image_is_one_read(stream_optimized: Any, memory: Memory) -> None:
    reads: list[tuple[int, int]] = []

    class Remote(memory):  # type: ignore[misc, valid-type] # the class is a fixture
        def read_at(self, offset: int, length: int) -> bytes:
            reads.append((offset, length))
            return bytes(super().read_at(offset, length))

    random_bytes = random.Random(1).randbytes(3 * GRAIN)  # noqa: S311 - not a secret
    content = VmdkContent(Remote(stream_optimized(1 << 30, random_bytes)))
    content.read(0, 1)  # the table is known now
    reads.clear()
    assert content.read(GRAIN, 5) == random_bytes[GRAIN : GRAIN + 5]
    assert len(reads) == 1
    reads.clear()
    assert content.read(2 * GRAIN, 5) == random_bytes[2 * GRAIN : 2 * GRAIN + 5]
    assert len(reads) == 2  # nothing says how long the last grain is
