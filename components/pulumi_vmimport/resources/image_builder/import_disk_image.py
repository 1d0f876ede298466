"""ImportDiskImage: EC2 Image Builder installs Windows from an ISO file in S3 and makes an image of it.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImportDiskImage.html
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.image_builder.image_import import (
    ImageImportArgs,
    ImageImportInputs,
    ImageImportState,
)
from pulumi_vmimport.resources.input_spellings import same_role


class DiskImagePlatform(StrEnum):
    """The platforms of ISO files that Image Builder imports."""

    WINDOWS = "Windows"


class DiskImageOsVersion(StrEnum):
    """The operating systems of ISO files that Image Builder imports."""

    WINDOWS_11 = "Microsoft Windows 11"


@dataclass(frozen=True, kw_only=True)
class RegisterImageOptions:
    secure_boot_enabled: bool | None = None
    uefi_data: str | None = None


@dataclass(frozen=True, kw_only=True)
class WindowsConfiguration:
    image_index: int


@dataclass(frozen=True, kw_only=True)
class ImportDiskImageInputs(ImageImportInputs):
    platform: DiskImagePlatform
    os_version: DiskImageOsVersion
    uri: str
    infrastructure_configuration_arn: str
    execution_role: str = updatable(MISSING, preflight=True, same=same_role)
    register_image_options: RegisterImageOptions | None = None
    windows_configuration: WindowsConfiguration | None = None
    source_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class ImportDiskImageState(ImportDiskImageInputs, ImageImportState):
    provenance: Mapping[str, str] | None = None


class RegisterImageOptionsArgs(TypedDict):
    """How Image Builder registers the AMI.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_RegisterImageOptions.html
    """

    secure_boot_enabled: NotRequired[pulumi.Input[bool]]
    """Whether UEFI Secure Boot is enabled. Default: true."""
    uefi_data: NotRequired[pulumi.Input[str]]
    """UEFI variable store in base64, at most 64000 characters. Default: that of Image Builder."""


class WindowsConfigurationArgs(TypedDict):
    """Which Windows of the ISO file Image Builder installs.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_WindowsConfiguration.html
    """

    image_index: pulumi.Input[int]
    """Index of the edition in the ISO file, as `dism /Get-ImageInfo` shows it: 1 to 4294967295."""


class ImportDiskImageArgs(ImageImportArgs):
    """The arguments of ImportDiskImage.

    Changes to execution_role, log_group_name, retain_on_delete, tags, timeout_minutes, profile and assume_role_arn are
    applied in place. A change to any other argument imports the file again and then deletes the earlier AMI.
    """

    platform: pulumi.Input[Literal["Windows"]]
    """Platform of the ISO file: Windows, the only one that Image Builder imports."""
    os_version: pulumi.Input[Literal["Microsoft Windows 11"]]
    """Operating system of the ISO file: Microsoft Windows 11 (Enterprise), the only one that Image Builder imports."""
    uri: pulumi.Input[str]
    """The ISO file from Microsoft in a bucket of your account in the same Region: s3://bucket/key.iso."""
    infrastructure_configuration_arn: pulumi.Input[str]
    """ARN of the infrastructure configuration for the instance on which Image Builder installs Windows, in the same
    Region."""
    execution_role: pulumi.Input[str]
    """Name or ARN of the role that Image Builder assumes to import the file, and to delete the AMI. It must trust
    imagebuilder.amazonaws.com. The API does not require it; this resource does, because the AMI is deleted with it."""
    register_image_options: NotRequired[pulumi.Input[RegisterImageOptionsArgs]]
    """How the AMI is registered. Default: UEFI Secure Boot is enabled."""
    windows_configuration: NotRequired[pulumi.Input[WindowsConfigurationArgs]]
    """Which Windows of the file is installed. Default: the edition that Image Builder chooses."""
    source_hash: NotRequired[pulumi.Input[str]]
    """Any value that changes with the content of the file, such as a checksum. A change imports the file again.
    Default: derived from the ETag of the object."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the AMI, its snapshots and the Image Builder image when the resource is deleted or replaced.
    Default: false."""


class ImportDiskImage(ManagedResource, module="vmimport", name="ImportDiskImage"):
    """An Image Builder image and an AMI of Windows 11, installed from an ISO file in S3, without vSphere.

    The resource's id is the ARN of the image, the source of ImportCustomWorkspaceImage and of recipes. The status shows
    the state of the image and its reason. If the import fails, the resource fails with AWS's words and leaves
    nothing. An interrupted run is resumed by the next one, and the same inputs never start a second import. Deleting
    the resource deletes the image, its AMI and snapshots.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImportDiskImage.html
    """

    _inputs_type = ImportDiskImageInputs
    _state_type = ImportDiskImageState

    image_build_version_arn: pulumi.Output[str]
    """ARN of the Image Builder image (build version)."""
    image_id: pulumi.Output[str]
    """Id of the AMI."""
    image_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted run the status that Image Builder reports; `deregistered` if the AMI no longer
    exists; `DELETED` if the Image Builder image was deleted and the AMI exists."""
    state_reason: pulumi.Output[str | None]
    """The reason of that state."""
    provenance: pulumi.Output[dict[str, str] | None]
    """Where the AMI comes from, as its tags say too: see output `provenance` of ImportImage. `object` is the file."""

    @overload
    def __init__(
        self, resource_name: str, args: ImportDiskImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[ImportDiskImageArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ImportDiskImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
