import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ResponseStreamingError

from pulumi_vmimport.transfer.data_requests import ClientRequests
from pulumi_vmimport.transfer.remote_image import SPARSE_READ, CachePolicy
from pulumi_vmimport.transfer.s3_image import S3Image
from pulumi_vmimport.transfer.s3_object import FoundObject
from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError

KIB, MIB = 1 << 10, 1 << 20


class FakeS3:
    """S3 with one object; records the requested ranges."""

    def __init__(self, data: bytes) -> None:
        self.data, self.etag = data, "etag-1"
        self.ranges: list[str] = []
        self.broken = 0
        self.denies = ""
        self.answers: list[dict[str, Any]] = []
        """Members that replace those of the next answers; None removes one"""

    def get_object(self, *, Range: str, IfMatch: str | None = None, **_: str) -> dict[str, Any]:  # noqa: N803 - S3's names
        self.ranges.append(Range)
        if IfMatch not in {None, f'"{self.etag}"'} and not self.answers:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "GetObject")
        if self.denies:
            raise ClientError({"Error": {"Code": self.denies}}, "GetObject")
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        part = self.data[first : last + 1]
        span = f"bytes {first}-{first + len(part) - 1}/{len(self.data)}"
        answer = {"Body": self._Body(self, part), "ContentRange": span, "ETag": f'"{self.etag}"'}
        replaced = self.answers.pop(0) if self.answers else {}
        if "data" in replaced:
            answer["Body"] = self._Body(self, replaced.pop("data"))
        return {name: value for name, value in {**answer, **replaced}.items() if value is not None}

    class _Body:
        def __init__(self, s3: "FakeS3", data: bytes) -> None:
            self.s3, self.data = s3, data

        def read(self) -> bytes:
            if self.s3.broken:
                self.s3.broken -= 1
                raise ResponseStreamingError(error="Connection broken")
            return self.data

        def close(self) -> None:
            """The answer is not read."""


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3(os.urandom(5 * MIB + 123))


@pytest.fixture
def image(s3: FakeS3) -> S3Image:
    return S3Image(ClientRequests(s3), FoundObject("images", "data.raw", s3.etag, len(s3.data)))  # type: ignore[arg-type] # implements the calls that are used


def test_an_object_is_read_in_chunks_that_are_cached(s3: FakeS3, image: S3Image) -> None:
    assert list(image.extents()) == [(0, len(s3.data))]
    for offset, length in ((0, 10), (MIB - 5, 10), (3 * MIB, 2 * MIB + 500), (len(s3.data), 5)):
        assert image.read_at(offset, length) == s3.data[offset : offset + length]
    assert sorted(s3.ranges) == sorted(
        {f"bytes={n * MIB}-{min((n + 1) * MIB, len(s3.data)) - 1}" for n in (0, 1, 3, 4, 5)}
    )


WRONG_ANSWERS: list[dict[str, Any]] = [
    {"ContentRange": None},  # a proxy that ignores the Range header
    {"ContentRange": "bytes 0-99/5243003"},
    {"ContentRange": f"bytes {MIB}-{2 * MIB - 1}/*"},
    {"ContentRange": f"bytes {2 * MIB}-{3 * MIB - 1}/{5 * MIB + 123}"},
    {"data": b"short"},
    {"data": bytes(MIB + 1)},
    {"ETag": None},
]


@pytest.mark.parametrize("wrong", WRONG_ANSWERS, ids=str)
def test_a_range_that_does_not_belong_to_the_request_is_requested_again(
    s3: FakeS3, image: S3Image, wrong: dict[str, Any]
) -> None:
    s3.answers = [dict(wrong), dict(wrong)]
    assert image.read_at(MIB, 100) == s3.data[MIB : MIB + 100]
    assert len(s3.ranges) == 3


@pytest.mark.parametrize("wrong", WRONG_ANSWERS, ids=str)
def test_fails_if_every_answer_is_another_range(s3: FakeS3, image: S3Image, wrong: dict[str, Any]) -> None:
    s3.answers = [dict(wrong) for _ in range(5)]
    with pytest.raises(UnreadableSourceError, match=r"s3://images/data\.raw cannot be read: expected"):
        image.read_at(MIB, 100)
    assert len(s3.ranges) == 5


def test_fails_if_the_answer_has_another_etag_than_requested(s3: FakeS3, image: S3Image) -> None:
    s3.answers = [{"ETag": '"etag-2"'}]  # a proxy that drops If-Match
    with pytest.raises(SourceModifiedError):
        image.read_at(MIB, 100)


def test_fails_to_open_an_object_whose_answer_is_no_range(s3: FakeS3) -> None:
    s3.answers = [{"ContentRange": None} for _ in range(5)]
    with pytest.raises(UnreadableSourceError, match=r"Content-Range.*proxy"):
        S3Image.open(ClientRequests(s3), "images", "data.raw")  # type: ignore[arg-type] # as above


def test_threads_that_need_the_same_chunk_share_one_request(s3: FakeS3, image: S3Image) -> None:
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda n: image.read_at(n * 4096, 4096), range(512)))
    assert b"".join(parts) == s3.data[: 2 * MIB]
    assert len(s3.ranges) == 2


def test_the_cache_holds_a_limited_number_of_chunks() -> None:
    s3 = FakeS3(bytes(6 * MIB))
    image = S3Image(ClientRequests(s3), FoundObject("b", "k", s3.etag, 6 * MIB), CachePolicy(MIB, max_chunks=2))  # type: ignore[arg-type] # as above
    image.read_at(0, 6 * MIB)
    assert len(image._chunks) == 2


def test_a_response_that_ends_early_is_requested_again(s3: FakeS3, image: S3Image) -> None:
    s3.broken = 4
    assert image.read_at(0, 100) == s3.data[:100]
    s3.broken = 5
    with pytest.raises(ResponseStreamingError):
        image.read_at(2 * MIB, 100)
    assert image.read_at(2 * MIB, 100) == s3.data[2 * MIB : 2 * MIB + 100]  # the failure is not cached


def test_fails_if_the_object_was_replaced(s3: FakeS3, image: S3Image) -> None:
    image.read_at(0, 100)
    s3.etag = "etag-2"
    with pytest.raises(SourceModifiedError, match=r"s3://images/data\.raw was modified while it was read"):
        image.read_at(2 * MIB, 100)


def test_fails_with_the_error_of_s3(s3: FakeS3, image: S3Image, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> Callable[..., Any]:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")

    monkeypatch.setattr(s3, "get_object", refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        image.read_at(0, 100)


def test_a_sparse_read_needs_few_requests_and_no_head_request(s3: FakeS3) -> None:
    with S3Image.open(ClientRequests(s3), "images", "data.raw") as image:  # type: ignore[arg-type] # as above
        assert (image.name, image.size_bytes, image.identity) == ("s3://images/data.raw", len(s3.data), "etag-1")
        assert image.read_at(100, 5) == s3.data[100:105]
        assert image.read_at(MIB, 3 * MIB) == s3.data[MIB : 4 * MIB]
        assert image.read_at(2 * MIB, 4 * MIB) == s3.data[2 * MIB :]
        assert image.requests == len(s3.ranges) == 3
        assert image.received_bytes == 128 * KIB + 3 * MIB + MIB + 123
    assert s3.ranges == [f"bytes=0-{128 * KIB - 1}", f"bytes={MIB}-{4 * MIB - 1}", f"bytes={4 * MIB}-{5 * MIB + 122}"]


def test_the_first_bytes_are_requested_again_if_the_response_ends_early(s3: FakeS3) -> None:
    s3.broken = 4
    assert S3Image.open(ClientRequests(s3), "images", "data.raw").read_at(0, 5) == s3.data[:5]  # type: ignore[arg-type] # as above


def test_the_last_chunk_and_the_one_before_it_are_one_request(s3: FakeS3) -> None:
    with S3Image.open(ClientRequests(s3), "images", "data.raw") as image:  # type: ignore[arg-type] # as above
        assert image.read_at(len(s3.data) - 10, 10) == s3.data[-10:]
        assert image.read_at(5 * MIB - 100, 100) == s3.data[5 * MIB - 100 : 5 * MIB]
    assert s3.ranges[1:] == [f"bytes={5 * MIB - 64 * KIB}-{5 * MIB + 122}"]


@pytest.mark.parametrize(
    ("code", "reason"), [("NoSuchKey", "the object does not exist"), ("InvalidRange", "the object is empty")]
)
def test_fails_to_open_a_missing_or_empty_object(s3: FakeS3, code: str, reason: str) -> None:
    s3.denies = code
    with pytest.raises(UnreadableSourceError, match=f"s3://images/data.raw .*: {reason}"):
        S3Image.open(ClientRequests(s3), "images", "data.raw")  # type: ignore[arg-type] # as above


def test_fails_to_open_with_any_other_error_of_s3(s3: FakeS3) -> None:
    s3.denies = "AccessDenied"
    with pytest.raises(ClientError, match="AccessDenied"):
        S3Image.open(ClientRequests(s3), "images", "data.raw")  # type: ignore[arg-type] # as above


def test_threads_with_overlapping_reads_request_each_chunk_once(s3: FakeS3) -> None:
    image = S3Image(ClientRequests(s3), FoundObject("b", "k", s3.etag, len(s3.data)), SPARSE_READ)  # type: ignore[arg-type] # as above
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda n: image.read_at(n * 100_000, 300_000), range(40)))
    assert all(part == s3.data[n * 100_000 : n * 100_000 + 300_000] for n, part in enumerate(parts))
    assert image.received_bytes == sum(
        min(64 * KIB, len(s3.data) - first) for first in range(0, min(4_200_000, len(s3.data)), 64 * KIB)
    )


def test_a_failed_request_does_not_block_later_reads(s3: FakeS3) -> None:
    image = S3Image(ClientRequests(s3), FoundObject("b", "k", s3.etag, len(s3.data)), SPARSE_READ)  # type: ignore[arg-type] # as above
    image.read_at(2 * MIB, 5)
    s3.denies = "AccessDenied"
    with pytest.raises(ClientError, match="AccessDenied"):
        image.read_at(MIB, 3 * MIB)  # two requests around the cached chunk
    s3.denies = ""
    assert image.read_at(MIB, 3 * MIB) == s3.data[MIB : 4 * MIB]
