"""The blocks of a snapshot written through the EBS direct APIs, in an unnamed sparse file."""

import hashlib
import io
import os
import tempfile
import weakref
from collections.abc import Mapping

BLOCK_BYTES = 512 << 10
"""Source: https://docs.aws.amazon.com/ebs/latest/APIReference/API_PutSnapshotBlock.html"""


class SnapshotBlocks:
    """Blocks by index on top of a parent's blocks. Unwritten blocks are zeros and occupy no space."""

    def __init__(self, parent: "SnapshotBlocks | None" = None) -> None:
        self._parent = parent
        self._written: dict[int, bytes] = {}
        file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the snapshot
        self._descriptor = file.fileno()
        weakref.finalize(self, file.close)

    @property
    def written(self) -> Mapping[int, bytes]:
        """The SHA-256 digests of the written blocks in index order."""
        return {index: self._written[index] for index in sorted(self._written)}

    @property
    def digests(self) -> Mapping[int, bytes]:
        """The SHA-256 digests of the written blocks and the parent's blocks in index order."""
        inherited = self._parent.digests if self._parent else {}
        both = {**inherited, **self._written}
        return {index: both[index] for index in sorted(both)}

    def put(self, index: int, data: bytes, digest: bytes) -> None:
        """Write or overwrite a block."""
        os.pwrite(self._descriptor, data, index * BLOCK_BYTES)
        self._written[index] = digest

    def get(self, index: int) -> bytes:
        """A block; zeros if it was not written."""
        if index in self._written:
            return os.pread(self._descriptor, BLOCK_BYTES, index * BLOCK_BYTES)
        return self._parent.get(index) if self._parent else bytes(BLOCK_BYTES)

    def linear_checksum(self) -> bytes:
        """SHA-256 of the concatenated digests of the written blocks.

        The digests are bytes, not Base64, as in awslabs/coldsnap (src/upload.rs).
        """
        return hashlib.sha256(b"".join(self.written.values())).digest()


class BlocksReader(io.RawIOBase):
    """The bytes of a volume made from blocks."""

    def __init__(self, blocks: SnapshotBlocks, size: int) -> None:
        self._blocks, self._size, self._at = blocks, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override] # of RawIOBase: any buffer
        index, offset = divmod(self._at, BLOCK_BYTES)
        wanted = max(0, min(len(buffer), BLOCK_BYTES - offset, self._size - self._at))
        if wanted:
            buffer[:wanted] = self._blocks.get(index)[offset : offset + wanted]
            self._at += wanted
        return wanted
