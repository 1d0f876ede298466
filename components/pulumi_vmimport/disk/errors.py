"""What can be wrong with a disk image or its description, as one tree; the facts are attributes.

DiskImageError
├── NotStreamOptimizedError   it is no stream-optimized VMDK, the only VMDK that AWS imports
├── TruncatedImageError       it ends too early
└── InvalidDescriptorError    facts that no OVF descriptor can hold
"""


class DiskImageError(Exception):
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


class InvalidDescriptorError(DiskImageError):
    """Facts that no OVF descriptor can hold."""

    def __init__(self, fact: str, reason: str) -> None:
        super().__init__(f"OVF descriptor: {fact}: {reason}")
        self.fact = fact
        self.reason = reason
