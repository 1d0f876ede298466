"""Content into the parts of a multipart upload, by a few threads, in 4 MiB of memory whatever its size.

Each thread reads its part twice in small pieces: once for the CRC-32 that goes before the bytes, and once more, from
the page cache by then, while it sends it. That costs no more than to fill a large buffer and to read that twice.
"""

import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from pulumi_vmimport.transfer.checksums import combined_crc32, s3_text
from pulumi_vmimport.transfer.file_content import Content
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload, Part
from pulumi_vmimport.transfer.part_body import PIECE_BYTES, PartBody

# Three or four threads saturate what one process can send (measured over TLS on two cores).
WORKERS = 4
_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Progress:
    """How far it is."""

    size_bytes: int
    done_bytes: int
    """In S3 by now, whoever sent them"""
    sent_bytes: int
    """By this run"""
    seconds: float
    """Since this run began"""

    @property
    def bytes_per_second(self) -> float:
        """Of this run so far."""
        return self.sent_bytes / max(self.seconds, 0.001)

    @property
    def seconds_left(self) -> float | None:
        """At this rate; None when nothing was sent yet."""
        return (self.size_bytes - self.done_bytes) / self.bytes_per_second if self.sent_bytes else None


Report = Callable[[Progress], None]
"""Is called five times a second; what it raises ends the work at once."""


def send_content(
    upload: MultipartUpload,
    content: Content,
    *,
    part_bytes: int,
    report: Report,
    there: Mapping[int, Part] | None = None,
) -> None:
    """Send the content as parts of one size, the last one smaller.

    Of the parts that are `there` already, those that have the content's size and CRC-32 are not sent again. When this
    raises, nothing is on its way any more.

    Raises: what `report`, the content or S3 raises; SourceModifiedError.
    """

    def work(span: _Span, buffer: memoryview, watch: _Watch) -> None:
        body = _ContentBody(content, span, buffer, watch)
        crc32 = _crc32(body)
        part = (there or {}).get(span.number)
        if part is not None and (part.size_bytes, part.crc32) == (span.size_bytes, crc32):
            upload.keep(span.number, part)
            watch.add(done_bytes=span.size_bytes)
            return
        upload.send_body(span.number, body, crc32)
        watch.add(done_bytes=span.size_bytes, sent_bytes=span.size_bytes)

    try:
        _by_all(_spans(content.size_bytes, part_bytes), work, _Watch(content, report))
    except Exception:
        content.require_unmodified()  # a file that is written to gives parts that are not what their checksums say
        raise
    content.require_unmodified()


def checksum_of(content: Content, *, part_bytes: int, report: Report) -> str:
    """The checksum that S3 would have of the content, `CRC32:<base64>`.

    Raises: what `report` or the content raises; SourceModifiedError.
    """
    crcs: dict[int, tuple[int, int]] = {}

    def work(span: _Span, buffer: memoryview, watch: _Watch) -> None:
        crcs[span.number] = _crc32(_ContentBody(content, span, buffer, watch)), span.size_bytes
        watch.add(done_bytes=span.size_bytes, sent_bytes=span.size_bytes)

    _by_all(_spans(content.size_bytes, part_bytes), work, _Watch(content, report))
    content.require_unmodified()
    return f"CRC32:{s3_text(combined_crc32(crcs[number] for number in sorted(crcs)))}"


@dataclass(frozen=True)
class _Span:
    number: int
    start: int
    size_bytes: int


def _spans(size_bytes: int, part_bytes: int) -> list[_Span]:
    """The parts of the content; one at least, as S3 wants it."""
    starts = range(0, max(size_bytes, 1), part_bytes)
    return [_Span(number, start, min(part_bytes, size_bytes - start)) for number, start in enumerate(starts, 1)]


class _StoppedError(BaseException):
    """Ends a part on its way. No Exception: botocore would repeat the request."""


class _Watch:
    """Counts the bytes of all threads, and tells them to stop."""

    def __init__(self, content: Content, report: Report) -> None:
        self._content, self._report = content, report
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._done = self._sent = 0
        self.stopped = False

    def add(self, *, done_bytes: int, sent_bytes: int = 0) -> None:
        with self._lock:
            self._done += done_bytes
            self._sent += sent_bytes

    def stop(self) -> None:
        self.stopped = True
        self._content.cancel()

    def look(self) -> None:
        with self._lock:
            done, sent = self._done, self._sent
        self._report(Progress(self._content.size_bytes, done, sent, time.monotonic() - self._began))


def _by_all(spans: Iterable[_Span], work: Callable[[_Span, memoryview, _Watch], None], watch: _Watch) -> None:
    """Let each of a few threads take the next span again and again; raises the first failure."""
    watch.look()  # whoever is to stop does not begin
    left, lock = iter(spans), threading.Lock()

    def run() -> None:
        with memoryview(bytearray(PIECE_BYTES)) as buffer:
            while (span := _next(left, lock)) is not None:
                work(span, buffer, watch)

    working = ThreadPoolExecutor(WORKERS, thread_name_prefix="part")
    try:
        running = [working.submit(run) for _ in range(WORKERS)]
        while not _are_over(running):
            watch.look()
        watch.look()
    except BaseException:
        watch.stop()
        raise
    finally:
        working.shutdown()


def _are_over(running: list[Future[None]]) -> bool:
    over = wait(running, _LOOK_SECONDS, return_when=FIRST_EXCEPTION).done
    for future in over:
        future.result()
    return len(over) == len(running)


def _next(left: Iterator[_Span], lock: threading.Lock) -> _Span | None:
    with lock:
        return next(left, None)


def _crc32(body: PartBody) -> int:
    crc = 0
    for piece in body.pieces():
        crc = zlib.crc32(piece, crc)
    return crc


class _ContentBody(PartBody):
    """A part of the content, read as it is sent."""

    def __init__(self, content: Content, span: _Span, buffer: memoryview, watch: _Watch) -> None:
        super().__init__(span.size_bytes)
        self._content, self._start, self._buffer, self._watch = content, span.start, buffer, watch

    def _piece(self, at: int) -> memoryview:
        if self._watch.stopped:
            raise _StoppedError
        piece = self._buffer[: min(len(self._buffer), len(self) - at)]
        self._content.read_into(self._start + at, piece)
        return piece
