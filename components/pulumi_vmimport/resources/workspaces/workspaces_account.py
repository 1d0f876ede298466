"""WorkspacesAccount: enables an account for BYOL WorkSpaces in a Region, which cannot be undone.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

from dataclasses import MISSING, dataclass
from typing import Any, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable


@dataclass(frozen=True, kw_only=True)
class WorkspacesAccountInputs(AwsInputs):
    dedicated_tenancy_management_cidr_range: str
    acknowledge_irreversible: bool = updatable(MISSING)


@dataclass(frozen=True, kw_only=True)
class WorkspacesAccountState(WorkspacesAccountInputs):
    dedicated_tenancy_support: str | None = None


class WorkspacesAccountArgs(AwsArgs):
    """The arguments of WorkspacesAccount.

    Changes to acknowledge_irreversible, timeout_minutes, profile and assume_role_arn are applied in place. A change to
    any other argument replaces the resource, which fails once BYOL is enabled.
    """

    dedicated_tenancy_management_cidr_range: pulumi.Input[str]
    """CIDR range of the network that AWS manages the WorkSpaces through, a /16 such as 10.111.0.0/16. It must be
    available in the account's Region and cannot be changed later."""
    acknowledge_irreversible: pulumi.Input[bool]
    """Must be true: confirms that neither AWS nor `pulumi destroy` can disable BYOL again."""


class WorkspacesAccount(ManagedResource, module="vmimport", name="WorkspacesAccount"):
    """The account enabled for BYOL WorkSpaces in a Region, once AWS has approved its application.

    Neither AWS nor `pulumi destroy` can disable BYOL again; `pulumi destroy` leaves the account unchanged and warns. If
    the account is already enabled with the same CIDR range, it is not modified.

    Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
    """

    _inputs_type = WorkspacesAccountInputs
    _state_type = WorkspacesAccountState

    dedicated_tenancy_support: pulumi.Output[str]
    """ENABLED; absent after an interrupted run."""

    @overload
    def __init__(
        self, resource_name: str, args: WorkspacesAccountArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[WorkspacesAccountArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: WorkspacesAccountArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
