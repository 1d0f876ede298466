"""The inputs of a distribution configuration; distribution_args.py documents the structures.

The names on the wire are those of CreateDistributionConfiguration, so a property bag is an API request.
Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateDistributionConfiguration.html
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from enum import StrEnum
from typing import ClassVar

from pulumi_vmimport.aws.ec2.import_options import LicenseType, Platform
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.schema import updatable

# Names that are not in the API: the update example of AWS's guide has the first three.
_CONTAINER = (
    "is not supported: container images are outside this library; use aws.imagebuilder.DistributionConfiguration"
)
_BUCKET = "is not a property of S3ExportConfiguration; the name of the bucket is s3_bucket"
_IN_AMI = "is not a property of AmiDistributionConfiguration"


class DiskImageFormat(StrEnum):
    """Formats of exported disk images."""

    VMDK = "VMDK"
    RAW = "RAW"
    VHD = "VHD"


class ParameterType(StrEnum):
    """Data types of an SSM parameter."""

    TEXT = "text"
    IMAGE = "aws:ec2:image"


@dataclass(frozen=True, kw_only=True)
class LaunchPermission:
    user_ids: tuple[str, ...] | None = None
    user_groups: tuple[str, ...] | None = None
    organization_arns: tuple[str, ...] | None = None
    organizational_unit_arns: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class AmiDistributionConfiguration:
    refused_names: ClassVar[Mapping[str, str]] = {
        "launchPermissions": f"{_IN_AMI}; who may launch the AMI is launch_permission",
        "tags": f"{_IN_AMI}; the tags of the AMI are ami_tags",
        "fastLaunchConfigurations": f"{_IN_AMI}; it belongs beside ami_distribution_configuration",
    }

    name: str | None = None
    description: str | None = None
    ami_tags: Mapping[str, str] | None = None
    target_account_ids: tuple[str, ...] | None = None
    kms_key_id: str | None = None
    launch_permission: LaunchPermission | None = None


@dataclass(frozen=True, kw_only=True)
class LaunchTemplateConfiguration:
    refused_names: ClassVar[Mapping[str, str]] = {
        "default": "is the name in pulumi-aws; the name in the API and here is set_default_version",
    }

    launch_template_id: str
    account_id: str | None = None
    set_default_version: bool | None = None


@dataclass(frozen=True, kw_only=True)
class FastLaunchTemplate:
    launch_template_id: str | None = None
    launch_template_name: str | None = None
    launch_template_version: str | None = None


@dataclass(frozen=True, kw_only=True)
class FastLaunchSnapshotConfiguration:
    target_resource_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class FastLaunchConfiguration:
    enabled: bool
    account_id: str | None = None
    max_parallel_launches: int | None = None
    snapshot_configuration: FastLaunchSnapshotConfiguration | None = None
    launch_template: FastLaunchTemplate | None = None


@dataclass(frozen=True, kw_only=True)
class S3ExportConfiguration:
    refused_names: ClassVar[Mapping[str, str]] = {"S3Bucket": _BUCKET}

    role_name: str
    disk_image_format: DiskImageFormat
    s3_bucket: str
    s3_prefix: str | None = None


@dataclass(frozen=True, kw_only=True)
class SsmParameterConfiguration:
    parameter_name: str
    ami_account_id: str | None = None
    data_type: ParameterType | None = None


@dataclass(frozen=True, kw_only=True)
class Distribution:
    refused_names: ClassVar[Mapping[str, str]] = {"containerDistributionConfiguration": _CONTAINER}

    region: str
    ami_distribution_configuration: AmiDistributionConfiguration | None = None
    license_configuration_arns: tuple[str, ...] | None = None
    launch_template_configurations: tuple[LaunchTemplateConfiguration, ...] | None = None
    fast_launch_configurations: tuple[FastLaunchConfiguration, ...] | None = None
    s3_export_configuration: S3ExportConfiguration | None = None
    ssm_parameter_configurations: tuple[SsmParameterConfiguration, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class DistributionSettingsInputs(AwsInputs):
    name: str
    distributions: tuple[Distribution, ...] = updatable(MISSING, preflight=True)
    description: str | None = updatable(preflight=True)
    tags: Mapping[str, str] | None = updatable(preflight=True)
    allow_public: bool | None = updatable()
    image_id: str | None = updatable(preflight=True)
    platform: Platform | None = updatable()
    license_type: LicenseType | None = updatable()
    account_id: str | None = updatable()
    owner: str | None = updatable()
