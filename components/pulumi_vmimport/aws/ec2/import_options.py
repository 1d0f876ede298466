"""The closed sets of VM Import/Export; botocore checks none of them.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html
"""

from enum import StrEnum


class AnyCase(StrEnum):
    """A closed set whose members may be written in any case."""

    @classmethod
    def _missing_(cls, value: object) -> "AnyCase | None":
        return next((m for m in cls if isinstance(value, str) and m.value.lower() == value.lower()), None)


class DiskFormat(AnyCase):
    """Formats that ImportImage takes."""

    OVA = "OVA"
    VHD = "VHD"
    VHDX = "VHDX"
    VMDK = "VMDK"
    RAW = "RAW"


class SnapshotFormat(AnyCase):
    """Formats that ImportSnapshot takes.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SnapshotDiskContainer.html
    """

    VHD = "VHD"
    VMDK = "VMDK"
    RAW = "RAW"


class LicenseType(AnyCase):
    """Who licenses the operating system; leave the input out for the console's `Auto` (IMG-06)."""

    AWS = "AWS"
    BYOL = "BYOL"


class Platform(AnyCase):
    """The operating system's family."""

    WINDOWS = "Windows"
    LINUX = "Linux"


class BootMode(AnyCase):
    """How the image starts. EC2's third value, uefi-preferred, is refused for imports."""

    LEGACY_BIOS = "legacy-bios"
    UEFI = "uefi"


class Architecture(AnyCase):
    """Processor architectures that can be imported."""

    I386 = "i386"
    X86_64 = "x86_64"


class Hypervisor(AnyCase):
    """The one target hypervisor of the API."""

    XEN = "xen"


class UsageOperation(StrEnum):
    """What the AMI is billed as (IMG-10).

    Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-image-import.html
    """

    WINDOWS = "RunInstances:0002"
    WINDOWS_SQL_STANDARD = "RunInstances:0006"
    WINDOWS_SQL_ENTERPRISE = "RunInstances:0102"
    WINDOWS_SQL_WEB = "RunInstances:0202"
    WINDOWS_BYOL = "RunInstances:0800"
    LINUX = "RunInstances"
    LINUX_SQL_STANDARD = "RunInstances:0004"
    LINUX_SQL_ENTERPRISE = "RunInstances:0100"
    LINUX_SQL_WEB = "RunInstances:0200"
    RED_HAT = "RunInstances:0010"
    SUSE = "RunInstances:000g"
