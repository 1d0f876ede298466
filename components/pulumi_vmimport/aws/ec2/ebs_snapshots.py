"""EBS snapshots: find and delete them.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html, API_DeleteSnapshot.html.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tags_in

# AWS documents neither this description, which public listings of snapshots show, nor the name of an imported AMI.
_IMPORT_DESCRIPTION = "Created by AWS-VMImport service for "
_IMPORTED = re.compile(_IMPORT_DESCRIPTION + r"(?P<task>import-(ami|snap)-\w+)")
SNAPSHOT_TASK = "import-snap-"
"""How the id of a snapshot import starts."""
IMPORT_DESCRIPTIONS = f"{_IMPORT_DESCRIPTION}import-*"
"""The descriptions of imported snapshots, as a value of a filter of DescribeSnapshots."""
_NO_SUCH_SNAPSHOT = frozenset({"InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed"})


@dataclass(frozen=True)
class EbsSnapshot:
    """A snapshot as DescribeSnapshots returns it."""

    id: str
    state: str
    volume_size: int
    description: str
    encrypted: bool
    tags: Mapping[str, str]

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "EbsSnapshot":
        """The snapshot in an element of `Snapshots`."""
        return cls(
            id=answer["SnapshotId"],
            state=answer.get("State", ""),
            volume_size=answer.get("VolumeSize", 0),
            description=answer.get("Description", ""),
            encrypted=answer.get("Encrypted", False),
            tags=tags_in(answer.get("Tags", [])),
        )


def find(aws: AwsConnection, snapshot_id: str) -> EbsSnapshot | None:
    """The snapshot, or None if it does not exist."""
    try:
        found = aws.client("ec2").describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"]
    except ClientError as error:
        if error_code(error) in _NO_SUCH_SNAPSHOT:
            return None
        raise
    return EbsSnapshot.read(found[0]) if found else None


def find_imported(aws: AwsConnection, task_id: str) -> tuple[EbsSnapshot, ...]:
    """The snapshots that an import task created, also after EC2 has stopped listing the task.

    The whole description counts: the EC2 console puts "[Copied snap-... from ...]" before that of a copy.
    """
    chosen: Any = [{"Name": "description", "Values": [f"{_IMPORT_DESCRIPTION}{task_id}"]}]
    pages = aws.client("ec2").get_paginator("describe_snapshots").paginate(OwnerIds=["self"], Filters=chosen)
    return tuple(EbsSnapshot.read(answer) for page in pages for answer in page["Snapshots"])


def importing_task(description: str) -> str | None:
    """The id of the import task that created a snapshot with this description; None for any other snapshot."""
    match = _IMPORTED.fullmatch(description)
    return match["task"] if match else None


def imported_without_tags(aws: AwsConnection) -> list[tuple[str, EbsSnapshot]]:
    """The snapshots of snapshot import tasks that have no tags, newest first, each with the id of its task."""
    chosen: Any = [{"Name": "description", "Values": [f"{_IMPORT_DESCRIPTION}{SNAPSHOT_TASK}*"]}]
    pages = aws.client("ec2").get_paginator("describe_snapshots").paginate(OwnerIds=["self"], Filters=chosen)
    found = [answer for page in pages for answer in page["Snapshots"] if not answer.get("Tags")]
    newest_first = sorted(found, key=lambda answer: str(answer.get("StartTime", "")), reverse=True)
    snapshots = [EbsSnapshot.read(answer) for answer in newest_first]
    return [(task, each) for each in snapshots if (task := importing_task(each.description))]


def find_existing(aws: AwsConnection, snapshot_ids: Iterable[str]) -> tuple[str, ...]:
    """The ids of the given snapshots that still exist."""
    ids = list(snapshot_ids)
    if not ids:
        return ()
    # A filter, because a deleted snapshot among SnapshotIds fails the call for all of them.
    found = aws.client("ec2").describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "snapshot-id", "Values": ids}])
    existing = {snapshot["SnapshotId"] for snapshot in found["Snapshots"]}
    return tuple(id for id in ids if id in existing)


def key_arns(aws: AwsConnection, snapshot_ids: Iterable[str]) -> tuple[str, ...]:
    """The ARNs of the KMS keys that encrypt the given snapshots, each once."""
    ids = list(snapshot_ids)
    if not ids:
        return ()
    chosen: Any = [{"Name": "snapshot-id", "Values": ids}]
    found = aws.client("ec2").describe_snapshots(OwnerIds=["self"], Filters=chosen)["Snapshots"]
    return tuple(sorted({snapshot["KmsKeyId"] for snapshot in found if snapshot.get("KmsKeyId")}))


def key_arn(aws: AwsConnection, snapshot: EbsSnapshot) -> str | None:
    """The ARN of the KMS key that encrypts a snapshot; None without encryption, or if EC2 does not show the key."""
    return next(iter(key_arns(aws, [snapshot.id])), None) if snapshot.encrypted else None


def delete(aws: AwsConnection, snapshot_id: str) -> None:
    """Delete a snapshot; succeeds if it does not exist.

    Raises:
        ClientError: EC2 rejects the call (an AMI uses the snapshot, or permission is missing).
    """
    try:
        aws.client("ec2").delete_snapshot(SnapshotId=snapshot_id)
    except ClientError as error:
        if error_code(error) not in _NO_SUCH_SNAPSHOT:
            raise
