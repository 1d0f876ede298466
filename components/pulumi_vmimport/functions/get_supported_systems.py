"""getSupportedSystems: what AWS imports, as this version of the library knows it. It makes no call.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html,
https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

from dataclasses import dataclass

import pulumi

from pulumi_vmimport.functions.program_calls import ProgramFunction
from pulumi_vmimport.image_profile import ImageProfile, ImageProfileName


@dataclass(frozen=True, kw_only=True)
class GetSupportedSystemsInputs:
    """No input is required."""

    image_profile: ImageProfile | None = None
    """Return only what an image for this purpose may be: `ec2` (ImportImage), `snapshot` (ImportSnapshot) or
    `byol-workspaces`. Default: everything."""


@dataclass(frozen=True, kw_only=True)
class SupportedRelease:
    """Releases of an operating system with the same support."""

    versions: tuple[str, ...]
    """Version numbers, or ranges of them such as `7.0-7.9`. A number includes its point releases."""
    bits: tuple[int, ...]
    """The word sizes that AWS lists. AWS no longer imports 32-bit systems."""
    editions: tuple[str, ...]
    """The editions that AWS lists; empty for a system without editions."""
    kernels: tuple[str, ...]
    """The kernels that AWS lists, of a Linux system."""
    boot_mode: str | None = None
    """The boot mode that the system requires, `legacy-bios` or `uefi`. Default: either."""
    default_regions_only: bool
    """Whether AWS does not support the system in opt-in Regions."""
    not_in_regions: tuple[str, ...]
    """Further Regions where AWS does not support the system."""
    end_of_life: bool
    """Whether AWS lists the system but no longer tests it."""
    withdrawn: bool
    """Whether AWS announced its removal from the list."""
    note: str | None = None
    """A condition of AWS, such as a required service pack."""


@dataclass(frozen=True, kw_only=True)
class SupportedSystem:
    """A family of operating systems."""

    family: str
    """The name of the family, such as `Windows Server`."""
    platform: str
    """`Windows` or `Linux`."""
    license_types: tuple[str, ...]
    """The license types that AWS supports, of `AWS` and `BYOL`."""
    releases: tuple[SupportedRelease, ...]
    """The releases that AWS lists."""
    note: str | None = None
    """A condition of AWS for all releases."""


@dataclass(frozen=True, kw_only=True)
class ByolRelease:
    """A release of Windows that WorkSpaces supports as a BYOL image."""

    release: str
    """The release, such as `10-22H2` or `11-23H2`, as in the argument `windows_release` of SourceVirtualMachine."""
    firmware: str
    """The firmware that WorkSpaces requires, `bios` or `efi`."""
    build: int | None = None
    """The build of Windows."""
    is_listed: bool
    """Whether AWS's guide lists the release, and not only BYOL Checker."""
    source: str
    """Where the release is listed."""


@dataclass(frozen=True, kw_only=True)
class SupportedFormat:
    """A format of disk images."""

    name: str
    """The name, as in the input `format` of a disk container."""
    description: str
    """Which variants of the format AWS supports."""
    resources: tuple[str, ...]
    """The resources that import it."""
    suffix: str | None = None
    """The file name extension, if AWS requires one."""


@dataclass(frozen=True, kw_only=True)
class GetSupportedSystemsResult:
    """The tables of this version of the library. docs/supported_systems.md shows the same."""

    checked: str
    """The date on which the tables were compared with AWS's page, such as `2026-11-22`."""
    source: str
    """The page of AWS."""
    systems: tuple[SupportedSystem, ...]
    """The operating systems that ImportImage supports; empty for the profiles `snapshot` and `byol-workspaces`."""
    byol_releases: tuple[ByolRelease, ...]
    """The releases of Windows that WorkSpaces supports as BYOL images; empty for the profiles `ec2` and `snapshot`."""
    formats: tuple[SupportedFormat, ...]
    """The formats of disk images."""
    withdrawn_from: str
    """The date for which AWS announced the removal of the releases with `withdrawn`."""
    i386_withdrawn_from: str
    """The date from which on AWS does not import 32-bit systems."""
    default_regions: tuple[str, ...]
    """The Regions that are enabled by default; every other Region of partition `aws` is opt-in."""


_FUNCTION = ProgramFunction(GetSupportedSystemsInputs, GetSupportedSystemsResult)


def get_supported_systems(
    *,
    image_profile: ImageProfileName | None = None,
    opts: pulumi.InvokeOptions | None = None,
) -> GetSupportedSystemsResult:
    """What AWS imports, as this version of the library knows it. It makes no call.

    Args:
        image_profile: Return only what an image for this purpose may be. Default: everything.
        opts: Options of the call; `provider` may be an `aws.Provider`.

    Raises:
        FunctionCallError: the profile is none of `ec2`, `snapshot` and `byol-workspaces`.
    """
    return _FUNCTION.call({"image_profile": image_profile}, opts)


def get_supported_systems_output(
    *,
    image_profile: pulumi.Input[ImageProfileName | None] = None,
    opts: pulumi.InvokeOptions | None = None,
) -> pulumi.Output[GetSupportedSystemsResult]:
    """As `get_supported_systems`, for arguments that may be outputs. In preview the result may be unknown."""
    return _FUNCTION.call_output({"image_profile": image_profile}, opts)
