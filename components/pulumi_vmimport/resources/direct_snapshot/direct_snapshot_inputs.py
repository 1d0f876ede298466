"""The inputs and the state of DirectSnapshot, which the resource and its parts share."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport.disk.image_format import ImageFormat
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.schema import updatable


@dataclass(frozen=True, kw_only=True)
class DirectSnapshotInputs(AwsInputs):
    file: str | None = None
    user_bucket: UserBucket | None = None
    format: ImageFormat | None = None
    volume_size: int | None = None
    description: str | None = None
    encrypted: bool | None = None
    kms_key_arn: str | None = None
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
