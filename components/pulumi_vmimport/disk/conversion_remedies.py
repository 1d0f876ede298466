"""What to do about images that must be converted: commands that the tests execute."""

import re
from typing import Final

_COMMAND = "`qemu-img convert -O vmdk -o subformat=streamOptimized {} disk.vmdk`"
CONVERT: Final = f"convert it: {_COMMAND.format('IMAGE')}"
_VMDK_PART = re.compile(r"-(?:flat|[fs]\d+)\.vmdk$", re.IGNORECASE)


def descriptor_of_part(name: str) -> str | None:
    """The descriptor of a split or flat VMDK, by the name of one of its data files; None for other names."""
    found = _VMDK_PART.search(name)
    return f"{name[: found.start()]}.vmdk" if found else None


def conversion_of_part(name: str) -> str:
    """The remedy for one data file of a disk in several files."""
    command = _COMMAND.format(descriptor_of_part(name) or "DESCRIPTOR")
    return f"convert the descriptor, with all parts beside it, not this part: {command}"
