import random
import zlib

import pytest

from pulumi_vmimport.transfer.checksums import base64_to_crc32, combined_crc32, crc32_of, crc32_to_base64

RANDOM = random.Random(6)  # noqa: S311 - the same bytes at each run


def pieces(*sizes: int) -> list[bytes]:
    return [RANDOM.randbytes(size) for size in sizes]


@pytest.mark.parametrize(
    "sizes",
    [(), (0,), (1,), (0, 0), (1, 1), (5, 0, 7), (512, 1), (1 << 20, 1 << 20, 12345), tuple(range(200))],
    ids=lambda sizes: f"{len(sizes)} of {sum(sizes)}",
)
def test_the_combined_crc_equals_that_of_zlib(sizes: tuple[int, ...]) -> None:
    parts = pieces(*sizes)
    whole = zlib.crc32(b"".join(parts))
    assert combined_crc32((zlib.crc32(part), len(part)) for part in parts) == whole
    assert crc32_of(parts) == whole


def test_sizes_of_the_largest_objects_are_supported() -> None:
    zeros = combined_crc32([(zlib.crc32(bytes(1 << 20)), 1 << 20)] * 64)
    assert zeros == zlib.crc32(bytes(64 << 20))
    terabytes = combined_crc32([(1, 5 << 40), (2, 5 << 40)])
    assert 0 <= terabytes < 1 << 32


@pytest.mark.parametrize("crc", [0, 1, 0xCBF43926, 0xFFFFFFFF])
def test_base64_round_trips(crc: int) -> None:
    assert base64_to_crc32(crc32_to_base64(crc)) == crc


def test_the_encoding_is_that_of_s3() -> None:
    assert crc32_to_base64(zlib.crc32(b"123456789")) == "y/Q5Jg=="
