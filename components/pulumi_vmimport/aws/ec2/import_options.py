"""The closed sets of VM Import/Export; botocore checks none of them.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html
"""

from collections.abc import Mapping
from enum import StrEnum


class CaseInsensitiveEnum(StrEnum):
    """A closed set whose members may be given in any case."""

    @classmethod
    def _missing_(cls, value: object) -> "CaseInsensitiveEnum | None":
        return next((m for m in cls if isinstance(value, str) and m.value.lower() == value.lower()), None)


class DiskFormat(CaseInsensitiveEnum):
    """Formats that ImportImage accepts."""

    OVA = "OVA"
    VHD = "VHD"
    VHDX = "VHDX"
    VMDK = "VMDK"
    RAW = "RAW"


class SnapshotFormat(CaseInsensitiveEnum):
    """Formats that ImportSnapshot accepts.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SnapshotDiskContainer.html
    """

    VHD = "VHD"
    VMDK = "VMDK"
    RAW = "RAW"

    @classmethod
    def remedies(cls) -> Mapping[str, str]:
        """What to do about formats that ImportSnapshot does not accept, in upper case."""
        return {
            "VHDX": "leave format out for a VHDX, which EC2 then detects",
            "OVA": "unpack the disk, or use ImportImage",
        }


class LicenseType(CaseInsensitiveEnum):
    """Who licenses the operating system. Default of the input: EC2 detects it, as with `Auto` in the console."""

    AWS = "AWS"
    BYOL = "BYOL"


class Platform(CaseInsensitiveEnum):
    """The operating system's family."""

    WINDOWS = "Windows"
    LINUX = "Linux"


class BootMode(CaseInsensitiveEnum):
    """The boot mode of the AMI. EC2's third value, uefi-preferred, is not supported for imports."""

    LEGACY_BIOS = "legacy-bios"
    UEFI = "uefi"


class Architecture(CaseInsensitiveEnum):
    """Processor architectures that can be imported."""

    I386 = "i386"
    X86_64 = "x86_64"


class Hypervisor(CaseInsensitiveEnum):
    """The target hypervisor; the API has only this one."""

    XEN = "xen"


class ImdsSupport(CaseInsensitiveEnum):
    """The version of the instance metadata service that an AMI sets for its instances."""

    V2 = "v2.0"


class UsageOperation(StrEnum):
    """The usage operation, which decides how instances of the AMI are billed.

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
