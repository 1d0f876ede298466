"""The text descriptor of a VMDK.

Source: VMware "Virtual Disk Format 5.0" (the technical note of 2011), section "The Descriptor".
"""

import re
from dataclasses import dataclass

from pulumi_vmimport.disk.descriptor_text import as_utf8
from pulumi_vmimport.disk.printable import printable

MAX_BYTES = 1 << 20
_MAX_EXTENTS = 4096
_MAX_LINE_BYTES = 1024
_EXTENT = re.compile(
    rb'[ \t]*(RW|RDONLY|NOACCESS)[ \t]+(\d{1,18})[ \t]+([A-Za-z]{1,16})(?:[ \t]+"([^"]*)"(?:[ \t]+(\d{1,18}))?)?'
)
_KEYS = {
    b"createtype": "create_type",
    b"parentcid": "parent_cid",
    b"ddb.adaptertype": "adapter_type",
    b"ddb.virtualhwversion": "hardware_version",
}


@dataclass(frozen=True)
class VmdkExtent:
    """A line of the extent description."""

    sectors: int
    kind: str
    """Such as SPARSE, FLAT, VMFS, ZERO"""
    file: str
    """Empty for an extent of zeros"""
    offset_sectors: int


@dataclass(frozen=True)
class VmdkDescriptor:
    """The relevant lines; None if a line is missing."""

    create_type: str | None = None
    parent_cid: str | None = None
    adapter_type: str | None = None
    hardware_version: str | None = None
    extents: tuple[VmdkExtent, ...] = ()


def read_descriptor(text: bytes) -> VmdkDescriptor:
    """Parse a descriptor, which ends at the first NUL. Unknown lines are ignored."""
    found: dict[str, str] = {}
    extents: list[VmdkExtent] = []
    for line in as_utf8(text[:MAX_BYTES]).utf8.split(b"\0", 1)[0].split(b"\n"):
        line = line[:_MAX_LINE_BYTES]  # noqa: PLW2901 - relevant lines are shorter
        if (extent := _EXTENT.match(line)) is not None:
            if len(extents) < _MAX_EXTENTS:
                _, sectors, kind, file, offset = extent.groups()
                extents.append(
                    VmdkExtent(int(sectors), kind.decode().upper(), printable(file or b"", 255), int(offset or 0))
                )
            continue
        key, _, value = line.partition(b"=")
        name = _KEYS.get(key.strip().lower())
        if name is not None:
            found.setdefault(name, printable(value.strip().strip(b'"')))
    return VmdkDescriptor(**found, extents=tuple(extents))
