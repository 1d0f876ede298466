"""Snapshots of ImportSnapshot."""

from datetime import UTC, datetime
from typing import Any

from moto.ec2.models.elastic_block_store import Snapshot, Volume
from moto.ec2.utils import random_snapshot_id

from pulumi_vmimport_sandbox.aws.vm_import.snapshot_import_simulation import SimulatedSnapshotTask

_GIB = 1 << 30
# The volume id of a snapshot that was not created from a volume of the account.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html
_NO_VOLUME = "vol-ffffffff"


def volume_gib(capacity: int) -> int:
    """The size in GiB of a volume with a capacity in bytes."""
    return max(1, -(-capacity // _GIB))


def import_snapshot(ec2: Any, task: SimulatedSnapshotTask, created_at: float) -> str:
    """Create the snapshot of a completed task and return its id. Tags and Description belong to the task."""
    snapshot = Snapshot(
        ec2,
        random_snapshot_id(),
        Volume(ec2, _NO_VOLUME, volume_gib(task.capacity), zone=None),
        f"Created by AWS-VMImport service for {task.id}",
        encrypted=bool(task.request.get("Encrypted")) or bool(ec2.ebs_encryption_by_default),
        kms_key_id=task.request.get("KmsKeyId"),
    )
    snapshot.start_time = datetime.fromtimestamp(created_at, UTC).replace(tzinfo=None)
    ec2.snapshots[snapshot.id] = snapshot
    return str(snapshot.id)
