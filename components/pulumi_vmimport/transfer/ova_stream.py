"""Writing an OVA whose disks are known only once they have passed: one pass, from where they come to where they go.

The bytes are those that `ova.Ova` writes for the same members. Blocks of a tar file, and so its headers, are aligned to
512 bytes, and so are parts: no header straddles two. The header of a disk is a hole in its part, filled when the disk
has passed. What stands before the first disk (descriptor, manifest, its header) has no known length either, so it is a
prefix of part 1: S3's parts may differ in size, and nothing behind has to align with it.
"""

import hashlib
import tarfile

from pulumi_vmimport.transfer.ova import Ova, header
from pulumi_vmimport.transfer.part_stream import Hole, PartStream


class PassingFile:
    """A file whose bytes pass through the parts of an upload."""

    def __init__(self, parts: PartStream, name: str) -> None:
        self.name = name
        self.size_bytes = 0
        """So far"""
        self._parts = parts
        self._digest = hashlib.sha256()

    def room(self, at_most: int) -> memoryview:
        """Where the next bytes may be put. Waits for the uploads; raises their first failure."""
        return self._parts.room(at_most)

    def advance(self, size_bytes: int) -> None:
        """So many bytes were put into the room."""
        self._parts.advance(size_bytes, self._digest)
        self.size_bytes += size_bytes

    @property
    def sha256(self) -> str:
        """Of the bytes so far, as lower-case digits; waits for the thread that hashes them."""
        self._parts.settle()
        return self._digest.hexdigest()


class OvaStream:
    """An OVA on its way: `begin` and `end` each disk, one after the other, then `finish`."""

    def __init__(self, parts: PartStream) -> None:
        self._parts = parts
        self._head = parts.hole(0, before_all=True)
        self._hole: Hole | None = None
        self._disks: list[PassingFile] = []
        self._passed_bytes = 0

    def begin(self, name: str) -> PassingFile:
        """The next disk."""
        if self._disks:
            self._hole = self._parts.hole(tarfile.BLOCKSIZE)
            self._passed_bytes += tarfile.BLOCKSIZE
        return PassingFile(self._parts, name)

    def end(self, disk: PassingFile) -> None:
        """All bytes of the disk have passed."""
        padding = -disk.size_bytes % tarfile.BLOCKSIZE
        self._parts.zeros(padding)
        self._passed_bytes += disk.size_bytes + padding
        if self._hole is not None:
            self._parts.fill(self._hole, header(disk))
        self._disks.append(disk)

    def finish(self, name: str, descriptor: bytes) -> None:
        """Put the descriptor and the manifest, both of this name, before the disks; wait until all is sent."""
        ova = Ova(name, descriptor, tuple(self._disks))
        head = ova.head()
        self._parts.zeros(ova.size_bytes - len(head) - self._passed_bytes)
        self._parts.fill(self._head, head)
        self._parts.end()
