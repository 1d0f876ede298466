"""The errors of disk images and OVF descriptors; pulumi_vmimport.errors shows the tree."""

from collections.abc import Sequence

from pulumi_vmimport.disk.conversion_remedies import CONVERT
from pulumi_vmimport.errors import VmimportError


class DiskImageError(VmimportError):
    """Base of the errors of disk images and OVF descriptors."""


class NotStreamOptimizedError(DiskImageError):
    """A disk is not a stream-optimized VMDK."""

    def __init__(self, disk: str, found: str) -> None:
        super().__init__(
            f"disk {disk}: expected a stream-optimized VMDK, got {found}; AWS rejects other VMDKs;"
            f" export the disk from vSphere, or {CONVERT}"
        )
        self.disk = disk
        self.found = found


class TruncatedImageError(DiskImageError):
    """A disk image ends too early."""

    def __init__(self, disk: str, size_bytes: int, found: str) -> None:
        super().__init__(f"disk {disk}: {found}, so the file of {size_bytes} bytes is incomplete; export it again")
        self.disk = disk
        self.size_bytes = size_bytes
        self.found = found


class DamagedImageError(DiskImageError):
    """A structure of a disk image has an invalid value."""

    def __init__(self, disk: str, found: str) -> None:
        super().__init__(f"disk {disk}: {found}; the image is damaged; create or transfer it again")
        self.disk = disk
        self.found = found


class UnsupportedImageError(DiskImageError):
    """A valid disk image of a kind that this library does not read."""

    def __init__(self, disk: str, found: str, remedy: str) -> None:
        super().__init__(f"disk {disk}: got {found}; {remedy}")
        self.disk = disk
        self.found = found
        self.remedy = remedy


class InvalidDescriptorError(DiskImageError):
    """An OVF descriptor is invalid, or cannot express the facts."""

    def __init__(self, fact: str, reason: str) -> None:
        super().__init__(f"OVF descriptor: {fact}: {reason}")
        self.fact = fact
        self.reason = reason


class InvalidGuestFactsError(DiskImageError):
    """The JSON of guest facts is invalid."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"guest facts: {'; '.join(problems)}; print them again with the script of this version")
        self.problems = tuple(problems)


class UnknownFactError(DiskImageError):
    """A rule needs a fact that could not be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
