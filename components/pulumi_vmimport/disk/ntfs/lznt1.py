"""LZNT1, the compression of NTFS streams. Source: [MS-XCA] section 2.5."""

from pulumi_vmimport.disk.disk_errors import DiskImageError

_CHUNK_BYTES = 4096
_COMPRESSED, _SIZE_MASK = 0x8000, 0xFFF
_SIGNATURE, _SIGNATURE_MASK = 0x3000, 0x7000
_MIN_MATCH = 3
_SHORTEST_LENGTH_BITS, _TOKEN_BITS = 4, 16


class DamagedCompressionError(DiskImageError):
    """Data that no LZNT1 compressor writes."""


def decompress(data: bytes, size_bytes: int) -> bytes:
    """The first `size_bytes` bytes of the decompressed data, with zeros behind its end.

    Raises: DamagedCompressionError.
    """
    result = bytearray()
    at = 0
    while len(result) < size_bytes and at + 2 <= len(data):
        header = int.from_bytes(data[at : at + 2], "little")
        if not header:
            break
        if header & _SIGNATURE_MASK != _SIGNATURE:
            raise DamagedCompressionError("a chunk has no signature")
        end = at + 2 + (header & _SIZE_MASK) + 1
        if end > len(data):
            raise DamagedCompressionError("a chunk does not lie within the compressed data")
        chunk = data[at + 2 : end]
        result += (_decompressed_chunk(chunk) if header & _COMPRESSED else chunk).ljust(_CHUNK_BYTES, b"\0")
        at = end
    return bytes(result[:size_bytes].ljust(size_bytes, b"\0"))


def _decompressed_chunk(chunk: bytes) -> bytes:
    result = bytearray()
    at, end = 0, len(chunk)
    while at < end:
        flags = chunk[at]
        at += 1
        if not flags:  # eight literals
            result += chunk[at : at + 8]
            at += 8
            continue
        for bit in range(8):
            if at >= end:
                break
            if not flags >> bit & 1:
                result.append(chunk[at])
                at += 1
                continue
            if at + 2 > end:
                raise DamagedCompressionError("a chunk ends within a match")
            _copy(result, chunk[at] | chunk[at + 1] << 8)
            at += 2
    if len(result) > _CHUNK_BYTES:
        raise DamagedCompressionError(f"a chunk is longer than {_CHUNK_BYTES} bytes")
    return bytes(result)


def _copy(result: bytearray, token: int) -> None:
    """Append a match. The further into the chunk it is, the more bits of the token are its distance."""
    position = len(result)
    distance_bits = max((position - 1).bit_length(), _SHORTEST_LENGTH_BITS)
    length_bits = _TOKEN_BITS - distance_bits
    distance = (token >> length_bits) + 1
    length = (token & ((1 << length_bits) - 1)) + _MIN_MATCH
    if distance > position:
        raise DamagedCompressionError("a match starts before its chunk")
    start = position - distance
    if length <= distance:
        result += result[start : start + length]
    else:  # the match repeats what it appends
        result += (result[start:] * (length // distance + 1))[:length]
