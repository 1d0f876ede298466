"""Write an OVA in one pass, although sizes and digests of its disks are known only after they have been streamed.

The bytes equal those of `ova.Ova` for the same members. Tar headers and S3 parts are aligned to 512 bytes, so no header
spans two parts. The header of a disk is a placeholder in its part, filled after the disk. The bytes before the first
disk (descriptor, manifest, header) have no known length either; they become a prefix of part 1, as S3 allows parts of
different sizes and no later byte has to be aligned with them.
"""

import hashlib
import tarfile

from pulumi_vmimport.transfer.ova import Ova, header
from pulumi_vmimport.transfer.part_stream import PartStream, Placeholder


class StreamedFile:
    """A file whose bytes are written into a part stream."""

    def __init__(self, parts: PartStream, name: str) -> None:
        self.name = name
        self.size_bytes = 0
        """The bytes written so far"""
        self._parts = parts
        self._digest = hashlib.sha256()

    def get_buffer(self, max_bytes: int) -> memoryview:
        """A buffer for the next bytes. Waits for the uploads; raises their first failure."""
        return self._parts.get_buffer(max_bytes)

    def advance(self, size_bytes: int) -> None:
        """Append the bytes that were put into the buffer."""
        self._parts.advance(size_bytes, self._digest)
        self.size_bytes += size_bytes

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes so far, as lower-case digits."""
        return self._digest.hexdigest()


class OvaStream:
    """An OVA being written: `start_disk` and `end_disk` for each disk in turn, then `finish`."""

    def __init__(self, parts: PartStream) -> None:
        self._parts = parts
        self._head = parts.reserve_prefix()
        self._header: Placeholder | None = None
        self._disks: list[StreamedFile] = []
        self._streamed_bytes = 0

    def start_disk(self, name: str) -> StreamedFile:
        """Start the next disk."""
        if self._disks:
            self._header = self._parts.reserve(tarfile.BLOCKSIZE)
            self._streamed_bytes += tarfile.BLOCKSIZE
        return StreamedFile(self._parts, name)

    def end_disk(self, disk: StreamedFile) -> None:
        """End the disk: all of its bytes have been written."""
        padding = -disk.size_bytes % tarfile.BLOCKSIZE
        self._parts.write_zeros(padding)
        self._streamed_bytes += disk.size_bytes + padding
        if self._header is not None:
            self._parts.fill(self._header, header(disk))
        self._disks.append(disk)

    def finish(self, name: str, descriptor: bytes) -> None:
        """Write the descriptor and the manifest, both with this name, and wait until all parts are sent."""
        ova = Ova(name, descriptor, tuple(self._disks))
        head = ova.head()
        self._parts.write_zeros(ova.size_bytes - len(head) - self._streamed_bytes)
        self._parts.fill(self._head, head)
        self._parts.finish()
