"""Whether a file starts with a tar archive's header.

Source: POSIX.1-2017 pax, "ustar Interchange Format".
"""

import re

BLOCK_BYTES = 512
_CHECKSUM, _MAGIC_AT, _MAGIC = slice(148, 156), 257, b"ustar"
_END = slice(510, 512)
_BOOT_SIGNATURE = b"\x55\xaa"  # a tar header ends in zeros


def checksum_matches(header: bytes) -> bool:
    """The sum of all bytes, the checksum's own as blanks; some tars of old sum signed bytes."""
    digits = header[_CHECKSUM].replace(b"\0", b" ").strip()
    if not re.fullmatch(rb"[0-7]{1,8}", digits):
        return False
    others = header[: _CHECKSUM.start] + b" " * 8 + header[_CHECKSUM.stop :]
    total = sum(others)
    return int(digits, 8) in {total, total - 256 * sum(byte > 127 for byte in others)}  # noqa: PLR2004 - a sign bit


def starts_archive(start: bytes) -> bool:
    """Whether a file that starts so is a tar archive: one with a right first header, or with a damaged or cut one.

    The mark alone may be what is left of an archive on a disk, whose first sector ends as boot sectors do.
    """
    header = start[:BLOCK_BYTES]
    if len(header) == BLOCK_BYTES and header[0] != 0 and checksum_matches(header):
        return True
    return header.startswith(_MAGIC, _MAGIC_AT) and header[_END] != _BOOT_SIGNATURE
