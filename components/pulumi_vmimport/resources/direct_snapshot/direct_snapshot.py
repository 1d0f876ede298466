"""DirectSnapshot: writes a disk image to an EBS snapshot with the EBS direct APIs, byte for byte.

Source: https://docs.aws.amazon.com/ebs/latest/userguide/writesnapshots.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport.disk.readable_formats import ImageFormat
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import detected, updatable
from pulumi_vmimport.resources.disk_container_args import UserBucketArgs
from pulumi_vmimport.transfer.local_image import fingerprint


@dataclass(frozen=True, kw_only=True)
class DirectSnapshotInputs(AwsInputs):
    file: str | None = None
    user_bucket: UserBucket | None = None
    format: ImageFormat | None = None
    volume_size: int | None = detected()
    description: str | None = None
    encrypted: bool | None = detected()
    kms_key_arn: str | None = detected()
    source_hash: str | None = None
    tags: Mapping[str, str] | None = updatable()
    retain_on_delete: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class DirectSnapshotState(DirectSnapshotInputs):
    snapshot_id: str | None = None
    status: str | None = None
    capacity_bytes: int | None = None
    volume_size_gib: int | None = None
    blocks_written: int | None = None
    next_block: int | None = None
    source_identity: str | None = None


class DirectSnapshotArgs(AwsArgs):
    """The arguments of DirectSnapshot. Set exactly one of file and user_bucket.

    Changes to tags, retain_on_delete, timeout_minutes, profile and assume_role_arn are applied in place. A change to
    any other argument replaces the snapshot; the removal of volume_size, encrypted or kms_key_arn changes nothing.
    """

    file: NotRequired[pulumi.Input[str]]
    """The path of the disk image on the machine that runs Pulumi, relative to the project directory."""
    user_bucket: NotRequired[pulumi.Input[UserBucketArgs]]
    """The disk image in S3, in any Region. The machine that runs Pulumi reads it and sends its blocks to EBS."""
    format: NotRequired[pulumi.Input[Literal["RAW", "VMDK", "VHD", "VHDX"]]]
    """The format of the disk image: `RAW`, `VMDK` (single file), `VHD` or `VHDX`. An image of a different format is
    rejected. Default: detected from the content."""
    volume_size: NotRequired[pulumi.Input[int]]
    """The size of volumes created from the snapshot, in GiB. Default: the capacity of the disk, rounded up."""
    description: NotRequired[pulumi.Input[str]]
    """The description of the snapshot; 1 to 255 characters. Default: none."""
    encrypted: NotRequired[pulumi.Input[bool]]
    """Whether to encrypt the snapshot. Default: the Region's EBS encryption-by-default setting."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """The ARN of a symmetric KMS key in the Region. Requires `encrypted`. Default: the account's default KMS key for
    EBS."""
    source_hash: NotRequired[pulumi.Input[str]]
    """Any value that changes with the content of the disk image. A change replaces the snapshot. Default: the size and
    modification time of the file, or the ETag of the object. With a value of your own, the file is read only
    to write the snapshot, and a new modification time (such as after a fresh checkout) changes nothing."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """The tags of the snapshot; at most 42. Default: none."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the snapshot when the resource is deleted or replaced. Default: false."""


class DirectSnapshot(ManagedResource, module="vmimport", name="DirectSnapshot"):
    """An EBS snapshot written block by block from a disk image with the EBS direct APIs.

    The resource id is the snapshot id. The disk is not converted. Blocks of zeros are not sent; EBS verifies the
    checksum of every other block and of the whole snapshot. An interrupted run is resumed by the next one within three
    days. Use ImportImage for a disk that boots Windows; docs/snapshots.md compares the resources.

    Source: https://docs.aws.amazon.com/ebs/latest/userguide/writesnapshots.html
    """

    _inputs_type = DirectSnapshotInputs
    _state_type = DirectSnapshotState

    snapshot_id: pulumi.Output[str]
    """The id of the snapshot, which is also the resource id."""
    status: pulumi.Output[str]
    """`completed`, or the last recorded status of a snapshot that an interrupted run left."""
    capacity_bytes: pulumi.Output[int]
    """The capacity of the disk, in bytes."""
    volume_size_gib: pulumi.Output[int]
    """The size of a volume created from the snapshot, in GiB."""
    blocks_written: pulumi.Output[int]
    """The number of 512 KiB blocks in the snapshot; all other blocks are zeros."""
    next_block: pulumi.Output[int | None]
    """The index of the block at which the next run resumes an interrupted write. None once all blocks are written."""
    source_identity: pulumi.Output[str]
    """The version of the disk image: size and modification time of the file, or ETag of the object."""

    @overload
    def __init__(
        self, resource_name: str, args: DirectSnapshotArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[DirectSnapshotArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: DirectSnapshotArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)

    @staticmethod
    def _completed(arguments: dict[str, Any]) -> dict[str, Any]:
        file = arguments.get("file")
        if file is None or arguments.get("source_hash") is not None:
            return arguments
        # The fingerprint of the file, without reading it: preview shows a change of the file.
        return {**arguments, "source_hash": pulumi.Output.from_input(file).apply(_fingerprint)}


def _fingerprint(file: str) -> str | None:
    """What changes with the content of a local file; None when it cannot be read, which `preflight` reports."""
    try:
        return fingerprint(file)
    except (OSError, TypeError, ValueError):
        return None
