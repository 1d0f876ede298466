"""CRC-32 as S3 has it: of the parts of an object, of the whole made from theirs, and as text.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

import base64
import zlib
from collections.abc import Iterable

# The polynomial of zlib's CRC-32. In its bit order the highest bit of a number is the constant term.
_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
_BITS_OF_A_BYTE = 8


def crc32_of(buffers: Iterable[bytes | bytearray | memoryview]) -> int:
    """The CRC-32 of the buffers, one after the other."""
    crc = 0
    for buffer in buffers:
        crc = zlib.crc32(buffer, crc)
    return crc


def combined_crc32(crcs: Iterable[tuple[int, int]]) -> int:
    """The CRC-32 of a whole from those of its pieces, each as (CRC-32, size in bytes), in their order.

    Source: crc32_combine of zlib (https://www.zlib.net/manual.html): appending n bytes multiplies a CRC by x^8n.
    """
    whole = 0
    shifts: dict[int, int] = {}  # nearly all parts have the same size
    for crc, size_bytes in crcs:
        if size_bytes not in shifts:
            shifts[size_bytes] = _power_of_x(_BITS_OF_A_BYTE * size_bytes)
        whole = _product(shifts[size_bytes], whole) ^ crc
    return whole


def s3_text(crc32: int) -> str:
    """A CRC-32 as S3 writes it."""
    return base64.b64encode(crc32.to_bytes(4)).decode()


def from_s3_text(text: str) -> int:
    """A CRC-32 that S3 has written."""
    return int.from_bytes(base64.b64decode(text))


def _power_of_x(exponent: int) -> int:
    power, square = _ONE, _ONE >> 1  # x^0, x^1
    while exponent:
        if exponent & 1:
            power = _product(square, power)
        square = _product(square, square)
        exponent >>= 1
    return power


def _product(left: int, right: int) -> int:
    """Of two polynomials over GF(2), modulo CRC-32's."""
    product, bit = 0, _ONE
    while bit:
        if left & bit:
            product ^= right
        right = (right >> 1) ^ (_POLYNOMIAL if right & 1 else 0)
        bit >>= 1
    return product
