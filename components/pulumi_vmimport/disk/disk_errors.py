"""What can be wrong with a disk image or its description, as one tree; the facts are attributes.

DiskImageError
├── NotStreamOptimizedError   it is no stream-optimized VMDK, the only VMDK that AWS imports
├── TruncatedImageError       it ends too early
├── DamagedImageError         a field of it cannot be what it says
├── UnsupportedImageError     it is whole, but of a kind whose content cannot be read here
└── InvalidDescriptorError    facts that no OVF descriptor can hold
"""

from pulumi_vmimport.errors import VmimportError


class DiskImageError(VmimportError):
    """Anything wrong with a disk image or its description."""


class NotStreamOptimizedError(DiskImageError):
    """A disk is no stream-optimized VMDK."""

    def __init__(self, disk: str, found: str) -> None:
        super().__init__(
            f"disk {disk}: expected a stream-optimized VMDK, got {found}; AWS imports no other kind of VMDK: export it"
            " from vSphere, or convert it with `qemu-img convert -O vmdk -o subformat=streamOptimized`"
        )
        self.disk = disk
        self.found = found


class TruncatedImageError(DiskImageError):
    """A disk ends too early."""

    def __init__(self, disk: str, size_bytes: int, found: str) -> None:
        super().__init__(f"disk {disk}: {found}, so its {size_bytes} bytes are not all of it; export it again")
        self.disk = disk
        self.size_bytes = size_bytes
        self.found = found


class DamagedImageError(DiskImageError):
    """A field of a disk image cannot be what it says."""

    def __init__(self, disk: str, found: str) -> None:
        super().__init__(f"disk {disk}: {found}; the image is damaged: make or transfer it again")
        self.disk = disk
        self.found = found


class UnsupportedImageError(DiskImageError):
    """A disk image of a kind whose content cannot be read here."""

    def __init__(self, disk: str, found: str, remedy: str) -> None:
        super().__init__(f"disk {disk}: got {found}; {remedy}")
        self.disk = disk
        self.found = found
        self.remedy = remedy


class InvalidDescriptorError(DiskImageError):
    """Facts that no OVF descriptor can hold."""

    def __init__(self, fact: str, reason: str) -> None:
        super().__init__(f"OVF descriptor: {fact}: {reason}")
        self.fact = fact
        self.reason = reason
