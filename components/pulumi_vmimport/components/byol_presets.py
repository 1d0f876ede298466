"""The Windows releases that WorkSpaces takes as bring-your-own-licence images, and the machine each wants.

Sources, by what they list:
- AWS_2023: AWS's list of September 2023, as the article of the seeds quotes it (VM-02).
- AWS_GUIDE: "Windows versions supported for BYOL", a copy later than October 2023 of
  https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html (1809 and 21H2 as LTSC editions).
- CHECKER: the builds that BYOL Checker 2.13.25 takes, and their firmware (VM-02, VM-06);
  https://tools.amazonworkspaces.com/BYOLChecker.zip.
A release that AWS lists since then is given as an argument of the machine (windows_releases).
"""

from dataclasses import dataclass

AWS_2023 = "AWS, September 2023"
AWS_GUIDE = "AWS's guide"
CHECKER = "BYOL Checker 2.13.25"

BIOS, EFI = "bios", "efi"
WINDOWS_10 = "windows9_64Guest"  # vSphere's name of it
WINDOWS_11 = "windows11_64Guest"  # since vSphere 8; before, Windows 11 runs as Windows 10


@dataclass(frozen=True)
class WindowsRelease:
    """A release of Windows: the firmware that WorkSpaces wants and the name that vSphere has for it."""

    firmware: str
    guest_id: str
    build: int | None = None
    source: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether more than the checker speaks for it."""
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
