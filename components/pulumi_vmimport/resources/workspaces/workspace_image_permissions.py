"""WorkspaceImagePermissions: all accounts that can copy a WorkSpaces image, as one resource.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/share-custom-image.html
"""

from dataclasses import MISSING, dataclass
from typing import Any, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.input_spellings import same_members


@dataclass(frozen=True, kw_only=True)
class WorkspaceImagePermissionsInputs(AwsInputs):
    image_id: str
    account_ids: tuple[str, ...] = updatable(MISSING, preflight=True, same=same_members)


@dataclass(frozen=True, kw_only=True)
class WorkspaceImagePermissionsState(WorkspaceImagePermissionsInputs):
    shared_account_ids: tuple[str, ...] | None = None


class WorkspaceImagePermissionsArgs(AwsArgs):
    """The arguments of WorkspaceImagePermissions.

    Changes to account_ids, timeout_minutes, profile and assume_role_arn are applied in place. A change to any other
    argument replaces the permissions.
    """

    image_id: pulumi.Input[str]
    """Image to share, wsi-..., owned by your account."""
    account_ids: pulumi.Input[list[pulumi.Input[str]]]
    """All accounts that can copy the image, 12 digits each. The image is no longer shared with any other account."""


class WorkspaceImagePermissions(ManagedResource, module="vmimport", name="WorkspaceImagePermissions"):
    """All accounts that can copy a WorkSpaces image in its Region; the resource's id is the image's.

    Use one resource per image: a second one would remove the accounts of the first. `pulumi preview --refresh` shows
    accounts that were added or removed outside Pulumi. Existing copies remain when an account is removed.

    Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/share-custom-image.html
    """

    _inputs_type = WorkspaceImagePermissionsInputs
    _state_type = WorkspaceImagePermissionsState

    image_id: pulumi.Output[str]
    """The image. A copy that uses this output, not the image's own, is created after the image is shared."""
    shared_account_ids: pulumi.Output[list[str]]
    """The accounts that WorkSpaces lists, sorted."""

    @overload
    def __init__(
        self, resource_name: str, args: WorkspaceImagePermissionsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[WorkspaceImagePermissionsArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: WorkspaceImagePermissionsArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
