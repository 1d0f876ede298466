"""Limits on what the inspection of an operating system reads from a remote image, in preview and before an import."""

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from pulumi_vmimport.disk.disk_content import DiskContent, Extent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.guest.guest_facts import GuestFacts
from pulumi_vmimport.disk.inspection.facts import Layout
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest

MAX_REQUESTS = 120
"""A disk whose files are contiguous takes about 40, one whose registry is fragmented about 100."""
MAX_BYTES = 16 << 20
MAX_SECONDS = 60.0


class ReadLimitError(DiskImageError):
    """The inspection of an operating system would read more than its limits allow."""


class CountedImage(Protocol):
    """A remote image that counts its requests."""

    requests: int
    received_bytes: int


class LimitedContent(DiskContent):
    """A disk that raises ReadLimitError as soon as `check` does."""

    def __init__(self, content: DiskContent, check: Callable[[], None]) -> None:
        self._content, self._check = content, check
        self.capacity_bytes, self.sector_bytes = content.capacity_bytes, content.sector_bytes

    @property
    def is_local(self) -> bool:
        return self._content.is_local

    def extents(self) -> Iterator[Extent]:
        return self._content.extents()

    def read(self, offset: int, length: int) -> bytes:
        self._check()
        return self._content.read(offset, length)


def within_limits(read_guest: ReadGuest, image: CountedImage, now: Callable[[], float] = time.monotonic) -> ReadGuest:
    """Reads the guest until the image has taken 120 requests or 16 MiB, or the guest 60 seconds.

    The facts that were not read by then are unknown, and so are the rules that need them.
    """
    started = now()

    def check() -> None:
        if image.requests >= MAX_REQUESTS or image.received_bytes >= MAX_BYTES or now() - started >= MAX_SECONDS:
            raise ReadLimitError(
                f"the inspection before the import ended after {image.requests} requests, "
                f"{image.received_bytes / (1 << 20):.1f} MiB and {now() - started:.0f} s; for a complete one run "
                "`vmimport inspect --guest`"
            )

    def read(content: DiskContent, layout: Layout) -> GuestFacts:
        return read_guest(LimitedContent(content, check), layout)

    return read
