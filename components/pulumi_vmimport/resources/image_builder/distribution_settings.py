"""DistributionSettings: the settings of an ImageDistribution, checked before they are written to Image Builder.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateDistributionConfiguration.html
"""

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.resources.image_builder.distribution_args import DistributionArgs
from pulumi_vmimport.resources.image_builder.distribution_inputs import DistributionSettingsInputs


@dataclass(frozen=True, kw_only=True)
class DistributionSettingsState(DistributionSettingsInputs):
    """The settings that were checked."""


class DistributionSettingsArgs(AwsArgs):
    """The arguments of DistributionSettings.

    Changes to distributions, description, tags, allow_public, image_id, platform, license_type, account_id, owner,
    timeout_minutes, profile and assume_role_arn are applied in place. A change to any other argument replaces the
    resource.
    """

    name: pulumi.Input[str]
    """The name of the configuration."""
    distributions: pulumi.Input[list[pulumi.Input[DistributionArgs]]]
    """The settings of each Region."""
    description: NotRequired[pulumi.Input[str]]
    """The description of the configuration. Default: none."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the configuration. Default: none."""
    allow_public: NotRequired[pulumi.Input[bool]]
    """Whether the AMI may be made public. Default: false."""
    image_id: NotRequired[pulumi.Input[str]]
    """The id of the AMI to distribute. Default: not checked."""
    platform: NotRequired[pulumi.Input[Literal["Windows", "Linux"]]]
    """The platform of the AMI. Default: not checked."""
    license_type: NotRequired[pulumi.Input[Literal["AWS", "BYOL"]]]
    """Who licenses the operating system of the AMI. Default: not checked."""
    account_id: NotRequired[pulumi.Input[str]]
    """The id of the account of the configuration. Default: not checked."""
    owner: NotRequired[pulumi.Input[str]]
    """The identity tag of the configuration. Default: none."""


class DistributionSettings(ManagedResource, module="vmimport", name="DistributionSettings"):
    """The settings of a distribution configuration, which preview validates together with Image Builder.

    It creates and deletes nothing: ImageDistribution declares the configuration, after this resource.
    """

    _inputs_type = DistributionSettingsInputs
    _state_type = DistributionSettingsState

    @overload
    def __init__(
        self, resource_name: str, args: DistributionSettingsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[DistributionSettingsArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: DistributionSettingsArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
