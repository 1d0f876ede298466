"""WorkspaceBundle: a WorkSpaces image with the compute type and the volumes of the WorkSpaces launched from it.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/create-custom-bundle.html
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.workspaces.compute_types import ComputeType
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import detected, updatable
from pulumi_vmimport.resources.allowed_values import BundleComputeTypeValue


@dataclass(frozen=True, kw_only=True)
class WorkspaceBundleInputs(AwsInputs):
    bundle_name: str
    bundle_description: str
    compute_type: ComputeType
    user_storage_gib: int
    root_storage_gib: int | None = detected()
    image_id: str = updatable(MISSING)
    tags: Mapping[str, str] | None = updatable()


@dataclass(frozen=True, kw_only=True)
class WorkspaceBundleState(WorkspaceBundleInputs):
    bundle_id: str | None = None
    bundle_state: str | None = None


class WorkspaceBundleArgs(AwsArgs):
    """The arguments of WorkspaceBundle.

    Changes to image_id, tags, timeout_minutes, profile and assume_role_arn are applied in place. A change to any other
    argument replaces the bundle.
    """

    bundle_name: pulumi.Input[str]
    r"""Name of the bundle, unique in the Region: 1 to 64 of `a-z A-Z 0-9 _ . / ( ) \ -`, no space. AWS reserves the
    name of a deleted bundle for up to two hours; a change that replaces the bundle is faster with a new name."""
    bundle_description: pulumi.Input[str]
    """Description of the bundle: 1 to 255 of `a-z A-Z 0-9 _ . / ( ) -` and space."""
    image_id: pulumi.Input[str]
    """Image of the bundle, wsi-..., owned by your account. Another image is set in place; existing WorkSpaces keep
    theirs until they are rebuilt."""
    compute_type: pulumi.Input[BundleComputeTypeValue]
    """Compute type, such as VALUE, STANDARD, POWER or GRAPHICS_G4DN. Source:
    https://docs.aws.amazon.com/workspaces/latest/api/API_ComputeType.html lists all values."""
    user_storage_gib: pulumi.Input[int]
    """Size of the user volume, in GiB: 10, 50 or 100; 100 to 2000 with a root volume of 175 GiB or more."""
    root_storage_gib: NotRequired[pulumi.Input[int]]
    """Size of the root volume, in GiB: 80, or 175 to 2000 (from 100 with a GPU). Default: the default of WorkSpaces."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the bundle, at most 40, with values of at most 255 characters. Default: no tags."""


class WorkspaceBundle(ManagedResource, module="vmimport", name="WorkspaceBundle"):
    """A bundle, from which WorkSpaces are launched; the resource's id is the bundle's.

    Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/create-custom-bundle.html
    """

    _inputs_type = WorkspaceBundleInputs
    _state_type = WorkspaceBundleState

    bundle_id: pulumi.Output[str]
    """Id of the bundle, wsb-..., for `aws.workspaces.Workspace`."""
    bundle_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted run PENDING or ERROR."""

    @overload
    def __init__(
        self, resource_name: str, args: WorkspaceBundleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[WorkspaceBundleArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: WorkspaceBundleArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
