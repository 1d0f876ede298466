"""The restart pages of an NTFS `$LogFile`, which say whether the volume was dismounted.

Source: the documentation of linux-ntfs and of ntfs-3g's logfile.h.
"""

import struct

_PAGE_BYTES, _SECTOR_BYTES = 4096, 512
_AREA_AT, _CLIENT_AT = 0x30, 0x30
_CLEAN = 2
_NO_CLIENT = 0xFFFF
_UPDATE_NUMBER = 1


def restart_pages(size_bytes: int, *, is_clean: bool) -> bytes:
    """Both pages. A clean one has version 1.1; a volume in use by Windows 8 or later has 2.0."""
    return b"".join(_page(size_bytes, number, is_clean=is_clean) for number in (1_050_624, 1_051_136))


def _page(size_bytes: int, sequence: int, *, is_clean: bool) -> bytes:
    sectors = _PAGE_BYTES // _SECTOR_BYTES
    major, minor = (1, 1) if is_clean else (2, 0)
    page = bytearray(_PAGE_BYTES)
    struct.pack_into(
        "<4sHHQIIHHH", page, 0, b"RSTR", 0x1E, sectors + 1, 0, _PAGE_BYTES, _PAGE_BYTES, _AREA_AT, minor, major
    )
    free, used = (0, _NO_CLIENT) if is_clean else (_NO_CLIENT, 0)
    flags = _CLEAN if is_clean else 0
    struct.pack_into(
        "<QHHHHIHHQIHHI",
        *(page, _AREA_AT, sequence, 1, free, used, flags, 44, _CLIENT_AT + 160, _CLIENT_AT, size_bytes),
        *(0, 48, 64, 1),
    )
    client = struct.pack("<QQHHH6xI", sequence, sequence, _NO_CLIENT, _NO_CLIENT, 0, 8) + "NTFS".encode("utf-16-le")
    page[_AREA_AT + _CLIENT_AT : _AREA_AT + _CLIENT_AT + len(client)] = client
    # The last two bytes of each sector move into the array, the update number takes their place.
    struct.pack_into("<H", page, 0x1E, _UPDATE_NUMBER)
    for number in range(1, sectors + 1):
        end = number * _SECTOR_BYTES - 2
        page[0x1E + 2 * number : 0x20 + 2 * number] = page[end : end + 2]
        struct.pack_into("<H", page, end, _UPDATE_NUMBER)
    return bytes(page)
