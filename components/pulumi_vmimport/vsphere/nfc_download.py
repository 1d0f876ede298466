"""The bytes behind one URL of an export lease."""

import ssl
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from pulumi_vmimport.vsphere.vsphere_errors import DownloadError

# A host that reads a cold disk may take its time before the next bytes; a dead one must be noticed within the lease.
_SILENCE_SECONDS = 120.0
_WORDS_BYTES = 500
_OK, _PARTIAL = 200, 206
_HOST_TROUBLE = 500


class DiskDownload:
    """An open download; a context manager that closes it."""

    def __init__(self, disk: str, connection: HTTPSConnection, response: HTTPResponse, at: int) -> None:
        self.framed = response.chunked or response.length is not None
        """Whether HTTP tells a whole body from a cut one, by a length or by chunks"""
        self.at = at
        """Which byte of the disk comes next"""
        self._disk = disk
        self._connection = connection
        self._response = response
        self._end = None if response.length is None else at + response.length

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._response.close()
        self._connection.close()

    def readinto(self, room: memoryview) -> int:
        """Fill the room, or less of it; how many bytes were put there, none at the disk's end.

        Raises: DownloadError when the connection breaks, falls silent, or ends before the announced length.
        """
        try:
            received = self._response.readinto(room)
        except (OSError, HTTPException) as error:
            raise DownloadError(self._disk, _said(error), received_bytes=self.at, passing=True) from error
        # http.client raises for chunks cut short but ends a body silently that is shorter than its Content-Length.
        if room and not received and self._end not in (None, self.at):
            words = f"the host announced {self._end} bytes"
            raise DownloadError(self._disk, words, received_bytes=self.at, passing=True)
        self.at += received
        return received


def open_disk(
    disk: str,
    url: str,
    tls_context: ssl.SSLContext,
    *,
    start: int = 0,
    cookie: str | None = None,
    silence_seconds: float = _SILENCE_SECONDS,
) -> DiskDownload:
    """Ask for the bytes of a disk. `disk` names it in errors; the cookie is sent when given.

    A host that knows ranges sends the bytes from `start`; one that does not sends all of them: `at` tells which.

    Raises: DownloadError when the host cannot be reached or trusted, or answers anything but the disk.
    """
    parts = urlsplit(url)
    connection = HTTPSConnection(parts.hostname or "", parts.port, context=tls_context, timeout=silence_seconds)
    headers = {"Accept": "application/x-vnd.vmware-streamVmdk"} | ({"Cookie": cookie} if cookie else {})
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)
        response = connection.getresponse()
        said = b"" if response.status in (_OK, _PARTIAL) else response.read(_WORDS_BYTES)
    except (OSError, HTTPException) as error:
        connection.close()
        distrust = isinstance(error, ssl.SSLCertVerificationError)
        raise DownloadError(disk, f"{parts.netloc}: {_said(error)}", passing=not distrust) from error
    range_sent = response.getheader("Content-Range", "")
    if response.status == _OK:
        return DiskDownload(disk, connection, response, 0)
    if response.status == _PARTIAL and start and range_sent.startswith(f"bytes {start}-"):
        return DiskDownload(disk, connection, response, start)
    connection.close()
    words = f"HTTP {response.status} {response.reason}: {range_sent or said.decode('utf-8', 'replace').strip()}"
    raise DownloadError(disk, words, status=response.status, passing=response.status >= _HOST_TROUBLE)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
