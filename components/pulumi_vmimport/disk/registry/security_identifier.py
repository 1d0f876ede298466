"""Security identifiers (SIDs) as Windows stores them. Source: [MS-DTYP] 2.4.2."""

import struct
from collections.abc import Iterator

_HEAD_BYTES, _SUB_AUTHORITY_BYTES, _MAX_SUB_AUTHORITIES = 8, 4, 15
_REVISION = 1


def sid_text(data: bytes, at: int = 0) -> str | None:
    """The identifier at a position, such as `S-1-5-32-544`; None if there is none."""
    end = at + _HEAD_BYTES
    if end > len(data) or data[at] != _REVISION or data[at + 1] > _MAX_SUB_AUTHORITIES:
        return None
    if at + sid_bytes(data, at) > len(data):
        return None
    authority = int.from_bytes(data[at + 2 : end], "big")
    parts = struct.unpack_from(f"<{data[at + 1]}I", data, end)
    return "-".join(map(str, ("S", _REVISION, authority, *parts)))


def sid_bytes(data: bytes, at: int = 0) -> int:
    """The size of the identifier at a position."""
    return _HEAD_BYTES + _SUB_AUTHORITY_BYTES * data[at + 1]


def sids(data: bytes) -> Iterator[str]:
    """The identifiers one after the other, up to the first that is not valid."""
    at = 0
    while (text := sid_text(data, at)) is not None:
        yield text
        at += sid_bytes(data, at)
