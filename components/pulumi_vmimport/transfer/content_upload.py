"""Send content as the parts of a multipart upload, with a few threads and 4 MiB of memory whatever its size.

Each thread reads its part twice in small pieces: once for the CRC-32, which is sent before the bytes, and once, from
the page cache by then, while it sends the part. This costs no more than filling a large buffer and reading that twice.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from pulumi_vmimport.transfer.checksums import combined_crc32, crc32_of, crc32_to_base64
from pulumi_vmimport.transfer.file_content import UploadContent
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.part_body import PIECE_BYTES, PartBody
from pulumi_vmimport.transfer.transfer_errors import TransferError
from pulumi_vmimport.transfer.upload_parts import Part

# Three or four threads saturate what one process can send (measured over TLS on two cores).
WORKERS = 4
_REPORT_SECONDS = 0.2


@dataclass(frozen=True)
class UploadProgress:
    """The progress of an upload or of a comparison."""

    size_bytes: int
    done_bytes: int
    """Bytes that S3 has, including those sent by earlier runs"""
    sent_bytes: int
    """Bytes sent by this run"""
    seconds: float
    """Seconds since this run started"""

    @property
    def bytes_per_second(self) -> float:
        """The average rate of this run."""
        return self.sent_bytes / max(self.seconds, 0.001)

    @property
    def seconds_left(self) -> float | None:
        """The estimated remaining time; None before the first bytes were sent."""
        return (self.size_bytes - self.done_bytes) / self.bytes_per_second if self.sent_bytes else None


Report = Callable[[UploadProgress], None]
"""Called five times a second. An exception that it raises ends the upload at once."""


def send_content(
    upload: MultipartUpload,
    content: UploadContent,
    *,
    part_bytes: int,
    report: Report,
    existing_parts: Mapping[int, Part] | None = None,
) -> None:
    """Send the content as parts of one size; the last part may be smaller.

    An existing part is not sent again if its size and CRC-32 match the content. When the call raises, no request is in
    flight.

    Raises: SourceModifiedError; errors of `report`, the content and S3.
    """

    def send(span: _Span, buffer: memoryview, transfer: _Transfer) -> None:
        body = _ContentBody(content, span, buffer, transfer)
        crc32 = crc32_of(body.pieces())
        part = (existing_parts or {}).get(span.number)
        if part is not None and (part.size_bytes, part.crc32) == (span.size_bytes, crc32):
            upload.reuse(span.number, part)
            transfer.add(done_bytes=span.size_bytes)
            return
        upload.send_body(span.number, body, crc32)
        transfer.add(done_bytes=span.size_bytes, sent_bytes=span.size_bytes)

    try:
        _process_all(_spans(content.size_bytes, part_bytes), send, _Transfer(content, report))
    except Exception:
        content.require_unmodified()  # if the file changed, S3's checksum error is only a consequence
        raise
    content.require_unmodified()


def checksum_of(content: UploadContent, *, part_bytes: int, report: Report) -> str:
    """The checksum that S3 computes for the content, as `CRC32:<base64>`.

    Raises: SourceModifiedError; errors of `report` and the content.
    """
    crcs: dict[int, tuple[int, int]] = {}

    def compute(span: _Span, buffer: memoryview, transfer: _Transfer) -> None:
        crcs[span.number] = crc32_of(_ContentBody(content, span, buffer, transfer).pieces()), span.size_bytes
        transfer.add(done_bytes=span.size_bytes, sent_bytes=span.size_bytes)

    _process_all(_spans(content.size_bytes, part_bytes), compute, _Transfer(content, report))
    content.require_unmodified()
    return f"CRC32:{crc32_to_base64(combined_crc32(crcs[number] for number in sorted(crcs)))}"


@dataclass(frozen=True)
class _Span:
    """The byte range of a part."""

    number: int
    start: int
    size_bytes: int


def _spans(size_bytes: int, part_bytes: int) -> list[_Span]:
    """The parts of the content; at least one, as S3 requires."""
    starts = range(0, max(size_bytes, 1), part_bytes)
    return [_Span(number, start, min(part_bytes, size_bytes - start)) for number, start in enumerate(starts, 1)]


class _StoppedError(BaseException):
    """Ends a request in flight. It is not an Exception, which botocore would retry."""


class _UnreadableError(_StoppedError):
    """The content cannot be read; `error` says why."""

    def __init__(self, error: TransferError) -> None:
        super().__init__(str(error))
        self.error = error


class _Transfer:
    """What the threads share: the byte counts and the stop flag."""

    def __init__(self, content: UploadContent, report: Report) -> None:
        self._content, self._report = content, report
        self._start_seconds = time.monotonic()
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

    def report(self) -> None:
        with self._lock:
            done, sent = self._done, self._sent
        seconds = time.monotonic() - self._start_seconds
        self._report(UploadProgress(self._content.size_bytes, done, sent, seconds))


def _process_all(
    spans: Iterable[_Span], process: Callable[[_Span, memoryview, _Transfer], None], transfer: _Transfer
) -> None:
    """Process the spans with a few threads. Raises the first failure."""
    transfer.report()  # may raise before anything is sent
    remaining, lock = iter(spans), threading.Lock()

    def run() -> None:
        with memoryview(bytearray(PIECE_BYTES)) as buffer:
            while (span := _next(remaining, lock)) is not None:
                try:
                    process(span, buffer, transfer)
                except _UnreadableError as unreadable:
                    raise unreadable.error from unreadable

    workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="part")
    try:
        running = [workers.submit(run) for _ in range(WORKERS)]
        while not _are_done(running):
            transfer.report()
        transfer.report()
    except BaseException:
        transfer.stop()
        raise
    finally:
        workers.shutdown()


def _are_done(running: list[Future[None]]) -> bool:
    done = wait(running, _REPORT_SECONDS, return_when=FIRST_EXCEPTION).done
    for future in done:
        future.result()
    return len(done) == len(running)


def _next(remaining: Iterator[_Span], lock: threading.Lock) -> _Span | None:
    with lock:
        return next(remaining, None)


class _ContentBody(PartBody):
    """A part of the content, read while it is sent."""

    def __init__(self, content: UploadContent, span: _Span, buffer: memoryview, transfer: _Transfer) -> None:
        super().__init__(span.size_bytes)
        self._content, self._start, self._buffer, self._transfer = content, span.start, buffer, transfer

    def _piece(self, position: int) -> memoryview:
        if self._transfer.stopped:
            raise _StoppedError
        piece = self._buffer[: min(len(self._buffer), len(self) - position)]
        try:
            self._content.read_into(self._start + position, piece)
        except TransferError as error:
            raise _UnreadableError(error) from error
        return piece
