"""RoleReadiness: waits until IAM has propagated the service role of VmimportRole.

Preview checks that no other owner's role is overwritten, and that an adopted role has the permissions it needs.
Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

from dataclasses import dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable


@dataclass(frozen=True, kw_only=True)
class RoleReadinessInputs(AwsInputs):
    role_name: str
    account_id: str | None = None
    adopt: bool | None = None
    import_buckets: tuple[str, ...] | None = None
    export_buckets: tuple[str, ...] | None = None
    kms_key_arns: tuple[str, ...] | None = None
    license_manager: bool | None = None
    owner: str | None = updatable()
    trust_hash: str | None = updatable()
    policy_hash: str | None = updatable()
    propagation_seconds: int | None = updatable()


@dataclass(frozen=True, kw_only=True)
class RoleReadinessState(RoleReadinessInputs):
    role_arn: str | None = None


class RoleReadinessArgs(AwsArgs):
    """The arguments of RoleReadiness.

    Changes to owner, trust_hash, policy_hash, propagation_seconds, timeout_minutes, profile and assume_role_arn are
    applied in place. A change to any other argument replaces the resource; the role itself is not touched.
    """

    role_name: pulumi.Input[str]
    """The name of the role."""
    account_id: NotRequired[pulumi.Input[str]]
    """The id of the account that owns the role. Default: the account of the stack's credentials."""
    adopt: NotRequired[bool]
    """Whether the role is managed outside of this component. Default: false."""
    import_buckets: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The buckets that an adopted role must have read access to. Default: none."""
    export_buckets: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The buckets that an adopted role must have write access to. Default: none."""
    kms_key_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of the KMS keys that an adopted role must have access to. Default: none."""
    license_manager: NotRequired[pulumi.Input[bool]]
    """Whether an adopted role must have access to License Manager configurations. Default: false."""
    owner: NotRequired[pulumi.Input[str]]
    """The identity tag of a role that this component created. Default: none."""
    trust_hash: NotRequired[pulumi.Input[str]]
    """The hash of the trust policy. A change waits for IAM to propagate the policy. Default: any trust policy is
    accepted."""
    policy_hash: NotRequired[pulumi.Input[str]]
    """The hash of the inline policy. A change waits for IAM to propagate the policy. Default: any policy is
    accepted."""
    propagation_seconds: NotRequired[pulumi.Input[int]]
    """The age at which a change counts as propagated to every Region, in seconds. Default: 10, or five polling
    intervals if the stack polls more often than every two seconds."""


class RoleReadiness(ManagedResource, module="vmimport", name="RoleReadiness"):
    """A service role whose last change IAM has propagated.

    The resource id is the role name. It creates and deletes nothing: VmimportRole declares the role and hands it to
    other resources through this one.
    """

    _inputs_type = RoleReadinessInputs
    _state_type = RoleReadinessState

    role_name: pulumi.Output[str]
    """The name of the role."""
    role_arn: pulumi.Output[str]
    """The ARN of the role."""

    @overload
    def __init__(
        self, resource_name: str, args: RoleReadinessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[RoleReadinessArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: RoleReadinessArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
