"""A file of a datastore, read in ranges over HTTPS.

Source: vSphere Web Services SDK Programming Guide, appendix "HTTP Access to vSphere Server Files".
"""

import re
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from urllib.parse import quote, urlencode

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

from pulumi_vmimport.call_guard import run_abandonable
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.vsphere.session import VSphereSession, Wait
from pulumi_vmimport.vsphere.vsphere_errors import DatastoreFileError

PRIVILEGES = "Datastore.Browse (Browse datastore) and Datastore.FileManagement (Low level file operations)"
"""The privileges on the datacenter and the datastore, by their id and their name in the vSphere Client.

Source: the guide above, section "Privilege Requirements for HTTP Access".
"""

_TIMEOUT_SECONDS = 30.0
_ATTEMPTS, _PAUSE_SECONDS = 3, 1.0
# vCenter serves a limited number of files at a time. 500 is no such response: ESXi sends it for locked files.
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE})
_LOCKED = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.CONFLICT, HTTPStatus.LOCKED, *_BUSY)
_CAUSES: Mapping[int, str] = {
    **dict.fromkeys(_LOCKED, "another process has locked the file, such as a running VM or a backup, or it is busy"),
    HTTPStatus.OK: "it ignores the Range header; check proxies between this machine and the server",
    HTTPStatus.UNAUTHORIZED: (
        f"it does not accept the session; repeat the command, and check that the user has {PRIVILEGES}"
    ),
    HTTPStatus.FORBIDDEN: f"grant the user {PRIVILEGES} on the datacenter and the datastore",
    HTTPStatus.NOT_FOUND: "the file does not exist, or the datastore does not serve the data of disks, as vSAN",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "the file is empty",
}
_REDIRECTS = range(300, 400)
_PATH = re.compile(r"\[(?P<datastore>[^\]]+)\] ?(?P<path>.*)", re.DOTALL)
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


@dataclass(frozen=True)
class DatastorePath:
    """A path such as `[datastore1] web/web.vmdk`."""

    datastore: str
    path: str

    @classmethod
    def parse(cls, text: str) -> "DatastorePath | None":
        """The path in vSphere's spelling; None if it has another form."""
        found = _PATH.fullmatch(text)
        return cls(found["datastore"], found["path"]) if found and found["path"] else None

    def sibling(self, name: str) -> "DatastorePath":
        """A file in the same folder."""
        folder, slash, _ = self.path.rpartition("/")
        return DatastorePath(self.datastore, f"{folder}{slash}{name}")

    def child(self, name: str) -> "DatastorePath":
        """A file in this folder."""
        return DatastorePath(self.datastore, f"{self.path}/{name}")

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> "DatastorePath":
        """The folder of the file."""
        return DatastorePath(self.datastore, self.path.rpartition("/")[0])

    def url_path(self, datacenter: str) -> str:
        """Path and query of its URL. `datacenter` is the inventory path of the datacenter of the datastore."""
        place = urlencode({"dcPath": datacenter, "dsName": self.datastore}, quote_via=quote)
        return f"/folder/{quote(self.path)}?{place}"

    def __str__(self) -> str:
        return f"[{self.datastore}] {self.path}"


@dataclass(frozen=True)
class _Response:
    status: int
    reason: str
    content_range: str
    location: str
    is_empty: bool
    data: bytes


class DatastoreFile:
    """An open file of a datastore. A context manager; several threads may read at once, one request at a time.

    The server is that of the session, with its cookie and its TLS context. vCenter reads the file from an ESXi host
    itself. A redirect is an error: no server documents one, and the cookie must not reach another server.
    """

    def __init__(
        self, session: VSphereSession, datacenter: str, path: DatastorePath, first_bytes: int, *, wait: Wait
    ) -> None:
        """Read the first bytes, and the size.

        `datacenter` is the inventory path of the datacenter of the datastore. `wait` is called with the seconds between
        two attempts. Raises: DatastoreFileError.
        """
        self.name = str(path)
        self._session = session
        self._wait = wait
        self._target = path.url_path(datacenter)
        self._connection: HTTPSConnection | None = None
        self._is_closed = False
        self._lock = threading.Lock()
        response = self._get(0, first_bytes - 1)
        span = self._require_partial(response)
        self.size_bytes = span[2]
        """The size of the file"""
        self.start = self._exact(response, span, 0, min(first_bytes, self.size_bytes) - 1)
        """The first bytes"""

    def close(self) -> None:
        """Close the connection, also while a thread that a run has abandoned waits for a response."""
        self._is_closed = True
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):  # closed in the meantime
                connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()

    def read_range(self, first: int, last: int) -> bytes:
        """The bytes from first to last, both included. Raises: DatastoreFileError, also if the size changed."""
        response = self._get(first, last)
        span = self._require_partial(response)
        if span[2] != self.size_bytes:
            found = f"its size changed from {self.size_bytes} to {span[2]} bytes while it was read"
            raise DatastoreFileError(self.name, f"{found}; repeat the command when no process writes to it")
        return self._exact(response, span, first, last)

    def _exact(self, response: _Response, span: tuple[int, int, int], first: int, last: int) -> bytes:
        """The bytes of the response. Raises: DatastoreFileError unless they are the requested ones."""
        if span[:2] != (first, last) or len(response.data) != last - first + 1:
            found = f"Content-Range {shown_value(response.content_range)} with {len(response.data)} bytes"
            raise DatastoreFileError(self.name, f"expected bytes {first}-{last}, got {found}; check proxies")
        return response.data

    def _get(self, first: int, last: int) -> _Response:
        retrying = Retrying(
            retry=retry_if_result(lambda response: response.status in _BUSY),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_fixed(_PAUSE_SECONDS),
            sleep=self._wait,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        response: _Response = retrying(
            run_abandonable, lambda: self._send(first, last), lambda: f"waiting for {self.name} of vSphere"
        )
        return response

    def _send(self, first: int, last: int) -> _Response:
        """Send the request; again on a new connection if the server has closed the previous one."""
        with self._lock:
            is_reused = self._connection is not None
            try:
                return self._request(first, last)
            except (OSError, HTTPException) as error:
                self._disconnect()
                if not is_reused or self._is_closed:
                    raise self._unreachable(error) from error
            try:
                return self._request(first, last)
            except (OSError, HTTPException) as error:
                self._disconnect()
                raise self._unreachable(error) from error

    def _request(self, first: int, last: int) -> _Response:
        session = self._session
        if self._connection is None:
            context: ssl.SSLContext = session.tls_context
            self._connection = HTTPSConnection(session.host, session.port, context=context, timeout=_TIMEOUT_SECONDS)
        headers = {"Cookie": session.cookie, "Range": f"bytes={first}-{last}"}
        self._connection.request("GET", self._target, headers=headers)
        response = self._connection.getresponse()
        # A server that ignores the range would send the whole disk, and a page of an error is not shown.
        data = response.read(last - first + 1) if response.status == HTTPStatus.PARTIAL_CONTENT else b""
        found = _Response(
            response.status,
            response.reason,
            response.getheader("Content-Range", ""),
            response.getheader("Location", ""),
            response.getheader("Content-Length") == "0",
            data,
        )
        if not response.isclosed():
            self._disconnect()
        return found

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _unreachable(self, error: Exception) -> DatastoreFileError:
        words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return DatastoreFileError(self.name, f'{self._session.server}: "{words}"; repeat the command')

    def _require_partial(self, response: _Response) -> tuple[int, int, int]:
        """First byte, last byte and size of the file. Raises: DatastoreFileError for any other response."""
        span = _RANGE.fullmatch(response.content_range)
        if response.status == HTTPStatus.PARTIAL_CONTENT and span:
            return int(span[1]), int(span[2]), int(span[3])
        answer = f'{self._session.server} responded "HTTP {response.status} {response.reason}"'
        raise DatastoreFileError(self.name, f"{answer}; {_cause(response)}", status=response.status)


def _cause(response: _Response) -> str:
    """The cause, or the remedy, of a response that is not a part of the file."""
    status = response.status
    if response.is_empty and status == HTTPStatus.OK:
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    if status in _REDIRECTS:
        place = shown_value(response.location.partition("?")[0])
        return f"a redirect to {place} is not followed, because the session belongs to this server only"
    return _CAUSES.get(status, "check the server and proxies between this machine and the server")
