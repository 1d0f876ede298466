import ssl
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.nfc_download import DiskDownload, open_disk
from pulumi_vmimport.vsphere.vsphere_errors import DownloadError

HostOf = Callable[[bytes], Any]
BODY = bytes(range(256)) * 16


def with_length(length: int, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def open_from(host: Any, **kwargs: Any) -> DiskDownload:
    return open_disk("disk-0.vmdk", host.url, tls.ca_context(str(host.ca_file)), **kwargs)


def rest_of(download: DiskDownload) -> bytes:
    with download:
        room, got = memoryview(bytearray(1000)), bytearray()
        while size := download.readinto(room):
            got += room[:size]
        return bytes(got)


def read(host: Any, **kwargs: Any) -> bytes:
    return rest_of(open_from(host, **kwargs))


@pytest.mark.parametrize(
    "answer", [with_length(len(BODY), BODY), chunked(BODY[:100], BODY[100:])], ids=["len", "chunks"]
)
def test_a_framed_body_is_read_to_its_end(fake_host: HostOf, answer: bytes) -> None:
    body = open_from(fake_host(answer))
    assert body.is_framed
    assert rest_of(body) == BODY
    assert body.offset == len(BODY)


def test_a_body_that_only_the_end_of_the_connection_ends_is_not_called_framed(fake_host: HostOf) -> None:
    body = open_from(fake_host(b"HTTP/1.1 200 OK\r\n\r\n" + BODY))
    assert not body.is_framed
    assert rest_of(body) == BODY


def test_fails_when_the_body_is_shorter_than_its_length(fake_host: HostOf) -> None:
    with pytest.raises(DownloadError, match=r"disk disk-0.vmdk: .* after 4096 bytes: .*announced 5000 bytes") as caught:
        read(fake_host(with_length(5000, BODY)))
    assert caught.value.received_bytes == len(BODY)
    assert caught.value.transient


@pytest.mark.parametrize("end", [b"", b"ff\r\nhalf"], ids=["between chunks", "in a chunk"])
def test_fails_if_the_connection_ends_before_the_last_chunk(fake_host: HostOf, end: bytes) -> None:
    with pytest.raises(DownloadError, match="IncompleteRead"):
        read(fake_host(chunked(BODY, end=end)))


def test_fails_with_the_message_of_the_host(fake_host: HostOf) -> None:
    body = b"The lease has expired\n"
    host = fake_host(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    with pytest.raises(DownloadError, match='"HTTP 404 Not Found: The lease has expired"') as caught:
        read(host)
    assert (caught.value.status, caught.value.transient) == (404, False)


def test_fails_for_a_redirect(fake_host: HostOf) -> None:
    with pytest.raises(DownloadError, match="HTTP 302 Found"):
        read(fake_host(b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere/\r\nContent-Length: 0\r\n\r\n"))


def test_fails_if_the_host_sends_no_data_in_time(fake_host: HostOf) -> None:
    host = fake_host(with_length(5000, BODY))
    host.hold_open = True
    with pytest.raises(DownloadError, match="timed out"):
        read(host, silence_seconds=0.2)


def test_fails_for_an_untrusted_certificate_of_the_host(fake_host: HostOf) -> None:
    host = fake_host(with_length(len(BODY), BODY))
    with pytest.raises(DownloadError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        open_disk("disk-0.vmdk", host.url, ssl.create_default_context())
    assert not caught.value.transient
    assert host.requests == []


def test_fails_for_another_thumbprint_before_the_request_is_sent(fake_host: HostOf) -> None:
    host = fake_host(with_length(len(BODY), BODY))
    with pytest.raises(DownloadError, match="thumbprint mismatch: expected 00:00"):
        open_disk("disk-0.vmdk", host.url, tls.PinnedContext.of("00" * 20), cookie="session=1")
    assert host.requests == []


def test_the_cookie_is_sent_only_if_given(fake_host: HostOf) -> None:
    host = fake_host(with_length(len(BODY), BODY))
    read(host)
    read(host, cookie="session=1")
    assert ["Cookie: session=1" in request for request in host.requests] == [False, True]


def test_a_host_with_range_support_sends_the_rest(fake_host: HostOf) -> None:
    rest = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 96-4095/4096\r\nContent-Length: 4000\r\n\r\n"
    host = fake_host(rest + BODY[96:])
    download = open_from(host, start=96)
    assert download.offset == 96
    assert rest_of(download) == BODY[96:]
    assert "Range: bytes=96-" in host.requests[0]


def test_a_host_without_range_support_starts_at_the_first_byte(fake_host: HostOf) -> None:
    download = open_from(fake_host(with_length(len(BODY), BODY)), start=96)
    assert download.offset == 0
    assert rest_of(download) == BODY


@pytest.mark.parametrize("content_range", [b"bytes 95-4094/4095", b"bytes 0-4095/4096", b"octets 96-", b""])
def test_fails_for_a_range_that_was_not_requested(fake_host: HostOf, content_range: bytes) -> None:
    answer = b"HTTP/1.1 206 Partial Content\r\nContent-Range: %s\r\nContent-Length: 1\r\n\r\nx" % content_range
    with pytest.raises(DownloadError, match=r"HTTP 206 Partial Content"):
        open_from(fake_host(answer), start=96)
