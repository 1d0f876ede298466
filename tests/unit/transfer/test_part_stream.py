import hashlib
import threading
import time
import zlib
from typing import Any

import pytest

from pulumi_vmimport.transfer.buffers import BufferPool
from pulumi_vmimport.transfer.part_sizes import growing_part_sizes
from pulumi_vmimport.transfer.part_stream import PartStream

PART = 4096
WORKERS = 3
BUFFERS = WORKERS + 1 + 1
MIB = 1 << 20
GIB = 1 << 30


class Gate:
    """Blocks parts until it is open; counts the parts in flight and their buffers."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.arrived = threading.Semaphore(0)
        self.in_flight = 0
        self.buffers: set[int] = set()
        self._lock = threading.Lock()

    def send(self, _: int, prefix: bytes, body: memoryview, *, crc32: int) -> None:
        del prefix, crc32
        with self._lock:
            self.in_flight += 1
            self.buffers.add(id(body.obj))
        self.arrived.release()
        self.open.wait(10)
        with self._lock:
            self.in_flight -= 1


def stream(send: Any, **kwargs: Any) -> PartStream:
    return PartStream(send, size_of=lambda _: PART, workers=WORKERS, **kwargs)


def feed(parts: PartStream, count: int, digest: Any = None, content: bytes = b"x" * PART) -> None:
    for _ in range(count):
        parts.get_buffer(PART)[:] = content
        parts.advance(PART, digest)


def ignore(*_: Any, crc32: int) -> None:
    del crc32


class TooSlow(Exception):  # noqa: N818 - raised by on_wait
    pass


def raising_after(times: int) -> Any:
    left = [times]

    def on_wait() -> None:
        left[0] -= 1
        if not left[0]:
            raise TooSlow

    return on_wait


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_vmimport.transfer.buffers._POLL_SECONDS", 0.01)


def test_the_number_of_filled_buffers_is_limited() -> None:
    gate, filled = Gate(), [0]

    def fill(parts: PartStream) -> None:
        try:
            while True:
                feed(parts, 1)
                filled[0] += 1
        finally:
            gate.open.set()

    with pytest.raises(TooSlow), stream(gate.send, on_wait=raising_after(3)) as parts:
        fill(parts)
    assert filled[0] == BUFFERS


def test_a_wait_for_the_uploads_can_be_ended_with_no_part_in_flight() -> None:
    gate = Gate()
    threading.Timer(0.2, gate.open.set).start()
    with pytest.raises(TooSlow), stream(gate.send, on_wait=raising_after(3)) as parts:
        feed(parts, 100)
    assert gate.in_flight == 0


def test_buffers_are_reused_for_any_number_of_parts() -> None:
    gate = Gate()
    gate.open.set()
    with stream(gate.send) as parts:
        feed(parts, 500)
        parts.finish()
    assert len(gate.buffers) <= BUFFERS


def test_the_digest_is_that_of_the_bytes_whatever_happens_to_their_buffers() -> None:
    expected, digest = hashlib.sha256(), hashlib.sha256()
    with stream(ignore) as parts:
        for number in range(50):
            content = bytes([number]) * PART
            expected.update(content)
            feed(parts, 1, digest, content)
        parts.finish()
    assert digest.digest() == expected.digest()


def test_a_part_that_changes_in_memory_does_not_match_its_crc_32() -> None:
    sent: list[tuple[bytes, int]] = []

    def send(_: int, *buffers: Any, crc32: int) -> None:
        sent.append((b"".join(buffers), crc32))

    with stream(send) as parts:
        first = parts.get_buffer(512)
        first[:] = b"a" * 512
        parts.advance(512)
        first[7] ^= 1
        parts.finish()
    (content, crc32), *_ = sent
    assert crc32 == zlib.crc32(b"a" * 512) != zlib.crc32(content)


def test_a_prefix_and_a_placeholder_can_stay_unfilled_for_many_parts() -> None:
    sent: dict[int, bytes] = {}

    def send(number: int, *buffers: Any, crc32: int) -> None:
        sent[number] = b"".join(buffers)
        assert crc32 == zlib.crc32(sent[number])

    with stream(send) as parts:
        head = parts.reserve_prefix()
        feed(parts, 30)
        for _ in range(5):
            header = parts.reserve(512)
            feed_bytes = PART * 20 - 512
            while feed_bytes:
                buffer = parts.get_buffer(feed_bytes)
                buffer[:] = b"y" * len(buffer)
                feed_bytes -= len(buffer)
                parts.advance(len(buffer))
            parts.fill(header, b"h" * 512)
        parts.fill(head, b"the head")
        parts.finish()
    assert sent[1] == b"the head" + b"x" * PART
    joined = b"".join(sent[number] for number in range(1, 132))
    assert joined == b"the head" + b"x" * PART * 30 + (b"h" * 512 + b"y" * (PART * 20 - 512)) * 5 + b""


def test_an_empty_stream_is_one_empty_part() -> None:
    sent: dict[int, tuple[bytes, int]] = {}
    with stream(lambda number, *buffers, crc32: sent.update({number: (b"".join(buffers), crc32)})) as parts:
        parts.finish()
    assert sent == {1: (b"", 0)}


def test_fails_at_once_if_a_part_fails_while_the_stream_waits_for_a_buffer() -> None:
    gate = Gate()

    def send(number: int, *buffers: Any, **options: Any) -> None:
        gate.send(number, *buffers, **options)
        raise PermissionError

    start_seconds = time.monotonic()
    threading.Timer(0.1, gate.open.set).start()
    with pytest.raises(PermissionError), stream(send) as parts:
        feed(parts, 1000)
    assert time.monotonic() - start_seconds < 5
    assert gate.in_flight == 0


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), ValueError("bug"), OSError("reset")], ids=lambda e: type(e).__name__
)
def test_fails_with_the_error_of_the_block_and_sends_no_more_parts(error: BaseException) -> None:
    gate, sent = Gate(), []

    def send(number: int, *buffers: Any, **options: Any) -> None:
        gate.send(number, *buffers, **options)
        sent.append(number)

    def run(parts: PartStream) -> None:
        feed(parts, BUFFERS - 1)
        for _ in range(WORKERS):
            gate.arrived.acquire()
        threading.Timer(0.1, gate.open.set).start()
        raise error

    with pytest.raises(type(error)), stream(send) as parts:
        run(parts)
    assert (len(sent), gate.in_flight) == (WORKERS, 0)


def test_fails_after_the_stream_has_ended() -> None:
    with stream(ignore) as parts:
        pass
    with pytest.raises(ValueError, match="the stream has ended"):
        parts.get_buffer(1)


def test_growing_parts_hold_490_gib_in_ten_thousand_parts() -> None:
    sizes = growing_part_sizes()
    assert [sizes(number) // MIB for number in (1, 4000, 4001, 7000, 7001, 9000, 9001, 10_000)] == [
        12, 12, 24, 24, 64, 64, 256, 256,
    ]  # fmt: skip
    assert sum(map(sizes, range(1, 10_001))) > 490 * GIB


@pytest.mark.parametrize("expected", [0, 480 * GIB, 490 * GIB, 1 << 40, 10 << 40])
def test_the_expected_bytes_fit_into_ten_thousand_parts(expected: int) -> None:
    sizes = growing_part_sizes(expected)
    assert sum(map(sizes, range(1, 10_001))) >= expected
    assert all(sizes(number) % 512 == 0 and sizes(number) <= 5 * GIB for number in (1, 5000, 10_000))


def test_a_pool_returns_a_buffer_of_the_requested_size() -> None:
    pool = BufferPool(2)
    small = pool.acquire(10)
    assert small is not None
    pool.release(small)
    assert pool.acquire(10) is small
    large = pool.acquire(20)
    assert large is not None
    assert len(large) == 20


def test_a_closed_pool_returns_none() -> None:
    pool = BufferPool(1)
    threading.Timer(0.05, pool.close).start()
    pool.acquire(10)
    assert pool.acquire(10) is None
