import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.disk.disk_errors import DamagedImageError, UnsupportedImageError
from pulumi_vmimport.disk.vhd_content import open_vhd

Memory = Callable[..., Any]
Convert = Callable[[Path, Sequence[str]], Path]
DYNAMIC = ["-O", "vpc", "-o", "force_size=on"]
FIXED = ["-O", "vpc", "-o", "subformat=fixed,force_size=on"]
HEADER = 512  # of the dynamic disk, behind the copy of the footer


@pytest.fixture
def dynamic(raw_disk: Path, convert: Convert) -> bytes:
    return convert(raw_disk, DYNAMIC).read_bytes()


@pytest.fixture
def fixed(raw_disk: Path, convert: Convert) -> bytes:
    return convert(raw_disk, FIXED).read_bytes()


def summed(data: bytearray, start: int, length: int, at: int) -> None:
    """Set the checksum of a structure to what its bytes make."""
    data[start + at : start + at + 4] = bytes(4)
    data[start + at : start + at + 4] = struct.pack(">I", ~sum(data[start : start + length]) & 0xFFFFFFFF)


def with_footers(image: bytes, at: int, value: bytes) -> bytes:
    """The image with another value in footer and copy, where there is one."""
    data = bytearray(image)
    for start in [len(data) - 512, *([0] if image.startswith(b"conectix") else [])]:
        data[start + at : start + at + len(value)] = value
        summed(data, start, 512, 64)
    return bytes(data)


def with_header(image: bytes, at: int, value: bytes) -> bytes:
    data = bytearray(image)
    data[HEADER + at : HEADER + at + len(value)] = value
    summed(data, HEADER, 1024, 36)
    return bytes(data)


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        pytest.param(48, struct.pack(">Q", 0), "expected a capacity of 1 byte to 64 TiB, got 0", id="no-capacity"),
        pytest.param(60, struct.pack(">I", 7), "type 7, expected 2 .fixed. or 3 .dynamic.", id="type"),
        pytest.param(16, struct.pack(">Q", 1 << 60), "its dynamic disk header of 1024 bytes at 1152", id="header"),
        pytest.param(16, struct.pack(">Q", 0), "its dynamic disk header at 0 starts with 'conectix'", id="no-header"),
        pytest.param(48, struct.pack(">Q", 1 << 40), "blocks of 2097152 bytes for a disk of 1099511", id="capacity"),
    ],
)
def test_fails_for_an_invalid_footer(dynamic: bytes, memory: Memory, at: int, value: bytes, words: str) -> None:
    with pytest.raises(DamagedImageError, match=words):
        open_vhd(memory(with_footers(dynamic, at, value)))


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        pytest.param(32, struct.pack(">I", 3000), "11 blocks of 3000 bytes", id="odd-block"),
        pytest.param(32, struct.pack(">I", 0), "11 blocks of 0 bytes", id="no-block"),
        pytest.param(16, struct.pack(">Q", 1 << 60), "the block allocation table of 44 bytes at 1152921", id="table"),
    ],
)
def test_fails_for_an_invalid_header(dynamic: bytes, memory: Memory, at: int, value: bytes, words: str) -> None:
    with pytest.raises(DamagedImageError, match=words):
        open_vhd(memory(with_header(dynamic, at, value)))


def test_fails_for_a_wrong_checksum(dynamic: bytes, fixed: bytes, memory: Memory) -> None:
    footer = fixed[:-500] + b"\7" + fixed[-499:]
    with pytest.raises(
        DamagedImageError, match=r"the checksum of its footer is wrong: expected 0x[0-9a-f]+, got 0x[0-9a-f]+"
    ):
        open_vhd(memory(footer))
    header = dynamic[: HEADER + 100] + b"\7" + dynamic[HEADER + 101 :]
    with pytest.raises(DamagedImageError, match="the checksum of its dynamic disk header"):
        open_vhd(memory(header))


def test_fails_if_the_footers_differ(dynamic: bytes, memory: Memory) -> None:
    data = bytearray(dynamic)
    data[70] ^= 1
    summed(data, 0, 512, 64)
    with pytest.raises(DamagedImageError, match="footer and the copy at the start are not identical"):
        open_vhd(memory(bytes(data)))


def test_fails_for_a_fixed_disk_shorter_than_its_footer_states(fixed: bytes, memory: Memory) -> None:
    with pytest.raises(DamagedImageError, match="1099511627776 bytes of data, the file has 22020096"):
        open_vhd(memory(with_footers(fixed, 48, struct.pack(">Q", 1 << 40))))


def test_fails_for_a_block_outside_the_file(dynamic: bytes, memory: Memory) -> None:
    table = struct.unpack_from(">Q", dynamic, HEADER + 16)[0]
    disk = open_vhd(memory(dynamic[:table] + b"\x7f\xff\xff\xff" + dynamic[table + 4 :]))
    with pytest.raises(DamagedImageError, match="block 0 of 10 bytes at 1099511627776 does not lie within its"):
        disk.read(0, 10)


def test_fails_for_a_differencing_disk(dynamic: bytes, memory: Memory) -> None:
    with pytest.raises(UnsupportedImageError, match="a differencing VHD, which requires its parent; merge it"):
        open_vhd(memory(with_footers(dynamic, 60, struct.pack(">I", 4))))


def test_the_capacity_is_that_of_the_footer(tmp_path: Path, memory: Memory) -> None:
    made = tmp_path / "disk.vhd"  # without force_size, qemu-img rounds the size up to whole cylinders
    subprocess.run(["qemu-img", "create", "-q", "-f", "vpc", made, "100M"], check=True)
    info = subprocess.run(["qemu-img", "info", "--output=json", made], check=True, capture_output=True, text=True)
    assert f'"virtual-size": {open_vhd(memory(made.read_bytes())).capacity_bytes},' in info.stdout
