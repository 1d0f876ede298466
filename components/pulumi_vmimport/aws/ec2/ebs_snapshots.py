"""EBS snapshots: what is there, and the way to remove one.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html, API_DeleteSnapshot.html.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code

_NO_SUCH_SNAPSHOT = frozenset({"InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed"})


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as DescribeSnapshots shows it."""

    id: str
    state: str
    volume_size: int
    description: str
    encrypted: bool
    tags: Mapping[str, str]

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "Snapshot":
        """The snapshot in an element of `Snapshots`."""
        return cls(
            id=answer["SnapshotId"],
            state=answer.get("State", ""),
            volume_size=answer.get("VolumeSize", 0),
            description=answer.get("Description", ""),
            encrypted=answer.get("Encrypted", False),
            tags={t["Key"]: t["Value"] for t in answer.get("Tags", [])},
        )


def find(aws: AwsConnection, snapshot_id: str) -> Snapshot | None:
    """The snapshot, or None when EC2 says there is none of this id."""
    try:
        found = aws.client("ec2").describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"]
    except ClientError as error:
        if error_code(error) in _NO_SUCH_SNAPSHOT:
            return None
        raise
    return Snapshot.read(found[0]) if found else None


def existing(aws: AwsConnection, snapshot_ids: Iterable[str]) -> tuple[str, ...]:
    """Those of the snapshots that are still there."""
    ids = list(snapshot_ids)
    if not ids:
        return ()
    # By filter and not by SnapshotIds, where one that is gone would fail the call for all.
    found = aws.client("ec2").describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "snapshot-id", "Values": ids}])
    there = {snapshot["SnapshotId"] for snapshot in found["Snapshots"]}
    return tuple(id for id in ids if id in there)


def delete(aws: AwsConnection, snapshot_id: str) -> None:
    """Delete a snapshot; one that is gone is fine.

    Raises: ClientError where EC2 refuses it (an AMI uses it, or permission is missing).
    """
    try:
        aws.client("ec2").delete_snapshot(SnapshotId=snapshot_id)
    except ClientError as error:
        if error_code(error) not in _NO_SUCH_SNAPSHOT:
            raise
