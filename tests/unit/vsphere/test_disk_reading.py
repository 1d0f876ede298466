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
    """Sends a disk; each connection ends where the next of `breaks` says, or at the disk's end."""

    breaks: list[int] = field(default_factory=list)
    content: Callable[[int], bytes] = lambda _: DISK
    """Of the connection of a number"""
    knows_ranges: bool = False
    passing: bool = True
    piece: int = 100_000
    starts: list[int] = field(default_factory=list)

    def connect(self, start: int) -> Any:
        content = self.content(len(self.starts))
        self.starts.append(start)
        return Download(self, content, start if self.knows_ranges else 0, self.breaks.pop(0) if self.breaks else None)


@dataclass
class Download:
    host: Host
    content: bytes
    at: int
    breaks_at: int | None
    framed: bool = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def readinto(self, room: memoryview) -> int:
        end = len(self.content) if self.breaks_at is None else self.breaks_at
        size = min(len(room), end - self.at, self.host.piece)
        room[:size] = self.content[self.at : self.at + size]
        if not size and self.breaks_at is not None:
            raise DownloadError("disk", "reset", received_bytes=self.at, passing=self.host.passing)
        self.at += size
        return size


def read(host: Host, waits: Any, **kwargs: Any) -> bytes:
    into = Received()
    assert read_disk("disk", host.connect, into, wait=waits, **kwargs)
    return into.content


@pytest.mark.parametrize("at", [0, 1, 512, 99_999, 100_000, MIB, 2 * MIB + 5, len(DISK) - 1, len(DISK)])
@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_broken_download_goes_on_where_it_broke(waits: Any, at: int, knows_ranges: bool) -> None:
    host = Host(breaks=[at], knows_ranges=knows_ranges)
    assert read(host, waits) == DISK
    assert (host.starts, waits.seconds) == ([0, at], [1.0])


def test_it_may_break_again_before_it_has_caught_up(waits: Any) -> None:
    host = Host(breaks=[2 * MIB, MIB, 2 * MIB + 9, 0])
    assert read(host, waits) == DISK
    assert host.starts == [0, 2 * MIB, 2 * MIB, 2 * MIB + 9, 2 * MIB + 9]


def test_what_comes_again_counts_as_received(waits: Any) -> None:
    pieces: list[int] = []
    read(Host(breaks=[MIB]), waits, received=pieces.append)
    assert sum(pieces) == len(DISK) + MIB


@pytest.mark.parametrize("change", [b"\0" + DISK[1:], DISK[: MIB - 1] + b"\0" + DISK[MIB:], DISK[: MIB - 1]])
def test_fails_when_the_host_sends_other_bytes_than_before(waits: Any, change: bytes) -> None:
    host = Host(breaks=[MIB], content=lambda number: change if number else DISK)
    with pytest.raises(DiskChangedError, match=f"disk disk: the download broke after {MIB} bytes, and the next one"):
        read(host, waits)


def test_what_changes_behind_the_break_belongs_to_the_disk(waits: Any) -> None:
    changed = DISK[:MIB] + b"changed"
    host = Host(breaks=[MIB], content=lambda number: changed if number else DISK)
    assert read(host, waits) == changed


def test_fails_after_six_attempts(waits: Any) -> None:
    host = Host(breaks=[MIB, *[0] * 9])
    words = f'the download ended after {MIB} bytes: "reset \\(attempt 6 of 6\\)"'
    with pytest.raises(DownloadError, match=words) as caught:
        read(host, waits)
    assert (len(host.starts), sum(waits.seconds)) == (6, 31)
    assert not caught.value.passing


def test_fails_at_once_for_what_no_repetition_mends(waits: Any) -> None:
    host = Host(breaks=[0], passing=False)
    with pytest.raises(DownloadError):
        read(host, waits)
    assert (host.starts, waits.seconds) == ([0], [])


def test_fails_where_the_lease_is_lost_while_bytes_are_passed_over(waits: Any) -> None:
    def lost(_: int) -> None:
        if waits.seconds:
            raise LeaseLostError("vm-7", "expired")

    with pytest.raises(LeaseLostError):
        read(Host(breaks=[MIB]), waits, received=lost)


def test_a_disk_without_a_byte_is_read(waits: Any) -> None:
    assert read(Host(content=lambda _: b""), waits) == b""
