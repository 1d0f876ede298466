"""A disk sink for tests."""

import hashlib
from collections.abc import Callable

from pulumi_vmimport.vsphere.lease_disks import LeaseDisk
from pulumi_vmimport.vsphere.nfc_lease import ExportLease


class Received:
    """A sink that keeps the bytes; `then` runs after each piece."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.content = b""
        self.then = then
        self._buffer = bytearray()

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def get_buffer(self, max_bytes: int) -> memoryview:
        self._buffer = bytearray(max_bytes)
        return memoryview(self._buffer)

    def advance(self, size_bytes: int) -> None:
        self.content += self._buffer[:size_bytes]
        self.then()


def received(lease: ExportLease, disk: LeaseDisk | None = None) -> bytes:
    """The bytes of a disk of the lease; by default, of its first disk."""
    sink = Received()
    lease.read(disk or lease.disks[0], sink)
    return sink.content
