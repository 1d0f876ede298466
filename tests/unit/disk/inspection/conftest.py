"""Disks that several of these tests look into."""

import random
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import (
    archive,
    converted,
    identical,
    manifest,
    vsphere_members,
    with_directory_at_end,
)
from tests.unit.disk.inspection.disk_tools import sfdisk

MIB = 1 << 20
WINDOWS = "label: dos\nlabel-id: 0x1234abcd\nsize=8M, type=7, bootable\nsize=4M, type=83\n"


@pytest.fixture(scope="session")
def sparse_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """70 MiB, so three grain tables, with data in the first and the last of them."""
    dice = random.Random(5)  # noqa: S311 - no secret
    path = tmp_path_factory.mktemp("raw") / "disk.raw"
    with path.open("wb") as file:
        file.truncate(70 * MIB)
        for at in (0, MIB, 5 * MIB + 7, 66 * MIB, 70 * MIB - 90_000):
            file.seek(at)
            file.write(dice.randbytes(90_000))
    return path


@pytest.fixture(scope="session")
def at_start(sparse_raw: Path) -> bytes:
    return converted(sparse_raw, sparse_raw.with_suffix(".vmdk"), "vmdk", "subformat=streamOptimized").read_bytes()


@pytest.fixture(scope="session")
def at_end(at_start: bytes, sparse_raw: Path) -> bytes:
    """As vSphere writes it; qemu-img reads the same disk in it."""
    made = sparse_raw.with_name("end.vmdk")
    made.write_bytes(with_directory_at_end(at_start))
    assert identical(made, sparse_raw)
    return made.read_bytes()


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dice = random.Random(8)  # noqa: S311 - no secret
    path = tmp_path_factory.mktemp("raw") / "disk.raw"
    with path.open("wb") as file:
        file.truncate(40 * MIB)
        for at in range(13 * MIB, 38 * MIB, 3 * MIB):
            file.seek(at)
            file.write(dice.randbytes(70_000))
    sfdisk(path, WINDOWS)
    return path


@pytest.fixture(scope="session")
def stream(raw: Path) -> bytes:
    """As vSphere exports it."""
    at_start = converted(raw, raw.with_suffix(".vmdk"), "vmdk", "subformat=streamOptimized")
    made = raw.with_name("end.vmdk")
    made.write_bytes(with_directory_at_end(at_start.read_bytes()))
    assert identical(made, raw)
    return made.read_bytes()


@pytest.fixture
def ova(stream: bytes, tmp_path: Path) -> bytes:
    members = vsphere_members(stream)
    return archive({**members, "win11.mf": manifest("sha256sum", tmp_path, members)})
