"""What can be wrong with a guest, each as the smallest change of a healthy one.

A fault that AWS has a code for has the name of the code in DescribeWorkspaceImages; `Code/what` is another cause of it.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass

from pulumi_vmimport_sandbox.windows import accounts
from pulumi_vmimport_sandbox.windows import boot_configuration as bcd
from pulumi_vmimport_sandbox.windows.accounts import Account
from pulumi_vmimport_sandbox.windows.guest import GIB, Layout, WindowsGuest, drive_letter, portable_executable
from pulumi_vmimport_sandbox.windows.healthy_software import (
    ANTIVIRUS,
    APPX,
    CV,
    MACHINE_SID,
    NT,
    UNINSTALL,
    UNINSTALL_32_BIT,
    add_profile,
)
from pulumi_vmimport_sandbox.windows.healthy_system import (
    CS,
    ENVIRONMENT,
    FIREWALL,
    INTERFACE,
    MEMORY,
    PATH,
    RDP,
    SERVICES,
    add_service,
    allow_remote_desktop,
)
from pulumi_vmimport_sandbox.windows.registry import Value, binary, dword, expandable, string, strings

Change = Callable[[WindowsGuest], object]


@dataclass(frozen=True)
class Fault:
    """A fault."""

    change: Change
    layout: Layout = Layout.WINDOWS_10
    """The layout that it needs, or that a test should use"""


def faulty_guest(*names: str, layout: Layout | None = None) -> WindowsGuest:
    """A guest with these faults of FAULTS. `layout` is by default that of the first fault.

    Raises: KeyError if a fault does not exist.
    """
    faults = [FAULTS[name] for name in names]
    guest = WindowsGuest.healthy(layout or (faults[0].layout if faults else Layout.WINDOWS_10))
    for fault in faults:
        fault.change(guest)
    return guest


def _software(path: str, **values: Value) -> Change:
    return lambda guest: guest.software.set(path, **values)


def _system(path: str, **values: Value) -> Change:
    return lambda guest: guest.system.set(path, **values)


def _service(name: str, start: int, account: str = "LocalSystem") -> Change:
    return lambda guest: add_service(guest.system, name, start, account=account)


def _start(name: str, start: int) -> Change:
    return _system(rf"{SERVICES}\{name}", Start=dword(start))


def _program(key: str, name: str, publisher: str = "") -> Change:
    return _software(key, DisplayName=string(name), Publisher=string(publisher))


def _exists(path: str, *, exists: bool = True) -> Change:
    return lambda guest: guest.exist.update({path: exists})


def _guest(name: str, value: object) -> Change:
    return lambda guest: setattr(guest, name, value)


def _account(account_name: str, **facts: object) -> Change:
    def change(guest: WindowsGuest) -> None:
        account = next(account for account in guest.accounts if account.name == account_name)
        for fact, value in facts.items():
            setattr(account, fact, value)

    return change


def _all(*changes: Change) -> Change:
    def change(guest: WindowsGuest) -> None:
        for part in changes:
            part(guest)

    return change


def _join_domain(guest: WindowsGuest) -> None:
    guest.security = accounts.security(accounts.domain_sid(), "CORP", "corp.example.com")
    guest.system.set(rf"{SERVICES}\Tcpip\Parameters", Domain=string("corp.example.com"))
    guest.system.set(rf"{SERVICES}\Netlogon", Start=dword(2))


def _map_drive_d(guest: WindowsGuest) -> None:
    is_gpt = guest.layout is Layout.WINDOWS_11
    letter = drive_letter(guest.partitions[0], is_gpt=is_gpt)
    guest.system.set_named("MountedDevices", {"\\DosDevices\\D:": binary(letter)})


def _remember_cd_drive(guest: WindowsGuest) -> None:
    path = "\\??\\IDE#CdRomNECVMWar_VMware_IDE_CDR10#{53f5630d-b6bf-11d0-94f2-00a0c91efb8b}"
    guest.system.set_named("MountedDevices", {"\\DosDevices\\D:": binary(path.encode("utf-16-le"))})


def _be_32_bit(guest: WindowsGuest) -> None:
    guest.system.set(ENVIRONMENT, PROCESSOR_ARCHITECTURE=string("x86"))
    guest.software.set(NT, BuildLabEx=string(guest.release.lab.replace("amd64fre", "x86fre")))
    guest.files["/Windows/System32/ntoskrnl.exe"] = portable_executable(0x014C)


def _boot_with(loader: str) -> Change:
    return lambda guest: bcd.set_element(guest.boot, bcd.WINDOWS, bcd.APPLICATION_PATH, string(loader))


def _crash(change: Change) -> Change:
    """What changed last is only in the log of SYSTEM."""

    def crash(guest: WindowsGuest) -> None:
        guest.before_crash["SYSTEM"] = deepcopy(guest.system)
        change(guest)

    return crash


def _remove(path: str, hive: str = "system") -> Change:
    return lambda guest: getattr(guest, hive).delete(path)


_ADMINISTRATOR, _BYOL = "Administrator", "WorkSpaces_BYOL"
_OFFICE = rf"{UNINSTALL}\{{90160000-0011-0000-1000-0000000FF1CE}}"
_ANTIVIRUS = rf"{ANTIVIRUS}\{{B2E9A1D4-0000-4000-8000-000000000001}}"
_JOIN = rf"{CS}\Control\CloudDomainJoin\JoinInfo\0123456789ABCDEF0123456789ABCDEF01234567"
_TLS12 = rf"{CS}\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
_PACKAGE = "Microsoft.BingWeather_4.53.51361.0_x64__8wekyb3d8bbwe"
_CBS = rf"{CV}\Component Based Servicing"

FAULTS: Mapping[str, Fault] = {
    "OutdatedPowershellVersion": Fault(
        _software(r"Microsoft\PowerShell\3\PowerShellEngine", PowerShellVersion=string("3.0"))
    ),
    "OfficeInstalled": Fault(_program(_OFFICE, "Microsoft Office Professional Plus 2016", "Microsoft Corporation")),
    "PCoIPAgentInstalled": Fault(_program(rf"{UNINSTALL_32_BIT}\PCoIP Standard Agent", "PCoIP Standard Agent")),
    "PCoIPAgentInstalled/file": Fault(_exists("/Program Files (x86)/Teradici/PCoIP Agent/uninst.exe")),
    "PCoIPAgentInstalled/service": Fault(_service("PCoIPAgent", 2)),
    "WindowsUpdatesEnabled": Fault(_start("wuauserv", 3)),
    "WindowsUpdatesEnabled/TrustedInstaller": Fault(_start("TrustedInstaller", 2)),
    "AutoMountDisabled": Fault(_system(rf"{SERVICES}\mountmgr", NoAutoMount=dword(1))),
    "WorkspacesBYOLAccountNotFound": Fault(_account(_BYOL, name="builder")),
    "WorkspacesBYOLAccountDisabled": Fault(_account(_BYOL, is_enabled=False)),
    "DHCPDisabled": Fault(
        _system(INTERFACE, EnableDHCP=dword(0), IPAddress=strings("192.0.2.10"), SubnetMask=strings("255.255.255.0"))
    ),
    "DiskFreeSpace": Fault(_guest("free_bytes", 9 * GIB)),
    "DiskFreeSpace/Office": Fault(_guest("free_bytes", 15 * GIB)),
    "OSNotSupported": Fault(_software(NT, CurrentBuild=string("10240"), CurrentBuildNumber=string("10240"))),
    "OSNotSupported/server": Fault(_system(rf"{CS}\Control\ProductOptions", ProductType=string("ServerNT"))),
    "DomainJoined": Fault(_join_domain),
    "AzureDomainJoined": Fault(_system(_JOIN, TenantId=string("00000000-0000-4000-8000-000000000000"))),
    "FirewallEnabled": Fault(_system(rf"{FIREWALL}\PublicProfile", EnableFirewall=dword(1))),
    "VMWareToolsInstalled": Fault(
        _program(rf"{UNINSTALL}\{{E3A9E1B4-9B37-4C3E-8F52-6C6F3D0E1A11}}", "VMware Tools", "VMware, Inc.")
    ),
    "DiskSizeExceeded": Fault(_guest("capacity_bytes", 100 * GIB)),
    "IncompatiblePartitioning": Fault(_boot_with(r"\Windows\system32\winload.efi")),
    "IncompatiblePartitioning/GPT": Fault(_boot_with(r"\Windows\system32\winload.exe"), Layout.WINDOWS_11),
    "PendingReboot": Fault(_software(rf"{_CBS}\SessionsPending", Exclusive=dword(1))),
    "PendingReboot/packages": Fault(
        lambda guest: guest.software.key(rf"{_CBS}\PackagesPending\Package_for_KB5031356~31bf3856ad364e35~amd64~~1.0")
    ),
    "PendingReboot/file": Fault(_exists("/Windows/WinSxS/pending.xml")),
    "AutoLogonEnabled": Fault(_software(rf"{NT}\Winlogon", AutoAdminLogon=string("1"))),
    "RealTimeUniversalDisabled": Fault(_system(rf"{CS}\Control\TimeZoneInformation", RealTimeIsUniversal=dword(0))),
    "RealTimeUniversalDisabled/absent": Fault(
        lambda guest: guest.system.delete_value(rf"{CS}\Control\TimeZoneInformation", "RealTimeIsUniversal")
    ),
    "MultipleBootPartition": Fault(_guest("active", (0, 1))),
    "Requires64BitOS": Fault(_be_32_bit),
    "InPlaceUpgrade": Fault(_system(r"Setup\Source OS (Updated on 1/2/2025 03:04:05)", CurrentBuild=string("18363"))),
    "AntiVirusInstalled": Fault(_software(_ANTIVIRUS, DISPLAYNAME=string("Example Antivirus"), STATE=dword(397568))),
    "UEFINotSupported": Fault(
        _software(NT, CurrentBuild=string("19045"), CurrentBuildNumber=string("19045")), Layout.WINDOWS_11
    ),
    "AppXPackagesInstalled": Fault(
        lambda guest: guest.software.key(rf"{APPX}\{MACHINE_SID}-{accounts.WORKSPACES_BYOL}\{_PACKAGE}")
    ),
    "ReservedStorageInUse": Fault(
        _software(rf"{CV}\ReserveManager", ShippedWithReserves=dword(1), ActiveScenario=dword(1))
    ),
    "SysPrepFileMissing": Fault(_exists("/Windows/System32/Sysprep/sysprep.exe", exists=False)),
    "UserProfileMissing": Fault(_exists("/Users/WorkSpaces_BYOL/NTUSER.DAT", exists=False)),
    "EnvironmentVariablesPathMissingEntries": Fault(
        _system(ENVIRONMENT, Path=expandable(PATH.replace(r"%SystemRoot%\System32\Wbem;", "")))
    ),
    "DomainAccountServicesFound": Fault(_service("Backup", 2, account=r"CORP\svc-backup")),
    "DomainAccountServicesFound/UPN": Fault(_service("Backup", 2, account="svc-backup@corp.example.com")),
    "RemoteDesktopServicesDisabled": Fault(_start("TermService", 4)),
    "WindowsModulesInstallerDisabled": Fault(_start("TrustedInstaller", 4)),
    "AmazonSsmAgentEnabled": Fault(_service("AmazonSSMAgent", 2)),
    "UnsupportedSecurityProtocol": Fault(_system(_TLS12, Enabled=dword(0), DisabledByDefault=dword(1))),
    "MultipleUserProfiles": Fault(lambda guest: add_profile(guest.software, 1002, r"C:\Profiles\builder")),
    "MemoryIntegrityIncompatibility": Fault(_system(rf"{CS}\Control\Lsa", LsaCfgFlags=dword(1)), Layout.WINDOWS_11),
    "MemoryIntegrityIncompatibility/locked": Fault(
        _system(
            rf"{CS}\Control\DeviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity", Enabled=dword(1), Locked=dword(1)
        ),
        Layout.WINDOWS_11,
    ),
    "RestrictedDriveLetterInUse": Fault(_map_drive_d),
    # Without a code of AWS: what BYOL and VM Import ask for, and what makes facts uncertain.
    "AdministratorDisabled": Fault(_account(_ADMINISTRATOR, is_enabled=False)),
    "EmptyPassword": Fault(_account(_BYOL, has_password=False)),
    "EmptyPassword/Administrator": Fault(_account(_ADMINISTRATOR, has_password=False)),
    "ForgottenAccount": Fault(lambda guest: guest.accounts.append(Account("builder", 1002, has_password=False))),
    "NotAdministrator": Fault(_account(_BYOL, is_administrator=False)),
    "RemoteDesktopDenied": Fault(_system(rf"{CS}\Control\Terminal Server", fDenyTSConnections=dword(1))),
    "RemoteDesktopDenied/policy": Fault(
        _software(r"Policies\Microsoft\Windows NT\Terminal Services", fDenyTSConnections=dword(1))
    ),
    "NetworkLevelAuthentication": Fault(_system(RDP, UserAuthentication=dword(1))),
    "FirewallEnabled/policy": Fault(
        _software(r"Policies\Microsoft\WindowsFirewall\PublicProfile", EnableFirewall=dword(1))
    ),
    "FirewallBlocksRemoteDesktop": Fault(
        _all(
            _system(rf"{FIREWALL}\PublicProfile", EnableFirewall=dword(1)),
            lambda guest: allow_remote_desktop(guest.system, is_active=False),
        )
    ),
    "Ipv6Enabled": Fault(
        lambda guest: guest.system.delete_value(rf"{SERVICES}\Tcpip6\Parameters", "DisabledComponents")
    ),
    "DhcpClientDisabled": Fault(_start("Dhcp", 4)),
    "DotNetMissing": Fault(_remove(r"Microsoft\NET Framework Setup\NDP\v4", "software")),
    "AutomaticPageFile": Fault(_system(MEMORY, PagingFiles=strings(r"?:\pagefile.sys"))),
    "EmergencyManagement": Fault(
        lambda guest: bcd.set_element(guest.boot, bcd.EMERGENCY_MANAGEMENT, bcd.BOOT_EMS, binary(b"\1"))
    ),
    "NotEnglish": Fault(_system(rf"{CS}\Control\Nls\Language", InstallLanguage=string("0411"), Default=string("0411"))),
    "HyperVRole": Fault(_service("vmms", 2)),
    "CheckerFailed": Fault(_software(r"Amazon\BYOLChecker", status=string("fail"))),
    "Generalized": Fault(
        _all(
            _software(rf"{CV}\Setup\State", ImageState=string("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE")),
            _system(
                "Setup", OOBEInProgress=dword(1), SystemSetupInProgress=dword(1), CmdLine=string("oobe\\windeploy.exe")
            ),
        )
    ),
    "FileRenamesPending": Fault(
        _system(
            rf"{CS}\Control\Session Manager",
            PendingFileRenameOperations=strings(
                r"\??\C:\Windows\Temp\a.tmp", "", r"\??\C:\Windows\Temp\b.dll", r"!\??\C:\Windows\System32\b.dll"
            ),
        )
    ),
    "DriveLetterHistory": Fault(_remember_cd_drive),
    "EntraProfile": Fault(
        _software(
            rf"{NT}\ProfileList\S-1-12-1-1111111111-1222222222-1333333333-1444444444",
            ProfileImagePath=expandable(r"C:\Profiles\builder"),
        )
    ),
    "VolumeInUse": Fault(_guest("is_clean", value=False)),
    "Hibernated": Fault(
        _all(_exists("/hiberfil.sys"), lambda guest: guest.files.update({"/hiberfil.sys": b"HIBR" + bytes(8)}))
    ),
    "HiveInUse": Fault(_crash(_start("Dnscache", 3))),
    "HiveInUse/fault-in-log": Fault(_crash(_start("wuauserv", 3))),
    "HiveInUse/no-log": Fault(_all(_crash(_start("Dnscache", 3)), _guest("has_logs", value=False))),
    "BitLocker": Fault(_guest("is_encrypted", value=True)),
    # Rare, but no reason to reject a guest.
    "StagedAppxPackage": Fault(
        _software(
            rf"{APPX}\Staged\Microsoft.BingWeather_8wekyb3d8bbwe\{_PACKAGE}", Path=expandable(r"C:\Program Files\x")
        )
    ),
    "CheckerNotRun": Fault(_remove("Amazon", "software")),
    "AnswerFile": Fault(_exists("/Windows/Panther/unattend.xml")),
    "Fragmented": Fault(_guest("is_fragmented", value=True)),
}
