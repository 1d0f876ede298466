"""Disk images to read from anywhere: a local file, an object in S3.

Both tell which bytes they are (`identity`), so that what was read of one is never taken for a part of another.
"""

import errno
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from pulumi_vmimport.transfer.errors import SourceModifiedError, UnreadableSourceError
from pulumi_vmimport.transfer.s3_object import FoundObject

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# The readers of neighbouring blocks wait for the same window; a few of them are on their way at a time.
_WINDOW_BYTES = 1 << 20
_WINDOWS = 48
# botocore repeats a request that is refused, but not one whose answer breaks off half way.
_READ_ATTEMPTS = 5
_CHANGED = frozenset({"412", "PreconditionFailed"})


def fingerprint(path: str) -> str:
    """What a local file is without a look into it: `<size>-<modification time in ns>`. Raises: OSError."""
    return _fingerprint(Path(path).stat())


class LocalImage:
    """A file on this machine, open while the block runs."""

    def __init__(self, path: str) -> None:
        self.name = path
        place = Path(path).absolute()
        try:
            if not stat.S_ISREG(place.stat().st_mode):  # to open a pipe would wait for somebody who writes
                raise UnreadableSourceError(str(place), "it is no regular file")
            self._file = place.open("rb", buffering=0)
        except OSError as error:
            raise UnreadableSourceError(str(place), error.strerror or str(error)) from error
        status = os.fstat(self._file.fileno())
        self.size_bytes = status.st_size
        self.identity = _fingerprint(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read_at(self, offset: int, length: int) -> bytes:
        """So many bytes from there on; fewer only where the file ends."""
        data = os.pread(self._file.fileno(), length, offset)
        while len(data) < length and (more := os.pread(self._file.fileno(), length - len(data), offset + len(data))):
            data += more  # a signal came between, or a file system that gives less at a time
        return data

    def extents(self) -> Iterator[tuple[int, int]]:
        """(offset, length) of the parts that are no holes."""
        end = 0
        while end < self.size_bytes:
            try:
                start = os.lseek(self._file.fileno(), end, os.SEEK_DATA)
                end = os.lseek(self._file.fileno(), start, os.SEEK_HOLE)
            except OSError as error:
                if error.errno != errno.ENXIO:  # this file system does not tell; ENXIO: nothing but a hole is left
                    yield end, self.size_bytes - end
                return
            yield start, end - start

    def require_unmodified(self) -> None:
        """Raises: SourceModifiedError when somebody has written to the file since it was opened."""
        if _fingerprint(os.fstat(self._file.fileno())) != self.identity:
            raise SourceModifiedError(self.name)


class S3Image:
    """An object in S3, read in windows of 1 MiB of which 48 at most are kept."""

    def __init__(self, client: "S3Client", found: FoundObject) -> None:
        self.name = f"s3://{found.bucket}/{found.key}"
        self.size_bytes = found.size_bytes
        self.identity = found.etag
        self._client = client
        self._found = found
        self._lock = threading.Lock()
        self._windows: OrderedDict[int, Future[bytes]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._windows.clear()

    def read_at(self, offset: int, length: int) -> bytes:
        """So many bytes from there on; fewer only where the object ends.

        Raises: SourceModifiedError when the object is another by now; botocore's ClientError.
        """
        end = min(offset + length, self.size_bytes)
        parts = []
        while offset < end:
            number, start = divmod(offset, _WINDOW_BYTES)
            part = self._window(number)[start : start + end - offset]
            parts.append(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def extents(self) -> Iterator[tuple[int, int]]:
        """The whole object: S3 has no holes."""
        yield 0, self.size_bytes

    def require_unmodified(self) -> None:
        """Nothing: each read is of the object found (If-Match)."""

    def _window(self, number: int) -> bytes:
        """A window; of the threads that want it at once, one gets it and the others wait."""
        with self._lock:
            window = self._windows.get(number)
            mine = window is None
            if window is None:
                window = self._windows[number] = Future()
                if len(self._windows) > _WINDOWS:
                    self._windows.popitem(last=False)
            else:
                self._windows.move_to_end(number)
        if mine:
            try:
                window.set_result(self._get(number))
            except BaseException as error:
                with self._lock:
                    self._windows.pop(number, None)
                window.set_exception(error)
                raise
        return window.result()

    def _get(self, number: int) -> bytes:
        first = number * _WINDOW_BYTES
        last = min(first + _WINDOW_BYTES, self.size_bytes) - 1
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                answer = self._client.get_object(
                    Bucket=self._found.bucket,
                    Key=self._found.key,
                    Range=f"bytes={first}-{last}",
                    IfMatch=self._found.etag,
                )
                return answer["Body"].read()
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in _CHANGED:
                    raise SourceModifiedError(self.name) from error
                raise
            except (HTTPClientError, IncompleteReadError):
                if attempt == _READ_ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")


def _fingerprint(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"
