"""FastLaunch: EC2 Fast Launch for a Windows AMI.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/win-ami-config-fast-launch.html
"""

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict, Unpack, overload

import pulumi

from pulumi_vmimport.aws.ec2.fast_launch_request import FastLaunchResourceType, FastLaunchTemplate
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable


@dataclass(frozen=True, kw_only=True)
class FastLaunchInputs(AwsInputs):
    image_id: str
    resource_type: FastLaunchResourceType | None = updatable(if_unset=FastLaunchResourceType.SNAPSHOT.value)
    target_resource_count: int | None = updatable(preflight=True, chosen_by_aws=True)
    max_parallel_launches: int | None = updatable(preflight=True, chosen_by_aws=True)
    launch_template: FastLaunchTemplate | None = updatable(preflight=True)


@dataclass(frozen=True, kw_only=True)
class FastLaunchState(FastLaunchInputs):
    fast_launch_state: str | None = None


class FastLaunchTemplateArgs(TypedDict):
    """A launch template: exactly one of launch_template_id and launch_template_name.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FastLaunchLaunchTemplateSpecificationRequest.html
    """

    launch_template_id: NotRequired[pulumi.Input[str]]
    """The id of the launch template, `lt-...`."""
    launch_template_name: NotRequired[pulumi.Input[str]]
    """The name of the launch template."""
    version: pulumi.Input[str]
    """The version of the launch template: a number, `$Latest` or `$Default`."""


class FastLaunchArgs(AwsArgs):
    """The arguments of FastLaunch.

    Changes to target_resource_count, max_parallel_launches, launch_template, resource_type, timeout_minutes, profile
    and assume_role_arn are applied in place. A change to image_id disables EC2 Fast Launch for the old AMI.
    """

    image_id: pulumi.Input[str]
    """The AMI, `ami-...`: a Windows Server AMI in the Region that your account owns or that is shared with it. Sysprep
    with the shutdown option ran in it before it became an AMI."""
    resource_type: NotRequired[pulumi.Input[Literal["snapshot"]]]
    """What EC2 prepares. The only allowed value is `snapshot`. Default: `snapshot`."""
    target_resource_count: NotRequired[pulumi.Input[int]]
    """How many prepared snapshots EC2 keeps, 1 to 10000. Each is billed as an EBS snapshot; EC2 replaces one that an
    instance used. Default: EC2's, 5, which the output shows; removing the argument keeps the number."""
    max_parallel_launches: NotRequired[pulumi.Input[int]]
    """How many instances EC2 launches at the same time to prepare snapshots, 6 or more. The default quota is 40 for all
    AMIs of the account in a Region. Default: EC2's, 6, which the output shows; removing the argument keeps the
    number."""
    launch_template: NotRequired[pulumi.Input[FastLaunchTemplateArgs]]
    """The launch template of the instances that prepare the snapshots: it chooses the VPC, and can require IMDSv2.
    Default: EC2 uses the default VPC, or creates a VPC in a CloudFormation stack of its own."""


class FastLaunch(ManagedResource, module="vmimport", name="FastLaunch"):
    """EC2 Fast Launch enabled for a Windows AMI; the resource's id is the AMI's.

    Creating the resource completes when EC2 has prepared the first snapshot, within half an hour; EC2
    prepares the others later. Deleting the resource disables EC2 Fast Launch and waits until EC2 has deleted the
    snapshots. Use one resource per AMI.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/win-fast-launch-configure.html
    """

    _inputs_type = FastLaunchInputs
    _state_type = FastLaunchState

    fast_launch_state: pulumi.Output[str]
    """`enabled`; after an interrupted or failed run `enabling`, `enabling-failed`, `enabled-failed`, `disabling` or
    `disabling-failed`."""
    target_resource_count: pulumi.Output[int]
    """How many prepared snapshots EC2 keeps, also if the argument is not set."""
    max_parallel_launches: pulumi.Output[int]
    """How many instances EC2 launches at the same time, also if the argument is not set."""

    @overload
    def __init__(
        self, resource_name: str, args: FastLaunchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[FastLaunchArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: FastLaunchArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
