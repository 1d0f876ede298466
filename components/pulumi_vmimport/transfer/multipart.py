"""The parts of one multipart upload: cut from a stream, sent by a few threads, each checked by S3.

s3transfer, the library below boto3's own uploads, was tried first. As of 0.19.3 it reads its source to the end after S3
has refused a part for good (measured: 200 MiB of 200 after part 2), waits for ever when the source raises anything but
an Exception while parts are on their way, iterates the source in a thread of its own, keeps a failed abort to itself,
and tells neither ETag nor version. Each of these can be worked around; together that is more code than this module.
"""

import base64
import hashlib
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

# Three or four threads saturate what one process can send (measured over TLS on two cores).
_WORKERS = 4


class Target(TypedDict):
    """The multipart upload that parts go to, as arguments of S3's calls."""

    Bucket: str
    Key: str
    UploadId: str


@dataclass(frozen=True)
class Sent:
    """What was sent."""

    parts: list["CompletedPartTypeDef"]
    size_bytes: int
    sha256: str
    """Of the whole, as lower-case digits"""
    crc32: str
    """Of the whole, as S3 writes it"""


def send_parts(
    client: "S3Client",
    target: Target,
    chunks: Iterable[bytes],
    *,
    part_bytes: int,
    progress: Callable[[int], None] | None = None,
) -> Sent:
    """Send the chunks as parts. Six parts at most are in memory: four on their way, one waiting, one being cut.

    When it raises, no part is on its way any more. Raises: whatever `chunks`, `progress` or S3 raises.
    """
    sha256, crc32, size = hashlib.sha256(), 0, 0
    uploads: list[Future[CompletedPartTypeDef]] = []
    free = threading.Semaphore(_WORKERS)
    failures: list[BaseException] = []

    def send(number: int, part: bytes) -> "CompletedPartTypeDef":
        try:
            return _send(client, target, number, part)
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            free.release()

    def watched() -> Iterator[bytes]:
        nonlocal crc32, size
        for chunk in chunks:
            sha256.update(chunk)
            crc32 = zlib.crc32(chunk, crc32)
            size += len(chunk)
            yield chunk
            if progress is not None:
                progress(size)
            if failures:
                raise failures[0]

    sending = ThreadPoolExecutor(_WORKERS, thread_name_prefix="upload-part")
    try:
        for number, part in enumerate(_parts(watched(), part_bytes), 1):
            free.acquire()
            uploads.append(sending.submit(send, number, part))
        parts = [upload.result() for upload in uploads]
    finally:
        sending.shutdown(cancel_futures=True)
    return Sent(parts, size, sha256.hexdigest(), _base64(crc32))


def _parts(chunks: Iterable[bytes], part_bytes: int) -> Iterator[bytes]:
    """The same bytes in parts of one size, the last one smaller; one part at least, as S3 wants it."""
    pieces: list[memoryview] = []
    missing = part_bytes
    number = 0
    for chunk in chunks:
        rest = memoryview(chunk)
        while len(rest) >= missing:
            pieces.append(rest[:missing])
            rest = rest[missing:]
            part = b"".join(pieces)
            pieces.clear()
            yield part
            missing, number = part_bytes, number + 1
        if rest:
            pieces.append(rest)
            missing -= len(rest)
    if pieces or not number:
        yield b"".join(pieces)


def _send(client: "S3Client", target: Target, number: int, part: bytes) -> "CompletedPartTypeDef":
    # S3 compares it on arrival. botocore would compute the same one itself, in a slower way, as a trailer of the body.
    crc32 = _base64(zlib.crc32(part))
    answer = client.upload_part(**target, PartNumber=number, Body=part, ChecksumCRC32=crc32)
    return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": crc32}


def _base64(crc32: int) -> str:
    return base64.b64encode(crc32.to_bytes(4)).decode()
