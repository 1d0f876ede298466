"""The sizes of the parts of a multipart upload.

Source of S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from collections.abc import Callable

MIB = 1 << 20
PART_BYTES = 16 * MIB
"""The part size that four workers send fastest (measured over TLS on two cores)"""
MAX_PARTS = 10_000

# Up to part number -> size. Parts grow because the size of a stream is unknown; 492 GiB fit. Five buffers of a part's
# size are in memory, and each part costs 2 ms of CPU time.
_GROWING_SIZES = ((4000, 12 * MIB), (7000, 24 * MIB), (9000, 64 * MIB), (MAX_PARTS, 256 * MIB))
_CAPACITY_BYTES = sum(
    (last - before) * size
    for (last, size), before in zip(_GROWING_SIZES, (0, *(last for last, _ in _GROWING_SIZES)), strict=False)
)


def part_bytes_for(size_bytes: int, minimum: int = PART_BYTES) -> int:
    """The part size for an object of this size: the minimum, or the whole MiB that 10 000 parts require."""
    return max(minimum, -(-size_bytes // MAX_PARTS // MIB) * MIB)


def growing_part_sizes(expected_bytes: int = 0) -> Callable[[int], int]:
    """The size of each part of a stream by number: growing from 12 MiB, or constant if more than 492 GiB may come."""
    max_bytes = expected_bytes + expected_bytes // 50  # deflate slightly enlarges incompressible data
    if max_bytes > _CAPACITY_BYTES:
        size_bytes = part_bytes_for(max_bytes)
        return lambda _: size_bytes
    return lambda number: next((size for last, size in _GROWING_SIZES if number <= last), _GROWING_SIZES[-1][1])
