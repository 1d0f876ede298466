"""CreateUpdatedWorkspaceImage: creates a WorkSpaces image with the latest WorkSpaces drivers and components.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateUpdatedWorkspaceImage.html
"""

from dataclasses import dataclass
from typing import Any, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.resources.workspaces.workspace_image import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageState,
)


@dataclass(frozen=True, kw_only=True)
class CreateUpdatedWorkspaceImageInputs(WorkspaceImageInputs):
    source_image_id: str


@dataclass(frozen=True, kw_only=True)
class CreateUpdatedWorkspaceImageState(CreateUpdatedWorkspaceImageInputs, WorkspaceImageState):
    pass


class CreateUpdatedWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of CreateUpdatedWorkspaceImage.

    Changes to tags, retain_on_delete, keep_failed_image, timeout_minutes, profile and assume_role_arn are applied in
    place. A change to any other argument replaces the image.
    """

    source_image_id: pulumi.Input[str]
    """Image to update, wsi-..., with Windows 10 or Windows Server 2016 or 2019. The image itself does not change."""


class CreateUpdatedWorkspaceImage(ManagedResource, module="vmimport", name="CreateUpdatedWorkspaceImage"):
    """A copy of a WorkSpaces image with the latest WorkSpaces drivers and components; the resource's id is the image's.

    It does not include Windows or application updates. Set the new image on bundles before you delete the old one.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateUpdatedWorkspaceImage.html
    """

    _inputs_type = CreateUpdatedWorkspaceImageInputs
    _state_type = CreateUpdatedWorkspaceImageState

    image_id: pulumi.Output[str]
    """Id of the new image, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted run PENDING or ERROR."""
    required_tenancy: pulumi.Output[str | None]
    """DEFAULT, or DEDICATED for BYOL."""
    owner_account_id: pulumi.Output[str | None]
    """Account that owns the image."""
    provenance: pulumi.Output[dict[str, str] | None]
    """Where the image comes from, as its tags say too: see output `provenance` of ImportImage. `image` lists the
    images that it was made of, the latest first, as `id@Region`."""

    @overload
    def __init__(
        self, resource_name: str, args: CreateUpdatedWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[CreateUpdatedWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: CreateUpdatedWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
