import hashlib
import threading
from typing import Any

import pytest

from pulumi_vmimport.transfer.blocks import SentBlocks, block_indexes, send_blocks

BLOCK = 4096


class FakeSnapshot:
    """Receives blocks and counts the blocks read."""

    def __init__(self) -> None:
        self.blocks: dict[int, bytes] = {}
        self.lock = threading.Lock()
        self.read = 0

    def put(self, index: int, data: bytes, sha256: bytes) -> None:
        assert hashlib.sha256(data).digest() == sha256
        with self.lock:
            assert index not in self.blocks
            self.blocks[index] = data

    def content(self, index: int) -> bytes:
        with self.lock:
            self.read += 1
        return (b"%d" % index).ljust(BLOCK, b".") if index % 3 else bytes(BLOCK)


def nothing(index: int, sent_bytes: int) -> None:
    pass


def linear(blocks: dict[int, bytes]) -> SentBlocks:
    """The checksum of the blocks as AWS documents it."""
    digests = b"".join(hashlib.sha256(blocks[index]).digest() for index in sorted(blocks))
    return SentBlocks(len(blocks), hashlib.sha256(digests).digest())


@pytest.mark.parametrize(
    ("extents", "indexes"),
    [
        ([], []),
        ([(0, 1)], [0]),
        ([(0, BLOCK)], [0]),
        ([(BLOCK - 1, 2)], [0, 1]),
        ([(10, 20), (40, 20)], [0]),
        ([(0, BLOCK + 1), (2 * BLOCK - 1, 1), (9 * BLOCK, 5)], [0, 1, 9]),
    ],
)
def test_each_block_with_data_is_listed_once(extents: Any, indexes: list[int]) -> None:
    assert list(block_indexes(extents, BLOCK)) == indexes


def test_all_blocks_but_those_of_zeros_are_sent() -> None:
    snapshot = FakeSnapshot()
    sent = send_blocks(range(200), snapshot.content, snapshot.put, progress=nothing)
    assert snapshot.blocks == {index: snapshot.content(index) for index in range(200) if index % 3}
    assert sent == linear(snapshot.blocks)


def test_blocks_of_an_earlier_run_are_counted_but_not_sent() -> None:
    whole, rest = FakeSnapshot(), FakeSnapshot()
    sent = send_blocks(range(100), whole.content, whole.put, progress=nothing)
    assert send_blocks(range(100), rest.content, rest.put, first_unsent=40, progress=nothing) == sent
    assert min(rest.blocks) == 40


def test_progress_reports_the_index_up_to_which_all_blocks_are_sent() -> None:
    snapshot, reports = FakeSnapshot(), []

    def progress(index: int, sent_bytes: int) -> None:
        assert all(i in snapshot.blocks for i in range(index) if i % 3)
        reports.append((index, sent_bytes))

    send_blocks(range(100), snapshot.content, snapshot.put, progress=progress)
    assert [index for index, _ in reports] == list(range(1, 101))
    assert reports[-1] == (100, 66 * BLOCK)


def test_a_slow_block_limits_how_far_reading_proceeds() -> None:
    snapshot, release = FakeSnapshot(), threading.Event()

    def put(index: int, data: bytes, sha256: bytes) -> None:
        if index == 1:
            release.wait(10)
        snapshot.put(index, data, sha256)
        if len(snapshot.blocks) == 20:  # all of the 32 pending blocks except zeros and the slow one
            assert snapshot.read <= 33
            release.set()

    send_blocks(range(1000), snapshot.content, put, progress=nothing)
    assert release.is_set()
    assert len(snapshot.blocks) == 666


@pytest.mark.parametrize("where", ["read", "put", "progress"])
def test_fails_with_the_first_error_and_sends_no_more_blocks(where: str) -> None:
    snapshot = FakeSnapshot()

    def fail(name: str, index: int) -> None:
        if name == where and index == 50:
            raise OSError(f"no {name}")

    def read(index: int) -> bytes:
        fail("read", index)
        return snapshot.content(index)

    def put(index: int, data: bytes, sha256: bytes) -> None:
        fail("put", index)
        snapshot.put(index, data, sha256)

    with pytest.raises(OSError, match=f"no {where}"):
        send_blocks(range(1000), read, put, progress=lambda index, _: fail("progress", index))
    assert snapshot.read < 120
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("block")]
