import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from tests.unit.vsphere.received import Received

from pulumi_vmimport.vsphere.disk_reading import read_disk
from pulumi_vmimport.vsphere.vsphere_errors import DiskChangedError, DownloadError, LeaseLostError

MIB = 1 << 20
DISK = random.Random(1).randbytes(3 * MIB + 17)  # noqa: S311 - no secret


@dataclass
class Host:
    """Sends a disk. Each connection breaks at the next offset in `breaks`, or ends with the disk."""

    breaks: list[int] = field(default_factory=list)
    content: Callable[[int], bytes] = lambda _: DISK
    """The content by number of the connection"""
    supports_ranges: bool = False
    transient: bool = True
    piece: int = 100_000
    starts: list[int] = field(default_factory=list)

    def connect(self, start: int) -> Any:
        content = self.content(len(self.starts))
        self.starts.append(start)
        return Download(
            self, content, start if self.supports_ranges else 0, self.breaks.pop(0) if self.breaks else None
        )


@dataclass
class Download:
    host: Host
    content: bytes
    offset: int
    breaks_at: int | None
    is_framed: bool = True
    received_at: float = float("inf")

    def interrupt(self) -> None:
        """Never waits."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def readinto(self, buffer: memoryview) -> int:
        end = len(self.content) if self.breaks_at is None else self.breaks_at
        size = min(len(buffer), end - self.offset, self.host.piece)
        buffer[:size] = self.content[self.offset : self.offset + size]
        if not size and self.breaks_at is not None:
            raise DownloadError("disk", "reset", received_bytes=self.offset, transient=self.host.transient)
        self.offset += size
        return size


def read(host: Host, waits: Any, **kwargs: Any) -> bytes:
    sink = Received()
    assert read_disk("disk", host.connect, sink, wait=waits, **kwargs)
    return sink.content


@pytest.mark.parametrize("at", [0, 1, 512, 99_999, 100_000, MIB, 2 * MIB + 5, len(DISK) - 1, len(DISK)])
@pytest.mark.parametrize("supports_ranges", [True, False])
def test_a_broken_download_resumes_where_it_broke(waits: Any, at: int, supports_ranges: bool) -> None:
    host = Host(breaks=[at], supports_ranges=supports_ranges)
    assert read(host, waits) == DISK
    assert (host.starts, waits.seconds) == ([0, at], [1.0])


def test_a_download_that_breaks_while_it_catches_up_is_resumed(waits: Any) -> None:
    host = Host(breaks=[2 * MIB, MIB, 2 * MIB + 9, 0])
    assert read(host, waits) == DISK
    assert host.starts == [0, 2 * MIB, 2 * MIB, 2 * MIB + 9, 2 * MIB + 9]


def test_repeated_bytes_are_reported_as_received(waits: Any) -> None:
    pieces: list[int] = []
    read(Host(breaks=[MIB]), waits, on_received=pieces.append)
    assert sum(pieces) == len(DISK) + MIB


@pytest.mark.parametrize("change", [b"\0" + DISK[1:], DISK[: MIB - 1] + b"\0" + DISK[MIB:], DISK[: MIB - 1]])
def test_fails_if_the_host_sends_other_bytes_than_before(waits: Any, change: bytes) -> None:
    host = Host(breaks=[MIB], content=lambda number: change if number else DISK)
    with pytest.raises(DiskChangedError, match=f"disk disk: the download broke after {MIB} bytes"):
        read(host, waits)


def test_bytes_after_the_break_may_differ(waits: Any) -> None:
    changed = DISK[:MIB] + b"changed"
    host = Host(breaks=[MIB], content=lambda number: changed if number else DISK)
    assert read(host, waits) == changed


def test_fails_after_six_attempts_with_growing_pauses(waits: Any) -> None:
    host = Host(breaks=[MIB, *[0] * 9])
    message = f'ended after {MIB} bytes: "reset \\(attempt 6 of 6\\)"'
    with pytest.raises(DownloadError, match=message) as caught:
        read(host, waits)
    assert (len(host.starts), sum(waits.seconds)) == (6, 31)
    assert not caught.value.transient


def test_fails_without_a_retry_for_a_permanent_failure(waits: Any) -> None:
    host = Host(breaks=[0], transient=False)
    with pytest.raises(DownloadError):
        read(host, waits)
    assert (host.starts, waits.seconds) == ([0], [])


def test_fails_if_the_lease_is_lost_while_bytes_are_skipped(waits: Any) -> None:
    def lost(_: int) -> None:
        if waits.seconds:
            raise LeaseLostError("vm-7", "expired")

    with pytest.raises(LeaseLostError):
        read(Host(breaks=[MIB]), waits, on_received=lost)


def test_an_empty_disk_is_read(waits: Any) -> None:
    assert read(Host(content=lambda _: b""), waits) == b""
