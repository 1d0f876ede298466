"""The arguments that describe a Windows guest to install and prepare."""

from typing import Literal, NotRequired, TypedDict

import pulumi


class ExtraScriptArgs(TypedDict):
    """A PowerShell script that runs once during the preparation."""

    name: pulumi.Input[str]
    """The name in the log: letters, digits and hyphens."""
    content: pulumi.Input[str]
    """PowerShell 5.1, run as SYSTEM. It ends with exit code 0, or 3010 to request a restart; any other exit code fails
    the preparation. Do not put secrets into it: it is stored in the image until the preparation has ended."""


class PreparedWindowsArgs(TypedDict):
    """The Windows to install, and what its preparation ensures."""

    windows_release: NotRequired[pulumi.Input[str]]
    """The release on the ISO image, such as 10-22H2, 11-23H2, or 2022 for Windows Server 2022. Required for Windows."""
    windows_build: NotRequired[pulumi.Input[int]]
    """The build of a `windows_release` that this version does not list, such as 26300 for 11-26H2. Default: that of the
    release (docs/supported_systems.md)."""
    language: NotRequired[pulumi.Input[str]]
    """The language of Windows on the ISO image. Default, and the only value: en-US, which WorkSpaces requires."""
    edition: NotRequired[pulumi.Input[str]]
    """The EditionID to install, such as Professional, Enterprise or ServerDatacenter. Default: Professional, or
    ServerStandard."""
    image_name: NotRequired[pulumi.Input[str]]
    """The name of the image in install.wim, instead of `edition`."""
    image_index: NotRequired[pulumi.Input[int]]
    """The index of the image in install.wim, instead of `edition`."""
    setup_key: NotRequired[pulumi.Input[str]]
    """The product key of Setup. Default: Microsoft's KMS client key of `edition`; none with image_name or
    image_index."""
    partition_layout: NotRequired[pulumi.Input[Literal["one-volume", "system-reserved", "gpt"]]]
    """The partitions. Default: gpt for Windows 11 and firmware EFI, otherwise one-volume, as AWS documents for
    WorkSpaces."""
    administrator_password: NotRequired[pulumi.Input[str]]
    """The password of Administrator. Required for Windows; always a secret."""
    byol_account_password: NotRequired[pulumi.Input[str]]
    """The password of WorkSpaces_BYOL. Required for byol-workspaces; always a secret."""
    product_key: NotRequired[pulumi.Input[str]]
    """A product key to activate Windows with, such as a MAK; always a secret. Default: the key of Setup."""
    kms_host: NotRequired[pulumi.Input[str]]
    """The KMS host to activate with, as name or name:port. Default: Windows is not activated."""
    with_office: NotRequired[pulumi.Input[bool]]
    """Whether AWS installs Microsoft Office, which requires 20 GB of free space. Default: false."""
    install_updates: NotRequired[pulumi.Input[bool]]
    """Whether all updates are installed first; the guest needs a network. Default: true."""
    ignored_updates: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Numbers of KB articles whose updates are not installed. Default: 5034441."""
    kept_apps: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Names of Appx packages to keep, with * as wildcard. Default: none."""
    extra_scripts: NotRequired[pulumi.Input[list[pulumi.Input[ExtraScriptArgs]]]]
    """Scripts that run once, in this order, after the updates. Default: none."""
    byol_checker: NotRequired[pulumi.Input[str]]
    """The path or the https URL of BYOLChecker.zip, which then runs after the last restart. Default: none."""
    computer_name: NotRequired[pulumi.Input[str]]
    """The name of the computer. Default: a random one."""
    time_zone: NotRequired[pulumi.Input[str]]
    """The name of the time zone in Windows, such as Pacific Standard Time. Default: UTC."""
    owner: NotRequired[pulumi.Input[str]]
    """The registered owner. Default: Administrator."""
    organization: NotRequired[pulumi.Input[str]]
    """The registered organization. Default: Organization."""
    bypass_tpm: NotRequired[pulumi.Input[bool]]
    """Whether Setup of Windows 11 skips the checks of TPM and Secure Boot. Default: false."""


class WindowsGuestArgs(PreparedWindowsArgs):
    """The Windows to install in a virtual machine, and what its preparation ensures."""

    datastore: NotRequired[pulumi.Input[str]]
    """The name of a datastore of the virtual machine for the answer ISO. Default: that of its first disk."""
    overwrite_disk: NotRequired[pulumi.Input[bool]]
    """Whether a disk that already has data is overwritten. Default: false."""
    timeout_minutes: NotRequired[pulumi.Input[int]]
    """How long one `pulumi up` waits, in minutes. The installation continues after that, and the next `pulumi up`
    resumes the wait. Default: 1440."""
