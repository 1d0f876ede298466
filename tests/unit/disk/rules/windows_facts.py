"""Facts of Windows made by hand: a machine that no rule objects to, an untouched one, and one fault for each rule."""

from typing import Any

from pulumi_vmimport.disk.guest.guest_facts import Fact, FactValue, GuestFacts, GuestSystem
from pulumi_vmimport.image_profile import ImageProfile

Entry = dict[str, FactValue]

EC2, BYOL = ImageProfile.EC2, ImageProfile.BYOL_WORKSPACES
PATH = r"%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\System32\Wbem;%SYSTEMROOT%\System32\WindowsPowerShell\v1.0\;C:\Tools"
DHCP: Entry = {"id": "{1}", "dhcp": 1, "addresses": [], "lease": "10.0.0.5"}
NEW_DHCP: Entry = {"id": "{1}", "dhcp": 1, "addresses": [], "lease": None}
STATIC: Entry = {"id": "{2}", "dhcp": 0, "addresses": ["192.0.2.10"], "lease": None}
LOOPBACK: Entry = {"id": "{3}", "dhcp": None, "addresses": [], "lease": None}
ADMINISTRATOR: Entry = {
    "name": "Administrator",
    "rid": 500,
    "enabled": True,
    "has_password": True,
    "is_administrator": True,
}
GUEST: Entry = {"name": "Guest", "rid": 501, "enabled": False, "has_password": False, "is_administrator": False}
ACCOUNT: Entry = {
    "name": "WorkSpaces_BYOL",
    "rid": 1001,
    "enabled": True,
    "has_password": True,
    "is_administrator": True,
}
SYSTEM_PROFILE: Entry = {"sid": "S-1-5-18", "path": r"%systemroot%\system32\config\systemprofile", "has_files": False}
PROFILE: Entry = {"sid": "S-1-5-21-1-2-3-1001", "path": r"C:\Users\WorkSpaces_BYOL", "has_files": True}
OTHER_PROFILE: Entry = {"sid": "S-1-12-1-4-5-6-7", "path": r"C:\Users\builder", "has_files": True}
CALCULATOR = "Microsoft.WindowsCalculator_11.2502.2.0_x64__8wekyb3d8bbwe"
CALCULATOR_BUNDLE = "Microsoft.WindowsCalculator_2021.2502.2.0_neutral_~_8wekyb3d8bbwe"
FRAMEWORK = "Microsoft.VCLibs.140.00_14.0.33519.0_x64__8wekyb3d8bbwe"
WINGET = "Microsoft.Winget.Source_2025.1.1.1_neutral__8wekyb3d8bbwe"

PREPARED: dict[str, FactValue] = {
    "windows.build": "19045",
    "windows.revision": 3803,
    "windows.edition": "Professional",
    "windows.display_version": "22H2",
    "windows.release_id": "2009",
    "windows.build_lab": "19041.1.amd64fre.vb_release.191206-1406",
    "windows.product_type": "WinNT",
    "windows.architecture": "AMD64",
    "windows.install_language": "0409",
    "windows.interface_languages": ["en-US"],
    "windows.computer_name": "DESKTOP-1",
    "setup.subkeys": ["Status", "SetupCl"],
    "setup.in_progress": 0,
    "setup.oobe_in_progress": 0,
    "setup.image_state": "IMAGE_STATE_COMPLETE",
    "powershell.version": "5.1.19041.1",
    "dotnet.release": 528372,
    "byol_checker.status": "success",
    "byol_checker.date": "2026-11-20_101112",
    "service.wuauserv.start": 4,
    "service.trustedinstaller.start": 3,
    "service.dhcp.start": 2,
    "service.termservice.start": 3,
    "service.amazonssmagent.start": None,
    "service.vmtools.start": None,
    "service.pcoipagent.start": None,
    "service.vmms.start": None,
    "domain.sid": None,
    "domain.name": "",
    "entra.joins": [],
    "logon.automatic": "0",
    "remote_desktop.denied": 0,
    "remote_desktop.denied_by_policy": None,
    "remote_desktop.authentication": 0,
    "remote_desktop.authentication_by_policy": None,
    "firewall.public": 0,
    "firewall.public_by_policy": None,
    "firewall.remote_desktop_rules": ["RemoteDesktop-UserMode-In-TCP"],
    "network.ipv6_disabled_components": 255,
    "network.interfaces": [DHCP, LOOPBACK],
    "tls12.enabled": None,
    "tls12.disabled_by_default": None,
    "clock.is_universal": 1,
    "mount.no_automount": None,
    "mounted.d": None,
    "environment.path": PATH,
    "memory.page_files": [r"C:\pagefile.sys 1024 1024"],
    "memory_integrity.enabled": None,
    "memory_integrity.locked": None,
    "credential_guard.flags": None,
    "reserved_storage.scenario": 0,
    "restart.file_renames": None,
    "restart.exclusive_session": None,
    "restart.pending_packages": None,
    "restart.servicing": False,
    "restart.updates": False,
    "file.pending_updates": False,
    "file.sysprep": True,
    "file.pcoip_uninstaller": False,
    "software.installed": [{"key": "{00000000-0000-0000-0000-000000000001}", "name": "7-Zip"}],
    "antivirus.providers": ["Windows Defender"],
    "services.accounts": {
        "LocalSystem": ["wuauserv"],
        "NT AUTHORITY\\LocalService": ["Dhcp"],
        "nt service\\x": ["x"],
        ".\\svc": ["local"],
        "desktop-1\\svc": ["named"],
    },
    "appx.all_users": [],
    "appx.inbox": ["Microsoft.Windows.Search_1.16.0.0_neutral_neutral_cw5n1h2txyewy"],
    "appx.users": [f"S-1-5-21-1-2-3-1001\\{FRAMEWORK}"],
    "appx.staged": [f"Microsoft.VCLibs.140.00_8wekyb3d8bbwe\\{FRAMEWORK}"],
    "accounts": [ADMINISTRATOR, GUEST, ACCOUNT],
    "profiles": [SYSTEM_PROFILE, PROFILE],
    "boot.partition_table": "mbr",
    "boot.loader": r"\Windows\system32\winload.exe",
    "boot.emergency_management": False,
    "shutdown.volume_clean": True,
    "shutdown.unfinished_hives": [],
}

WINDOWS_11: dict[str, FactValue] = {
    "windows.build": "22631",
    "boot.partition_table": "gpt",
    "boot.loader": r"\WINDOWS\system32\winload.efi",
}

# What an installation has that nobody prepared, as real registries show it.
UNTOUCHED: dict[str, FactValue] = {
    "service.wuauserv.start": 3,
    "firewall.public": 1,
    "firewall.remote_desktop_rules": [],
    "network.ipv6_disabled_components": None,
    "clock.is_universal": None,
    "memory.page_files": [r"?:\pagefile.sys"],
    "remote_desktop.denied": 1,
    "remote_desktop.authentication": 1,
    "accounts": [{**ADMINISTRATOR, "enabled": False}, GUEST, {**ACCOUNT, "name": "builder"}],
    "byol_checker.status": None,
    "byol_checker.date": None,
    "appx.all_users": [CALCULATOR_BUNDLE],
    "appx.users": [f"S-1-5-21-1-2-3-1001\\{CALCULATOR}", f"S-1-5-21-1-2-3-1001\\{FRAMEWORK}"],
    "appx.staged": [f"Microsoft.WindowsCalculator_8wekyb3d8bbwe\\{CALCULATOR}"],
}

# The rule: the facts that differ, the profile, and words of the evidence.
FAULTS: dict[str, tuple[dict[str, FactValue], ImageProfile, str]] = {
    "windows-not-shut-down": ({"shutdown.volume_clean": False}, BYOL, "shutdown.volume_clean"),
    "windows-release": ({"windows.product_type": "ServerNT"}, BYOL, "ServerNT, expected WinNT"),
    "windows-32-bit": ({"windows.architecture": "x86"}, BYOL, "x86, expected AMD64"),
    "windows-upgraded": ({"setup.subkeys": ["Source OS (Updated on 1/2/2025 03:04:05)"]}, BYOL, "Source OS (Updated"),
    "windows-10-uefi": ({**WINDOWS_11, "windows.build": "19045"}, BYOL, "build 19045 with"),
    "windows-partition-table": ({"boot.partition_table": "gpt"}, BYOL, "on a disk with GPT"),
    "windows-language": ({"windows.install_language": "0407"}, BYOL, "0407, expected 0409"),
    "windows-setup-unfinished": ({"setup.image_state": "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"}, BYOL, "GENERALIZE"),
    "windows-sysprep-missing": ({"file.sysprep": False}, BYOL, "file.sysprep does not exist"),
    "windows-memory-integrity": ({"credential_guard.flags": 1}, BYOL, "= 1, expected 0"),
    "windows-hyper-v": ({"service.vmms.start": 2}, EC2, "= 2"),
    "windows-ems": ({"boot.emergency_management": True}, EC2, "= true"),
    "windows-powershell": ({"powershell.version": "3.0"}, BYOL, "3.0, expected 4 or later"),
    "windows-dotnet": ({"dotnet.release": None}, EC2, "absent, expected 378389"),
    "windows-office": (
        {"software.installed": [{"key": "{90160000-008C-0000-1000-0000000FF1CE}", "name": "Office"}]}, BYOL, "Office",
    ),
    "windows-pcoip-agent": ({"software.installed": [{"key": "PCoIP Agent", "name": None}]}, BYOL, "PCoIP Agent"),
    "windows-vmware-tools": ({"software.installed": [{"key": "{E3}", "name": "VMware Tools"}]}, BYOL, "VMware Tools"),
    "windows-antivirus": ({"antivirus.providers": ["Windows Defender", "ClamWin"]}, BYOL, "ClamWin"),
    "windows-domain-services": (
        {"services.accounts": {"CORP\\backup$": ["Backup"], "a@corp.example": ["Sync"]}}, BYOL, "Backup (CORP\\backup$), Sync",
    ),
    "windows-modules-installer-disabled": ({"service.trustedinstaller.start": 4}, BYOL, "= 4, expected 3"),
    "windows-remote-desktop-service": ({"service.termservice.start": 4}, EC2, "= 4"),
    "windows-ssm-agent": ({"service.amazonssmagent.start": 2}, BYOL, "= 2, expected 4"),
    "windows-appx-packages": ({"appx.users": [f"S-1-5-21-1-2-3-1001\\{WINGET}"]}, BYOL, WINGET),
    "windows-appx-staged": ({"appx.staged": [f"Microsoft.Winget.Source_8wekyb3d8bbwe\\{WINGET}"]}, BYOL, WINGET),
    "windows-appx-provisioned": ({"appx.all_users": [CALCULATOR_BUNDLE]}, BYOL, CALCULATOR_BUNDLE),
    "windows-reserved-storage": ({"reserved_storage.scenario": 2}, BYOL, "= 2, expected 0"),
    "windows-restart-pending": ({"file.pending_updates": True}, BYOL, "file.pending_updates exists"),
    "windows-file-renames-pending": (
        {"restart.file_renames": [r"\??\C:\Temp\a.tmp", "", r"\??\C:\Temp\b.tmp", r"!\??\C:\b"]}, BYOL,
        r"2 files: C:\Temp\a.tmp, C:\Temp\b.tmp",
    ),
    "windows-domain-joined": ({"domain.sid": "S-1-5-21-7-8-9", "domain.name": "corp.example"}, BYOL, "corp.example"),
    "windows-entra-joined": ({"entra.joins": ["0A1B"]}, BYOL, "0A1B"),
    "windows-byol-account-disabled": ({"accounts": [ADMINISTRATOR, {**ACCOUNT, "enabled": False}]}, BYOL, "is disabled"),
    "windows-byol-account-not-administrator": (
        {"accounts": [ADMINISTRATOR, {**ACCOUNT, "is_administrator": False}]}, BYOL, "is not in Administrators",
    ),
    "windows-password-missing": ({"accounts": [ADMINISTRATOR, ACCOUNT, {**GUEST, "enabled": True}]}, EC2, "Guest"),
    "windows-several-profiles": ({"profiles": [PROFILE, OTHER_PROFILE]}, BYOL, r"2 users: C:\Users\WorkSpaces_BYOL, C:\Users\builder"),
    "windows-profile-missing": ({"profiles": [{**PROFILE, "has_files": False}]}, BYOL, r"without NTUSER.DAT: C:\Users"),
    "windows-automatic-logon": ({"logon.automatic": "1"}, BYOL, "= 1, expected 0"),
    "windows-static-address": ({"network.interfaces": [STATIC, NEW_DHCP]}, BYOL, "{2} (192.0.2.10)"),
    "windows-dhcp-client": ({"service.dhcp.start": 4}, EC2, "= 4, expected 2"),
    "windows-tls12": ({"tls12.enabled": 0}, EC2, "= 0"),
    "windows-firewall-blocks-rdp": ({"firewall.public": 1, "firewall.remote_desktop_rules": []}, EC2, "no enabled rule"),
    "windows-path": ({"environment.path": r"C:\Windows;C:\Windows\System32"}, BYOL, r"lacks %systemroot%\system32\wbem"),
    "windows-automount-disabled": ({"mount.no_automount": 1}, BYOL, "= 1, expected 0"),
    "windows-drive-d": ({"mounted.d": {"device": "partition 2", "partition": 2}}, BYOL, "partition 2 of this disk"),
    "windows-byol-checker-failed": ({"byol_checker.status": "fail"}, BYOL, "fail, 2026-11-20_101112"),
    "windows-update-enabled": ({"service.wuauserv.start": 3}, BYOL, "= 3, expected 4"),
    "windows-byol-account-missing": ({"accounts": [ADMINISTRATOR, GUEST]}, BYOL, "has Administrator, Guest"),
    "windows-administrator-disabled": ({"accounts": [{**ADMINISTRATOR, "enabled": False}, ACCOUNT]}, BYOL, "Administrator is disabled"),
    "windows-firewall-on": ({"firewall.public": 1}, BYOL, "= 1, expected 0"),
    "windows-clock-local": ({"clock.is_universal": None}, BYOL, "absent, expected 1"),
    "windows-ipv6-enabled": ({"network.ipv6_disabled_components": 0x20}, BYOL, "= 32, expected 255"),
    "windows-remote-desktop-denied": ({"remote_desktop.denied": None}, EC2, "absent, expected 0"),
    "windows-network-level-authentication": ({"remote_desktop.authentication": 1}, BYOL, "= 1, expected 0"),
    "windows-page-file-automatic": ({"memory.page_files": [r"C:\pagefile.sys 0 0"]}, EC2, r"C:\pagefile.sys 0 0"),
}  # fmt: skip


def windows(changes: dict[str, FactValue] | None = None, **options: Any) -> GuestFacts:
    """The prepared machine with these changes."""
    values = {**PREPARED, **(changes or {})}
    return GuestFacts(GuestSystem.WINDOWS, tuple(Fact(id, value, id) for id, value in values.items()), **options)


def unreadable(*ids: str, reason: str = "the hive is damaged") -> GuestFacts:
    """The prepared machine with facts that could not be read."""
    return windows().with_facts(*(Fact(id, evidence=id, unknown=reason) for id in ids))
