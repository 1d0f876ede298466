import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.vsphere.conftest import Waits
from tests.unit.vsphere.received import Received

from pulumi_vmimport.vsphere import silence_watch, tls
from pulumi_vmimport.vsphere.disk_reading import read_disk
from pulumi_vmimport.vsphere.nfc_download import open_disk
from pulumi_vmimport.vsphere.silence_watch import SilenceWatch
from pulumi_vmimport.vsphere.vsphere_errors import DownloadError, LeaseLostError


@pytest.fixture(autouse=True)
def quick_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence_watch, "_POLL_SECONDS", 0.005)
    monkeypatch.setattr(silence_watch, "_QUIET_SECONDS", 0.01)
    monkeypatch.setattr(silence_watch, "_REPORTED_SECONDS", 0.05)


class Quiet:
    """A download without bytes."""

    def __init__(self) -> None:
        self.received_at = time.monotonic()
        self.interrupted = threading.Event()

    def interrupt(self) -> None:
        self.interrupted.set()


def test_a_silence_is_shown_once_until_bytes_arrive_again(waits: Waits) -> None:
    download, shown = Quiet(), list[float]()
    reported = threading.Event()

    def show(seconds: float) -> None:
        shown.append(seconds)
        reported.set()

    with SilenceWatch(download, waits, show):
        for count in (1, 2):
            assert reported.wait(10)
            time.sleep(0.03)  # several polls
            assert len(shown) == count
            reported.clear()
            download.received_at = time.monotonic()
    assert min(shown) >= 0.05
    assert set(waits.seconds) == {0}


def test_the_end_of_the_run_ends_a_read_that_waits_for_bytes(fake_host: Callable[[bytes], Any]) -> None:
    host = fake_host(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhead")
    host.hold_open = True

    def end(_: float) -> None:
        raise LeaseLostError("vm-1", "cancelled")

    started = time.monotonic()
    with pytest.raises(LeaseLostError, match="cancelled"):
        read_disk("disk-0", lambda _: open_from(host), Received(), wait=end)
    assert time.monotonic() - started < 30


def test_a_silence_in_the_middle_of_a_disk_is_shown(fake_host: Callable[[bytes], Any], waits: Waits) -> None:
    host = fake_host(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhead")
    host.hold_open = True
    shown: list[str] = []
    with pytest.raises(DownloadError, match="attempt 6 of 6"):
        read_disk("disk-0", lambda _: open_from(host, silence_seconds=0.2), Received(), wait=waits, show=shown.append)
    assert "disk-0: no progress for 0 s after 0 bytes; still waiting" in shown
    assert len(host.requests) == 6


def test_a_request_without_an_answer_is_shown_and_sent_again_on_a_new_connection(
    fake_host: Callable[[bytes], Any], waits: Waits
) -> None:
    host = fake_host(b"")
    host.hold_open = True
    shown: list[str] = []

    def connect(_: int) -> Any:
        if len(host.requests) == 2:
            host.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndisk"
        return open_from(host, answer_seconds=0.2)

    sink = Received()
    assert read_disk("disk-0", connect, sink, wait=waits, show=shown.append)
    assert len(host.requests) == 3
    assert [text.partition("(")[2] for text in shown] == ["attempt 2 of 6)", "attempt 3 of 6)"]


def open_from(host: Any, **seconds: Any) -> Any:
    return open_disk("disk-0", host.url, tls.ca_context(str(host.ca_file)), **seconds)
