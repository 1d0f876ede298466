"""The blocks of a disk into a pending snapshot, whatever passes by itself on the way."""

import random
import time
from collections.abc import Callable

from pulumi_vmimport.aws.ec2 import ebs_direct
from pulumi_vmimport.aws.ec2.ebs_direct import BLOCK_BYTES
from pulumi_vmimport.aws.service_errors import credentials_expired, error_message, is_transient
from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.transfer.blocks import SentBlocks, block_indexes, send_blocks

# After botocore's own attempts; two and a half minutes in all.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0, 30.0)
# AWS's tool coldsnap found a snapshot unknown to PutSnapshotBlock for up to two minutes after its start
# (awslabs/coldsnap, src/upload.rs).
_SPREADING_SECONDS = 180.0
_MIB = 1 << 20


class BlockWriter:
    """Writes a disk into a snapshot."""

    def __init__(self, run: Run, snapshot_id: str, disk: DiskContent) -> None:
        self._run = run
        self._id = snapshot_id
        self._disk = disk
        self._blocks = -(-disk.capacity_bytes // BLOCK_BYTES)
        self._began = time.monotonic()

    def write(self, first_unsent: int, keep: Callable[[int], None]) -> SentBlocks:
        """Send all blocks from that index on; `keep` is told the index up to which all are there.

        Raises: DiskImageError, TransferError, RunInterruptedError; botocore's errors that do not pass.
        """

        def progress(index: int, sent_bytes: int) -> None:
            keep(index)
            rate = sent_bytes / _MIB / max(time.monotonic() - self._began, 0.001)
            percent = 100 * index // self._blocks
            self._run.status(f"{self._id}: {percent}% written, {sent_bytes // _MIB} MiB sent at {rate:.0f} MiB/s")
            self._run.wait(0)

        indexes = block_indexes(self._disk.extents(), BLOCK_BYTES)
        return send_blocks(indexes, self._read, self._put, first_unsent=first_unsent, progress=progress)

    def _read(self, index: int) -> bytes:
        return self._disk.read(index * BLOCK_BYTES, BLOCK_BYTES)

    def _put(self, index: int, data: bytes, sha256: bytes) -> None:
        percent = 100 * index // self._blocks
        for pause in (*_PAUSES, None):
            try:
                ebs_direct.put_block(self._run.aws, self._id, index, data, sha256, percent=percent)
            except Exception as error:
                if pause is None or not self._may_pass(error):
                    raise
                self._run.status(f"{self._id}: trying block {index} again: {error_message(error)}")
                self._run.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            else:
                return

    def _may_pass(self, error: Exception) -> bool:
        if credentials_expired(error):
            self._run.aws.refresh_credentials()
            return True
        spreading = time.monotonic() - self._began < _SPREADING_SECONDS
        return is_transient(error) or (spreading and ebs_direct.is_unknown_snapshot(error))
