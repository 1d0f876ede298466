"""A disk image behind an https URL, such as one that S3 or Azure has presigned.

What errors say of the URL is its place alone: the query of a presigned one is a credential.
"""

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, NameResolutionError

from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError
from pulumi_vmimport.transfer.windows import LOOKING, WindowedImage, Windows

_TIMEOUT = urllib3.Timeout(connect=10, read=60)
# urllib3's own retries write the URL, query and all, into the log.
_PAUSES = (0.5, 2.0)
_PASSING = frozenset({429, 500, 502, 503, 504})
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ERROR_BYTES = 64 << 10
_SIZE = re.compile(r"bytes \d+-\d+/(\d+)")
_WORDS = re.compile(rb"<Message>([^<]{1,300})</Message>")
_QUERY = re.compile(r"\?\S*")


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    """By names in lower case"""
    data: bytes


class UrlImage(WindowedImage):
    """A file behind an https URL, pinned by its ETag, or its time of modification where it has none."""

    def __init__(self, url: str, windows: Windows = LOOKING) -> None:
        """Raises: UnreadableSourceError."""
        super().__init__(place_of(url), 0, "", windows)
        self._url = url
        self._pool = _pool(url)
        answer = self._opened(windows.window_bytes - 1)
        found = _SIZE.fullmatch(answer.headers.get("content-range", ""))
        if found is None:
            raise self._unreadable("its server does not tell how long the file is")
        self.size_bytes = int(found[1])
        tag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        self._pinned = {"If-Match": tag} if tag and not tag.startswith("W/") else {}
        if not self._pinned and modified:
            self._pinned = {"If-Unmodified-Since": modified}
        self._tag = tag
        self.identity = (tag or modified or "").strip('"')
        self._keep_start(self._received(answer.data))

    def _opened(self, last: int) -> _Answer:
        """The answer with the first bytes, wherever the server has sent us for them."""
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._asked(0, last, {})
            if answer.status not in _REDIRECTS:
                if answer.status == HTTPStatus.OK:
                    raise self._unreadable(
                        "its server gives whole files only (it ignores the header Range); download it first"
                    )
                self._require(answer)
                return answer
            self._url = urljoin(self._url, answer.headers.get("location", ""))
            if urlsplit(self._url).scheme != "https":
                raise self._unreadable("its server leads away from https")
        raise self._unreadable(f"its server leads on more than {_MOST_REDIRECTS} times")

    def _request(self, first: int, last: int) -> bytes:
        answer = self._asked(first, last, self._pinned)
        self._require(answer)
        if len(answer.data) != last - first + 1 or answer.headers.get("etag") != self._tag:
            raise SourceModifiedError(self.name)
        return self._received(answer.data)

    def _asked(self, first: int, last: int, also: Mapping[str, str]) -> _Answer:
        """The answer; one that may pass is asked for again."""
        headers = {"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity", **also}
        for pause in (*_PAUSES, None):
            try:
                answer = self._once(headers, last - first + 1)
            except NameResolutionError as error:
                raise self._unreadable(_words(error)) from error
            except HTTPError as error:
                if pause is None:
                    raise self._unreadable(_words(error)) from error
            else:
                if pause is None or answer.status not in _PASSING:
                    return answer
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, headers: Mapping[str, str], most: int) -> _Answer:
        with self._pool.request(
            "GET", self._url, headers=headers, timeout=_TIMEOUT, retries=False, preload_content=False, redirect=False
        ) as answer:
            # A server that ignores Range would send all of it.
            most = most if answer.status == HTTPStatus.PARTIAL_CONTENT else _ERROR_BYTES
            body = b"" if answer.status == HTTPStatus.OK else answer.read(most)
            return _Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body)

    def _require(self, answer: _Answer) -> None:
        """Raises: UnreadableSourceError, SourceModifiedError unless the answer has the bytes."""
        status = answer.status
        if status == HTTPStatus.PARTIAL_CONTENT:
            return
        if status == HTTPStatus.PRECONDITION_FAILED:
            raise SourceModifiedError(self.name)
        said = _WORDS.search(answer.data)
        words = f' ("{_QUERY.sub("", said[1].decode(errors="replace"))}")' if said else ""
        match status:
            case HTTPStatus.FORBIDDEN | HTTPStatus.UNAUTHORIZED:
                reason = f"its server refuses it with {status}{words}; where the URL is presigned, presign it anew"
            case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
                reason = f"its server does not have it ({status}){words}"
            case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                reason = "it is empty"
            case _:
                reason = f"its server answered {status}{words}"
        raise self._unreadable(reason)

    def _unreadable(self, reason: str) -> UnreadableSourceError:
        return UnreadableSourceError(self.name, reason)


def place_of(url: str) -> str:
    """The URL without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the URL"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _pool(url: str) -> urllib3.PoolManager:
    """Connections as the environment wants them: HTTPS_PROXY, NO_PROXY, AWS_CA_BUNDLE as all of boto3 heeds them."""
    own_roots = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    proxy = getproxies().get("https")
    if proxy and not proxy_bypass(urlsplit(url).hostname or ""):
        return urllib3.ProxyManager(proxy, ca_certs=own_roots)
    return urllib3.PoolManager(ca_certs=own_roots)


def _words(error: HTTPError) -> str:
    """What went wrong on the way, without the URL that urllib3 puts into it."""
    reason = getattr(error, "reason", None) or error
    return _QUERY.sub("", re.sub(r"^(?:<[^>]*>|\w+\([^)]*\)): ", "", str(reason)))
