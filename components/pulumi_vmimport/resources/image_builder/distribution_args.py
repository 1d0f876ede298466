"""The structures in the arguments of ImageDistribution; distribution_inputs.py has those of the API request."""

from typing import Literal, NotRequired, TypedDict

import pulumi


class LaunchPermissionArgs(TypedDict):
    """Who may launch instances of the AMI in this Region; the copies stay in the owner's account.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_LaunchPermissionConfiguration.html
    """

    user_ids: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ids of accounts, 1 to 1536. Default: none."""
    user_groups: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """`["all"]` makes the AMI public; requires allow_public. Default: none."""
    organization_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of organizations, 1 to 25. Default: none."""
    organizational_unit_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of organizational units, 1 to 25. Default: none."""


class AmiDistributionConfigurationArgs(TypedDict):
    """The AMI in one Region.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_AmiDistributionConfiguration.html
    """

    name: NotRequired[pulumi.Input[str]]
    """The name of the AMI: 1 to 127 characters with `{{ imagebuilder:buildDate }}`, so that each run has another name.
    Default: Image Builder chooses the name."""
    description: NotRequired[pulumi.Input[str]]
    """The description of the AMI. Default: none."""
    ami_tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the AMI, 1 to 50. Default: none."""
    target_account_ids: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ids of the accounts that get a copy of their own, 1 to 1536. Each needs a CrossAccountDistributionRole.
    Default: only the account of the configuration."""
    kms_key_id: NotRequired[pulumi.Input[str]]
    """The ARN of a KMS key or alias in this Region that encrypts the copies. The source AMI is not encrypted with it.
    Default: as the source AMI."""
    launch_permission: NotRequired[pulumi.Input[LaunchPermissionArgs]]
    """Who may launch instances of the AMI. Default: only its owner."""


class LaunchTemplateConfigurationArgs(TypedDict):
    """A launch template that gets a new version with the AMI.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_LaunchTemplateConfiguration.html
    """

    launch_template_id: pulumi.Input[str]
    """The id of the launch template."""
    account_id: NotRequired[pulumi.Input[str]]
    """The id of the account of the launch template. Default: the account of the configuration."""
    set_default_version: NotRequired[pulumi.Input[bool]]
    """Make the new version the default version; pulumi-aws calls it `default`. Default: true."""


class FastLaunchTemplateArgs(TypedDict):
    """The launch template for the instances that prepare snapshots: exactly one of id and name.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_FastLaunchLaunchTemplateSpecification.html
    """

    launch_template_id: NotRequired[pulumi.Input[str]]
    """The id of the launch template."""
    launch_template_name: NotRequired[pulumi.Input[str]]
    """The name of the launch template."""
    launch_template_version: NotRequired[pulumi.Input[str]]
    """The version of the launch template. Default: the default version."""


class FastLaunchSnapshotConfigurationArgs(TypedDict):
    """The snapshots that fast launch keeps ready.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_FastLaunchSnapshotConfiguration.html
    """

    target_resource_count: NotRequired[pulumi.Input[int]]
    """How many snapshots to keep ready, 1 to 10,000. Default: 5."""


class FastLaunchConfigurationArgs(TypedDict):
    """EC2 Fast Launch of a Windows AMI.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_FastLaunchConfiguration.html
    """

    enabled: pulumi.Input[bool]
    """Whether fast launch is enabled."""
    account_id: NotRequired[pulumi.Input[str]]
    """The id of the account that owns the AMI; Image Builder does not enable fast launch in other accounts. Default:
    the account of the configuration."""
    max_parallel_launches: NotRequired[pulumi.Input[int]]
    """How many instances EC2 launches at once to prepare snapshots, at least 6. Default: 6."""
    snapshot_configuration: NotRequired[pulumi.Input[FastLaunchSnapshotConfigurationArgs]]
    """The snapshots to keep ready. Default: 5 snapshots."""
    launch_template: NotRequired[pulumi.Input[FastLaunchTemplateArgs]]
    """The launch template of the instances. Default: EC2 creates a VPC and a template, which needs the managed policy
    EC2FastLaunchFullAccess."""


class S3ExportConfigurationArgs(TypedDict):
    """Disk images of the AMI in S3.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_S3ExportConfiguration.html
    """

    role_name: pulumi.Input[str]
    """The name of the service role of VM Import/Export, as VmimportRole creates it with export_buckets."""
    disk_image_format: pulumi.Input[Literal["VMDK", "RAW", "VHD"]]
    """The format: `VMDK` for vSphere, `VHD` for Xen and Hyper-V, or `RAW`."""
    s3_bucket: pulumi.Input[str]
    """The name of a bucket of this account in this Region, without default encryption by a KMS key."""
    s3_prefix: NotRequired[pulumi.Input[str]]
    """The prefix of the keys. Default: none."""


class SsmParameterConfigurationArgs(TypedDict):
    """An SSM parameter that holds the id of the AMI.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_SsmParameterConfiguration.html
    """

    parameter_name: pulumi.Input[str]
    """The name of the parameter, 1 to 1011 letters, digits and `_.-/`. The managed policies of AWS allow only
    `/imagebuilder/...`."""
    ami_account_id: NotRequired[pulumi.Input[str]]
    """The id of the account of the parameter and of the AMI: the account of the configuration or one of
    target_account_ids. Default: the account of the configuration."""
    data_type: NotRequired[pulumi.Input[Literal["text", "aws:ec2:image"]]]
    """`aws:ec2:image`, with which SSM validates the id, or `text`. Default: `aws:ec2:image`."""


class DistributionArgs(TypedDict):
    """The settings of one Region. Container distribution is refused.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_Distribution.html
    """

    region: pulumi.Input[str]
    """The Region."""
    ami_distribution_configuration: NotRequired[pulumi.Input[AmiDistributionConfigurationArgs]]
    """The AMI in this Region. Default: a copy with the default name and without tags or launch permissions."""
    license_configuration_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of License Manager configurations to associate, 1 to 50. Default: those of the source AMI."""
    launch_template_configurations: NotRequired[pulumi.Input[list[pulumi.Input[LaunchTemplateConfigurationArgs]]]]
    """The launch templates that get a new version with the AMI; the Image Builder guide allows 5, the API 100.
    Default: none."""
    fast_launch_configurations: NotRequired[pulumi.Input[list[pulumi.Input[FastLaunchConfigurationArgs]]]]
    """EC2 Fast Launch, for Windows AMIs. Default: none."""
    s3_export_configuration: NotRequired[pulumi.Input[S3ExportConfigurationArgs]]
    """Disk images in S3. Default: none."""
    ssm_parameter_configurations: NotRequired[pulumi.Input[list[pulumi.Input[SsmParameterConfigurationArgs]]]]
    """SSM parameters that hold the id of the AMI. Default: none."""
