"""What to do about images that must be converted: commands that the tests execute."""

import re
from typing import Final

_COMMAND = "`qemu-img convert -O vmdk -o subformat=streamOptimized {} disk.vmdk`"
CONVERT: Final = f"convert it: {_COMMAND.format('IMAGE')}"
_SPLIT_PART = re.compile(r"-[fs]\d+\.vmdk$", re.IGNORECASE)
_VMDK_PART = re.compile(r"-(?:flat|[fs]\d+)\.vmdk$", re.IGNORECASE)


def descriptor_of_part(name: str) -> str | None:
    """The descriptor of a split or flat VMDK, by the name of one of its data files; None for other names."""
    found = _VMDK_PART.search(name)
    return f"{name[: found.start()]}.vmdk" if found else None


def is_split_extent(name: str) -> bool:
    """Whether the name is that of a part of a split VMDK: the content of a flat part is raw."""
    return _SPLIT_PART.search(name) is not None


def conversion_of_part(name: str) -> str:
    """The remedy for one data file of a disk in several files."""
    command = _COMMAND.format(descriptor_of_part(name) or "DESCRIPTOR")
    return f"convert the descriptor, with all parts beside it, not this part: {command}"


def conversion_of_flat_data(name: str) -> str:
    """The remedy for the data file of a VMDK in two files."""
    command = _COMMAND.format(descriptor_of_part(name) or "DESCRIPTOR")
    return f"set `format` to RAW, or convert the descriptor with its data beside it: {command}"


def conversion_to_utf8(encoding: str, declared: str | None) -> str:
    """The remedy for a descriptor in this encoding, which declares `declared`."""
    rename = f";1s/{declared}/UTF-8/" if declared else ""
    # What precedes the first tag is a byte order mark.
    command = f"`iconv -f {encoding} -t UTF-8 web.ovf | sed '1s/^[^<]*//{rename}' > utf8.ovf`"
    return f"convert it and repack the OVA: {command}; DiskImageUpload converts it during the upload"
