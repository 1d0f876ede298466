"""The structures in the arguments of imports; aws/import_request.py has them as AWS is asked."""

from typing import NotRequired, TypedDict

import pulumi


class UserBucketArgs(TypedDict):
    """An object in S3."""

    s3_bucket: pulumi.Input[str]
    """The bucket."""
    s3_key: pulumi.Input[str]
    """The key."""


class DiskContainerArgs(TypedDict):
    """One disk, or an OVA with all of them: exactly one of user_bucket, url and snapshot_id."""

    description: NotRequired[pulumi.Input[str]]
    """A description of the disk."""
    device_name: NotRequired[pulumi.Input[str]]
    """The block device mapping of the disk, such as /dev/sda1."""
    format: NotRequired[pulumi.Input[str]]
    """OVA, VHD, VHDX, VMDK or RAW, in any case. Default: EC2 looks at the object."""
    snapshot_id: NotRequired[pulumi.Input[str]]
    """An EBS snapshot instead of an object."""
    url: NotRequired[pulumi.Input[str]]
    """`s3://bucket/key` or an https URL; a presigned one is a secret and must outlive the task."""
    user_bucket: NotRequired[pulumi.Input[UserBucketArgs]]
    """The object in S3, in the Region of the import."""


class SnapshotDiskContainerArgs(TypedDict):
    """One disk: exactly one of url and user_bucket."""

    description: NotRequired[pulumi.Input[str]]
    """A description of the disk."""
    format: NotRequired[pulumi.Input[str]]
    """VHD, VMDK or RAW, in any case. Default: EC2 looks at the object."""
    url: NotRequired[pulumi.Input[str]]
    """`s3://bucket/key` or an https URL; a presigned one is a secret and must outlive the task."""
    user_bucket: NotRequired[pulumi.Input[UserBucketArgs]]
    """The object in S3, in the Region of the import."""


class ClientDataArgs(TypedDict):
    """What the caller tells about the upload."""

    comment: NotRequired[pulumi.Input[str]]
    """A comment."""
    upload_start: NotRequired[pulumi.Input[str]]
    """When the upload began, ISO 8601."""
    upload_end: NotRequired[pulumi.Input[str]]
    """When the upload ended, ISO 8601."""
    upload_size: NotRequired[pulumi.Input[float]]
    """The size of the uploaded image, in GiB."""


class LicenseSpecificationArgs(TypedDict):
    """A License Manager configuration."""

    license_configuration_arn: pulumi.Input[str]
    """Its ARN."""
