"""Releases of Windows by their builds.

The product name in the registry is no evidence: that of Windows 11 still says Windows 10. One version, such as 21H2, is
that of several products. Sources: https://learn.microsoft.com/windows/release-health/release-information,
windows11-release-information, https://learn.microsoft.com/windows-server/get-started/windows-server-release-info.
"""

from typing import Final

from pulumi_vmimport.windows_releases import WINDOWS_RELEASES

FIRST_WINDOWS_11_BUILD: Final = 22000

CLIENT_RELEASES: Final = {
    7600: "Windows 7",
    7601: "Windows 7 SP1",
    9200: "Windows 8",
    9600: "Windows 8.1",
    10240: "Windows 10 1507",
    10586: "Windows 10 1511",
    14393: "Windows 10 1607",
    15063: "Windows 10 1703",
    16299: "Windows 10 1709",
    17134: "Windows 10 1803",
    17763: "Windows 10 1809",
    18362: "Windows 10 1903",
    18363: "Windows 10 1909",
    19041: "Windows 10 2004",
    19042: "Windows 10 20H2",
    19043: "Windows 10 21H1",
    19044: "Windows 10 21H2",
    19045: "Windows 10 22H2",
    22000: "Windows 11 21H2",
    22621: "Windows 11 22H2",
    22631: "Windows 11 23H2",
    26100: "Windows 11 24H2",
    26200: "Windows 11 25H2",
}

SERVER_RELEASES: Final = {
    7600: "Windows Server 2008 R2",
    7601: "Windows Server 2008 R2 SP1",
    9200: "Windows Server 2012",
    9600: "Windows Server 2012 R2",
    14393: "Windows Server 2016",
    17763: "Windows Server 2019",
    20348: "Windows Server 2022",
    25398: "Windows Server 23H2",
    26100: "Windows Server 2025",
}

BYOL_BUILDS: Final = frozenset(
    release.build for release in WINDOWS_RELEASES.values() if release.build is not None and release.is_in_checker
)
"""The builds that BYOL Checker accepts"""
