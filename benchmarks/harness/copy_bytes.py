"""Copies bytes to S3 over TLS and does nothing else: what remains of an export or an upload without its checksums.

    python -m harness.copy_bytes vsphere UUID
    python -m harness.copy_bytes file PATH

One thread reads, three threads send buffers of the size of a part, each as an object: no SHA-256, no CRC-32, no
signature, no multipart upload, no retries. It does not use the library.
"""

import os
import queue
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from http.client import HTTPSConnection
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from .read_source import open_disks

_PART_BYTES = 12 << 20
_SENDERS = 3
_BUFFERS = _SENDERS + 1


class Source(Protocol):
    """A file or the body of a response."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer, or a part of it. Returns the number of bytes, 0 at the end."""


def main(kind: str, source: str) -> None:
    """Copy the disks of a machine, or a file."""
    if kind == "vsphere":
        copy(open_disks(source))
    else:
        with Path(source).open("rb", buffering=0) as file:
            copy([file])


def copy(sources: Iterable[Source]) -> None:
    """Send all bytes of the sources."""
    unused: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
    full: queue.SimpleQueue[memoryview | None] = queue.SimpleQueue()
    for _ in range(_BUFFERS):
        unused.put(memoryview(bytearray(_PART_BYTES)))
    senders = [threading.Thread(target=send, args=(f"copied-{n}", full.get, unused.put)) for n in range(_SENDERS)]
    for sender in senders:
        sender.start()
    for source in sources:
        while size := fill(source, buffer := unused.get()):
            full.put(buffer[:size])
        unused.put(buffer)
    for _ in senders:
        full.put(None)
    for sender in senders:
        sender.join()


def fill(source: Source, buffer: memoryview) -> int:
    """Read until the buffer is full or the source ends."""
    filled = 0
    while size := source.readinto(buffer[filled:]):
        filled += size
    return filled


def send(key: str, get: Callable[[], memoryview | None], release: Callable[[memoryview], None]) -> None:
    """Send each buffer as the object `key`."""
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    context = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    connection = HTTPSConnection(endpoint.hostname or "", endpoint.port, context=context)
    while (body := get()) is not None:
        connection.request("PUT", f"/images/{key}", body)
        connection.getresponse().read()
        release(memoryview(body.obj))
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
