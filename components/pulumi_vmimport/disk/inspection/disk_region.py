"""A part of a disk to look into: it starts at 0, and its end is no error."""

import struct
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.inspection.printable import printable

MAX_READ_BYTES = 1 << 20
"""More than any structure read here takes; the largest is a GPT of 8192 entries"""


@dataclass(frozen=True)
class DiskRegion:
    """A whole disk or a partition of it. What it is told to read may come from the disk itself."""

    content: DiskContent
    start_bytes: int
    size_bytes: int

    @classmethod
    def of_disk(cls, content: DiskContent) -> "DiskRegion":
        return cls(content, 0, content.capacity_bytes)

    def read(self, offset: int, length: int) -> bytes:
        """So many bytes, at most MAX_READ_BYTES; zeros in place of what does not lie in the volume and on the disk.

        Raises: DiskImageError; whatever the source raises.
        """
        length = min(length, MAX_READ_BYTES)
        start = self.start_bytes + offset
        there = min(length, self.size_bytes - offset, self.content.capacity_bytes - start)
        if offset < 0 or start < 0 or there <= 0:
            return bytes(length)
        return self.content.read(start, there) + bytes(length - there)


def unpack_padded(layout: str, data: bytes, offset: int = 0) -> tuple[Any, ...]:
    """`struct.unpack_from`, where what lies behind the end of the data is zeros."""
    part = data[offset : offset + struct.calcsize(layout)]
    return struct.unpack(layout, part.ljust(struct.calcsize(layout), b"\0"))


def decode_text(data: bytes, encoding: str = "utf-8") -> str:
    """What a name on a disk says up to its first NUL and less its padding."""
    return printable(data.decode(encoding, errors="replace").split("\0", 1)[0])
