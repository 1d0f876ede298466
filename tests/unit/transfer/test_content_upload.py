import errno
import os
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.transfer.checksums import crc32_to_base64
from pulumi_vmimport.transfer.content_upload import UploadProgress, checksum_of, send_content
from pulumi_vmimport.transfer.file_content import FileContent, file_identity
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.part_body import PartBody
from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError
from pulumi_vmimport.transfer.upload_parts import Part

MIB = 1 << 20


class FakeUpload:
    """An upload that keeps the bytes of its parts and calls `during` for each."""

    def __init__(self, during: Callable[[int], None] = lambda _: None) -> None:
        self.parts: dict[int, bytes] = {}
        self.reused: list[int] = []
        self.during = during

    def reuse(self, number: int, part: Part) -> None:
        self.reused.append(number)

    def send_body(self, number: int, body: PartBody, crc32: int) -> None:
        self.during(number)
        body.seek(0)
        data = b"".join(map(bytes, iter(lambda: body.read(16384), b"")))
        assert zlib.crc32(data) == crc32
        self.parts[number] = data

    def as_upload(self) -> MultipartUpload:
        return cast("MultipartUpload", self)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "web.raw"
    path.write_bytes(b"".join(bytes([number]) * MIB for number in range(17)))
    return path


def send(upload: FakeUpload, path: Path, part_bytes: int = 5 * MIB, **given: Any) -> None:
    with FileContent(str(path)) as content:
        send_content(upload.as_upload(), content, part_bytes=part_bytes, **{"report": lambda _: None, **given})


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 5 * MIB + 1, 17 * MIB])
def test_every_byte_is_sent_in_parts_of_one_size(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])
    upload = FakeUpload()
    send(upload, path)
    assert b"".join(upload.parts[number] for number in sorted(upload.parts)) == path.read_bytes()
    assert [len(upload.parts[number]) for number in sorted(upload.parts)][:-1] == [5 * MIB] * ((size - 1) // (5 * MIB))


def test_existing_parts_are_sent_again_only_if_they_differ(path: Path) -> None:
    data = path.read_bytes()
    right = Part(5 * MIB, zlib.crc32(data[: 5 * MIB]), "a")
    existing = {1: right, 2: right, 3: Part(7, right.crc32, "b"), 4: Part(2 * MIB, None, "c"), 9: right}
    upload = FakeUpload()
    send(upload, path, existing_parts=existing)
    assert (upload.reused, sorted(upload.parts)) == ([1], [2, 3, 4])


def test_the_checksum_covers_the_whole_file(path: Path) -> None:
    with FileContent(str(path)) as content:
        checksum = checksum_of(content, part_bytes=5 * MIB, report=lambda _: None)
    assert checksum == f"CRC32:{crc32_to_base64(zlib.crc32(path.read_bytes()))}"


def test_progress_reports_rate_and_remaining_time() -> None:
    progress = UploadProgress(size_bytes=100 * MIB, done_bytes=60 * MIB, sent_bytes=20 * MIB, seconds=4)
    assert (progress.bytes_per_second, progress.seconds_left) == (5 * MIB, 8)
    assert UploadProgress(100, 60, 0, 4).seconds_left is None


def test_the_last_report_counts_every_byte(path: Path) -> None:
    seen: list[UploadProgress] = []
    send(
        FakeUpload(),
        path,
        report=seen.append,
        existing_parts={1: Part(5 * MIB, zlib.crc32(path.read_bytes()[: 5 * MIB]), "a")},
    )
    assert (seen[-1].done_bytes, seen[-1].sent_bytes, seen[-1].seconds_left) == (17 * MIB, 12 * MIB, 0)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("cancelled")], ids=repr)
def test_an_exception_of_the_report_ends_parts_in_flight(path: Path, error: BaseException) -> None:
    started, ended = threading.Event(), threading.Event()

    def hold(_: int) -> None:
        started.set()
        assert ended.wait(10)
        time.sleep(0.3)  # until the threads are being stopped

    def report(_: UploadProgress) -> None:
        if started.is_set():
            ended.set()
            raise error

    upload = FakeUpload(hold)
    with pytest.raises(type(error)):
        send(upload, path, report=report)
    assert upload.parts == {}


def test_fails_with_the_first_error_and_sends_no_more_parts(path: Path) -> None:
    def refuse(number: int) -> None:
        if number == 2:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "UploadPart")
        time.sleep(0.5)

    upload = FakeUpload(refuse)
    with pytest.raises(ClientError):
        send(upload, path, part_bytes=MIB)
    assert len(upload.parts) <= 3


def test_fails_as_modified_if_s3_rejects_a_part_of_a_changed_file(path: Path) -> None:
    def change(_: int) -> None:
        path.write_bytes(b"other bytes" * MIB)
        raise ClientError({"Error": {"Code": "BadDigest", "Message": ""}}, "UploadPart")

    with pytest.raises(SourceModifiedError):
        send(FakeUpload(change), path)


def test_memory_does_not_grow_with_file_or_parts(path: Path) -> None:
    class Forgetful(FakeUpload):
        def send_body(self, number: int, body: PartBody, crc32: int) -> None:
            for _ in body.pieces():
                pass

    with path.open("r+b") as file:
        file.truncate(300 * MIB)
    tracemalloc.start()
    try:
        send(Forgetful(), path, part_bytes=100 * MIB)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 6 * MIB


def test_the_identity_of_a_file_includes_its_inode(path: Path, tmp_path: Path) -> None:
    before = file_identity(str(path))
    with FileContent(str(path)) as content:
        assert content.identity == before
    copy = tmp_path / "copy.raw"
    copy.write_bytes(path.read_bytes())
    stat = path.stat()
    os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    copy.replace(path)
    assert file_identity(str(path)) != before


def test_fails_for_a_directory(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSourceError, match="not a regular file"):
        FileContent(str(tmp_path))


@pytest.mark.parametrize("part", ["first", "second"], ids=["while-hashed", "while-sent"])
def test_an_io_error_of_the_file_is_reported_as_unreadable(
    path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    original, reads = os.preadv, list[int]()

    def failing(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        reads.append(offset)
        if offset == 3 * MIB and (part == "first" or reads.count(offset) == 2):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return original(descriptor, buffers, offset)

    monkeypatch.setattr("os.preadv", failing)
    with pytest.raises(UnreadableSourceError, match=rf"{path} cannot be read: Input/output error .*byte {3 * MIB}"):
        send(FakeUpload(), path)
