"""A disk image whose bytes another part of the library requests, such as a file of a datastore."""

from typing import Protocol

from pulumi_vmimport.transfer.remote_image import CachePolicy, RemoteImage

_KIB = 1 << 10

NEAR_READ = CachePolicy(64 * _KIB, max_chunks=512, chunks_per_request=64)
"""A server in the same network: small requests, of which an inspection needs only a part."""


class RangedFile(Protocol):
    """An open file that can be read in ranges."""

    name: str
    size_bytes: int
    start: bytes
    """The first bytes, which were read when the file was opened"""

    def read_range(self, first: int, last: int) -> bytes:
        """The bytes from first to last, both included."""

    def close(self) -> None:
        """Close the file."""


class RangedImage(RemoteImage):
    """A cache of the chunks of a ranged file that were read last. Raises: what the file raises."""

    def __init__(self, file: RangedFile, cache: CachePolicy = NEAR_READ) -> None:
        super().__init__(file.name, file.size_bytes, "", cache)
        self._file = file
        self._count(file.start)
        if len(file.start) == min(cache.chunk_bytes, file.size_bytes):
            self._keep_start(file.start)

    def _request(self, first: int, last: int) -> bytes:
        return self._count(self._file.read_range(first, last))
