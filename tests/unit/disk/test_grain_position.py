import os
import subprocess
from collections.abc import Callable

import pytest

from pulumi_vmimport.disk.grain_position import GrainPosition

GIB = 1 << 30
Vmdk = Callable[[int, bytes], bytes]


def percent_after(data: bytes, size: int) -> list[int]:
    """The percentage after each chunk of a size."""
    position, seen = GrainPosition(), []
    for at in range(0, len(data), size):
        position.see(data[at : at + size])
        seen.append(position.percent)
    return seen


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """100 MiB with data in the first and the last tenth, in the layout of qemu-img."""
    folder = tmp_path_factory.mktemp("disk")
    data = bytearray(100 << 20)
    data[: 10 << 20] = os.urandom(10 << 20)
    data[90 << 20 :] = os.urandom(10 << 20)
    (folder / "raw").write_bytes(data)
    command = ["qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized"]
    subprocess.run([*command, folder / "raw", folder / "vmdk"], check=True)
    return (folder / "vmdk").read_bytes()


@pytest.mark.parametrize("size", [1 << 20, 4096, 1000])
def test_the_percentage_is_a_share_of_the_disk_not_of_the_file(disk: bytes, size: int) -> None:
    seen = percent_after(disk, size)
    assert seen == sorted(seen)
    assert seen[len(seen) // 4] in range(4, 7)
    assert seen[len(seen) * 3 // 4] in range(93, 97)
    assert seen[-1] == 99


def test_a_disk_as_vsphere_writes_it(stream_optimized: Vmdk) -> None:
    assert percent_after(stream_optimized(GIB, b"windows" * 50_000), 512)[-1] == 0
    assert percent_after(stream_optimized(1 << 20, b"windows" * 140_000), 512)[-1] > 80


@pytest.mark.parametrize("data", [b"", bytes(4096), b"KDMV", b"x" * 4096, b"KDMV" + b"\xff" * 4096], ids=len)
def test_bytes_of_another_format_leave_the_position_at_0(data: bytes) -> None:
    assert percent_after(data, 512)[-1:] in ([], [0])
