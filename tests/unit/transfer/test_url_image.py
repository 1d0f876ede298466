import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.transfer.remote_image import CachePolicy
from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError
from pulumi_vmimport.transfer.url_image import UrlImage, url_without_credentials

SMALL = CachePolicy(1000, max_chunks=4, chunks_per_request=3)


@dataclass
class Site:
    """An https server with one file, which misbehaves as a test configures it."""

    data: bytes = bytes(range(256)) * 40
    etag: str | None = '"one"'
    status: int | None = None
    body: bytes = b""
    supports_ranges: bool = True
    content_range: str | None = None
    redirects_to: str | None = None
    fails_first: int = 0
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"https://user:password@localhost:{self.port}/web.ova?X-Amz-Signature=feed"

    def respond(  # noqa: PLR0911 - one for each kind of response
        self, request: BaseHTTPRequestHandler
    ) -> tuple[int, dict[str, str], bytes]:
        self.requests.append((request.path, {name.lower(): value for name, value in request.headers.items()}))
        if self.fails_first:
            self.fails_first -= 1
            return 503, {}, b""
        if self.redirects_to and request.path.startswith("/web.ova"):
            return 302, {"Location": self.redirects_to}, b""
        if self.status:
            return self.status, {}, self.body
        tag = {"ETag": self.etag} if self.etag else {}
        if request.headers.get("If-Match", self.etag) != self.etag:
            return 412, {}, b""
        if not self.supports_ranges:
            return 200, tag, self.data
        first, last = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
        if first >= len(self.data):
            return 416, {}, b""
        part = self.data[first : last + 1]
        span = f"bytes {first}-{first + len(part) - 1}/{len(self.data)}"
        return 206, {**tag, "Content-Range": self.content_range or span}, part


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    where = ["-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    subprocess.run(["openssl", "req", "-x509", *options, *names, *where], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def site(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = site.respond(self)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate.with_suffix(".crt")))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_is_read_in_chunks_that_are_requested_once(site: Site) -> None:
    with UrlImage(site.url, SMALL) as image:
        assert (image.size_bytes, image.identity) == (len(site.data), "one")
        assert image.read_at(1500, 10) == site.data[1500:1510]
        assert image.read_at(1990, 100) == site.data[1990:2090]
        assert image.read_at(len(site.data) - 5, 100) == site.data[-5:]
        assert list(image.extents()) == [(0, len(site.data))]
        assert (image.requests, image.received_bytes) == (4, 3240)
    assert [headers["range"] for _, headers in site.requests] == [
        "bytes=0-999", "bytes=1000-1999", "bytes=2000-2999", "bytes=10000-10239",
    ]  # fmt: skip
    assert [headers.get("if-match") for _, headers in site.requests] == [None, '"one"', '"one"', '"one"']


def test_one_request_reads_several_adjacent_chunks(site: Site) -> None:
    with UrlImage(site.url, SMALL) as image:
        assert image.read_at(500, 6000) == site.data[500:6500]
    assert [headers["range"] for _, headers in site.requests] == ["bytes=0-999", "bytes=1000-2999", "bytes=3000-5999", "bytes=6000-6999"]  # fmt: skip


def test_the_name_of_the_image_has_no_credentials(site: Site) -> None:
    with UrlImage(site.url) as image:
        assert image.name == f"https://localhost:{site.port}/web.ova"
    assert url_without_credentials("https://[::1/x?secret") == "the URL"


def test_redirects_are_followed(site: Site) -> None:
    site.redirects_to = "/elsewhere?X-Amz-Signature=face"
    with UrlImage(site.url, SMALL) as image:
        assert image.read_at(5000, 10) == site.data[5000:5010]
    assert [path.partition("?")[0] for path, _ in site.requests] == ["/web.ova", "/elsewhere", "/elsewhere"]


def test_a_transient_failure_is_retried_after_a_pause(site: Site) -> None:
    site.fails_first, pauses = 2, list[float]()
    with UrlImage(site.url, sleep=pauses.append) as image:
        assert image.read_at(0, 10) == site.data[:10]
    assert pauses == [0.5, 2.0]


EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired at https://x/y?secret=feed</Message></Error>"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param({"supports_ranges": False}, "sends only whole files", id="no-ranges"),
        pytest.param({"status": 403, "body": EXPIRED}, r'HTTP 403 \("Request has expired at https://x/y"\).*presigned, create a new one', id="expired"),
        pytest.param({"status": 404}, r"does not exist on the server \(HTTP 404\)", id="gone"),
        pytest.param({"status": 418}, "HTTP 418", id="other"),
        pytest.param({"fails_first": 9}, "HTTP 503", id="down"),
        pytest.param({"data": b""}, "the file is empty", id="empty"),
        pytest.param({"redirects_to": "http://localhost/web.ova"}, "not https", id="plain-http"),
        pytest.param({"redirects_to": "/web.ova"}, "redirects more than 5 times", id="round-and-round"),
    ],
)  # fmt: skip
def test_fails_with_the_reason_and_without_the_signature(
    site: Site, caplog: pytest.LogCaptureFixture, wrong: dict[str, Any], words: str
) -> None:
    pauses: list[float] = []
    for name, value in wrong.items():
        setattr(site, name, value)
    with caplog.at_level("INFO"), pytest.raises(UnreadableSourceError, match=words) as caught:
        UrlImage(site.url, sleep=pauses.append)
    assert re.match(rf"https://localhost:{site.port}/web.ova cannot be read: ", str(caught.value))
    assert pauses == ([0.5, 2.0] if "fails_first" in wrong else [])
    assert not {"feed", "secret", "password"} & set(re.split(r"\W+", f"{caught.value} {caplog.text}"))


def test_fails_for_a_host_that_does_not_exist() -> None:
    pauses: list[float] = []
    with pytest.raises(UnreadableSourceError, match=r"https://nowhere\.invalid/web\.ova .*: Failed to resolve"):
        UrlImage("https://nowhere.invalid/web.ova?sig=feed", sleep=pauses.append)
    assert pauses == []


def test_fails_for_an_untrusted_certificate(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    with pytest.raises(UnreadableSourceError, match="certificate verify failed"):
        UrlImage(site.url, sleep=lambda _: None)


@pytest.mark.parametrize("change", ["etag", "length"])
def test_fails_if_the_file_was_replaced(site: Site, change: str) -> None:
    with UrlImage(site.url, SMALL) as image:
        if change == "etag":
            site.etag = '"two"'
        else:
            site.data = site.data[:1500]
        with pytest.raises(SourceModifiedError, match=r"web\.ova was modified while it was read"):
            image.read_at(1400, 200)


@pytest.mark.parametrize("wrong", ["bytes 0-999/10240", "bytes 1000-1998/10240", "bytes 1000-1999/*", "1000-1999"])
def test_fails_if_the_server_answers_with_another_range(site: Site, wrong: str) -> None:
    with UrlImage(site.url, SMALL) as image:
        site.content_range = wrong
        with pytest.raises(UnreadableSourceError, match=r"expected bytes 1000-1999, got Content-Range"):
            image.read_at(1000, 10)


def test_fails_if_the_size_in_the_answer_has_changed(site: Site) -> None:
    with UrlImage(site.url, SMALL) as image:
        site.content_range = "bytes 1000-1999/20480"
        with pytest.raises(SourceModifiedError):
            image.read_at(1000, 10)
