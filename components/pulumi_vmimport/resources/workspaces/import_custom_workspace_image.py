"""ImportCustomWorkspaceImage: EC2 Image Builder creates a WorkSpaces image from an import task, a build or an AMI.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportCustomWorkspaceImage.html
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.workspaces.ingestion_options import OsVersion
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.resources.allowed_values import OsVersionValue
from pulumi_vmimport.resources.workspaces.workspace_image import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageState,
)


class ImageComputeType(StrEnum):
    """The compute types that a custom image can support."""

    BASE = "BASE"
    GRAPHICS_G4DN = "GRAPHICS_G4DN"
    GRAPHICS_G6 = "GRAPHICS_G6"
    GRAPHICS_G7 = "GRAPHICS_G7"


class Protocol(StrEnum):
    """The streaming protocols of WorkSpaces; BYOP (bring your own protocol) is for WorkSpaces Core."""

    PCOIP = "PCOIP"
    DCV = "DCV"
    BYOP = "BYOP"


class ImageValidationMode(StrEnum):
    """Who validates the image before it becomes AVAILABLE."""

    CUSTOMER_MANAGED = "CUSTOMER_MANAGED"
    SERVICE_MANAGED = "SERVICE_MANAGED"


@dataclass(frozen=True, kw_only=True)
class ImportCustomWorkspaceImageInputs(WorkspaceImageInputs):
    compute_type: ImageComputeType
    protocol: Protocol
    os_version: OsVersion
    infrastructure_configuration_arn: str
    ec2_import_task_id: str | None = None
    image_build_version_arn: str | None = None
    ec2_image_id: str | None = None
    image_validation_mode: ImageValidationMode | None = None


@dataclass(frozen=True, kw_only=True)
class ImportCustomWorkspaceImageState(ImportCustomWorkspaceImageInputs, WorkspaceImageState):
    pass


class ImportCustomWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of ImportCustomWorkspaceImage. Exactly one source is required.

    Changes to tags, retain_on_delete, keep_failed_image, timeout_minutes, profile and assume_role_arn are applied in
    place. A change to any other argument replaces the image.
    """

    compute_type: pulumi.Input[Literal["BASE", "GRAPHICS_G4DN", "GRAPHICS_G6", "GRAPHICS_G7"]]
    """Compute type that the image supports: BASE, GRAPHICS_G4DN, GRAPHICS_G6 or GRAPHICS_G7."""
    protocol: pulumi.Input[Literal["PCOIP", "DCV", "BYOP"]]
    """Streaming protocol: PCOIP (Windows 10 only), DCV, or BYOP (WorkSpaces Core)."""
    os_version: pulumi.Input[OsVersionValue]
    """Windows version: Windows_10 or Windows_11."""
    infrastructure_configuration_arn: pulumi.Input[str]
    """ARN of the EC2 Image Builder infrastructure configuration to build and test the image with, in the same
    Region."""
    ec2_import_task_id: NotRequired[pulumi.Input[str]]
    """Source: an EC2 import task, import-ami-..., which may still be running. WorkSpaces waits for its AMI."""
    image_build_version_arn: NotRequired[pulumi.Input[str]]
    """Source: ARN of an EC2 Image Builder image build version, in the same Region."""
    ec2_image_id: NotRequired[pulumi.Input[str]]
    """Source: an AMI, ami-...: Windows, imported with `license_type` BYOL, unencrypted, owned by your account."""
    image_validation_mode: NotRequired[pulumi.Input[Literal["CUSTOMER_MANAGED", "SERVICE_MANAGED"]]]
    """Who validates the image: CUSTOMER_MANAGED or SERVICE_MANAGED. Default: the default of WorkSpaces."""


class ImportCustomWorkspaceImage(ManagedResource, module="vmimport", name="ImportCustomWorkspaceImage"):
    """A WorkSpaces image that EC2 Image Builder creates from an import task, a build or an AMI.

    The resource's id is the image's. The status shows the state and the percentage of the import.
    docs/workspaces_images.md compares this resource with ImportWorkspaceImage.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportCustomWorkspaceImage.html
    """

    _inputs_type = ImportCustomWorkspaceImageInputs
    _state_type = ImportCustomWorkspaceImageState

    image_id: pulumi.Output[str]
    """Id of the WorkSpaces image, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted run PENDING or ERROR."""
    required_tenancy: pulumi.Output[str | None]
    """DEDICATED, the tenancy of BYOL images."""
    owner_account_id: pulumi.Output[str | None]
    """Account that owns the image."""
    provenance: pulumi.Output[dict[str, str] | None]
    """Where the image comes from, as its tags say too: see output `provenance` of ImportImage. `image` lists the
    images that it was made of, the latest first, as `id@Region`."""

    @overload
    def __init__(
        self, resource_name: str, args: ImportCustomWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[ImportCustomWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ImportCustomWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
