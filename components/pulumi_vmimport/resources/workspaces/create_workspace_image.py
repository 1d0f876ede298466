"""CreateWorkspaceImage: creates a WorkSpaces image from a WorkSpace.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateWorkspaceImage.html
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
class CreateWorkspaceImageInputs(WorkspaceImageInputs):
    workspace_id: str


@dataclass(frozen=True, kw_only=True)
class CreateWorkspaceImageState(CreateWorkspaceImageInputs, WorkspaceImageState):
    pass


class CreateWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of CreateWorkspaceImage.

    Changes to tags, retain_on_delete, keep_failed_image, timeout_minutes, profile and assume_role_arn are applied in
    place. A change to any other argument replaces the image.
    """

    workspace_id: pulumi.Input[str]
    """WorkSpace to create the image from, ws-...; it must be AVAILABLE, and is SUSPENDED while the image is created."""


class CreateWorkspaceImage(ManagedResource, module="vmimport", name="CreateWorkspaceImage"):
    """A WorkSpaces image created from a WorkSpace; the resource's id is the image's. It takes about 45 minutes.

    To import an AMI, use ImportWorkspaceImage.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateWorkspaceImage.html
    """

    _inputs_type = CreateWorkspaceImageInputs
    _state_type = CreateWorkspaceImageState

    image_id: pulumi.Output[str]
    """Id of the WorkSpaces image, wsi-..."""
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
        self, resource_name: str, args: CreateWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[CreateWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: CreateWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
