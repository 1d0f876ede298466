"""ImageDistribution: an EC2 Image Builder distribution configuration, checked before it is written.

Source: https://docs.aws.amazon.com/imagebuilder/latest/userguide/manage-distribution-settings.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict, Unpack, overload

import pulumi
from pulumi_aws.imagebuilder import DistributionConfiguration

from pulumi_vmimport.aws.image_builder.resource_names import configuration_arn
from pulumi_vmimport.components.component_base import Component
from pulumi_vmimport.components.leftovers import declare_or_import, identity_of, leftover_configuration
from pulumi_vmimport.components.provider_lookups import account_of, partition_of, region_of
from pulumi_vmimport.lifecycle.program_values import to_bag
from pulumi_vmimport.resources.image_builder.distribution_args import DistributionArgs
from pulumi_vmimport.resources.image_builder.distribution_inputs import DistributionSettingsInputs
from pulumi_vmimport.resources.image_builder.distribution_settings import DistributionSettings


class ImageDistributionArgs(TypedDict):
    """The arguments of ImageDistribution."""

    distributions: pulumi.Input[list[pulumi.Input[DistributionArgs]]]
    """The settings of each Region, among them the Region of the aws provider, which is the source of the copies."""
    name: NotRequired[pulumi.Input[str]]
    """The name of the configuration, 3 to 128 characters; a change replaces the configuration. Default: the name of the
    component."""
    description: NotRequired[pulumi.Input[str]]
    """The description of the configuration. Default: none."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the configuration, at most 40; the library adds three to identify it. Default: none."""
    allow_public: NotRequired[pulumi.Input[bool]]
    """Allow launch permissions for everyone (`user_groups`). Default: false."""
    image_id: NotRequired[pulumi.Input[str]]
    """The id of the AMI to distribute, for checks of the settings against its platform and license. Default: not
    checked."""
    platform: NotRequired[pulumi.Input[Literal["Windows", "Linux"]]]
    """The platform of the AMI, for the same checks before the AMI exists. Default: not checked."""
    license_type: NotRequired[pulumi.Input[Literal["AWS", "BYOL"]]]
    """Who licenses the operating system of the AMI, as in ImportImage. Default: not checked."""


class ImageDistribution(Component):
    """A distribution configuration in the Region and account of the aws provider: what each Region and account gets.

    Preview reports every problem at once and lets Image Builder validate the request. The configuration distributes
    nothing by itself: DistributeImage or an image pipeline does. A change applies to later distributions; AMIs that are
    distributed already stay, and preview lists those of a Region that is removed.
    """

    arn: pulumi.Output[str]
    """The ARN of the configuration, for DistributeImage and image pipelines."""
    name: pulumi.Output[str]
    """The name of the configuration."""
    regions: pulumi.Output[list[str]]
    """The Regions, in the order of the arguments."""

    @overload
    def __init__(
        self, resource_name: str, args: ImageDistributionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[ImageDistributionArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ImageDistributionArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:ImageDistribution", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: ImageDistributionArgs) -> None:
        account_id, region = account_of(self), region_of(self)
        configuration_name = name if args.get("name") is None else args["name"]
        checked: Any = {
            **args,
            "name": configuration_name,
            "account_id": account_id,
            "region": region,
            "owner": identity_of(self).apply(lambda identity: identity.key),
        }
        settings = DistributionSettings(f"{name}-settings", checked, pulumi.ResourceOptions(parent=self))
        request = to_bag(DistributionSettingsInputs, {"distributions": args.get("distributions")})
        distributions: Any = settings.urn.apply(  # what is invalid does not reach pulumi-aws
            lambda _: pulumi.Output.from_input(_each(request["distributions"], lambda of: _of_provider(of, account_id)))
        )
        tags = pulumi.Output.all(args.get("tags"), identity_of(self)).apply(
            lambda v: {**(v[0] or {}), **v[1].owner_tags}
        )

        def declare(leftover: str | None) -> DistributionConfiguration:
            return DistributionConfiguration(
                name,
                name=configuration_name,
                description=args.get("description"),
                distributions=distributions,
                tags=tags,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[settings], import_=leftover),
            )

        arn = pulumi.Output.all(configuration_name, partition_of(self), region, account_id).apply(
            lambda v: configuration_arn(v[0], partition=v[1], region=v[2], account_id=v[3])
        )
        created: pulumi.Output[Any] = declare_or_import(leftover_configuration(self, arn), declare)
        self.arn = created.apply(lambda configuration: configuration.arn)
        self.name = created.apply(lambda configuration: configuration.name)
        self.regions = created.apply(lambda configuration: configuration.distributions).apply(
            lambda distributions: [of["region"] for of in distributions]
        )
        self.register_outputs({"arn": self.arn, "name": self.name, "regions": self.regions})


def _of_provider(distribution: Mapping[str, Any], account_id: pulumi.Output[str]) -> Mapping[str, Any]:
    """A distribution of the API request as pulumi-aws has it: `default` for setDefaultVersion, and the account."""
    names = {"launchTemplateConfigurations": _launch_template, "fastLaunchConfigurations": _fast_launch(account_id)}
    return {name: _each(value, names[name]) if name in names else value for name, value in distribution.items()}


def _launch_template(template: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"default" if name == "setDefaultVersion" else name: value for name, value in template.items()}


def _fast_launch(account_id: pulumi.Output[str]) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    return lambda launch: {
        **launch,
        "accountId": account_id if launch.get("accountId") is None else launch["accountId"],
    }


def _each(values: Any, convert: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Any:
    """The list with each item converted; outputs stay outputs, and what is no list of objects stays for the checks."""
    if isinstance(values, pulumi.Output):
        return values.apply(lambda found: _each(found, convert))
    if isinstance(values, Mapping):
        return convert(values)
    if isinstance(values, Sequence) and not isinstance(values, str):
        return [_each(value, convert) for value in values]
    return values
