"""The releases of Windows that guests have."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """A release of Windows. Windows 11 also calls itself Windows 10 in the registry."""

    build: int
    revision: int
    version: str
    lab: str
    power_shell: str
    product: str = "Windows 10 Pro"
    edition: str = "Professional"


WINDOWS_10_22H2 = Release(19045, 5011, "22H2", "19041.1.amd64fre.vb_release.191206-1406", "5.1.19041.5011")
WINDOWS_11_22H2 = Release(22621, 4317, "22H2", "22621.1.amd64fre.ni_release.220506-1250", "5.1.22621.4317")
WINDOWS_SERVER_2022 = Release(
    20348,
    2762,
    "21H2",
    "20348.1.amd64fre.fe_release.210507-1500",
    "5.1.20348.2760",
    "Windows Server 2022 Standard",
    "ServerStandard",
)
