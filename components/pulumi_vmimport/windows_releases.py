"""The Windows releases that this version knows, and the virtual machine that each requires.

The virtual machine, the answer files, the preparation and the rules of the disk use these tables. The sources of
the rows were read on 2026-11-28:
- AWS_2023: "Windows versions supported for BYOL" as of September 2023, on the page below.
- AWS_GUIDE: the same list after October 2023 (1809 and 21H2 as LTSC editions),
  https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
- CHECKER: the builds that BYOL Checker 2.13.25 accepts, and their firmware,
  https://tools.amazonworkspaces.com/BYOLChecker.zip
- MICROSOFT: releases that neither of them names, or only in an example: AWS's guide mentions 24H2 as the release of a
  system that must not be upgraded from 23H2. Builds:
  https://learn.microsoft.com/windows/release-health/windows11-release-information and
  https://learn.microsoft.com/windows-server/get-started/windows-server-release-info
Guest ids: GuestOsIdentifier of the vSphere Web Services API.
The argument `windows_releases` of SourceVirtualMachine, and `windows_build` of a guest, add releases that are newer.
"""

from dataclasses import dataclass

AWS_2023 = "AWS, September 2023"
AWS_GUIDE = "AWS's guide"
CHECKER = "BYOL Checker 2.13.25"
MICROSOFT = "Microsoft"
LANGUAGE = "en-US"
"""The only language: WorkSpaces requires it, VM Import/Export advises it, and the preparation reads English output"""

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
    is_server: bool = False
    """A release of Windows Server, which any firmware boots; `firmware` is then the default"""

    @property
    def is_listed(self) -> bool:
        """Whether AWS lists the release for BYOL; true for a release that an argument describes."""
        return self.source not in {CHECKER, MICROSOFT}

    @property
    def is_in_checker(self) -> bool:
        """Whether BYOL Checker accepts the build."""
        return self.build is not None and self.source != MICROSOFT


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
    "11-24H2": _windows_11(26100, MICROSOFT),
    "11-25H2": _windows_11(26200, MICROSOFT),
}
"""Client releases, for WorkSpaces and EC2."""


def _server(build: int, guest_id: str) -> WindowsRelease:
    return WindowsRelease(BIOS, guest_id, build, MICROSOFT, is_server=True)


WINDOWS_SERVERS = {
    "2016": _server(14393, "windows9Server64Guest"),
    "2019": _server(17763, "windows2019srv_64Guest"),
    "2022": _server(20348, "windows2019srvNext_64Guest"),  # since vSphere 7.0
    "2025": _server(26100, "windows2022srvNext_64Guest"),  # since vSphere 8.0
}
"""Releases of Windows Server, for EC2 only."""
