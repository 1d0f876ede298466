"""The settings of a preparation of Windows: settings.json on the answer ISO, `$Prep` in the scripts. No secrets."""

import json
from dataclasses import dataclass, field
from enum import StrEnum

from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.service_limits import (
    BYOL_DISK_GIB,
    BYOL_FREE_GIB,
    BYOL_FREE_WITH_OFFICE_GIB,
    IMPORT_FREE_WINDOWS_GIB,
)
from pulumi_vmimport.windows_releases import WINDOWS_RELEASES

ROOT = r"C:\ProgramData\pulumi-vmimport"
"""The folder of the preparation in the guest"""
BYOL_ACCOUNT = "WorkSpaces_BYOL"
"""The account that WorkSpaces requires: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html"""
STATUS_FILE = "/ProgramData/pulumi-vmimport/status.json"
"""The file in that folder with which the preparation reports its result, on the volume of Windows"""
DEFAULT_UPDATE_ROUNDS = 8
DEFAULT_PASSES = 20
DEFAULT_PAGE_FILE_MB = 4096
DEFAULT_IGNORED_UPDATES = ("5034441",)
"""It fails on Windows 10 without a recovery partition (0x80070643)."""


class Sysprep(StrEnum):
    """When an image of a server is generalized."""

    NONE = "none"
    """Not by the preparation: after the import with EC2Launch, or by WorkSpaces"""
    BEFORE_EXPORT = "before-export"
    """By the preparation, instead of the last shutdown"""


@dataclass(frozen=True)
class ExtraScript:
    """A PowerShell script that runs once, after the updates and before the passwords are set."""

    name: str
    """The name in the log: letters, digits and hyphens"""
    content: str
    """PowerShell 5.1, run as SYSTEM; an exit code other than 0 ends the preparation"""


def supported_builds() -> tuple[int, ...]:
    """The builds of Windows that BYOL Checker accepts."""
    releases = (release for release in WINDOWS_RELEASES.values() if release.is_in_checker)
    return tuple(release.build for release in releases if release.build is not None)


@dataclass(frozen=True, kw_only=True)
class WindowsPreparation:
    """What the preparation ensures; defaults for WorkSpaces BYOL."""

    profile: GuestProfile = GuestProfile.BYOL_WORKSPACES
    builds: tuple[int, ...] = field(default_factory=supported_builds)
    """The builds of Windows that are supported; only byol-workspaces"""
    disk_gib: int = BYOL_DISK_GIB
    """The largest supported disk; only byol-workspaces"""
    with_office: bool = False
    """Whether AWS installs Microsoft Office; only byol-workspaces"""
    kms_host: str = ""
    """The KMS host, as name or name:port; empty: Windows is not activated, unless a product key is set"""
    has_product_key: bool = False
    """Whether secrets.json has a product key, such as a MAK"""
    install_updates: bool = True
    max_update_rounds: int = DEFAULT_UPDATE_ROUNDS
    ignored_updates: tuple[str, ...] = DEFAULT_IGNORED_UPDATES
    """Numbers of KB articles"""
    kept_apps: tuple[str, ...] = ()
    """Names of Appx packages, with * as wildcard"""
    page_file_mb: int = DEFAULT_PAGE_FILE_MB
    """The size of the page file; only ec2-windows"""
    sysprep: Sysprep = Sysprep.NONE
    """Only ec2-windows"""
    checker_folder: str = ""
    """The folder of BYOL Checker in the guest; empty: it does not run. Only byol-workspaces"""
    max_passes: int = DEFAULT_PASSES
    installation: str = ""
    """What status.json repeats, so that the file of an earlier installation is recognized"""
    extra_scripts: tuple[ExtraScript, ...] = ()

    @property
    def min_free_gib(self) -> int:
        """The free space that the import, or WorkSpaces, requires."""
        if self.profile is not GuestProfile.BYOL_WORKSPACES:
            return IMPORT_FREE_WINDOWS_GIB
        return BYOL_FREE_WITH_OFFICE_GIB if self.with_office else BYOL_FREE_GIB

    def settings_json(self) -> str:
        """The content of settings.json."""
        return json.dumps(
            {
                "Profile": self.profile.value,
                "Builds": [str(build) for build in self.builds],
                "DiskGB": self.disk_gib,
                "FreeGB": self.min_free_gib,
                "Office": self.with_office,
                "KmsHost": self.kms_host,
                "HasProductKey": self.has_product_key,
                "UpdateRounds": self.max_update_rounds if self.install_updates else 0,
                "UpdatesIgnore": list(self.ignored_updates),
                "AppxKeep": list(self.kept_apps),
                "PagefileMB": self.page_file_mb,
                "Account": BYOL_ACCOUNT,
                "Sysprep": self.sysprep.value,
                "CheckerFolder": self.checker_folder,
                "Passes": self.max_passes,
                "Root": ROOT,
                "Installation": self.installation,
            },
            indent=1,
        )
