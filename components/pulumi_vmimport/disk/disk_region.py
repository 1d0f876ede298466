"""A region of a disk: offsets count from its start, and reads beyond its end return zeros."""

import struct
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.printable import printable

MAX_READ_BYTES = 1 << 20
"""Larger than any structure that is read; the largest is a GPT with 8192 entries"""


@dataclass(frozen=True)
class DiskRegion:
    """A whole disk or a partition. Offsets to read may come from the disk itself and are not trusted."""

    content: DiskContent
    start_bytes: int
    size_bytes: int

    @classmethod
    def of_disk(cls, content: DiskContent) -> "DiskRegion":
        return cls(content, 0, content.capacity_bytes)

    def read(self, offset: int, length: int) -> bytes:
        """At most MAX_READ_BYTES bytes, with zeros outside the region and the disk.

        Raises: DiskImageError; what the source raises.
        """
        length = min(length, MAX_READ_BYTES)
        start = self.start_bytes + offset
        there = min(length, self.size_bytes - offset, self.content.capacity_bytes - start)
        if offset < 0 or start < 0 or there <= 0:
            return bytes(length)
        return self.content.read(start, there) + bytes(length - there)


def unpack_padded(layout: str, data: bytes, offset: int = 0) -> tuple[Any, ...]:
    """`struct.unpack_from`, with zeros beyond the end of the data."""
    part = data[offset : offset + struct.calcsize(layout)]
    return struct.unpack(layout, part.ljust(struct.calcsize(layout), b"\0"))


def decode_text(data: bytes, encoding: str = "utf-8") -> str:
    """A name on a disk, up to its first NUL and without padding."""
    return printable(data.decode(encoding, errors="replace").split("\0", 1)[0])
