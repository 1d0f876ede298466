"""The disk in an image is what qemu-img put into it, byte for byte, whatever the format."""

import random
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError, UnsupportedImageError
from pulumi_vmimport.disk.image_format import format_of, open_image
from pulumi_vmimport.disk.readable_formats import ImageFormat

MIB = 1 << 20
Memory = Callable[..., Any]
Convert = Callable[[Path, Sequence[str]], Path]


def whole(disk: DiskContent) -> bytes:
    """The disk put together from its extents."""
    out = bytearray(disk.capacity_bytes)
    for offset, length in disk.extents():
        out[offset : offset + length] = disk.read(offset, length)
    return bytes(out)


def test_the_format_is_detected_by_content(image: bytes, kind: Any, memory: Memory) -> None:
    assert format_of(memory(image)) == kind.format


def test_the_extents_include_every_byte_of_data(image: bytes, raw_disk: Path, memory: Memory) -> None:
    disk = open_image(memory(image))
    assert disk.capacity_bytes == 21 * MIB
    assert disk.sector_bytes == 512
    assert whole(disk) == raw_disk.read_bytes()


def test_extents_are_in_order_and_exclude_absent_chunks(image: bytes, kind: Any, memory: Memory) -> None:
    found = list(open_image(memory(image)).extents())
    ends = [offset + length for offset, length in found]
    assert all(end < offset for end, (offset, _) in zip(ends, found[1:], strict=False))
    assert ends[-1] == 21 * MIB
    assert kind.chunk_bytes == 0 or sum(length for _, length in found) < 12 * MIB or kind.name == "vhdx-fixed"


def test_any_part_can_be_read(image: bytes, raw_disk: Path, memory: Memory) -> None:
    disk, raw, dice = open_image(memory(image)), raw_disk.read_bytes(), random.Random(5)  # noqa: S311 - no secret
    for _ in range(60):
        offset, length = dice.randrange(21 * MIB), dice.choice([1, 511, 4096, 524288])
        assert disk.read(offset, length) == raw[offset : offset + length].ljust(length, b"\0")
    assert disk.read(30 * MIB, 10) == bytes(10)


def test_opening_an_image_reads_little_of_it(image: bytes, memory: Memory) -> None:
    source = memory(image)
    open_image(source)
    assert source.read_bytes < 400_000


def test_a_disk_as_vsphere_exports_it_is_read(stream_optimized: Any, memory: Memory) -> None:
    content = random.Random(3).randbytes(300_000)  # noqa: S311 - no secret
    disk = open_image(memory(stream_optimized(3 << 30, content)))
    assert disk.capacity_bytes == 3 << 30
    assert list(disk.extents()) == [(0, 5 * 65536)]
    assert disk.read(0, len(content)) == content
    assert disk.read(2 << 30, 4096) == bytes(4096)


def test_bitmap_entries_between_the_blocks_of_a_vhdx_are_skipped(
    tmp_path: Path, convert: Convert, memory: Memory
) -> None:
    raw = tmp_path / "disk.raw"
    with raw.open("wb") as file:  # 16 blocks of 256 MiB stand before the first bitmap entry
        for number in (0, 15, 16, 17):
            file.seek(number * (256 << 20))
            file.write(b"block %d" % number)
        file.truncate(18 * (256 << 20))
    made = convert(raw, ["-O", "vhdx", "-o", "block_size=256M"])

    class Sparse(memory):  # type: ignore[misc,valid-type] # 1 GiB of zeros are not held in memory
        size_bytes = made.stat().st_size

        def read_at(self, offset: int, length: int) -> bytes:
            with made.open("rb") as file:
                file.seek(offset)
                return file.read(length)

    disk = open_image(Sparse(b""))
    for number in (0, 15, 16, 17):
        assert disk.read(number * (256 << 20), 8).rstrip(b"\0") == b"block %d" % number
    assert list(disk.extents()) == [(0, 256 << 20), (15 * (256 << 20), 3 * (256 << 20))]


def test_the_content_must_be_of_the_expected_format(image: bytes, kind: Any, memory: Memory) -> None:
    open_image(memory(image), ImageFormat(kind.format.lower()))
    other = next(f for f in ImageFormat if f != kind.format)
    with pytest.raises(UnsupportedImageError, match=f"an image with the content {kind.format}; expected {other}"):
        open_image(memory(image), other)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "got an empty file; copy or upload", id="empty"),
        pytest.param(b"# Disk DescriptorFile\nversion=1\n", "whose data is in other files", id="vmdk-descriptor"),
        pytest.param(b"COWD" + bytes(600), "a VMDK of an ESX file system", id="esx"),
        pytest.param(b"QFI\xfb" + bytes(600), "a qcow2 image; convert it: `qemu-img convert", id="qcow2"),
        pytest.param(bytes(64) + b"\x7f\x10\xda\xbe" + bytes(600), "a VDI image", id="vdi"),
        pytest.param(bytes(257) + b"ustar  \0" + bytes(600), "import the OVA with ImportImage", id="ova"),
        pytest.param(b"\x1f\x8b\x08" + bytes(600), "compressed with gzip; unpack it: `gzip", id="gzip"),
        pytest.param(b"PK\x03\x04" + bytes(600), "a zip file; unpack it: `unzip", id="zip"),
    ],
)
def test_fails_for_other_formats_instead_of_reading_them_as_raw(memory: Memory, data: bytes, words: str) -> None:
    with pytest.raises(UnsupportedImageError, match=words) as caught:
        open_image(memory(data, name="web.img"), ImageFormat.RAW)
    assert str(caught.value).startswith("disk web.img: got ")


@pytest.mark.parametrize("cut", [1, 512, 4096, 100_000, 1 << 20, 8 << 20])
def test_a_truncated_image_never_returns_other_content(
    image: bytes, raw_disk: Path, kind: Any, memory: Memory, cut: int
) -> None:
    short = memory(image[:-cut])
    if kind.chunk_bytes == 0 and b"conectix" not in image[-512:-cut]:
        assert format_of(short) == "RAW"  # it looks like a complete raw disk, which is why `format` is an input
        return
    try:
        found = whole(open_image(short))
    except DiskImageError:
        return
    assert cut < 8 << 20
    assert found == raw_disk.read_bytes()


def test_hostile_input_raises_only_disk_image_errors(image: bytes, memory: Memory) -> None:
    dice = random.Random(7)  # noqa: S311 - no secret
    heads = (0, 64 << 10, 128 << 10, 192 << 10, 256 << 10, 1 << 20, 2 << 20, len(image) - 512)
    for _ in range(60):
        hostile = bytearray(image if dice.random() < 0.5 else image[: dice.randrange(len(image))])
        for _ in range(dice.randrange(1, 6)):
            at = dice.choice(heads) + dice.randrange(300)
            value = dice.choice([b"\xff", b"\0", b"\x80", dice.randbytes(4), struct.pack("<Q", 1 << 62)])
            hostile[at : at + len(value)] = value[: max(len(hostile) - at, 0)]
        source = memory(bytes(hostile))
        try:
            disk = open_image(source)
            for number, (offset, length) in enumerate(disk.extents()):
                disk.read(offset, min(length, 4096))
                if number > 20:
                    break
        except DiskImageError:
            continue
        finally:
            source.data = b""  # what has caches is freed by and by, and 60 images would pile up until then
