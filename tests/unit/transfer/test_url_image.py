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

from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError
from pulumi_vmimport.transfer.url_image import UrlImage, place_of
from pulumi_vmimport.transfer.windows import Windows

SMALL = Windows(1000, kept=4, joined=3)


@dataclass
class Site:
    """An https server with one file; a test says how it misbehaves."""

    data: bytes = bytes(range(256)) * 40
    etag: str | None = '"one"'
    status: int | None = None
    body: bytes = b""
    takes_ranges: bool = True
    leads_to: str | None = None
    fails_first: int = 0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"https://user:password@localhost:{self.port}/web.ova?X-Amz-Signature=feed"

    def answer(  # noqa: PLR0911 - one for each way to misbehave
        self, request: BaseHTTPRequestHandler
    ) -> tuple[int, dict[str, str], bytes]:
        self.asked.append((request.path, {name.lower(): value for name, value in request.headers.items()}))
        if self.fails_first:
            self.fails_first -= 1
            return 503, {}, b""
        if self.leads_to and request.path.startswith("/web.ova"):
            return 302, {"Location": self.leads_to}, b""
        if self.status:
            return self.status, {}, self.body
        tag = {"ETag": self.etag} if self.etag else {}
        if request.headers.get("If-Match", self.etag) != self.etag:
            return 412, {}, b""
        if not self.takes_ranges:
            return 200, tag, self.data
        first, last = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
        if first >= len(self.data):
            return 416, {}, b""
        part = self.data[first : last + 1]
        span = f"bytes {first}-{first + len(part) - 1}/{len(self.data)}"
        return 206, {**tag, "Content-Range": span}, part


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
            status, headers, body = site.answer(self)
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
    monkeypatch.setattr("pulumi_vmimport.transfer.url_image._PAUSES", (0.0, 0.0))
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


def test_a_file_is_read_in_windows_and_each_once(site: Site) -> None:
    with UrlImage(site.url, SMALL) as image:
        assert (image.size_bytes, image.identity) == (len(site.data), "one")
        assert image.read_at(1500, 10) == site.data[1500:1510]
        assert image.read_at(1990, 100) == site.data[1990:2090]
        assert image.read_at(len(site.data) - 5, 100) == site.data[-5:]
        assert list(image.extents()) == [(0, len(site.data))]
        assert (image.requests, image.received_bytes) == (4, 3240)
    assert [headers["range"] for _, headers in site.asked] == [
        "bytes=0-999", "bytes=1000-1999", "bytes=2000-2999", "bytes=10000-10239",
    ]  # fmt: skip
    assert [headers.get("if-match") for _, headers in site.asked] == [None, '"one"', '"one"', '"one"']


def test_windows_beside_each_other_come_with_one_request(site: Site) -> None:
    with UrlImage(site.url, SMALL) as image:
        assert image.read_at(500, 6000) == site.data[500:6500]
    assert [headers["range"] for _, headers in site.asked] == ["bytes=0-999", "bytes=1000-2999", "bytes=3000-5999", "bytes=6000-6999"]  # fmt: skip


def test_a_user_in_the_url_is_no_part_of_its_name(site: Site) -> None:
    with UrlImage(site.url) as image:
        assert image.name == f"https://localhost:{site.port}/web.ova"
    assert place_of("https://[::1/x?secret") == "the URL"


def test_a_server_may_lead_on(site: Site) -> None:
    site.leads_to = "/elsewhere?X-Amz-Signature=face"
    with UrlImage(site.url, SMALL) as image:
        assert image.read_at(5000, 10) == site.data[5000:5010]
    assert [path.partition("?")[0] for path, _ in site.asked] == ["/web.ova", "/elsewhere", "/elsewhere"]


def test_what_passes_is_asked_for_again(site: Site) -> None:
    site.fails_first = 2
    with UrlImage(site.url) as image:
        assert image.read_at(0, 10) == site.data[:10]


EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired at https://x/y?secret=feed</Message></Error>"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param({"takes_ranges": False}, "gives whole files only", id="no-ranges"),
        pytest.param({"status": 403, "body": EXPIRED}, r'refuses it with 403 \("Request has expired at https://x/y"\).*presign it anew', id="expired"),
        pytest.param({"status": 404}, r"does not have it \(404\)", id="gone"),
        pytest.param({"status": 418}, "answered 418", id="other"),
        pytest.param({"fails_first": 9}, "answered 503", id="down"),
        pytest.param({"data": b""}, "it is empty", id="empty"),
        pytest.param({"leads_to": "http://localhost/web.ova"}, "leads away from https", id="plain-http"),
        pytest.param({"leads_to": "/web.ova"}, "leads on more than 5 times", id="round-and-round"),
    ],
)  # fmt: skip
def test_fails_in_words_and_without_the_signature(
    site: Site, caplog: pytest.LogCaptureFixture, wrong: dict[str, Any], words: str
) -> None:
    for name, value in wrong.items():
        setattr(site, name, value)
    with caplog.at_level("INFO"), pytest.raises(UnreadableSourceError, match=words) as caught:
        UrlImage(site.url)
    assert re.match(rf"https://localhost:{site.port}/web.ova cannot be read: ", str(caught.value))
    assert not {"feed", "secret", "password"} & set(re.split(r"\W+", f"{caught.value} {caplog.text}"))


def test_fails_for_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_vmimport.transfer.url_image._PAUSES", ())
    with pytest.raises(
        UnreadableSourceError, match=r"https://nowhere\.invalid/web\.ova cannot be read: Failed to resolve"
    ):
        UrlImage("https://nowhere.invalid/web.ova?sig=feed")


def test_fails_for_a_server_that_nobody_vouches_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    with pytest.raises(UnreadableSourceError, match="certificate verify failed"):
        UrlImage(site.url)


@pytest.mark.parametrize("change", ["etag", "length"])
def test_fails_for_a_file_that_was_exchanged(site: Site, change: str) -> None:
    with UrlImage(site.url, SMALL) as image:
        if change == "etag":
            site.etag = '"two"'
        else:
            site.data = site.data[:1500]
        with pytest.raises(SourceModifiedError, match=r"web\.ova was modified while it was read"):
            image.read_at(1400, 200)
