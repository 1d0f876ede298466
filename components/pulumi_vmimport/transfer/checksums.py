"""CRC-32 as S3 uses it: of buffers, of an object computed from the CRC-32 of its parts, and base64-encoded.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

import base64
import zlib
from collections.abc import Iterable

# The polynomial of zlib's CRC-32, whose most significant bit is the constant term.
_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
_BITS_PER_BYTE = 8


def crc32_of(buffers: Iterable[bytes | bytearray | memoryview]) -> int:
    """The CRC-32 of the concatenated buffers."""
    crc = 0
    for buffer in buffers:
        crc = zlib.crc32(buffer, crc)
    return crc


def combined_crc32(crcs: Iterable[tuple[int, int]]) -> int:
    """The CRC-32 of an object, computed from (CRC-32, size in bytes) of its parts, in order.

    Source: crc32_combine of zlib (https://www.zlib.net/manual.html): appending n bytes multiplies a CRC by x^8n.
    """
    combined = 0
    shifts: dict[int, int] = {}  # nearly all parts have the same size
    for crc, size_bytes in crcs:
        if combined and size_bytes not in shifts:
            shifts[size_bytes] = _power_of_x(_BITS_PER_BYTE * size_bytes)
        combined = (_product(shifts[size_bytes], combined) if combined else 0) ^ crc
    return combined


def crc32_to_base64(crc32: int) -> str:
    """Encode a CRC-32 for S3's API."""
    return base64.b64encode(crc32.to_bytes(4)).decode()


def base64_to_crc32(text: str) -> int:
    """Decode a CRC-32 of S3's API."""
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
    """The product of two polynomials over GF(2), modulo that of CRC-32."""
    product, bit = 0, _ONE
    while bit:
        if left & bit:
            product ^= right
        right = (right >> 1) ^ (_POLYNOMIAL if right & 1 else 0)
        bit >>= 1
    return product
