"""The EBS direct APIs: start a snapshot, put its blocks, complete it.

Source: https://docs.aws.amazon.com/ebs/latest/APIReference/API_Operations.html
"""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.ebs_snapshots import EbsSnapshot
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.task_poller import Pollers, batches

if TYPE_CHECKING:
    from types_boto3_ebs import EBSClient

BLOCK_BYTES = 512 << 10
MAX_GIB = 65536
# The maximum: an interrupted run can be resumed for three days. EBS cancels a snapshot that was not written to for this
# long. Source: https://docs.aws.amazon.com/ebs/latest/APIReference/API_StartSnapshot.html
TIMEOUT_MINUTES = 4320
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html
_MAX_FILTER_VALUES = 200


def start(
    aws: AwsConnection,
    *,
    volume_size: int,
    token: str,
    tags: Mapping[str, str],
    description: str | None,
    encrypted: bool | None,
    kms_key_arn: str | None,
) -> str:
    """Start a snapshot of volume_size GiB; the same token returns the same id, even if it was deleted."""
    members: dict[str, Any] = {"Description": description, "Encrypted": encrypted, "KmsKeyArn": kms_key_arn}
    answer = aws.client("ebs").start_snapshot(
        VolumeSize=volume_size,
        ClientToken=token,
        Tags=tag_list(tags),
        Timeout=TIMEOUT_MINUTES,
        **{name: value for name, value in members.items() if value is not None},
    )
    return answer["SnapshotId"]


def put_block(client: "EBSClient", snapshot_id: str, index: int, data: bytes, sha256: bytes, *, percent: int) -> None:
    """Write or overwrite a block; EBS rejects it if its SHA-256 differs from that of the received bytes."""
    client.put_snapshot_block(
        SnapshotId=snapshot_id,
        BlockIndex=index,
        BlockData=data,
        DataLength=len(data),
        Progress=percent,
        Checksum=_base64(sha256),
        ChecksumAlgorithm="SHA256",
    )


def format_seal(blocks: int, checksum: bytes) -> str:
    """The arguments of `complete` as a tag value: the number of blocks and the SHA-256 over their SHA-256 digests."""
    return f"{blocks} {_base64(checksum)}"


def sealed_block_count(seal: str) -> int:
    """The number of blocks in a seal."""
    return int(seal.split(maxsplit=1)[0])


def complete(aws: AwsConnection, snapshot_id: str, seal: str) -> None:
    """Complete a snapshot: EBS compares its blocks with the seal. The snapshot is `completed` some time later."""
    blocks, checksum = seal.split()
    aws.client("ebs").complete_snapshot(
        SnapshotId=snapshot_id,
        ChangedBlocksCount=int(blocks),
        Checksum=checksum,
        ChecksumAlgorithm="SHA256",
        ChecksumAggregationMethod="LINEAR",
    )


def find_by_tag(aws: AwsConnection, key: str, value: str) -> list[EbsSnapshot]:
    """The account's snapshots with a tag."""
    pages = aws.client("ec2").get_paginator("describe_snapshots")
    filters: Any = [{"Name": f"tag:{key}", "Values": [value]}]
    return [
        EbsSnapshot.read(found)
        for page in pages.paginate(OwnerIds=["self"], Filters=filters)
        for found in page["Snapshots"]
    ]


def describe(aws: AwsConnection, ids: list[str]) -> dict[str, EbsSnapshot]:
    """The existing snapshots of these ids."""
    found: dict[str, EbsSnapshot] = {}
    for batch in batches(ids, _MAX_FILTER_VALUES):
        filters: Any = [{"Name": "snapshot-id", "Values": batch}]
        answer = aws.client("ec2").describe_snapshots(OwnerIds=["self"], Filters=filters)
        found |= {snapshot.id: snapshot for snapshot in map(EbsSnapshot.read, answer["Snapshots"])}
    return found


def is_unknown_snapshot(error: Exception) -> bool:
    """Whether EBS does not find the snapshot: it was deleted, or it is too new for this endpoint."""
    return error_code(error) == "ResourceNotFoundException"


def is_rejected(error: Exception) -> bool:
    """Whether EBS rejects the request: the snapshot is completed or cancelled, or the checksum differs."""
    return error_code(error) == "ValidationException"


POLLERS = Pollers[EbsSnapshot](describe)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
