"""Snapshots written through the EBS direct APIs: moto snapshots with the sandbox's clock and real blocks."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from moto.ec2.models.elastic_block_store import Snapshot, Volume
from moto.ec2.utils import random_snapshot_id

from pulumi_vmimport_sandbox.aws.ebs.snapshot_blocks import BLOCK_BYTES, BlocksReader, SnapshotBlocks

# The volume id of a snapshot that was not created from a volume of the account.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html
_NO_VOLUME = "vol-ffffffff"
_DEFAULT_TIMEOUT_MINUTES = 60
_MINUTE = 60.0


class SimulatedSnapshot(Snapshot):  # type: ignore[misc] # moto has no types
    """A snapshot that is `pending` until some time after `seal`, or `error` after its timeout without writes."""

    def __init__(self, ec2_backend: Any, request: Mapping[str, Any], parent: Any, now: float) -> None:
        super().__init__(
            ec2_backend,
            random_snapshot_id(),
            Volume(ec2_backend, _NO_VOLUME, request["VolumeSize"], zone=None),
            request.get("Description", ""),
            encrypted=bool(request.get("Encrypted")),
            kms_key_id=request.get("KmsKeyArn"),
        )
        self.parent_id: str | None = parent.id if parent else None
        self.blocks = SnapshotBlocks(getattr(parent, "blocks", None))
        self.status = "pending"
        self.started_at = now
        self.start_time = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
        self.state_message: str | None = None
        self._written_at = now
        self._complete_at: float | None = None
        self._timeout = _MINUTE * float(request.get("Timeout") or _DEFAULT_TIMEOUT_MINUTES)
        self._percent = 0

    @property
    def progress(self) -> str:
        return "100%" if self.status == "completed" else f"{self._percent}%"

    @property
    def is_open(self) -> bool:
        """Whether blocks may still be written."""
        return self.status == "pending" and self._complete_at is None

    @property
    def block_count(self) -> int:
        """The number of blocks of the volume."""
        return int(self.volume_size << 30) // BLOCK_BYTES

    def put(self, index: int, data: bytes, digest: bytes, *, percent: int | None, now: float) -> None:
        """Write a block."""
        self.blocks.put(index, data, digest)
        self._written_at = now
        self._percent = percent or self._percent

    def seal(self, *, at: float, seconds: float) -> None:
        """Accept no more blocks and complete after some seconds."""
        self._complete_at = at + seconds

    def update_state(self, now: float) -> None:
        """Set the state at a time."""
        if self.status != "pending":
            return
        if self._complete_at is not None:
            if now >= self._complete_at:
                self.status = "completed"
        elif now >= self._written_at + self._timeout:
            # Assumed: a snapshot that the service cancels has the status `error`, the third of its three statuses.
            self.status = "error"
            self.state_message = "The snapshot was not completed in time"  # assumed


@dataclass(frozen=True)
class SnapshotRecord:
    """The content of a snapshot written through the EBS direct APIs, for assertions."""

    id: str
    region: str
    status: str
    volume_size: int
    """In GiB."""
    encrypted: bool
    kms_key_id: str | None
    tags: Mapping[str, str]
    block_indexes: tuple[int, ...]
    """The written blocks in order. Other blocks are the parent's, or zeros."""
    blocks: SnapshotBlocks = field(repr=False)

    @classmethod
    def of(cls, snapshot: SimulatedSnapshot, region: str) -> "SnapshotRecord":
        """The record of a snapshot."""
        return cls(
            id=snapshot.id,
            region=region,
            status=snapshot.status,
            volume_size=snapshot.volume_size,
            encrypted=snapshot.encrypted,
            kms_key_id=snapshot.kms_key_id,
            tags={tag["key"]: tag["value"] for tag in snapshot.get_tags()},
            block_indexes=tuple(snapshot.blocks.written),
            blocks=snapshot.blocks,
        )

    def open(self) -> BinaryIO:
        """The bytes of a volume created from it, as a seekable stream."""
        return cast("BinaryIO", io.BufferedReader(BlocksReader(self.blocks, self.volume_size << 30), BLOCK_BYTES))
