"""What is read of the region, and how often."""

import random
from dataclasses import dataclass, field

import pytest
from tests.unit.disk.conftest import Memory

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.ntfs.block_cache import BlockCache
from pulumi_vmimport.disk.raw_content import RawContent

KIB, MIB = 1 << 10, 1 << 20
DATA = random.Random(2).randbytes(3 * MIB + 77)  # noqa: S311 - no secret


@dataclass
class Counted(Memory):
    is_local: bool = False
    ranges: list[tuple[int, int]] = field(default_factory=list)

    def read_at(self, offset: int, length: int) -> bytes:
        self.ranges.append((offset, length))
        return super().read_at(offset, length)


@pytest.fixture(params=[True, False])
def source(request: pytest.FixtureRequest) -> Counted:
    return Counted(DATA, is_local=request.param)


def cache_of(source: Counted) -> BlockCache:
    return BlockCache(DiskRegion.of_disk(RawContent(source)))


def test_every_part_is_that_of_the_region(source: Counted) -> None:
    cache, dice = cache_of(source), random.Random(3)  # noqa: S311 - no secret
    for _ in range(400):
        offset = dice.randrange(len(DATA))
        length = dice.choice((0, 1, 100, 5000, 70_000, 2 * MIB))
        assert cache.read(offset, length) == DATA[offset : offset + length].ljust(length, b"\0")


def test_a_block_is_read_once_and_missing_ones_in_a_row_together() -> None:
    source = Counted(DATA)
    cache = cache_of(source)
    cache.read(10, 10)
    cache.read(65_000, 100)
    cache.read(3 * 65_536 - 1, 2)
    cache.read(0, 4 * 65_536)
    assert source.ranges == [(0, 65_536), (2 * 65_536, 131_072), (65_536, 65_536)]


def test_large_reads_are_not_kept_and_end_with_the_region() -> None:
    source = Counted(DATA)
    cache = cache_of(source)
    cache.read(0, len(DATA))
    cache.read(0, 1)
    assert source.ranges == [(0, MIB), (MIB, MIB), (2 * MIB, MIB), (3 * MIB, 77), (0, 65_536)]


def test_the_block_used_least_recently_is_dropped() -> None:
    source = Counted(bytes(20 * MIB))
    cache = cache_of(source)
    for number in range(128):
        cache.read(number * 65_536, 1)
    cache.read(0, 1)
    cache.read(128 * 65_536, 1)
    source.ranges.clear()
    cache.read(0, 1)
    assert source.ranges == []
    cache.read(65_536, 1)
    assert source.ranges == [(65_536, 65_536)]
