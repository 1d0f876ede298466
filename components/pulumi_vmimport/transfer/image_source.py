"""Disk images to read from anywhere: a local file, an object in S3.

Both tell which bytes they are (`identity`), so that what was read of one is never taken for a part of another.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError
from pulumi_vmimport.transfer.windows import COPYING, LOOKING, WindowedImage, Windows

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# botocore repeats a request that is refused, but not one whose answer breaks off half way.
_READ_ATTEMPTS = 5
_CHANGED = frozenset({"412", "PreconditionFailed"})
_GONE = frozenset({"404", "NoSuchKey", "NoSuchBucket"})
_NO_RANGE = frozenset({"416", "InvalidRange"})


def fingerprint(path: str) -> str:
    """What a local file is without a look into it: `<size>-<modification time in ns>`. Raises: OSError."""
    return _fingerprint(Path(path).stat())


class LocalImage:
    """A file on this machine, open while the block runs."""

    is_local = True
    """Whether reads cost nothing, so that an inspection may do thousands of them"""

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


class ObjectFound(Protocol):
    """What S3 says of an object."""

    @property
    def bucket(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...


@dataclass(frozen=True)
class _Opened:
    bucket: str
    key: str
    etag: str
    size_bytes: int


class S3Image(WindowedImage):
    """An object in S3, pinned by its etag."""

    def __init__(self, client: "S3Client", found: ObjectFound, windows: Windows = COPYING) -> None:
        super().__init__(f"s3://{found.bucket}/{found.key}", found.size_bytes, found.etag, windows)
        self._client = client
        self._found = found

    @classmethod
    def opened(cls, client: "S3Client", bucket: str, key: str, windows: Windows = LOOKING) -> "S3Image":
        """The object as it is now, told by the request that brings its first bytes.

        Raises: UnreadableSourceError when there is none; botocore's ClientError.
        """
        last = windows.window_bytes - 1
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                answer = client.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{last}")
                start = answer["Body"].read()
                break
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code")
                if code in _GONE:
                    raise UnreadableSourceError(f"s3://{bucket}/{key}", "there is no such object") from error
                if code in _NO_RANGE:  # it has no first byte
                    raise UnreadableSourceError(f"s3://{bucket}/{key}", "it is empty") from error
                raise
            except (HTTPClientError, IncompleteReadError):
                if attempt == _READ_ATTEMPTS:
                    raise
        size = int(answer.get("ContentRange", f"/{len(start)}").rpartition("/")[2])
        image = cls(client, _Opened(bucket, key, answer["ETag"].strip('"'), size), windows)
        image._keep_start(image._received(start))
        return image

    def _request(self, first: int, last: int) -> bytes:
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                answer = self._client.get_object(
                    Bucket=self._found.bucket,
                    Key=self._found.key,
                    Range=f"bytes={first}-{last}",
                    IfMatch=self._found.etag,
                )
                return self._received(answer["Body"].read())
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
