"""Read one disk of a lease to its end over as many connections as needed.

NFC does not support ranges: after a reconnect, the host sends the disk from its first byte. The bytes received before
are skipped and hashed; the bytes after them are used only if the hash matches.
"""

import hashlib
from collections.abc import Callable
from typing import Protocol

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from pulumi_vmimport.vsphere.nfc_download import DiskDownload
from pulumi_vmimport.vsphere.session import Wait
from pulumi_vmimport.vsphere.silence_watch import SilenceWatch
from pulumi_vmimport.vsphere.vsphere_errors import DiskChangedError, DownloadError

# Few enough that the bytes are in the processor's cache when the sink hashes them.
_STEP_BYTES = 256 << 10
_ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 1.0


class DiskSink(Protocol):
    """Receives the bytes of a disk."""

    @property
    def size_bytes(self) -> int:
        """The bytes received so far."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes so far, as lower-case digits."""

    def get_buffer(self, max_bytes: int) -> memoryview:
        """A buffer for the next bytes."""

    def advance(self, size_bytes: int) -> None:
        """Append the bytes that were put into the buffer."""


def read_disk(
    name: str,
    connect: Callable[[int], DiskDownload],
    sink: DiskSink,
    *,
    wait: Wait,
    on_received: Callable[[int], None] = lambda _: None,
    show: Callable[[str], None] = lambda _: None,
) -> bool:
    """Read the disk to its end. Returns whether HTTP confirmed that the body is complete.

    `connect` opens a download at a byte, or at the first one. `on_received` is called with the size of each piece,
    including repeated ones, and may raise. `show` is called with the reason of each retry, and when the read
    makes no progress for 25 s. A transient failure is retried up to five times, after 1, 2, 4, 8 and 16 s;
    `wait` may raise to end the pauses and a read that waits.

    Raises: DownloadError, for the last attempt or a permanent failure; DiskChangedError.
    """

    def show_silence(seconds: float) -> None:
        show(f"{name}: no progress for {seconds:.0f} s after {sink.size_bytes} bytes; still waiting")

    def show_retry(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        words = error.message if isinstance(error, DownloadError) else error
        show(f"{name}: {words}; retrying on a new connection (attempt {state.attempt_number + 1} of {_ATTEMPTS})")

    def read() -> bool:
        with connect(sink.size_bytes) as download, SilenceWatch(download, wait, show_silence):
            _skip_received(name, download, sink, on_received)
            while size := download.readinto(sink.get_buffer(_STEP_BYTES)):
                sink.advance(size)
                on_received(size)
            return download.is_framed

    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, DownloadError) and error.transient),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=_FIRST_PAUSE_SECONDS),
        before_sleep=show_retry,
        sleep=wait,
        reraise=True,
    )
    try:
        return retrying(read)
    except DownloadError as error:
        if not error.transient:
            raise
        message = f"{error.message} (attempt {_ATTEMPTS} of {_ATTEMPTS})"
        raise DownloadError(
            name, message, received_bytes=sink.size_bytes, status=error.status, remedy=error.remedy
        ) from error


def _skip_received(name: str, download: DiskDownload, sink: DiskSink, on_received: Callable[[int], None]) -> None:
    """Skip the bytes that the sink has, if the host sends them again. Raises: DownloadError; DiskChangedError."""
    remaining = sink.size_bytes - download.offset
    if not remaining:
        return
    digest, buffer = hashlib.sha256(), memoryview(bytearray(_STEP_BYTES))
    while remaining:
        size = download.readinto(buffer[:remaining])
        if not size:
            raise DiskChangedError(name, sink.size_bytes)
        digest.update(buffer[:size])
        on_received(size)
        remaining -= size
    if digest.hexdigest() != sink.sha256:
        raise DiskChangedError(name, sink.size_bytes)
