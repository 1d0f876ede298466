"""Detects tar archives by their first header.

Source: POSIX.1-2017 pax, "ustar Interchange Format".
"""

import re

BLOCK_BYTES = 512
_CHECKSUM, _MAGIC_AT, _MAGIC = slice(148, 156), 257, b"ustar"
_END = slice(510, 512)
_BOOT_SIGNATURE = b"\x55\xaa"  # a tar header ends in zeros


def checksum_matches(header: bytes) -> bool:
    """Whether the checksum is the sum of all bytes, with blanks for itself; some old tars sum signed bytes."""
    digits = header[_CHECKSUM].replace(b"\0", b" ").strip()
    if not re.fullmatch(rb"[0-7]{1,8}", digits):
        return False
    others = header[: _CHECKSUM.start] + b" " * 8 + header[_CHECKSUM.stop :]
    total = sum(others)
    return int(digits, 8) in {total, total - 256 * sum(byte > 127 for byte in others)}  # noqa: PLR2004 - a sign bit


def starts_archive(start: bytes) -> bool:
    """Whether a file with this start is a tar archive, possibly one with a damaged or truncated first header.

    The magic alone may be a remnant on a disk, whose first sector ends in the boot signature.
    """
    header = start[:BLOCK_BYTES]
    if len(header) == BLOCK_BYTES and header[0] != 0 and checksum_matches(header):
        return True
    return header.startswith(_MAGIC, _MAGIC_AT) and header[_END] != _BOOT_SIGNATURE
