"""autounattend.xml, which installs Windows without a person at the console, and unattend.xml for Sysprep.

Sources: https://learn.microsoft.com/en-us/windows-hardware/manufacture/desktop/windows-setup-automation-overview and
https://docs.aws.amazon.com/vm-import/latest/userguide/prepare-vm-image.html
"""

from dataclasses import dataclass
from enum import StrEnum

from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.unattend_xml import AnswerFile, Architecture, Tree, commands, password
from pulumi_vmimport.guest.windows_preparation import BYOL_ACCOUNT, ROOT
from pulumi_vmimport.windows_releases import LANGUAGE

ADMINISTRATOR = "Administrator"
DEFAULT_LOCALE = LANGUAGE
_SETUP, _SHELL = "Microsoft-Windows-Setup", "Microsoft-Windows-Shell-Setup"
_POWERSHELL = "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File"
_COPY = (
    r"cmd.exe /c for %d in (D E F G H) do if exist %d:\vmimport\prepare.ps1"
    rf" xcopy %d:\vmimport {ROOT}\ /E /I /Y /Q"
)
_CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
_POLICIES = r"HKLM\SOFTWARE\Policies\Microsoft"
_ESP_MB, _MSR_MB, _SYSTEM_RESERVED_MB = 260, 16, 500


class PartitionLayout(StrEnum):
    """The partitions that Setup creates."""

    ONE_VOLUME = "one-volume"
    """BIOS: one volume, from which the VM boots"""
    SYSTEM_RESERVED = "system-reserved"
    """BIOS: a partition of 500 MB, from which the VM boots, and the volume of Windows"""
    GPT = "gpt"
    """UEFI: an EFI system partition, a Microsoft reserved partition, and the volume of Windows"""


@dataclass(frozen=True)
class OneTimePasswords:
    """The passwords in the answer file. They are replaced before the image is shut down."""

    administrator: str
    byol: str


@dataclass(frozen=True, kw_only=True)
class WindowsSetup:
    """What Setup installs."""

    profile: GuestProfile
    layout: PartitionLayout
    image_name: str | None = None
    """The name of the edition in install.wim, such as Windows 10 Pro; None if `image_index` is set"""
    image_index: int | None = None
    setup_key: str | None = None
    """The product key of Setup; None: as the ISO has it"""
    owner: str = "Administrator"
    organization: str = "Organization"
    computer_name: str = "*"
    """* is a random name"""
    time_zone: str = "UTC"
    """The name of the time zone in Windows, such as Pacific Standard Time"""
    is_windows_11: bool = False
    bypass_tpm: bool = False
    """Whether Setup of Windows 11 does not check TPM and Secure Boot"""

    @property
    def logon_account(self) -> str:
        """The account of the only automatic logon."""
        return BYOL_ACCOUNT if self.profile is GuestProfile.BYOL_WORKSPACES else ADMINISTRATOR


def autounattend_xml(setup: WindowsSetup, passwords: OneTimePasswords) -> str:
    """The answer file of an installation. It has the one-time passwords, encoded but not encrypted."""
    file = AnswerFile()
    file.add("windowsPE", "Microsoft-Windows-International-Core-WinPE", _setup_language())
    file.add("windowsPE", _SETUP, _windows_pe(setup))
    file.add("specialize", "Microsoft-Windows-Deployment", [("RunSynchronous", _specialize_commands(setup))])
    file.add("specialize", _SHELL, [("ComputerName", setup.computer_name), ("TimeZone", setup.time_zone)])
    file.add("oobeSystem", "Microsoft-Windows-International-Core", _locales(DEFAULT_LOCALE))
    file.add("oobeSystem", _SHELL, _first_logon(setup, passwords))
    return file.xml()


def sysprep_unattend_xml(architecture: Architecture = Architecture.AMD64, locale: str = DEFAULT_LOCALE) -> str:
    r"""The answer file for C:\Windows\Panther\unattend.xml with which VM Import/Export starts a generalized image."""
    file = AnswerFile(architecture)
    file.add("oobeSystem", "Microsoft-Windows-International-Core", _locales(locale))
    skipped = [("HideEULAPage", True), ("SkipMachineOOBE", True), ("SkipUserOOBE", True)]
    file.add("oobeSystem", _SHELL, [("OOBE", skipped)])
    return file.xml()


def _locales(locale: str) -> Tree:
    return [(name, locale) for name in ("InputLocale", "SystemLocale", "UILanguage", "UserLocale")]


def _setup_language() -> Tree:
    return [("SetupUILanguage", [("UILanguage", DEFAULT_LOCALE)]), *_locales(DEFAULT_LOCALE)]


def _windows_pe(setup: WindowsSetup) -> Tree:
    image = ("/IMAGE/NAME", setup.image_name) if setup.image_name else ("/IMAGE/INDEX", str(setup.image_index))
    key: Tree = [("Key", setup.setup_key)] if setup.setup_key else []
    partitions, windows_partition = _partitions(setup.layout)
    bypass = [
        (rf"reg.exe add HKLM\SYSTEM\Setup\LabConfig /v {value} /t REG_DWORD /d 1 /f", "Requested by the configuration")
        for value in ("BypassTPMCheck", "BypassSecureBootCheck")
    ]
    return [
        ("DiskConfiguration", [("WillShowUI", "OnError"), ("+Disk", partitions)]),
        (
            "ImageInstall",
            [
                (
                    "OSImage",
                    [
                        ("InstallFrom", [("+MetaData", [("Key", image[0]), ("Value", image[1])])]),
                        ("InstallTo", [("DiskID", 0), ("PartitionID", windows_partition)]),
                        ("WillShowUI", "OnError"),
                    ],
                )
            ],
        ),
        (
            "UserData",
            [
                ("AcceptEula", True),
                ("FullName", setup.owner),
                ("Organization", setup.organization),
                ("ProductKey", [*key, ("WillShowUI", "OnError")]),
            ],
        ),
        *([("RunSynchronous", commands("RunSynchronousCommand", "Path", bypass))] if setup.bypass_tpm else []),
    ]


def _partitions(layout: PartitionLayout) -> tuple[Tree, int]:
    """The partitions of disk 0, and the number of that of Windows. Setup formats only partitions that it modifies."""
    windows: Tree = [("Format", "NTFS"), ("Label", "Windows"), ("Letter", "C")]
    created: list[Tree] = [[("Type", "Primary"), ("Extend", True)]]
    modified: dict[int, Tree] = {}
    match layout:
        case PartitionLayout.ONE_VOLUME:
            windows = [("Active", True), *windows]
        case PartitionLayout.SYSTEM_RESERVED:
            created.insert(0, [("Type", "Primary"), ("Size", _SYSTEM_RESERVED_MB)])
            modified[1] = [("Active", True), ("Format", "NTFS"), ("Label", "System Reserved")]
        case PartitionLayout.GPT:
            created[:0] = [[("Type", "EFI"), ("Size", _ESP_MB)], [("Type", "MSR"), ("Size", _MSR_MB)]]
            modified[1] = [("Format", "FAT32"), ("Label", "System")]
    number = len(created)
    modified[number] = windows
    creation = [("+CreatePartition", [("Order", order), *tree]) for order, tree in enumerate(created, 1)]
    modification = [
        ("+ModifyPartition", [("Order", order), ("PartitionID", partition), *tree])
        for order, (partition, tree) in enumerate(modified.items(), 1)
    ]
    disk: Tree = [
        ("DiskID", 0),
        ("WillWipeDisk", True),
        ("CreatePartitions", creation),
        ("ModifyPartitions", modification),
    ]
    return disk, number


def _specialize_commands(setup: WindowsSetup) -> Tree:
    """Commands of SYSTEM before the first logon; a Path has at most 259 characters."""
    lines = [
        (_COPY, "Copy the preparation without the secrets"),
        (_set_dword(rf"{_CONTROL}\BitLocker", "PreventDeviceEncryption", 1), "Do not encrypt the volume"),
        (_set_dword(rf"{_CONTROL}\TimeZoneInformation", "RealTimeIsUniversal", 1), "The hardware clock is UTC"),
    ]
    if setup.profile is GuestProfile.BYOL_WORKSPACES:
        lines += [
            (_set_dword(rf"{_POLICIES}\WindowsStore", "AutoDownload", 2), "Do not update apps"),
            (
                _set_dword(rf"{_POLICIES}\Windows\CloudContent", "DisableWindowsConsumerFeatures", 1),
                "Do not install suggested apps",
            ),
        ]
    if setup.is_windows_11:
        guard = rf"{_CONTROL}\DeviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity"
        oobe = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\OOBE"
        lines += [
            (_set_dword(oobe, "BypassNRO", 1), "Complete OOBE without a network"),
            (_set_dword(guard, "Enabled", 0), "No memory integrity"),
        ]
    return commands("RunSynchronousCommand", "Path", lines)


def _set_dword(key: str, value: str, data: int) -> str:
    return f"reg.exe add {key} /v {value} /t REG_DWORD /d {data} /f"


def _first_logon(setup: WindowsSetup, passwords: OneTimePasswords) -> Tree:
    is_byol = setup.profile is GuestProfile.BYOL_WORKSPACES
    logon_password = passwords.byol if is_byol else passwords.administrator
    account: Tree = [
        ("Name", BYOL_ACCOUNT),
        ("DisplayName", BYOL_ACCOUNT),
        ("Group", "Administrators"),
        ("Password", password(passwords.byol, "Password")),
    ]
    start = (rf"{_POWERSHELL} {ROOT}\start.ps1", "Start the preparation")
    return [
        (
            "OOBE",
            [
                ("HideEULAPage", True),
                *([] if is_byol else [("HideLocalAccountScreen", True)]),
                ("HideOEMRegistrationScreen", True),
                ("HideOnlineAccountScreens", True),
                ("HideWirelessSetupInOOBE", True),
                ("ProtectYourPC", 3),
            ],
        ),
        (
            "UserAccounts",
            [
                ("AdministratorPassword", password(passwords.administrator, "AdministratorPassword")),
                *([("LocalAccounts", [("+LocalAccount", account)])] if is_byol else []),
            ],
        ),
        (
            "AutoLogon",
            [
                ("Username", setup.logon_account),
                ("Enabled", True),
                ("LogonCount", 1),
                ("Password", password(logon_password, "Password")),
            ],
        ),
        (
            "FirstLogonCommands",
            commands("SynchronousCommand", "CommandLine", [start], ("RequiresUserInput", False)),
        ),
    ]
