"""How NTFS ignores the case of names: by the table $UpCase of the volume, one 16-bit unit at a time.

Source: the NTFS documentation of linux-ntfs ("$UpCase"). `str.upper` maps other letters, and some to several.
"""

import struct
from functools import cached_property

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.ntfs.file_record import DATA
from pulumi_vmimport.disk.ntfs.file_table import FileTable

_RECORD = 10
_NAME = "$UpCase"
_UNITS = 1 << 16


class UpperCase:
    """Keys of names: equal for names that differ only in case, and in the order of a directory."""

    def __init__(self, table: FileTable) -> None:
        self._table = table

    def key(self, name: str) -> bytes:
        """Raises: UnreadableVolumeError; DiskImageError; what the source raises."""
        if name.isascii():  # which $UpCase maps as ASCII does, on every volume
            return name.upper().encode("utf-16-be")
        data = name.encode("utf-16-le", "surrogatepass")
        units = struct.unpack(f"<{len(data) // 2}H", data)
        return struct.pack(f">{len(units)}H", *(self._map[unit] for unit in units))

    @cached_property
    def _map(self) -> tuple[int, ...]:
        stream = self._table.stream(_RECORD, _NAME, DATA)
        data = stream.read(0, 2 * _UNITS) if stream else b""
        if len(data) != 2 * _UNITS:
            raise UnreadableVolumeError(_NAME, f"expected {2 * _UNITS} bytes, got {len(data)}")
        return struct.unpack(f"<{_UNITS}H", data)
