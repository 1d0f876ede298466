"""The bytes behind one URL of an export lease."""

import ssl
from collections.abc import Generator
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from pulumi_vmimport.vsphere.errors import DownloadError

CHUNK_BYTES = 1 << 20
# A host that reads a cold disk may take its time before the next bytes; a dead one must be noticed within the lease.
_SILENCE_SECONDS = 120.0
_WORDS_BYTES = 500
_OK = 200


@dataclass(frozen=True)
class DiskBody:
    """An open download. Iterating `chunks` to the end closes it, and so does closing `chunks`."""

    chunks: Generator[bytes]
    framed: bool
    """Whether HTTP tells a whole body from a cut one, by a length or by chunks"""


def open_disk(
    disk: str,
    url: str,
    tls_context: ssl.SSLContext,
    *,
    cookie: str | None = None,
    silence_seconds: float = _SILENCE_SECONDS,
) -> DiskBody:
    """Ask for the bytes of a disk. `disk` names it in errors; the cookie is sent when given.

    Raises: DownloadError when the host cannot be reached or trusted, or answers anything but 200; so does `chunks`
    when the connection breaks, falls silent, or ends before the announced length.
    """
    parts = urlsplit(url)
    connection = HTTPSConnection(parts.hostname or "", parts.port, context=tls_context, timeout=silence_seconds)
    headers = {"Accept": "application/x-vnd.vmware-streamVmdk"} | ({"Cookie": cookie} if cookie else {})
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)
        response = connection.getresponse()
        said = b"" if response.status == _OK else response.read(_WORDS_BYTES)
    except (OSError, HTTPException) as error:
        connection.close()
        raise DownloadError(disk, f"{parts.netloc}: {_said(error)}") from error
    if response.status != _OK:
        connection.close()
        words = f"HTTP {response.status} {response.reason}: {said.decode('utf-8', 'replace').strip()}"
        raise DownloadError(disk, words, status=response.status)
    return DiskBody(_chunks(disk, connection, response), framed=response.chunked or response.length is not None)


def _chunks(disk: str, connection: HTTPSConnection, response: HTTPResponse) -> Generator[bytes]:
    # http.client raises for chunks cut short but ends a body silently that is shorter than its Content-Length.
    length = response.length
    received = 0
    try:
        while chunk := response.read(CHUNK_BYTES):
            received += len(chunk)
            yield chunk
        if length is not None and received != length:
            raise DownloadError(disk, f"the host announced {length} bytes", received_bytes=received)
    except (OSError, HTTPException) as error:
        raise DownloadError(disk, _said(error), received_bytes=received) from error
    finally:
        response.close()
        connection.close()


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
