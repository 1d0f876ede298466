"""The EBS direct APIs: a snapshot is started, its blocks are put, and it is sealed.

Source: https://docs.aws.amazon.com/ebs/latest/APIReference/API_Operations.html
"""

import base64
from collections.abc import Mapping
from typing import Any

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.ebs_snapshots import Snapshot
from pulumi_vmimport.aws.ec2.import_request import tag_list
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.task_poller import Pollers, batches

BLOCK_BYTES = 512 << 10
MOST_GIB = 65536
# The longest there is: three days in which a run that was interrupted can be taken up. A snapshot to which nobody has
# written for so long is cancelled. Source: .../API_StartSnapshot.html
TIMEOUT_MINUTES = 4320
# 100 snapshots may be pending at once. Source: https://docs.aws.amazon.com/general/latest/gr/ebs-service.html
_QUOTA = frozenset({"ConcurrentLimitExceededException", "ServiceQuotaExceededException"})
_VALUES_A_FILTER = 200


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
    """The id of a new, pending snapshot of so many GiB; the same ClientToken gives the same, even when it is gone."""
    members: dict[str, Any] = {"Description": description, "Encrypted": encrypted, "KmsKeyArn": kms_key_arn}
    answer = aws.client("ebs").start_snapshot(
        VolumeSize=volume_size,
        ClientToken=token,
        Tags=tag_list(tags),
        Timeout=TIMEOUT_MINUTES,
        **{name: value for name, value in members.items() if value is not None},
    )
    return answer["SnapshotId"]


def put_block(aws: AwsConnection, snapshot_id: str, index: int, data: bytes, sha256: bytes, *, percent: int) -> None:
    """Write a block, or write it anew; EBS refuses it unless its SHA-256 is that of the bytes that came."""
    aws.client("ebs").put_snapshot_block(
        SnapshotId=snapshot_id,
        BlockIndex=index,
        BlockData=data,
        DataLength=len(data),
        Progress=percent,
        Checksum=_base64(sha256),
        ChecksumAlgorithm="SHA256",
    )


def seal(blocks: int, checksum: bytes) -> str:
    """What CompleteSnapshot must be told, as a value for a tag: how many blocks, and the SHA-256 of their SHA-256."""
    return f"{blocks} {_base64(checksum)}"


def blocks_in(seal: str) -> int:
    """How many blocks a seal tells."""
    return int(seal.split(maxsplit=1)[0])


def complete(aws: AwsConnection, snapshot_id: str, seal: str) -> None:
    """Seal a snapshot; EBS compares the blocks it has with the seal, and completes the snapshot after a while."""
    blocks, checksum = seal.split()
    aws.client("ebs").complete_snapshot(
        SnapshotId=snapshot_id,
        ChangedBlocksCount=int(blocks),
        Checksum=checksum,
        ChecksumAlgorithm="SHA256",
        ChecksumAggregationMethod="LINEAR",
    )


def tagged(aws: AwsConnection, key: str, value: str) -> list[Snapshot]:
    """The account's snapshots with a tag."""
    pages = aws.client("ec2").get_paginator("describe_snapshots")
    filters: Any = [{"Name": f"tag:{key}", "Values": [value]}]
    return [
        Snapshot.read(found)
        for page in pages.paginate(OwnerIds=["self"], Filters=filters)
        for found in page["Snapshots"]
    ]


def describe(aws: AwsConnection, ids: list[str]) -> dict[str, Snapshot]:
    """The snapshots of these ids that are there."""
    found: dict[str, Snapshot] = {}
    for batch in batches(ids, _VALUES_A_FILTER):
        filters: Any = [{"Name": "snapshot-id", "Values": batch}]
        answer = aws.client("ec2").describe_snapshots(OwnerIds=["self"], Filters=filters)
        found |= {snapshot.id: snapshot for snapshot in map(Snapshot.read, answer["Snapshots"])}
    return found


def is_gone(error: Exception) -> bool:
    """Whether EBS does not know the snapshot: deleted, or so new that it has not spread yet."""
    return error_code(error) == "ResourceNotFoundException"


def is_refused(error: Exception) -> bool:
    """Whether the snapshot or what was sent to it is not as EBS wants it: sealed already, cancelled, another sum."""
    return error_code(error) == "ValidationException"


def is_over_quota(error: Exception) -> bool:
    """Whether as many snapshots are pending as the Region allows."""
    return error_code(error) in _QUOTA


POLLERS = Pollers[Snapshot](describe)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
