r"""The SYSTEM hive of a guest that is ready for BYOL WorkSpaces.

It has what real hives have and simple rules trip over: services that are drivers with an object name, keys of services
without a start type, an interface without DHCP settings, device properties with types above 11, an empty
CloudDomainJoin, and GeneralizationState 7 although nobody ran Sysprep.
"""

import struct

from pulumi_vmimport_sandbox.windows.registry import Key, Value, binary, dword, expandable, string, strings

CS = "ControlSet001"
SERVICES = rf"{CS}\Services"
INTERFACES = rf"{SERVICES}\Tcpip\Parameters\Interfaces"
INTERFACE = rf"{INTERFACES}\{{4f3c9a1e-1b2d-4c3e-8f60-2b7d1c5a9e01}}"
ENVIRONMENT = rf"{CS}\Control\Session Manager\Environment"
MEMORY = rf"{CS}\Control\Session Manager\Memory Management"
RDP = rf"{CS}\Control\Terminal Server\WinStations\RDP-Tcp"
FIREWALL = rf"{SERVICES}\SharedAccess\Parameters\FirewallPolicy"
PATH = (
    r"%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\System32\Wbem;"
    r"%SYSTEMROOT%\System32\WindowsPowerShell\v1.0\;%SYSTEMROOT%\System32\OpenSSH" + "\\"
)
_DEVICE_PROPERTY = 0xFFFF0012
_SERVICE, _SHARED_SERVICE, _DRIVER, _USER_DRIVER = 0x10, 0x20, 0x1, 0x1
_SERVICES = (
    # name, start, type, account
    ("wuauserv", 4, _SHARED_SERVICE, "LocalSystem"),
    ("TrustedInstaller", 3, _SERVICE, "localSystem"),
    ("Dhcp", 2, _SHARED_SERVICE, r"NT Authority\LocalService"),
    ("Dnscache", 2, _SHARED_SERVICE, r"NT AUTHORITY\NetworkService"),
    ("TermService", 3, _SHARED_SERVICE, r"NT Authority\NetworkService"),
    ("Netlogon", 3, _SHARED_SERVICE, "LocalSystem"),
    ("MSSQL$TOOLS", 3, _SERVICE, r"NT Service\MSSQL$TOOLS"),
    ("LocalTask", 3, _SERVICE, r".\WorkSpaces_BYOL"),
    ("WudfRd", 3, _DRIVER, r"\Driver\WudfRd"),
    ("VMSP", 3, _DRIVER, r"\Driver\VMSP"),
    ("ntfs", 0, 2, None),
    ("storport", 0, _DRIVER, None),
    ("mountmgr", 0, _DRIVER, None),
    ("EventLog", 2, _SHARED_SERVICE, r"NT AUTHORITY\LocalService"),
)  # fmt: skip


def system(drive_c: bytes) -> Key:
    """The keys. `drive_c` is what MountedDevices has for C:."""
    root = Key("ROOT")
    root.set("Select", Current=dword(1), Default=dword(1), Failed=dword(0), LastKnownGood=dword(1))
    root.set("Setup", SystemSetupInProgress=dword(0), OOBEInProgress=dword(0), SetupType=dword(0), CmdLine=string(""))
    root.set(r"Setup\Status\SysprepStatus", GeneralizationState=dword(7))
    root.set_named("MountedDevices", {"\\DosDevices\\C:": binary(drive_c)})
    _control(root)
    _session_manager(root)
    _services(root)
    _network(root)
    properties = rf"{CS}\Enum\PCI\VEN_15AD&DEV_07B0\3&1\Properties\{{83da6326-97a6-4088-9453-a1923f573b29}}"
    for number in range(3, 40):
        root.set_named(rf"{properties}\{number:04X}", {"": Value(_DEVICE_PROPERTY, struct.pack("<Q", number) * 5)})
    return root


def _control(root: Key) -> None:
    root.set(rf"{CS}\Control", SystemBootDevice=string("multi(0)disk(0)rdisk(0)partition(2)"))
    root.set(rf"{CS}\Control\ProductOptions", ProductType=string("WinNT"))
    root.set(
        rf"{CS}\Control\TimeZoneInformation", TimeZoneKeyName=string("UTC"), Bias=dword(0), RealTimeIsUniversal=dword(1)
    )
    root.set(rf"{CS}\Control\Nls\Language", InstallLanguage=string("0409"), Default=string("0409"))
    root.set(rf"{CS}\Control\MUI\UILanguages\en-US", LCID=dword(0x409), Type=dword(0x91))
    root.key(rf"{CS}\Control\CloudDomainJoin")
    root.set(rf"{CS}\Control\Terminal Server", fDenyTSConnections=dword(0))
    root.set(RDP, UserAuthentication=dword(0), SecurityLayer=dword(1), PortNumber=dword(3389))
    root.set(rf"{CS}\Control\Lsa", LsaCfgFlags=dword(0), LimitBlankPasswordUse=dword(1))
    root.set(rf"{CS}\Control\DeviceGuard", EnableVirtualizationBasedSecurity=dword(0))
    root.set(rf"{CS}\Control\ComputerName\ComputerName", ComputerName=string("BYOL-SOURCE"))
    root.set(rf"{CS}\Control\Power", HibernateEnabled=dword(0))
    root.set(rf"{CS}\Control\Session Manager\Power", HiberbootEnabled=dword(0))
    root.key(rf"{CS}\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0")


def _session_manager(root: Key) -> None:
    root.set(rf"{CS}\Control\Session Manager", BootExecute=strings("autocheck autochk *"))
    root.set(
        ENVIRONMENT,
        ComSpec=expandable(r"%SystemRoot%\system32\cmd.exe"),
        OS=string("Windows_NT"),
        Path=expandable(PATH),
        PROCESSOR_ARCHITECTURE=string("AMD64"),
        TEMP=expandable(r"%SystemRoot%\TEMP"),
    )
    root.set(MEMORY, PagingFiles=strings(r"C:\pagefile.sys 1024 1024"), ClearPageFileAtShutdown=dword(0))


def _services(root: Key) -> None:
    for name, start, kind, account in _SERVICES:
        add_service(root, name, start, kind, account)
    for number in range(120):
        add_service(root, f"component{number:03}", 3, _SHARED_SERVICE, "LocalSystem")
    for name in (".NET CLR Data", "ESENT", "Lsa"):  # performance counters, no services
        root.set(rf"{SERVICES}\{name}\Performance", Library=string("perf.dll"))


def add_service(root: Key, name: str, start: int, kind: int = _SERVICE, account: str | None = "LocalSystem") -> None:
    """Install a service. `start` 2 is automatic, 3 manual, 4 disabled."""
    path = rf"{SERVICES}\{name}"
    root.set(path, Start=dword(start), Type=dword(kind), ErrorControl=dword(1))
    root.set(path, ImagePath=expandable(rf"%SystemRoot%\System32\{name}"))
    if account is not None:
        root.set(path, ObjectName=string(account))


def _network(root: Key) -> None:
    tcpip = rf"{SERVICES}\Tcpip\Parameters"
    root.set_named(tcpip, {"Domain": string(""), "NV Domain": string(""), "Hostname": string("BYOL-SOURCE")})
    root.set(INTERFACE, EnableDHCP=dword(1), DhcpIPAddress=string("192.0.2.20"), Domain=string(""))
    root.key(rf"{INTERFACES}\{{9d0f7a2c-0000-4000-8000-0000000000ff}}")
    root.set(rf"{SERVICES}\Tcpip6\Parameters", DisabledComponents=dword(0xFF))
    allow_remote_desktop(root, is_active=True)
    for profile, is_on in (("DomainProfile", 1), ("StandardProfile", 1), ("PublicProfile", 0)):
        root.set(rf"{FIREWALL}\{profile}", EnableFirewall=dword(is_on))


def allow_remote_desktop(root: Key, *, is_active: bool) -> None:
    """Windows Defender Firewall's rules of Remote Desktop. Source of the format: [MS-FASP], 2.2.20."""
    for name, protocol in (("RemoteDesktop-UserMode-In-TCP", 6), ("RemoteDesktop-UserMode-In-UDP", 17)):
        rule = (
            f"v2.30|Action=Allow|Active={str(is_active).upper()}|Dir=In|Protocol={protocol}|LPort=3389"
            r"|App=%SystemRoot%\system32\svchost.exe|Svc=termservice|Name=@FirewallAPI.dll,-28775|"
        )
        root.set_named(rf"{FIREWALL}\FirewallRules", {name: string(rule)})
