"""What a disk image is for. Every resource, component and command spells the profiles in the same way."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal


class ImageProfile(StrEnum):
    """What an image is for; the checks depend on it."""

    EC2 = "ec2"
    """An AMI, with ImportImage"""
    SNAPSHOT = "snapshot"
    """An EBS snapshot of one disk, bootable or not, with ImportSnapshot"""
    BYOL_WORKSPACES = "byol-workspaces"
    """An AMI, with ImportImage, then a WorkSpaces BYOL image"""

    @classmethod
    def _missing_(cls, value: object) -> "ImageProfile | None":
        return profile_named(value)


PROFILE_NAMES: Final[Mapping[str, ImageProfile]] = {
    **{profile.value: profile for profile in ImageProfile},
    "workspaces-byol": ImageProfile.BYOL_WORKSPACES,
}
"""Every accepted spelling."""

ImageProfileName = Literal["ec2", "snapshot", "byol-workspaces"]
"""The profiles as a program writes them."""

MachineProfile = Literal[ImageProfile.EC2, ImageProfile.BYOL_WORKSPACES]
"""The profiles of a whole machine. A snapshot holds one disk."""


def profile_named(name: object) -> ImageProfile | None:
    """The profile of that name; None when no profile has it."""
    return PROFILE_NAMES.get(name) if isinstance(name, str) else None
