"""DistributionExecutionRole: the role with which Image Builder distributes an AMI (DistributeImage).

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DistributeImage.html
"""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi

from pulumi_vmimport.aws.iam import distribution_documents
from pulumi_vmimport.aws.iam.distribution_documents import DistributionUses
from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.components.distribution_role_rules import readiness_of, role_problems
from pulumi_vmimport.components.owned_role import owned_role
from pulumi_vmimport.components.provider_lookups import account_of, partition_of
from pulumi_vmimport.components.service_role_choice import own_role_name
from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.resources.rules.role_names import role_name_problems

_PREFIX = "distribution"
_POLICY_NAME = "distribution"
_USES: dict[str, Any] = {
    "kms_key_arns": [],
    "ssm_parameter_names": [],
    "launch_templates": False,
    "target_account_ids": [],
    "export_role_name": None,
    "license_manager": False,
    "fast_launch": False,
}
"""The defaults of the arguments that extend the policy."""


class DistributionExecutionRoleArgs(TypedDict):
    """The arguments of DistributionExecutionRole."""

    role_name: NotRequired[pulumi.Input[str]]
    """The name of the role. Default: `distribution-<project>-<stack>-<component>`."""
    target_account_ids: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ids of the accounts that get copies; each needs a CrossAccountDistributionRole. Default: none."""
    export_role_name: NotRequired[pulumi.Input[str]]
    """The name of the service role of VM Import/Export, for s3_export_configuration. Default: none."""
    launch_templates: NotRequired[pulumi.Input[bool]]
    """Allow new versions of launch templates that have the tag `CreatedBy` with the value `EC2 Image Builder`. Default:
    false."""
    license_manager: NotRequired[pulumi.Input[bool]]
    """Allow License Manager configurations to be associated. Default: false."""
    fast_launch: NotRequired[pulumi.Input[bool]]
    """Allow EC2 Fast Launch to be enabled with a launch template. Without one, attach the managed policy
    EC2FastLaunchFullAccess to the role. Default: false."""
    kms_key_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of the KMS keys of encrypted AMIs: that of the source, and those for the copies. Default: none."""
    ssm_parameter_names: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The names of the SSM parameters that hold AMI ids. Default: none."""
    permissions_boundary: NotRequired[pulumi.Input[str]]
    """The ARN of the permissions boundary of the role. Default: none."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the role, at most 40; the library adds four to identify its own role. Default: none."""
    propagation_seconds: NotRequired[pulumi.Input[int]]
    """How long to wait for IAM to propagate a new or changed role, in seconds. Default: 10, or less with a shorter
    vmimport:pollSeconds."""


class DistributionExecutionRole(Component):
    """A role that only Image Builder can assume, only for this account, to distribute AMIs.

    It copies, tags and shares AMIs, writes logs below `/aws/imagebuilder/`, and removes AMIs and snapshots that Image
    Builder created. Everything else is allowed by an argument.
    """

    role_name: pulumi.Output[str]
    """The name of the role, available once IAM has propagated the role."""
    role_arn: pulumi.Output[str]
    """The ARN of the role, available once IAM has propagated the role."""

    @overload
    def __init__(
        self,
        resource_name: str,
        args: DistributionExecutionRoleArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[DistributionExecutionRoleArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: DistributionExecutionRoleArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:DistributionExecutionRole", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: DistributionExecutionRoleArgs) -> None:
        inputs = CheckedInputs(self, name, args, DistributionExecutionRoleArgs, _check)
        account_id, partition = account_of(self), partition_of(self)
        role_name = inputs.get("role_name", default=own_role_name(name, _PREFIX))
        uses = pulumi.Output.all(**{use: inputs.get(use, default=default) for use, default in _USES.items()})
        ready = owned_role(
            self,
            name,
            inputs,
            readiness_of(self, inputs, role_name, account_id),
            description="EC2 Image Builder distributes AMIs with this role",
            trust=account_id.apply(distribution_documents.service_trust),
            policy_name=_POLICY_NAME,
            policy=pulumi.Output.all(uses, account_id, partition).apply(
                lambda v: distribution_documents.execution_policy(DistributionUses(**v[0]), v[1], v[2])
            ),
        )
        self.role_name, self.role_arn = ready.role_name, ready.role_arn
        self.register_outputs({"roleName": self.role_name, "roleArn": self.role_arn})


def _check(values: Values) -> Iterator[Problem]:
    for name in ("role_name", "export_role_name"):
        yield from role_name_problems(values.get(name), name)
    yield from role_problems(values)
