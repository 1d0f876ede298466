"""DistributeImage: EC2 Image Builder copies an AMI to Regions and accounts, without a recipe or a build.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DistributeImage.html
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.input_spellings import same_role


@dataclass(frozen=True, kw_only=True)
class DistributeImageInputs(AwsInputs):
    source_image: str
    distribution_configuration_arn: str
    distribution_hash: str | None = None
    execution_role: str = updatable(MISSING, preflight=True, same=same_role)
    log_group_name: str | None = updatable(chosen_by_aws=True)
    retain_on_delete: bool | None = updatable()
    tags: Mapping[str, str] | None = updatable()


@dataclass(frozen=True, kw_only=True)
class DistributeImageState(DistributeImageInputs):
    image_build_version_arn: str | None = None
    image_state: str | None = None
    state_reason: str | None = None
    amis: tuple[Mapping[str, str], ...] | None = None
    provenance: Mapping[str, str] | None = None


class DistributeImageArgs(AwsArgs):
    """The arguments of DistributeImage.

    Changes to execution_role, log_group_name, retain_on_delete, tags, timeout_minutes, profile and assume_role_arn are
    applied in place. A change to any other argument distributes the image again and then deletes the earlier AMIs.
    """

    source_image: pulumi.Input[str]
    """What to distribute: an AMI, ami-..., in the same Region; a parameter of Systems Manager that contains the id of
    one, `ssm:` and its name or ARN; or the ARN of an Image Builder image."""
    distribution_configuration_arn: pulumi.Input[str]
    """ARN of the distribution configuration, in the same Region. Image Builder uses the configuration as it is when the
    distribution starts; a later change of the configuration does not affect it."""
    distribution_hash: NotRequired[pulumi.Input[str]]
    """Any value that changes with the content of the configuration, or with the value of an `ssm:` parameter, such as a
    hash. A change distributes the image again. Default: a change of their content has no effect."""
    execution_role: pulumi.Input[str]
    """Name or ARN of the role that Image Builder assumes to create the AMIs, and to delete them. It must trust
    imagebuilder.amazonaws.com. docs/distribution.md lists its permissions."""
    log_group_name: NotRequired[pulumi.Input[str]]
    """CloudWatch Logs group for the log of the distribution, /aws/imagebuilder/... A change applies to the next
    distribution. Default: the group that Image Builder chooses, /aws/imagebuilder/ and the name of the image."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the AMIs, their snapshots and the Image Builder image when the resource is deleted or replaced.
    Default: false, they are deleted in all Regions and accounts."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the Image Builder image, at most 40. The tags of the AMIs are part of the distribution configuration.
    Default: no tags."""


class DistributeImage(ManagedResource, module="vmimport", name="DistributeImage"):
    """The AMIs that EC2 Image Builder distributes from one AMI, as a distribution configuration describes.

    The resource's id is the ARN of the Image Builder image that tracks the distribution. The status shows the state of
    each Region and account. Creating the resource completes when all of them have their AMI. If one fails, the error
    lists the failed step of each Region in AWS's words, the AMIs that succeeded are kept, and the next `pulumi up`
    resumes the distribution with RetryImage. An interrupted run is resumed by the next one, and the same inputs never
    start a second distribution. `pulumi preview --refresh` shows AMIs of your account that were deregistered; the next
    `pulumi up` then distributes the image again. Deleting the resource deletes the AMIs and snapshots in all Regions
    and accounts.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DistributeImage.html
    """

    _inputs_type = DistributeImageInputs
    _state_type = DistributeImageState

    image_build_version_arn: pulumi.Output[str]
    """ARN of the Image Builder image (build version) that tracks the distribution."""
    image_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted or failed run the status that Image Builder reports; `deregistered` if an AMI no
    longer exists; `stale` if the distribution can only be started again."""
    state_reason: pulumi.Output[str | None]
    """The reason of that state."""
    amis: pulumi.Output[list[dict[str, str]]]
    """The AMIs: `region`, `account`, `id` and `name` of each."""
    provenance: pulumi.Output[dict[str, str] | None]
    """Where the AMIs come from, as the tags of those in your account say too: the keys of the output `provenance` of
    ImportImage, and `image`, the AMI that was distributed. None if that AMI does not exist."""

    @overload
    def __init__(
        self, resource_name: str, args: DistributeImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[DistributeImageArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: DistributeImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
