"""Read, hash and send the blocks of a disk with several threads, in bounded memory."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

_WORKERS = 16
_MAX_PENDING = 2 * _WORKERS

Put = Callable[[int, bytes, bytes], None]
"""Sends a block: its index, its bytes and their SHA-256"""


@dataclass(frozen=True)
class SentBlocks:
    """The result of `send_blocks`."""

    count: int
    checksum: bytes
    """The SHA-256 of the concatenated SHA-256 digests of the blocks, in the order of their indexes"""


def block_indexes(extents: Iterable[tuple[int, int]], block_bytes: int) -> Iterator[int]:
    """The blocks that the extents (offset, length) overlap, each once, in order."""
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
    first_unsent: int = 0,
    progress: Callable[[int, int], None],
) -> SentBlocks:
    """Send the blocks with these indexes, sixteen at a time. Blocks of zeros are not sent.

    An earlier run sent the blocks below `first_unsent`: they are only read for the checksum. `progress` is called with
    the index up to which all blocks are sent, and the bytes sent by this run; an exception that it raises ends the
    transfer. When the call raises, no request is in flight.

    Raises: errors of `read`, `put` and `progress`.
    """

    def send(index: int) -> tuple[bytes | None, int]:
        block = read(index)
        if block == bytes(len(block)):
            return None, 0
        digest = hashlib.sha256(block).digest()
        if index < first_unsent:
            return digest, 0
        put(index, block, digest)
        return digest, len(block)

    checksum, count, sent_bytes = hashlib.sha256(), 0, 0
    pending: deque[tuple[int, Future[tuple[bytes | None, int]]]] = deque()

    def collect() -> None:
        nonlocal count, sent_bytes
        index, future = pending.popleft()
        digest, size = future.result()
        if digest is not None:
            checksum.update(digest)
            count += 1
        sent_bytes += size
        progress(index + 1, sent_bytes)

    workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="block")
    try:
        for index in indexes:
            if len(pending) == _MAX_PENDING:
                collect()
            pending.append((index, workers.submit(send, index)))
        while pending:
            collect()
    finally:
        workers.shutdown(cancel_futures=True)
    return SentBlocks(count, checksum.digest())
