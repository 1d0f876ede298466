"""A disk image behind an https URL, such as a presigned URL of S3 or Azure.

Error messages contain the URL without its query: the query of a presigned URL is a credential.
"""

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from tenacity import (
    Retrying,
    retry_if_exception_type,
    retry_if_not_exception_type,
    retry_if_result,
    stop_after_attempt,
    wait_chain,
    wait_fixed,
)
from urllib3.exceptions import HTTPError, NameResolutionError

from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer.remote_image import SPARSE_READ, CachePolicy, RemoteImage
from pulumi_vmimport.transfer.s3_ranges import parse_content_range
from pulumi_vmimport.transfer.transfer_errors import EmptySourceError, SourceModifiedError, UnreadableSourceError

_TIMEOUT = urllib3.Timeout(connect=10, read=60)
_PAUSES_SECONDS = (0.5, 2.0)
_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_ERROR_BYTES = 64 << 10
_MESSAGE = re.compile(rb"<Message>([^<]{1,300})</Message>")
_QUERY = re.compile(r"\?\S*")


@dataclass(frozen=True)
class _Response:
    status: int
    headers: Mapping[str, str]
    """Names are in lower case."""
    data: bytes


class UrlImage(RemoteImage):
    """A file behind an https URL, pinned by its ETag, or by its modification time if it has no strong ETag."""

    def __init__(
        self, url: str, cache: CachePolicy = SPARSE_READ, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`sleep` is called with the seconds between two attempts. Raises: UnreadableSourceError."""
        super().__init__(url_without_credentials(url), 0, "", cache)
        self._url = url
        self._pool = _pool(url)
        self._sleep = sleep
        response = self._open(cache.start_bytes - 1)
        found = parse_content_range(response.headers.get("content-range"))
        if found is None:
            raise self._unreadable("the server does not report the size of the file")
        self.size_bytes = found[2]
        self._require_range(response, 0, min(cache.start_bytes, self.size_bytes) - 1)
        tag, modified = response.headers.get("etag"), response.headers.get("last-modified")
        self._pinned = {"If-Match": tag} if tag and not tag.startswith("W/") else {}
        if not self._pinned and modified:
            self._pinned = {"If-Unmodified-Since": modified}
        self._tag = tag
        self.identity = (tag or modified or "").strip('"')
        self._keep_start(self._count(response.data))

    def _open(self, last: int) -> _Response:
        """Request the first bytes, following redirects."""
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._get(0, last, {})
            if response.status not in _REDIRECTS:
                if response.status == HTTPStatus.OK:
                    raise self._unreadable(
                        "the server ignores the Range header and sends only whole files; download the file first"
                    )
                self._require_partial(response)
                return response
            self._url = urljoin(self._url, response.headers.get("location", ""))
            if urlsplit(self._url).scheme != "https":
                raise self._unreadable("the server redirects to a URL that is not https")
        raise self._unreadable(f"the server redirects more than {_MAX_REDIRECTS} times")

    def _request(self, first: int, last: int) -> bytes:
        response = self._get(first, last, self._pinned)
        self._require_partial(response)
        span = parse_content_range(response.headers.get("content-range"))
        if response.headers.get("etag") != self._tag or (span and span[2] != self.size_bytes):
            raise SourceModifiedError(self.name)
        self._require_range(response, first, last)
        return self._count(response.data)

    def _require_range(self, response: _Response, first: int, last: int) -> None:
        """Raises: UnreadableSourceError unless the response has exactly these bytes."""
        value = response.headers.get("content-range")
        span = parse_content_range(value)
        if span is None or span[:2] != (first, last):
            raise self._unreadable(f"expected bytes {first}-{last}, got Content-Range {shown_value(value)}")
        if len(response.data) != last - first + 1:
            raise self._unreadable(f"expected {last - first + 1} bytes from byte {first}, got {len(response.data)}")

    def _get(self, first: int, last: int, conditions: Mapping[str, str]) -> _Response:
        """Send the request; a transient failure is retried twice, after 0.5 and 2 seconds."""
        headers = {"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity", **conditions}
        retrying = Retrying(
            retry=(retry_if_exception_type(HTTPError) & retry_if_not_exception_type(NameResolutionError))
            | retry_if_result(lambda response: response.status in _TRANSIENT),
            stop=stop_after_attempt(len(_PAUSES_SECONDS) + 1),
            wait=wait_chain(*map(wait_fixed, _PAUSES_SECONDS)),
            sleep=self._sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        try:
            response: _Response = retrying(self._send, headers, last - first + 1)
        except HTTPError as error:
            raise self._unreadable(_reason(error)) from error
        return response

    def _send(self, headers: Mapping[str, str], max_bytes: int) -> _Response:
        # urllib3's own retries would log the URL with its query.
        with self._pool.request(
            "GET", self._url, headers=headers, timeout=_TIMEOUT, retries=False, preload_content=False, redirect=False
        ) as response:
            # A server that ignores Range would send the whole file.
            max_bytes = max_bytes if response.status == HTTPStatus.PARTIAL_CONTENT else _MAX_ERROR_BYTES
            body = b"" if response.status == HTTPStatus.OK else response.read(max_bytes)
            return _Response(response.status, {name.lower(): value for name, value in response.headers.items()}, body)

    def _require_partial(self, response: _Response) -> None:
        """Raises: UnreadableSourceError, SourceModifiedError unless the response has the requested bytes."""
        status = response.status
        if status == HTTPStatus.PARTIAL_CONTENT:
            return
        if status == HTTPStatus.PRECONDITION_FAILED:
            raise SourceModifiedError(self.name)
        found = _MESSAGE.search(response.data)
        message = f' ("{_QUERY.sub("", found[1].decode(errors="replace"))}")' if found else ""
        match status:
            case HTTPStatus.FORBIDDEN | HTTPStatus.UNAUTHORIZED:
                reason = (
                    f"the server denies access with HTTP {status}{message}; if the URL is presigned, create a new one"
                )
            case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
                reason = f"the file does not exist on the server (HTTP {status}){message}"
                raise UnreadableSourceError(self.name, reason, is_missing=True)
            case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise EmptySourceError(self.name, "file")
            case _:
                reason = f"the server responded with HTTP {status}{message}"
        raise self._unreadable(reason)

    def _unreadable(self, reason: str) -> UnreadableSourceError:
        return UnreadableSourceError(self.name, reason)


def url_without_credentials(url: str) -> str:
    """The URL without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the URL"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _pool(url: str) -> urllib3.PoolManager:
    """A connection pool that uses HTTPS_PROXY, NO_PROXY and AWS_CA_BUNDLE, as boto3 does."""
    ca_bundle = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    proxy = getproxies().get("https")
    if proxy and not proxy_bypass(urlsplit(url).hostname or ""):
        return urllib3.ProxyManager(proxy, ca_certs=ca_bundle)
    return urllib3.PoolManager(ca_certs=ca_bundle)


def _reason(error: HTTPError) -> str:
    """Why the connection failed, without the URL that urllib3 includes."""
    reason = getattr(error, "reason", None) or error
    return _QUERY.sub("", re.sub(r"^(?:<[^>]*>|\w+\([^)]*\)): ", "", str(reason)))
