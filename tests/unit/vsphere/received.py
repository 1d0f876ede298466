"""Where the bytes of a disk go in tests."""

import hashlib
from collections.abc import Callable

from pulumi_vmimport.vsphere.lease_disks import LeaseDisk
from pulumi_vmimport.vsphere.nfc_lease import ExportLease


class Received:
    """A sink that keeps the bytes; `then` runs after each piece."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.content = b""
        self.then = then
        self._room = bytearray()

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def get_buffer(self, max_bytes: int) -> memoryview:
        self._room = bytearray(max_bytes)
        return memoryview(self._room)

    def advance(self, size_bytes: int) -> None:
        self.content += self._room[:size_bytes]
        self.then()


def received(lease: ExportLease, disk: LeaseDisk | None = None) -> bytes:
    """The bytes of a disk of the lease, its first if none is named."""
    into = Received()
    lease.read(disk or lease.disks[0], into)
    return into.content
