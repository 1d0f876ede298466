import random
import zlib

import pytest

from pulumi_vmimport.transfer.checksums import combined_crc32, crc32_of, from_s3_text, s3_text

RANDOM = random.Random(6)  # noqa: S311 - the same bytes at each run


def pieces(*sizes: int) -> list[bytes]:
    return [RANDOM.randbytes(size) for size in sizes]


@pytest.mark.parametrize(
    "sizes",
    [(), (0,), (1,), (0, 0), (1, 1), (5, 0, 7), (512, 1), (1 << 20, 1 << 20, 12345), tuple(range(200))],
    ids=lambda sizes: f"{len(sizes)} of {sum(sizes)}",
)
def test_the_crc_of_the_whole_is_that_of_zlib(sizes: tuple[int, ...]) -> None:
    parts = pieces(*sizes)
    whole = zlib.crc32(b"".join(parts))
    assert combined_crc32((zlib.crc32(part), len(part)) for part in parts) == whole
    assert crc32_of(parts) == whole


def test_the_sizes_may_be_those_of_the_largest_objects() -> None:
    zeros = combined_crc32([(zlib.crc32(bytes(1 << 20)), 1 << 20)] * 64)
    assert zeros == zlib.crc32(bytes(64 << 20))
    terabytes = combined_crc32([(1, 5 << 40), (2, 5 << 40)])
    assert 0 <= terabytes < 1 << 32


@pytest.mark.parametrize("crc", [0, 1, 0xCBF43926, 0xFFFFFFFF])
def test_the_text_of_s3_is_read_as_it_is_written(crc: int) -> None:
    assert from_s3_text(s3_text(crc)) == crc


def test_the_text_is_what_s3_shows() -> None:
    assert s3_text(zlib.crc32(b"123456789")) == "y/Q5Jg=="
