"""ImportWorkspaceImage: creates a WorkSpaces image from a BYOL AMI.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportWorkspaceImage.html,
https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

from dataclasses import dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.workspaces.ingestion_options import Application, IngestionProcess, OsVersion
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.allowed_values import ApplicationValue, IngestionProcessValue, OsVersionValue
from pulumi_vmimport.resources.workspaces.workspace_image import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageState,
)


@dataclass(frozen=True, kw_only=True)
class ImportWorkspaceImageInputs(WorkspaceImageInputs):
    ec2_image_id: str
    ingestion_process: IngestionProcess
    applications: tuple[Application, ...] | None = None
    os_version: OsVersion | None = updatable()


@dataclass(frozen=True, kw_only=True)
class ImportWorkspaceImageState(ImportWorkspaceImageInputs, WorkspaceImageState):
    pass


class ImportWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of ImportWorkspaceImage.

    Changes to tags, retain_on_delete, keep_failed_image, os_version, timeout_minutes, profile and assume_role_arn are
    applied in place. A change to any other argument replaces the image.
    """

    ec2_image_id: pulumi.Input[str]
    """AMI to import, ami-...: Windows, imported with `license_type` BYOL, unencrypted, owned by your account."""
    ingestion_process: pulumi.Input[IngestionProcessValue]
    """How WorkSpaces prepares the image: BYOL_REGULAR, BYOL_GRAPHICS, BYOL_GRAPHICSPRO or BYOL_GRAPHICS_G4DN (PCoIP),
    BYOL_REGULAR_WSP or BYOL_GRAPHICS_G4DN_WSP (DCV), BYOL_REGULAR_BYOP or BYOL_GRAPHICS_G4DN_BYOP (WorkSpaces Core).
    docs/workspaces_images.md lists the requirements of each."""
    applications: NotRequired[pulumi.Input[list[pulumi.Input[ApplicationValue]]]]
    """Microsoft_Office_2016 or Microsoft_Office_2019, at most one, to subscribe to Office through AWS. Default: no
    Office."""
    os_version: NotRequired[pulumi.Input[OsVersionValue]]
    """Windows_10 or Windows_11; lets preview check that `ingestion_process` and `applications` support it. It is not
    sent to AWS. Default: no check."""


class ImportWorkspaceImage(ManagedResource, module="vmimport", name="ImportWorkspaceImage"):
    """A WorkSpaces image created from a BYOL AMI; the resource's id is the image's.

    The import takes at least 90 minutes. The account must be enabled for BYOL. If the import fails, the error lists
    every code that WorkSpaces returned, and the failed image is deleted.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportWorkspaceImage.html
    """

    _inputs_type = ImportWorkspaceImageInputs
    _state_type = ImportWorkspaceImageState

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
        self, resource_name: str, args: ImportWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[ImportWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ImportWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
