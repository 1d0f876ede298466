import random

import pytest
from tests.unit.disk.registry.hive_writer import MemoryFile

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry import block_reader
from pulumi_vmimport.disk.registry.block_reader import BLOCK_BYTES, MAX_BLOCKS, BlockReader

SIZE = 300 * BLOCK_BYTES + 77


@pytest.fixture(scope="module")
def content() -> bytes:
    return random.Random(5).randbytes(SIZE)  # noqa: S311 - no secret


def test_any_part_is_that_of_the_file(content: bytes) -> None:
    dice = random.Random(6)  # noqa: S311 - no secret
    reader = BlockReader(MemoryFile(content))
    for _ in range(600):
        offset = dice.randrange(SIZE + 10)
        length = dice.choice((1, 4, 76, BLOCK_BYTES, 3 * BLOCK_BYTES + 5, 70 * BLOCK_BYTES))
        assert reader.read(offset, length) == content[offset : offset + length]
    assert reader.read(SIZE, 4) == b""
    assert reader.read(5, 0) == b""


def test_neighbors_are_read_once(content: bytes) -> None:
    file = MemoryFile(content)
    reader = BlockReader(file)
    reader.read(BLOCK_BYTES + 5, 10)
    reader.read(2 * BLOCK_BYTES - 1, 1)
    assert file.reads == [(BLOCK_BYTES, BLOCK_BYTES)]
    reader.read(0, 4 * BLOCK_BYTES)  # what is missing around it, each in one read
    assert file.reads[1:] == [(0, BLOCK_BYTES), (2 * BLOCK_BYTES, 2 * BLOCK_BYTES)]
    reader.read(3 * BLOCK_BYTES, BLOCK_BYTES)
    assert len(file.reads) == 3


def test_the_blocks_that_were_read_last_are_kept(content: bytes) -> None:
    file = MemoryFile(content)
    reader = BlockReader(file)
    for number in range(MAX_BLOCKS):
        reader.read(number * BLOCK_BYTES, 1)
    reader.read(0, 1)
    reader.read(MAX_BLOCKS * BLOCK_BYTES, 1)  # replaces block 1
    count = len(file.reads)
    reader.read(0, 1)
    assert len(file.reads) == count
    reader.read(BLOCK_BYTES, 1)
    assert file.reads[count:] == [(BLOCK_BYTES, BLOCK_BYTES)]


def test_a_large_value_is_read_at_once_and_not_kept(content: bytes) -> None:
    file = MemoryFile(content)
    reader = BlockReader(file)
    reader.read(0, 1)
    reader.read(100, 80 * BLOCK_BYTES)
    reader.read(0, 1)
    reader.read(BLOCK_BYTES, 1)
    assert file.reads == [(0, BLOCK_BYTES), (100, 80 * BLOCK_BYTES), (BLOCK_BYTES, BLOCK_BYTES)]


def test_no_more_than_the_limit_is_read(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_reader, "MAX_READ_BYTES", 3 * BLOCK_BYTES)
    reader = BlockReader(MemoryFile(content, "SYSTEM"))
    reader.read(0, 3 * BLOCK_BYTES)
    with pytest.raises(UnreadableVolumeError, match="SYSTEM: what was looked up takes more than 0 MiB of it"):
        reader.read(5 * BLOCK_BYTES, 1)
