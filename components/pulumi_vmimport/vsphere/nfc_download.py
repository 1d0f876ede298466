"""The bytes behind one URL of an export lease."""

import socket
import ssl
import time
from contextlib import suppress
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from pulumi_vmimport.vsphere.host_access import unreachable_remedy
from pulumi_vmimport.vsphere.vsphere_errors import DownloadError

# A host that does not answer a request costs nothing to ask again. A host that reads empty space of a large disk, or a
# cold one, may send nothing for a while, and a new connection starts from the first byte; but a dead host must be
# detected before the lease expires.
_ANSWER_SECONDS = 25.0
_SILENCE_SECONDS = 120.0
_MAX_MESSAGE_BYTES = 500
_OK, _PARTIAL = 200, 206
_SERVER_ERROR = 500


class DiskDownload:
    """An open download; a context manager that closes it."""

    def __init__(
        self, disk: str, connection: HTTPSConnection, response: HTTPResponse, offset: int, received: socket.socket
    ) -> None:
        self.is_framed = response.chunked or response.length is not None
        """Whether HTTP distinguishes a complete body from a truncated one, by its length or by chunks"""
        self.offset = offset
        """The offset of the next byte on the disk"""
        self.received_at = time.monotonic()
        """When bytes arrived last"""
        self._disk = disk
        self._connection = connection
        self._socket = received
        self._response = response
        self._end = None if response.length is None else offset + response.length

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._response.close()
        self._connection.close()

    def interrupt(self) -> None:
        """End a `readinto` that waits in another thread."""
        with suppress(OSError):  # closed in the meantime
            self._socket.shutdown(socket.SHUT_RDWR)

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer, or a part of it. Returns the number of bytes, 0 at the end of the disk.

        Raises: DownloadError if the connection breaks, times out, or ends before the announced length.
        """
        try:
            received = self._response.readinto(buffer)
        except (OSError, HTTPException) as error:
            raise DownloadError(self._disk, _message(error), received_bytes=self.offset, transient=True) from error
        # http.client raises for truncated chunks, but not for a body that is shorter than its Content-Length.
        if buffer and not received and self._end not in (None, self.offset):
            message = f"the host announced {self._end} bytes"
            raise DownloadError(self._disk, message, received_bytes=self.offset, transient=True)
        self.offset += received
        self.received_at = time.monotonic()
        return received


def open_disk(
    disk: str,
    url: str,
    tls_context: ssl.SSLContext,
    *,
    start: int = 0,
    cookie: str | None = None,
    answer_seconds: float = _ANSWER_SECONDS,
    silence_seconds: float = _SILENCE_SECONDS,
) -> DiskDownload:
    """Request the bytes of a disk. `disk` is its name in errors; `cookie` is sent if given.

    The host may take `answer_seconds` to answer, and may send nothing for `silence_seconds` afterwards. A host that
    supports ranges sends the bytes from `start`, any other host all bytes; see `DiskDownload.offset`.

    Raises: DownloadError if the host cannot be reached or is not trusted, or its response is not the disk.
    """
    parts = urlsplit(url)
    connection = HTTPSConnection(parts.hostname or "", parts.port, context=tls_context, timeout=answer_seconds)
    headers = {"Accept": "application/x-vnd.vmware-streamVmdk"} | ({"Cookie": cookie} if cookie else {})
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        connection.connect()
    except (OSError, HTTPException) as error:
        connection.close()
        distrust = isinstance(error, ssl.SSLCertVerificationError)
        remedy = unreachable_remedy(f"{parts.hostname}:{connection.port}", error)
        message = f"{parts.netloc}: {_message(error)}"
        raise DownloadError(disk, message, transient=not distrust, remedy=remedy) from error
    received = connection.sock  # the connection forgets it once the response is read to its end
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)
        response = connection.getresponse()
        body = b"" if response.status in (_OK, _PARTIAL) else response.read(_MAX_MESSAGE_BYTES)
    except (OSError, HTTPException) as error:
        connection.close()
        raise DownloadError(disk, f"{parts.netloc}: {_message(error)}", transient=True) from error
    received.settimeout(silence_seconds)
    content_range = response.getheader("Content-Range", "")
    if response.status == _OK:
        return DiskDownload(disk, connection, response, 0, received)
    if response.status == _PARTIAL and start and content_range.startswith(f"bytes {start}-"):
        return DiskDownload(disk, connection, response, start, received)
    connection.close()
    details = content_range or body.decode("utf-8", "replace").strip()
    message = f"HTTP {response.status} {response.reason}: {details}"
    raise DownloadError(disk, message, status=response.status, transient=response.status >= _SERVER_ERROR)


def _message(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
