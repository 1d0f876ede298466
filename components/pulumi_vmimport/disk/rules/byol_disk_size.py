"""The rule that the size of a WorkSpaces BYOL system disk breaks: one rule for images, exports and machines."""

from typing import Final

from pulumi_vmimport.service_limits import BYOL_CHECKER_DISK_GIB, BYOL_DISK_GIB, GIB

ABOVE_DOCUMENTED: Final = "byol-disk-above-70"
TOO_LARGE: Final = "byol-disk-too-large"


def byol_disk_size_rule(capacity_bytes: int) -> str | None:
    """The id of the rule that a system disk of this size breaks; None if it breaks none."""
    if capacity_bytes > BYOL_CHECKER_DISK_GIB * GIB:
        return TOO_LARGE
    return ABOVE_DOCUMENTED if capacity_bytes > BYOL_DISK_GIB * GIB else None
