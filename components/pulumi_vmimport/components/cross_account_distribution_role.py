"""CrossAccountDistributionRole: the role in a target account with which Image Builder copies AMIs into it.

Source: https://docs.aws.amazon.com/imagebuilder/latest/userguide/cross-account-dist.html
"""

import re
from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi

from pulumi_vmimport.aws.iam import distribution_documents
from pulumi_vmimport.aws.iam.distribution_documents import CROSS_ACCOUNT_ROLE, REMOVAL_ROLE, DistributionUses
from pulumi_vmimport.aws.iam.iam_documents import Document
from pulumi_vmimport.components.component_base import CheckedInputs, Component, InvalidInputsError, Values
from pulumi_vmimport.components.distribution_role_rules import readiness_of, role_problems
from pulumi_vmimport.components.owned_role import owned_role
from pulumi_vmimport.components.provider_lookups import account_of, partition_of
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.shown_value import shown_value

_ACCOUNT_ID = re.compile("[0-9]{12}")
_POLICY_NAME = "Ec2ImageBuilderCrossAccountDistributionAccess"


class CrossAccountDistributionRoleArgs(TypedDict):
    """The arguments of CrossAccountDistributionRole."""

    source_account_id: pulumi.Input[str]
    """The id of the account that distributes the AMIs."""
    launch_templates: NotRequired[pulumi.Input[bool]]
    """Allow Image Builder to add versions to launch templates of this account that have the tag `CreatedBy` with the
    value `EC2 Image Builder`. Default: false."""
    kms_key_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of the KMS keys of encrypted AMIs: those of the source account, and those for the copies. The policies
    of the keys must allow this account as well. Default: none."""
    ssm_parameter_names: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The names of the SSM parameters of this account that hold AMI ids. Default: none."""
    removal: NotRequired[bool]
    """Also create the role Ec2ImageBuilderCrossAccountLifecycleAccess, with which `pulumi destroy` of DistributeImage
    removes the AMIs of this account. Default: true."""
    permissions_boundary: NotRequired[pulumi.Input[str]]
    """The ARN of the permissions boundary of the role. Default: none."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the role, at most 40; the library adds four to identify its own role. Default: none."""
    propagation_seconds: NotRequired[pulumi.Input[int]]
    """How long to wait for IAM to propagate a new or changed role, in seconds. Default: 10, or less with a shorter
    vmimport:pollSeconds."""


class CrossAccountDistributionRole(Component):
    """The role EC2ImageBuilderDistributionCrossAccountRole in the account of the aws provider.

    Image Builder assumes it from the source account, and no role of another name; to remove AMIs it assumes
    Ec2ImageBuilderCrossAccountLifecycleAccess. An account has each once: preview fails if one exists and this component
    did not create it.
    """

    role_name: pulumi.Output[str]
    """The name of the role, available once IAM has propagated the role."""
    role_arn: pulumi.Output[str]
    """The ARN of the role, available once IAM has propagated the role."""
    account_id: pulumi.Output[str]
    """The id of the account, for target_account_ids; available once IAM has propagated the roles."""

    @overload
    def __init__(
        self, resource_name: str, args: CrossAccountDistributionRoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[CrossAccountDistributionRoleArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: CrossAccountDistributionRoleArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:CrossAccountDistributionRole", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: CrossAccountDistributionRoleArgs) -> None:
        inputs = CheckedInputs(self, name, args, CrossAccountDistributionRoleArgs, _check)
        account_id, partition = account_of(self), partition_of(self)
        source = pulumi.Output.all(inputs.get("source_account_id"), account_id).apply(
            lambda v: _other_account(inputs.component, *v)
        )
        ready = owned_role(
            self,
            name,
            inputs,
            readiness_of(self, inputs, inputs.after_check(CROSS_ACCOUNT_ROLE), account_id),
            description="EC2 Image Builder copies AMIs into this account with this role",
            trust=pulumi.Output.all(source, partition).apply(lambda v: distribution_documents.cross_account_trust(*v)),
            policy_name=_POLICY_NAME,
            policy=_policy(inputs, account_id, partition),
        )
        self.role_name, self.role_arn = ready.role_name, ready.role_arn
        arns = [ready.role_arn]
        if args.get("removal") is not False:
            removal = owned_role(
                self,
                f"{name}-removal",
                inputs,
                readiness_of(self, inputs, inputs.after_check(REMOVAL_ROLE), account_id),
                description="EC2 Image Builder removes AMIs from this account with this role",
                trust=source.apply(distribution_documents.service_trust),
                policy_name="removal",
                policy=partition.apply(distribution_documents.removal_policy),
            )
            arns.append(removal.role_arn)
        self.account_id = pulumi.Output.all(*arns).apply(lambda ready: str(ready[0]).split(":")[4])
        self.register_outputs({"roleName": self.role_name, "roleArn": self.role_arn, "accountId": self.account_id})


def _policy(
    inputs: CheckedInputs, account_id: pulumi.Output[str], partition: pulumi.Output[str]
) -> pulumi.Output[Document]:
    return pulumi.Output.all(
        inputs.get("kms_key_arns", default=[]),
        inputs.get("ssm_parameter_names", default=[]),
        inputs.get("launch_templates", default=False),
        account_id,
        partition,
    ).apply(
        lambda v: distribution_documents.cross_account_policy(
            DistributionUses(kms_key_arns=v[0], ssm_parameter_names=v[1], launch_templates=v[2]), v[3], v[4]
        )
    )


def _other_account(component: str, source: str, own: str) -> str:
    if source == own:
        reason = (
            f"{source} is the account of the aws provider, expected the account that distributes to it; use a provider "
            "for the target account"
        )
        raise InvalidInputsError(component, [Problem("source_account_id", reason)])
    return source


def _check(values: Values) -> Iterator[Problem]:
    source = values.get("source_account_id")
    if is_set(source) and not _ACCOUNT_ID.fullmatch(source):
        yield Problem("source_account_id", f"expected 12 digits, got {shown_value(source)}")
    yield from role_problems(values)
