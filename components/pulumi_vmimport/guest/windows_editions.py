"""Editions of Windows: their name in install.wim, and the KMS client setup key, which selects the edition in Setup.

Source: https://learn.microsoft.com/en-us/windows-server/get-started/kms-client-activation-keys, read on 2026-11-28. The
keys are public; Windows with such a key is not activated before it finds a KMS host.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class WindowsEdition:
    """An edition of a product."""

    image_name: str
    """NAME in install.wim; does not depend on the language"""
    setup_key: str


def _client(product: str) -> dict[str, WindowsEdition]:
    return {
        edition: WindowsEdition(f"{product} {name}", key)
        for edition, name, key in (
            ("Professional", "Pro", "W269N-WFGWX-YVC9B-4J6C9-T83GX"),
            ("ProfessionalN", "Pro N", "MH37W-N47XK-V7XM9-C7227-GCQG9"),
            ("ProfessionalWorkstation", "Pro for Workstations", "NRG8B-VKK3Q-CXVCJ-9G2XF-6Q84J"),
            ("ProfessionalEducation", "Pro Education", "6TP4R-GNPTD-KYYHQ-7B7DP-J447Y"),
            ("Education", "Education", "NW6C2-QMPVW-D7KKK-3GKT6-VCFB2"),
            ("Enterprise", "Enterprise", "NPPR9-FWDCX-D2C8J-H872K-2YT43"),
            ("EnterpriseN", "Enterprise N", "DPH2V-TTNVB-4X9Q3-TJR4H-KHJW4"),
            ("EnterpriseS", "Enterprise LTSC", "M7XTQ-FN8P6-TTKYV-9D4CC-J462D"),
        )
    }


def _server(year: int, standard_key: str, datacenter_key: str) -> dict[str, WindowsEdition]:
    editions = {"ServerStandard": standard_key, "ServerDatacenter": datacenter_key}
    return {
        f"{edition}{suffix}": WindowsEdition(f"Windows Server {year} {edition.upper()}{suffix.upper()}", key)
        for edition, key in editions.items()
        for suffix in ("", "Core")
    }


WINDOWS_EDITIONS = {
    "10": _client("Windows 10"),
    "11": _client("Windows 11"),
    "2016": _server(2016, "WC2BQ-8NRM3-FDDYY-2BFGV-KHKQY", "CB7KF-BWN84-R7R2Y-793K2-8XDDG"),
    "2019": _server(2019, "N69G4-B89J2-4G8F4-WWYCC-J464C", "WMDGN-G9PQG-XVVXX-R3X43-63DFG"),
    "2022": _server(2022, "VDYBN-27WPP-V4HQT-9VMD4-VMK7H", "WX4NM-KYWYW-QJJR4-XV3QB-6VM33"),
    "2025": _server(2025, "TVRH6-WHNXV-R9WG3-9XRFY-MY832", "D764K-2NDRG-47T6Q-P8T8W-YP6DF"),
}
"""By product (the start of a release such as 10-22H2, or the year of Windows Server) and EditionID."""
