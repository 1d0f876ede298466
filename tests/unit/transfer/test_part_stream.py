import hashlib
import threading
import time
from typing import Any

import pytest

from pulumi_vmimport.transfer.buffers import BufferPool
from pulumi_vmimport.transfer.part_stream import PartStream, part_sizes

PART = 4096
WORKERS = 3
BUFFERS = WORKERS + 2 + 1
MIB = 1 << 20
GIB = 1 << 30


class Gate:
    """Takes parts only while it is open; knows how many are on their way, and whose buffers."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.arrived = threading.Semaphore(0)
        self.on_their_way = 0
        self.buffers: set[int] = set()
        self._lock = threading.Lock()

    def send(self, _: int, prefix: bytes, body: memoryview) -> None:
        del prefix
        with self._lock:
            self.on_their_way += 1
            self.buffers.add(id(body.obj))
        self.arrived.release()
        self.open.wait(10)
        with self._lock:
            self.on_their_way -= 1


class Slow:
    """A digest that takes its time."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.seen = hashlib.sha256()

    def update(self, data: Any, /) -> None:
        self.open.wait(10)
        self.seen.update(data)


def stream(send: Any, **kwargs: Any) -> PartStream:
    return PartStream(send, size_of=lambda _: PART, workers=WORKERS, **kwargs)


def feed(parts: PartStream, count: int, digest: Any = None, content: bytes = b"x" * PART) -> None:
    for _ in range(count):
        parts.room(PART)[:] = content
        parts.advance(PART, digest)


class TooSlow(Exception):  # noqa: N818 - what a wait raises
    pass


def raising_after(times: int) -> Any:
    left = [times]

    def waiting() -> None:
        left[0] -= 1
        if not left[0]:
            raise TooSlow

    return waiting


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_vmimport.transfer.buffers._LOOK_SECONDS", 0.01)


def test_no_more_buffers_are_filled_than_there_are() -> None:
    gate, filled = Gate(), [0]

    def fill(parts: PartStream) -> None:
        try:
            while True:
                feed(parts, 1)
                filled[0] += 1
        finally:
            gate.open.set()

    with pytest.raises(TooSlow), stream(gate.send, waiting=raising_after(3)) as parts:
        fill(parts)
    assert filled[0] == BUFFERS


def test_a_wait_for_the_uploads_can_be_ended_and_leaves_nothing_on_its_way() -> None:
    gate = Gate()
    threading.Timer(0.2, gate.open.set).start()
    with pytest.raises(TooSlow), stream(gate.send, waiting=raising_after(3)) as parts:
        feed(parts, 100)
    assert gate.on_their_way == 0


def test_the_same_few_buffers_serve_for_any_number_of_parts() -> None:
    gate = Gate()
    gate.open.set()
    with stream(gate.send) as parts:
        feed(parts, 500)
        parts.end()
    assert len(gate.buffers) <= BUFFERS


def test_a_buffer_that_is_sent_but_not_hashed_is_not_filled_again() -> None:
    gate, digest = Gate(), Slow()
    gate.open.set()

    def fill(parts: PartStream) -> None:
        try:
            feed(parts, BUFFERS + 1, digest)
        finally:
            digest.open.set()

    with pytest.raises(TooSlow), stream(gate.send, waiting=raising_after(5)) as parts:
        fill(parts)


def test_a_slow_digest_sees_every_byte_as_it_was() -> None:
    expected, digest = hashlib.sha256(), Slow()
    with stream(lambda *_: None) as parts:
        threading.Timer(0.05, digest.open.set).start()
        for number in range(50):
            content = bytes([number]) * PART
            expected.update(content)
            feed(parts, 1, digest, content)
        parts.end()
    assert digest.seen.digest() == expected.digest()


def test_the_first_and_the_current_part_may_wait_for_their_holes_at_any_length() -> None:
    sent: dict[int, bytes] = {}

    def send(number: int, *buffers: Any) -> None:
        sent[number] = b"".join(buffers)

    with stream(send) as parts:
        head = parts.hole(0, before_all=True)
        feed(parts, 30)
        for _ in range(5):
            hole = parts.hole(512)
            feed_bytes = PART * 20 - 512
            while feed_bytes:
                room = parts.room(feed_bytes)
                room[:] = b"y" * len(room)
                feed_bytes -= len(room)
                parts.advance(len(room))
            parts.fill(hole, b"h" * 512)
        parts.fill(head, b"the head")
        parts.end()
    assert sent[1] == b"the head" + b"x" * PART
    joined = b"".join(sent[number] for number in range(1, 132))
    assert joined == b"the head" + b"x" * PART * 30 + (b"h" * 512 + b"y" * (PART * 20 - 512)) * 5 + b""


def test_an_empty_stream_is_one_empty_part() -> None:
    sent: dict[int, bytes] = {}
    with stream(lambda number, *buffers: sent.update({number: b"".join(buffers)})) as parts:
        parts.end()
    assert sent == {1: b""}


def test_fails_at_once_where_a_part_fails_while_the_stream_waits_for_a_buffer() -> None:
    gate = Gate()

    def send(number: int, *buffers: Any) -> None:
        gate.send(number, *buffers)
        raise PermissionError

    began = time.monotonic()
    threading.Timer(0.1, gate.open.set).start()
    with pytest.raises(PermissionError), stream(send) as parts:
        feed(parts, 1000)
    assert time.monotonic() - began < 5
    assert gate.on_their_way == 0


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), ValueError("bug"), OSError("reset")], ids=lambda e: type(e).__name__
)
def test_fails_with_what_ends_the_block_and_sends_nothing_more(error: BaseException) -> None:
    gate, sent = Gate(), []

    def send(number: int, *buffers: Any) -> None:
        gate.send(number, *buffers)
        sent.append(number)

    def begin(parts: PartStream) -> None:
        feed(parts, BUFFERS - 1)
        for _ in range(WORKERS):
            gate.arrived.acquire()
        threading.Timer(0.1, gate.open.set).start()
        raise error

    with pytest.raises(type(error)), stream(send) as parts:
        begin(parts)
    assert (len(sent), gate.on_their_way) == (WORKERS, 0)


def test_fails_to_go_on_after_the_end() -> None:
    with stream(lambda *_: None) as parts:
        pass
    with pytest.raises(ValueError, match="the stream has ended"):
        parts.room(1)


def test_parts_grow_so_that_ten_thousand_suffice() -> None:
    sizes = part_sizes()
    assert [sizes(number) // MIB for number in (1, 4000, 4001, 7000, 7001, 9000, 9001, 10_000)] == [
        8, 8, 16, 16, 64, 64, 256, 256,
    ]  # fmt: skip
    assert sum(map(sizes, range(1, 10_001))) > 450 * GIB


@pytest.mark.parametrize("expected", [0, 450 * GIB, 1 << 40, 10 << 40])
def test_what_is_expected_fits(expected: int) -> None:
    sizes = part_sizes(expected)
    assert sum(map(sizes, range(1, 10_001))) >= expected
    assert all(sizes(number) % 512 == 0 and sizes(number) <= 5 * GIB for number in (1, 5000, 10_000))


def test_a_pool_gives_a_buffer_of_the_size_that_is_asked_for() -> None:
    pool = BufferPool(2)
    small = pool.take(10)
    assert small is not None
    pool.give_back(small)
    assert pool.take(10) is small
    large = pool.take(20)
    assert large is not None
    assert len(large) == 20


def test_a_closed_pool_gives_nothing() -> None:
    pool = BufferPool(1)
    threading.Timer(0.05, pool.close).start()
    pool.take(10)
    assert pool.take(10) is None
