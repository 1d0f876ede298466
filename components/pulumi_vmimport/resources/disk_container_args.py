"""The structures in the arguments of the imports; aws/ec2/import_request.py has those of the API request."""

from typing import Literal, NotRequired, TypedDict

import pulumi


class UserBucketArgs(TypedDict):
    """An object in S3."""

    s3_bucket: pulumi.Input[str]
    """The name of the bucket."""
    s3_key: pulumi.Input[str]
    """The key of the object."""


class DiskContainerArgs(TypedDict):
    """One disk, or an OVA with all disks: exactly one of user_bucket, url and snapshot_id.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImageDiskContainer.html
    """

    description: NotRequired[pulumi.Input[str]]
    """The description of the disk. Default: none."""
    device_name: NotRequired[pulumi.Input[str]]
    """The device name of the disk in the AMI's block device mapping, such as `/dev/sda1`. Default: EC2 chooses it."""
    format: NotRequired[pulumi.Input[Literal["OVA", "VHD", "VHDX", "VMDK", "RAW"]]]
    """The format of the disk image: `OVA`, `VHD`, `VHDX`, `VMDK` or `RAW`, case-insensitive. Default: EC2 detects
    it."""
    snapshot_id: NotRequired[pulumi.Input[str]]
    """The id of an EBS snapshot to import in place of a disk image."""
    url: NotRequired[pulumi.Input[str]]
    """`s3://bucket/key` or an https URL. A presigned URL is stored as a secret and must stay valid until the task
    ends."""
    user_bucket: NotRequired[pulumi.Input[UserBucketArgs]]
    """The object, in a bucket in the Region of the import."""


class SnapshotDiskContainerArgs(TypedDict):
    """One disk: exactly one of url and user_bucket.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SnapshotDiskContainer.html
    """

    description: NotRequired[pulumi.Input[str]]
    """The description of the disk. Default: none."""
    format: NotRequired[pulumi.Input[Literal["VHD", "VMDK", "RAW"]]]
    """The format of the disk image: `VHD`, `VMDK` or `RAW`, case-insensitive; leave it out for a VHDX. Default: EC2
    detects it."""
    url: NotRequired[pulumi.Input[str]]
    """`s3://bucket/key` or an https URL. A presigned URL is stored as a secret and must stay valid until the task
    ends."""
    user_bucket: NotRequired[pulumi.Input[UserBucketArgs]]
    """The object, in a bucket in the Region of the import."""


class ClientDataArgs(TypedDict):
    """Optional metadata about the upload (EC2 ClientData).

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ClientData.html
    """

    comment: NotRequired[pulumi.Input[str]]
    """A comment."""
    upload_start: NotRequired[pulumi.Input[str]]
    """The time at which the upload started, in ISO 8601 format."""
    upload_end: NotRequired[pulumi.Input[str]]
    """The time at which the upload ended, in ISO 8601 format."""
    upload_size: NotRequired[pulumi.Input[float]]
    """The size of the uploaded disk image, in GiB."""


class LicenseSpecificationArgs(TypedDict):
    """A License Manager configuration."""

    license_configuration_arn: pulumi.Input[str]
    """The ARN of the configuration."""
