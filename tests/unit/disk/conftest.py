"""Disk images in memory and of qemu-img's making."""

import random
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

MIB = 1 << 20


@dataclass
class Memory:
    """A file in memory, as readers want it; counts what is read."""

    data: bytes
    name: str = "disk"
    read_bytes: int = 0

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read_at(self, offset: int, length: int) -> bytes:
        assert offset >= 0
        assert length >= 0
        self.read_bytes += length
        return self.data[offset : offset + length]

    def extents(self) -> Iterator[tuple[int, int]]:
        yield 0, len(self.data)


@pytest.fixture(scope="session")
def memory() -> type[Memory]:
    return Memory


@dataclass(frozen=True)
class Kind:
    """A kind of image, as qemu-img is asked for it."""

    name: str
    options: Sequence[str]
    format: str
    chunk_bytes: int


KINDS = (
    Kind("raw", ["-O", "raw"], "RAW", 0),
    Kind("vmdk-stream-optimized", ["-O", "vmdk", "-o", "subformat=streamOptimized"], "VMDK", 65536),
    Kind("vmdk-monolithic-sparse", ["-O", "vmdk", "-o", "subformat=monolithicSparse"], "VMDK", 65536),
    Kind("vhd-dynamic", ["-O", "vpc", "-o", "force_size=on"], "VHD", 2 * MIB),
    Kind("vhd-fixed", ["-O", "vpc", "-o", "subformat=fixed,force_size=on"], "VHD", 0),
    Kind("vhdx-dynamic", ["-O", "vhdx", "-o", "block_size=1M"], "VHDX", MIB),
    Kind("vhdx-fixed", ["-O", "vhdx", "-o", "subformat=fixed"], "VHDX", 8 * MIB),
)


@pytest.fixture(scope="session")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, Sequence[str]], Path]:
    """Converts a raw image with qemu-img."""

    def run(raw: Path, options: Sequence[str]) -> Path:
        made = tmp_path_factory.mktemp("image") / "disk.img"
        subprocess.run(["qemu-img", "convert", "-f", "raw", *options, raw, made], check=True)
        return made

    return run


@pytest.fixture(scope="session")
def raw_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk of 21 MiB with data here and there, across the borders of all chunk sizes, and at both ends."""
    dice = random.Random(11)  # noqa: S311 - no secret
    path = tmp_path_factory.mktemp("raw") / "disk.raw"
    with path.open("wb") as file:
        for at, size in ((0, 700), (65000, 2000), (MIB - 3, 7), (2 * MIB - 9, 3 * MIB), (17 * MIB + 5, 100_000)):
            file.seek(at)
            file.write(dice.randbytes(size // 2) + b"\1" * (size - size // 2))
        file.seek(21 * MIB - 512)
        file.write(b"\xff" * 512)
    return path


@pytest.fixture(scope="session", params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param
    return made


@pytest.fixture(scope="session")
def image(kind: Kind, raw_disk: Path, convert: Callable[[Path, Sequence[str]], Path]) -> bytes:
    """`raw_disk` in each kind of image."""
    return convert(raw_disk, kind.options).read_bytes()
