"""Whether Sysprep generalized the Windows of an AMI, as a tag of the AMI and of its copies records it.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-create-win-sysprep.html
"""

from collections.abc import Mapping
from enum import StrEnum

SYSPREP_TAG = "vmimport:sysprep"
_SUFFIX_OF_CLIENTS = "-client"


class Sysprep(StrEnum):
    """When Sysprep generalizes the machine."""

    BEFORE_EXPORT = "before-export"
    AFTER_IMPORT = "after-import"
    NONE = "none"


def sysprep_tags(sysprep: Sysprep | None, *, is_client: bool) -> dict[str, str]:
    """The tag of an AMI; none if nothing is known.

    The tag of a client edition of Windows says so: WorkSpaces creates its images before Sysprep.
    """
    return {SYSPREP_TAG: sysprep.value + (_SUFFIX_OF_CLIENTS if is_client else "")} if sysprep else {}


def sysprep_of(tags: Mapping[str, str]) -> Sysprep | None:
    """What the tags of an AMI record; None for an AMI without the tag, or with a value that a person wrote."""
    value = tags.get(SYSPREP_TAG, "").removesuffix(_SUFFIX_OF_CLIENTS)
    return Sysprep(value) if value in set(Sysprep) else None


def makes_clones(platform: str | None, tags: Mapping[str, str]) -> bool:
    """Whether instances of an AMI are clones of one machine: Windows Server for which the tag excludes Sysprep."""
    return (platform or "").lower() == "windows" and tags.get(SYSPREP_TAG) == Sysprep.NONE
