"""The Windows releases that WorkSpaces supports as BYOL images, and the virtual machine that each requires.

Sources of the rows:
- AWS_2023: "Windows versions supported for BYOL" as of September 2023, on the page below.
- AWS_GUIDE: the same list after October 2023 (1809 and 21H2 as LTSC editions),
  https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
- CHECKER: the builds that BYOL Checker 2.13.25 accepts, and their firmware,
  https://tools.amazonworkspaces.com/BYOLChecker.zip
The argument `windows_releases` of SourceVirtualMachine adds releases that AWS has listed since.
"""

from dataclasses import dataclass

AWS_2023 = "AWS, September 2023"
AWS_GUIDE = "AWS's guide"
CHECKER = "BYOL Checker 2.13.25"

BIOS, EFI = "bios", "efi"
WINDOWS_10 = "windows9_64Guest"  # the guest id in vSphere
WINDOWS_11 = "windows11_64Guest"  # since vSphere 8; earlier versions run Windows 11 with the guest id of Windows 10


@dataclass(frozen=True)
class WindowsRelease:
    """A release of Windows with the firmware that WorkSpaces requires and the guest id in vSphere."""

    firmware: str
    guest_id: str
    build: int | None = None
    source: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether AWS lists the release, and not only BYOL Checker."""
        return self.source != CHECKER


def _windows_10(build: int, source: str = CHECKER) -> WindowsRelease:
    return WindowsRelease(BIOS, WINDOWS_10, build, source)


def _windows_11(build: int, source: str = CHECKER) -> WindowsRelease:
    return WindowsRelease(EFI, WINDOWS_11, build, source)


WINDOWS_RELEASES = {
    "10-1511": _windows_10(10586),
    "10-1607": _windows_10(14393),
    "10-1703": _windows_10(15063),
    "10-1709": _windows_10(16299),
    "10-1803": _windows_10(17134),
    "10-1809": _windows_10(17763, AWS_GUIDE),
    "10-1903": _windows_10(18362),
    "10-1909": _windows_10(18363),
    "10-2004": _windows_10(19041),
    "10-20H2": _windows_10(19042),
    "10-21H1": _windows_10(19043),
    "10-21H2": _windows_10(19044, AWS_2023),
    "10-22H2": _windows_10(19045, AWS_2023),
    "11-21H2": _windows_11(22000),
    "11-22H2": _windows_11(22621, AWS_2023),
    "11-23H2": _windows_11(22631, AWS_GUIDE),
}
