"""The blocks of a disk, read, checked and sent by a few threads at a time, in bounded memory."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

_WORKERS = 16
_WAITING = 2 * _WORKERS

Put = Callable[[int, bytes, bytes], None]
"""Sends a block: its index, its bytes, the SHA-256 of them."""


@dataclass(frozen=True)
class SentBlocks:
    """What `send_blocks` has sent."""

    count: int
    checksum: bytes
    """The SHA-256 of the blocks' own SHA-256, one after the other in the order of their indexes"""


def block_indexes(extents: Iterable[tuple[int, int]], block_bytes: int) -> Iterator[int]:
    """The blocks that extents (offset, length) touch, each once, in order."""
    after = 0
    for offset, length in extents:
        first = max(offset // block_bytes, after)
        after = max(-(-(offset + length) // block_bytes), after)
        yield from range(first, after)


def send_blocks(
    indexes: Iterable[int],
    read: Callable[[int], bytes],
    put: Put,
    *,
    there_before: int = 0,
    progress: Callable[[int, int], None],
) -> SentBlocks:
    """Send the blocks of these indexes, but for those that are zeros throughout.

    Sixteen are on their way at a time. Those below `there_before` were sent by an earlier run: they are read for the
    checksum alone. `progress` is told (the index up to which all is there, how many bytes were sent by this run); what
    it raises ends the transfer. When this raises, no block is on its way any more.

    Raises: whatever `read`, `put` or `progress` raises.
    """

    def work(index: int) -> tuple[bytes | None, int]:
        block = read(index)
        if block == bytes(len(block)):
            return None, 0
        digest = hashlib.sha256(block).digest()
        if index < there_before:
            return digest, 0
        put(index, block, digest)
        return digest, len(block)

    checksum, count, sent_bytes = hashlib.sha256(), 0, 0
    waiting: deque[tuple[int, Future[tuple[bytes | None, int]]]] = deque()

    def collect() -> None:
        nonlocal count, sent_bytes
        index, future = waiting.popleft()
        digest, size = future.result()
        if digest is not None:
            checksum.update(digest)
            count += 1
        sent_bytes += size
        progress(index + 1, sent_bytes)

    working = ThreadPoolExecutor(_WORKERS, thread_name_prefix="block")
    try:
        for index in indexes:
            if len(waiting) == _WAITING:
                collect()
            waiting.append((index, working.submit(work, index)))
        while waiting:
            collect()
    finally:
        working.shutdown(cancel_futures=True)
    return SentBlocks(count, checksum.digest())
