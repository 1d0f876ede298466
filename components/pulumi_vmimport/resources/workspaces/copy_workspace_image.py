"""CopyWorkspaceImage: copies a WorkSpaces image, owned or shared, to the resource's Region and account.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CopyWorkspaceImage.html
"""

from dataclasses import dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.workspaces.workspace_image import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageState,
)


@dataclass(frozen=True, kw_only=True)
class CopyWorkspaceImageInputs(WorkspaceImageInputs):
    source_image_id: str
    source_region: str
    source_owner_account_id: str | None = updatable()


@dataclass(frozen=True, kw_only=True)
class CopyWorkspaceImageState(CopyWorkspaceImageInputs, WorkspaceImageState):
    pass


class CopyWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of CopyWorkspaceImage. `region` is the Region of the copy.

    Changes to tags, retain_on_delete, keep_failed_image, source_owner_account_id, timeout_minutes, profile and
    assume_role_arn are applied in place. A change to any other argument replaces the copy.
    """

    source_image_id: pulumi.Input[str]
    """Image to copy, wsi-...: owned by your account or shared with it."""
    source_region: pulumi.Input[str]
    """Region of the source image. In China and GovCloud it must be the Region of the copy."""
    source_owner_account_id: NotRequired[pulumi.Input[str]]
    """Account that must own the source image, 12 digits. An image of any other account is not copied. Default: your
    own account."""


class CopyWorkspaceImage(ManagedResource, module="vmimport", name="CopyWorkspaceImage"):
    """A copy of a WorkSpaces image in the resource's Region and account; the resource's id is the copy's.

    The owner of the source image is checked before it is copied. Bundles require a copy, because they cannot use a
    shared image. The copy remains when the source image is no longer shared.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CopyWorkspaceImage.html
    """

    _inputs_type = CopyWorkspaceImageInputs
    _state_type = CopyWorkspaceImageState

    image_id: pulumi.Output[str]
    """Id of the copy, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted run PENDING or ERROR."""
    required_tenancy: pulumi.Output[str | None]
    """DEFAULT, or DEDICATED for BYOL."""
    owner_account_id: pulumi.Output[str | None]
    """Account that owns the copy."""
    provenance: pulumi.Output[dict[str, str] | None]
    """Where the image comes from, as its tags say too: see output `provenance` of ImportImage. `image` lists the
    images that it was made of, the latest first, as `id@Region`."""

    @overload
    def __init__(
        self, resource_name: str, args: CopyWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[CopyWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: CopyWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
