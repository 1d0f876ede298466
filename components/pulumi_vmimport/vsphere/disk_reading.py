"""One disk of a lease, read to its end over as many connections as it takes.

NFC has no ranges: a host that is asked again sends the disk from its first byte. What was received before is skipped
then, hashed, and compared with its digest: only if it is the same do the bytes behind it belong to it.
"""

import hashlib
from collections.abc import Callable
from typing import Protocol

from pulumi_vmimport.vsphere.nfc_download import DiskDownload
from pulumi_vmimport.vsphere.session import Wait
from pulumi_vmimport.vsphere.vsphere_errors import DiskChangedError, DownloadError

_STEP_BYTES = 1 << 20
_RETRIES = 5
_FIRST_PAUSE_SECONDS = 1.0


class Sink(Protocol):
    """Where the bytes of a disk go."""

    @property
    def size_bytes(self) -> int:
        """How many there were so far."""

    @property
    def sha256(self) -> str:
        """The digest of those, as lower-case digits."""

    def get_buffer(self, max_bytes: int) -> memoryview:
        """Where the next bytes may be put."""

    def advance(self, size_bytes: int) -> None:
        """So many bytes were put into the room."""


def read_disk(
    name: str,
    connect: Callable[[int], DiskDownload],
    into: Sink,
    *,
    wait: Wait,
    received: Callable[[int], None] = lambda _: None,
) -> bool:
    """Read the disk to its end; whether HTTP told that the body was whole.

    `connect` opens a download at a byte, or at the first; `received` is told how many bytes came, those of repeated
    attempts as well, and may raise. Six attempts, with pauses of 1 to 16 s in which `wait` may raise.

    Raises: DownloadError of the last attempt, or of the first that a repetition would not mend; DiskChangedError.
    """
    failures = 0
    while True:
        try:
            with connect(into.size_bytes) as download:
                _skip(name, download, into, received)
                while size := download.readinto(into.get_buffer(_STEP_BYTES)):
                    into.advance(size)
                    received(size)
                return download.framed
        except DownloadError as error:
            if not error.passing:
                raise
            if failures == _RETRIES:
                words = f"{error.words} (attempt {failures + 1} of {_RETRIES + 1})"
                raise DownloadError(name, words, received_bytes=into.size_bytes, status=error.status) from error
            wait(_FIRST_PAUSE_SECONDS * 2**failures)
            failures += 1


def _skip(name: str, download: DiskDownload, into: Sink, received: Callable[[int], None]) -> None:
    """Pass over what is there already, where the host sends it again. Raises: DownloadError; DiskChangedError."""
    missing = into.size_bytes - download.at
    if not missing:
        return
    digest, room = hashlib.sha256(), memoryview(bytearray(_STEP_BYTES))
    while missing:
        size = download.readinto(room[:missing])
        if not size:
            raise DiskChangedError(name, into.size_bytes)
        digest.update(room[:size])
        received(size)
        missing -= size
    if digest.hexdigest() != into.sha256:
        raise DiskChangedError(name, into.size_bytes)
