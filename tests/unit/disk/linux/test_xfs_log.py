import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import run as run_tool
from tests.unit.disk.linux.linux_volumes import region_of, xfs
from tests.unit.disk.linux.xfs_logs import BLOCK, COMMIT, UNMOUNT, append_record, real_volume, record, volume

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.linux.xfs_log import needs_recovery
from pulumi_vmimport.disk.raw_content import RawContent

BLOCKS = 1024


def verdict(image: Path) -> bool:
    return needs_recovery(region_of(image), "partition 1")


def ring(cycle: int, head: int, last: bytes, at: int) -> bytes:
    """A log whose blocks before the head are of this cycle and the others of the one before, with one record."""
    blocks = [struct.pack(">I", cycle if number < head else cycle - 1).ljust(BLOCK, b"\0") for number in range(BLOCKS)]
    for number in range(len(last) // BLOCK):
        blocks[(at + number) % BLOCKS] = last[number * BLOCK : (number + 1) * BLOCK]
    return b"".join(blocks)


@pytest.mark.parametrize("options", [(), ("-l", "su=256k"), ("-s", "size=4096")])
def test_a_new_volume_is_clean(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert verdict(xfs(tmp_path / "volume", {}, *options)) is False


def test_a_log_that_xfs_db_formats_in_a_later_cycle_is_clean(tmp_path: Path) -> None:
    image = xfs(tmp_path / "volume", {})
    run_tool("xfs_db", "-x", "-c", "logformat -c 7", image)
    assert verdict(image) is False


@pytest.mark.parametrize(("name", "expected"), [("mounted", True), ("unmounted", False)])
def test_the_log_of_a_volume_that_linux_wrote(tmp_path: Path, name: str, expected: bool) -> None:
    assert verdict(real_volume(tmp_path / "volume", name)) is expected


def test_a_record_behind_the_one_of_unmounting_is_pending(tmp_path: Path) -> None:
    image = xfs(tmp_path / "volume", {})
    append_record(image)
    assert verdict(image) is True


@pytest.mark.parametrize(("flags", "expected"), [(UNMOUNT, False), (COMMIT, True)])
@pytest.mark.parametrize("head", [1, 2, 7, 500, BLOCKS])
def test_the_last_record_of_a_full_log_decides_also_if_it_crosses_its_end(
    tmp_path: Path, head: int, flags: int, expected: bool
) -> None:
    at = (head - 2) % BLOCKS
    log = bytearray(ring(3, head, record(at, 3, flags), at))
    if head == 1:  # the header is the last block, of the cycle before
        log[at * BLOCK + 4 : at * BLOCK + 8] = struct.pack(">I", 2)
    assert verdict(volume(tmp_path / "volume", bytes(log))) is expected


def test_a_record_of_unmounting_with_other_operations_is_no_unmount(tmp_path: Path) -> None:
    log = ring(3, 500, record(498, 3, UNMOUNT, operations=2), 498)
    assert verdict(volume(tmp_path / "volume", log)) is True


def test_an_incomplete_last_record_is_pending(tmp_path: Path) -> None:
    log = ring(3, 500, record(498, 3, UNMOUNT, data_blocks=1), 498)
    longer = log[: 498 * BLOCK + 12] + struct.pack(">I", 4 * BLOCK) + log[498 * BLOCK + 16 :]
    assert verdict(volume(tmp_path / "volume", longer)) is True


def test_a_log_without_a_record_before_its_head_is_pending(tmp_path: Path) -> None:
    assert verdict(volume(tmp_path / "volume", ring(3, 500, b"", 0))) is True


def test_a_log_that_was_never_written_is_clean(tmp_path: Path) -> None:
    assert verdict(volume(tmp_path / "volume", bytes(BLOCK), blocks=BLOCKS)) is False


def external(superblock: bytearray) -> None:
    superblock[48:56] = bytes(8)


def too_large(superblock: bytearray) -> None:
    superblock[96:100] = b"\xff" * 4


def beyond_the_volume(superblock: bytearray) -> None:
    superblock[84:88] = struct.pack(">I", 1 << 20)


def no_superblock(superblock: bytearray) -> None:
    superblock[:4] = bytes(4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (external, "its log is on another device"),
        (too_large, "does not lie within the volume"),
        (beyond_the_volume, "does not lie within the volume"),
        (no_superblock, "no superblock of XFS"),
    ],
)
def test_a_log_that_cannot_be_read_is_unknown(tmp_path: Path, change: Callable[[bytearray], None], words: str) -> None:
    image = volume(tmp_path / "volume", ring(3, 500, record(498, 3, UNMOUNT), 498))
    with image.open("r+b") as file:
        superblock = bytearray(file.read(BLOCK))
        change(superblock)
        file.seek(0)
        file.write(superblock)
    with pytest.raises(UnreadableVolumeError, match=words):
        verdict(image)


def test_cycles_that_do_not_follow_each_other_are_unknown(tmp_path: Path) -> None:
    log = ring(9, 500, record(498, 9, UNMOUNT), 498)
    damaged = log[:-BLOCK] + struct.pack(">I", 3).ljust(BLOCK, b"\0")
    with pytest.raises(UnreadableVolumeError, match="begins with cycle 9 and ends with 3"):
        verdict(volume(tmp_path / "volume", damaged))


def test_a_large_log_takes_few_reads(tmp_path: Path) -> None:
    region = region_of(xfs(tmp_path / "volume", {}))
    reads: list[int] = []

    class Counted(RawContent):
        def read(self, offset: int, length: int) -> bytes:
            reads.append(length)
            return region.content.read(offset, length)

    counted = DiskRegion.of_disk(Counted(region.content._source))
    assert needs_recovery(counted, "partition 1") is False
    assert len(reads) <= 24
    assert sum(reads) <= 128 << 10
