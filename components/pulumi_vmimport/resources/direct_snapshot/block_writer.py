"""Writes the blocks of a disk into a pending snapshot, with retries of temporary errors."""

import time
from collections.abc import Callable

from pulumi_vmimport.aws.ec2 import ebs_direct
from pulumi_vmimport.aws.ec2.ebs_direct import BLOCK_BYTES
from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.lifecycle.contract import Progress, Run
from pulumi_vmimport.resources.data_requests import RunRequests
from pulumi_vmimport.transfer.blocks import SentBlocks, block_indexes, send_blocks

# The longest pause after each attempt, beyond the retries of botocore; two and a half minutes in all.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0, 30.0)
# PutSnapshotBlock may not find a snapshot for up to two minutes after StartSnapshot, as observed by AWS's tool coldsnap
# (awslabs/coldsnap, src/upload.rs).
_PROPAGATION_SECONDS = 180.0
_MIB = 1 << 20


class BlockWriter:
    """Writes a disk into a snapshot."""

    def __init__(self, run: Run, snapshot_id: str, disk: DiskContent) -> None:
        self._run = run
        self._id = snapshot_id
        self._disk = disk
        self._requests = RunRequests(run, self._is_temporary)
        self._blocks = -(-disk.capacity_bytes // BLOCK_BYTES)
        self._started_at = time.monotonic()

    def write(self, first_unsent: int, keep: Callable[[int], None]) -> SentBlocks:
        """Send all blocks from this index on. Calls `keep` with the index up to which all blocks are written.

        Raises: DiskImageError, TransferError, RunInterruptedError; botocore's errors that are not temporary.
        """

        def progress(index: int, sent_bytes: int) -> None:
            keep(index)
            seconds, written = max(time.monotonic() - self._started_at, 0.001), index - first_unsent
            self._run.status(
                Progress(
                    "writing",
                    100 * index // self._blocks,
                    details=f"{sent_bytes // _MIB} MiB sent to {self._id}",
                    bytes_per_second=sent_bytes / seconds,
                    seconds_left=seconds * (self._blocks - index) / written if written > 0 else None,
                )
            )
            self._run.wait(0)

        indexes = block_indexes(self._disk.extents(), BLOCK_BYTES)
        return send_blocks(indexes, self._read, self._put, first_unsent=first_unsent, progress=progress)

    def _read(self, index: int) -> bytes:
        return self._disk.read(index * BLOCK_BYTES, BLOCK_BYTES)

    def _put(self, index: int, data: bytes, sha256: bytes) -> None:
        percent = 100 * index // self._blocks
        self._requests.ebs(
            f"block {index} of {self._id}",
            lambda client: ebs_direct.put_block(client, self._id, index, data, sha256, percent=percent),
        )

    def _is_temporary(self, error: BaseException) -> bool:
        is_new = time.monotonic() - self._started_at < _PROPAGATION_SECONDS
        return is_new and isinstance(error, Exception) and ebs_direct.is_unknown_snapshot(error)
