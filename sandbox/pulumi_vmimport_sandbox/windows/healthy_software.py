"""The SOFTWARE hive of a guest that is ready for BYOL WorkSpaces."""

from pulumi_vmimport_sandbox.windows.registry import Key, binary, dword, expandable, string
from pulumi_vmimport_sandbox.windows.releases import Release

NT = r"Microsoft\Windows NT\CurrentVersion"
CV = r"Microsoft\Windows\CurrentVersion"
UNINSTALL = rf"{CV}\Uninstall"
UNINSTALL_32_BIT = r"Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall"
ANTIVIRUS = r"Microsoft\Security Center\Provider\Av"
APPX = rf"{CV}\Appx\AppxAllUserStore"
MACHINE_SID = "S-1-5-21-1004336348-1177238915-682003330"


def software(release: Release) -> Key:
    """The keys."""
    root = Key("ROOT")
    root.set(
        NT,
        ProductName=string(release.product),
        CurrentVersion=string("6.3"),
        CurrentBuild=string(str(release.build)),
        CurrentBuildNumber=string(str(release.build)),
        CurrentMajorVersionNumber=dword(10),
        CurrentMinorVersionNumber=dword(0),
        EditionID=string(release.edition),
        InstallationType=string("Client"),
        DisplayVersion=string(release.version),
        ReleaseId=string("2009"),
        UBR=dword(release.revision),
        BuildLabEx=string(release.lab),
        SystemRoot=string(r"C:\Windows"),
    )
    root.set(rf"{NT}\Winlogon", AutoAdminLogon=string("0"), Shell=string("explorer.exe"))
    add_profiles(root)
    root.set(r"Microsoft\PowerShell\1", Install=dword(1))
    root.set(r"Microsoft\PowerShell\3", Install=dword(1))
    root.set(
        r"Microsoft\PowerShell\3\PowerShellEngine",
        PowerShellVersion=string(release.power_shell),
    )
    root.set(
        r"Microsoft\NET Framework Setup\NDP\v4\Full",
        Install=dword(1),
        Release=dword(528372),
        Version=string("4.8.04084"),
    )
    root.set(rf"{CV}\Setup\State", ImageState=string("IMAGE_STATE_COMPLETE"))
    root.set(rf"{CV}\ReserveManager", ShippedWithReserves=dword(0), ActiveScenario=dword(0))
    root.set(rf"{CV}\Component Based Servicing", Version=string(f"10.0.{release.build}.{release.revision}"))
    root.set(rf"{CV}\Component Based Servicing\SessionsPending", Exclusive=dword(0), TotalSessionPhases=dword(0))
    root.key(rf"{CV}\WindowsUpdate\Auto Update")
    root.key(r"Policies\Microsoft\Windows")
    root.set(
        rf"{CV}\Uninstall\{{23170F69-40C1-2702-2409-000001000000}}",
        DisplayName=string("7-Zip 24.09"),
        Publisher=string("Igor Pavlov"),
    )
    root.set(rf"{UNINSTALL_32_BIT}\{{A1B2C3D4-0000-4000-8000-000000000001}}", DisplayName=string("Harmless Tool"))
    root.set(rf"{ANTIVIRUS}\{{D68DDC3A-831F-4fae-9E44-DA132C1ACF46}}", DISPLAYNAME=string("Windows Defender"))
    for path in (r"Applications", r"InboxApplications", r"Deprovisioned", r"Staged"):
        root.key(rf"{APPX}\{path}")
    root.set(
        r"Amazon\BYOLChecker", version=string("2.13.25"), status=string("success"), date=string("2026-11-20_101112")
    )
    for number in range(64):  # enough classes for more than one block of keys
        name = f"{{{number:08x}-0000-0000-c000-000000000046}}"
        root.set_named(
            rf"Classes\CLSID\{name}",
            {"": string(f"Class {number}"), "LocalizedString": expandable(f"@%SystemRoot%\\x.dll,-{number}")},
        )
        root.set(rf"Classes\CLSID\{name}\InprocServer32", ThreadingModel=string("Both"))
    root.set(rf"{NT}\Perflib\009", Counter=binary(bytes(range(256)) * 96))  # larger than a cell
    return root


def add_profiles(root: Key) -> None:
    """The accounts of the system, and WorkSpaces_BYOL."""
    profiles = rf"{NT}\ProfileList"
    root.set(
        profiles,
        ProfilesDirectory=expandable(r"%SystemDrive%\Users"),
        Default=expandable(r"%SystemDrive%\Users\Default"),
    )
    for sid, path in (
        ("S-1-5-18", r"%systemroot%\system32\config\systemprofile"),
        ("S-1-5-19", r"%systemroot%\ServiceProfiles\LocalService"),
        ("S-1-5-20", r"%systemroot%\ServiceProfiles\NetworkService"),
    ):
        root.set(rf"{profiles}\{sid}", ProfileImagePath=expandable(path), Flags=dword(12), State=dword(0))
    add_profile(root, 1001, r"C:\Users\WorkSpaces_BYOL")


def add_profile(root: Key, rid: int, path: str) -> None:
    """The profile of an account of this machine."""
    sid = f"{MACHINE_SID}-{rid}"
    root.set(rf"{NT}\ProfileList\{sid}", ProfileImagePath=expandable(path), Flags=dword(0), State=dword(0))
