import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError, ResponseStreamingError

from pulumi_vmimport.transfer.image_source import LocalImage, S3Image, fingerprint
from pulumi_vmimport.transfer.transfer_errors import SourceModifiedError, UnreadableSourceError
from pulumi_vmimport.transfer.windows import LOOKING, Windows

KIB, MIB = 1 << 10, 1 << 20


class Found(NamedTuple):
    bucket: str
    key: str
    etag: str
    size_bytes: int


class Answers:
    """S3 with one object; counts what is asked of it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.etag = data, "etag-1"
        self.ranges: list[str] = []
        self.broken = 0
        self.refuses = ""

    def get_object(self, *, Range: str, IfMatch: str | None = None, **_: str) -> dict[str, Any]:  # noqa: N803 - S3's names
        self.ranges.append(Range)
        if IfMatch not in {None, self.etag}:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "GetObject")
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses}}, "GetObject")
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        part = self.data[first : last + 1]
        span = f"bytes {first}-{first + len(part) - 1}/{len(self.data)}"
        return {"Body": self._Body(self, part), "ContentRange": span, "ETag": f'"{self.etag}"'}

    class _Body:
        def __init__(self, answers: "Answers", data: bytes) -> None:
            self.answers, self.data = answers, data

        def read(self) -> bytes:
            if self.answers.broken:
                self.answers.broken -= 1
                raise ResponseStreamingError(error="Connection broken")
            return self.data


@pytest.fixture
def s3() -> Answers:
    return Answers(os.urandom(5 * MIB + 123))


@pytest.fixture
def image(s3: Answers) -> S3Image:
    return S3Image(s3, Found("images", "data.raw", s3.etag, len(s3.data)))  # type: ignore[arg-type] # as much of S3 as it takes


def test_a_file_gives_its_bytes_and_its_holes(tmp_path: Path) -> None:
    path = tmp_path / "data.raw"
    with path.open("wb") as file:
        file.write(b"first")
        file.seek(8 * MIB)
        file.write(b"second")
        file.truncate(20 * MIB)
    with LocalImage(str(path)) as image:
        assert (image.name, image.size_bytes, image.identity) == (str(path), 20 * MIB, fingerprint(str(path)))
        assert image.read_at(8 * MIB, 6) == b"second"
        assert image.read_at(20 * MIB - 2, 100) == bytes(2)
        found = list(image.extents())
    assert [offset for offset, _ in found] == [0, 8 * MIB]
    assert sum(length for _, length in found) < MIB


def test_a_file_without_data_has_no_extents(tmp_path: Path) -> None:
    path = tmp_path / "data.raw"
    with path.open("wb") as file:
        file.truncate(MIB)
    with LocalImage(str(path)) as image:
        assert list(image.extents()) == []


def test_where_holes_are_not_told_the_whole_file_is_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.raw"
    path.write_bytes(b"data")

    def lseek(*_: Any) -> int:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("os.lseek", lseek)
    with LocalImage(str(path)) as image:
        assert list(image.extents()) == [(0, 4)]


@pytest.mark.parametrize("change", ["longer", "touched"])
def test_fails_for_a_file_that_was_written_to(tmp_path: Path, change: str) -> None:
    path = tmp_path / "data.raw"
    path.write_bytes(b"data")
    with LocalImage(str(path)) as image:
        image.require_unmodified()
        if change == "longer":
            path.write_bytes(b"longer data")
        else:
            os.utime(path, ns=(1, 1))
        with pytest.raises(SourceModifiedError, match=r"data\.raw was modified while it was read"):
            image.require_unmodified()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("gone.raw", "No such file or directory"), (".", "it is no regular file"), ("pipe", "it is no regular file")],
)
def test_fails_for_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableSourceError, match=f"{tmp_path / name} cannot be read: {reason}"):
        LocalImage(name)


def test_an_object_is_read_in_windows_that_are_kept(s3: Answers, image: S3Image) -> None:
    assert list(image.extents()) == [(0, len(s3.data))]
    for offset, length in ((0, 10), (MIB - 5, 10), (3 * MIB, 2 * MIB + 500), (len(s3.data), 5)):
        assert image.read_at(offset, length) == s3.data[offset : offset + length]
    assert sorted(s3.ranges) == sorted(
        {f"bytes={n * MIB}-{min((n + 1) * MIB, len(s3.data)) - 1}" for n in (0, 1, 3, 4, 5)}
    )


def test_threads_that_want_the_same_window_get_it_once(s3: Answers, image: S3Image) -> None:
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda n: image.read_at(n * 4096, 4096), range(512)))
    assert b"".join(parts) == s3.data[: 2 * MIB]
    assert len(s3.ranges) == 2


def test_memory_is_bounded() -> None:
    s3 = Answers(bytes(6 * MIB))
    image = S3Image(s3, Found("b", "k", s3.etag, 6 * MIB), Windows(MIB, kept=2))  # type: ignore[arg-type] # as above
    image.read_at(0, 6 * MIB)
    assert len(image._windows) == 2


def test_an_answer_that_breaks_off_is_asked_for_again(s3: Answers, image: S3Image) -> None:
    s3.broken = 4
    assert image.read_at(0, 100) == s3.data[:100]
    s3.broken = 5
    with pytest.raises(ResponseStreamingError):
        image.read_at(2 * MIB, 100)
    assert image.read_at(2 * MIB, 100) == s3.data[2 * MIB : 2 * MIB + 100]  # nothing of the failure is kept


def test_fails_for_an_object_that_is_another_by_now(s3: Answers, image: S3Image) -> None:
    image.read_at(0, 100)
    s3.etag = "etag-2"
    with pytest.raises(SourceModifiedError, match=r"s3://images/data\.raw was modified while it was read"):
        image.read_at(2 * MIB, 100)


def test_fails_as_s3_does(image: S3Image, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> Callable[..., Any]:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")

    monkeypatch.setattr(image._client, "get_object", refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        image.read_at(0, 100)


def test_an_object_that_is_looked_at_takes_few_requests_and_none_before(s3: Answers) -> None:
    with S3Image.opened(s3, "images", "data.raw") as image:  # type: ignore[arg-type] # as above
        assert (image.name, image.size_bytes, image.identity) == ("s3://images/data.raw", len(s3.data), "etag-1")
        assert image.read_at(100, 5) == s3.data[100:105]
        assert image.read_at(MIB, 3 * MIB) == s3.data[MIB : 4 * MIB]
        assert image.read_at(2 * MIB, 4 * MIB) == s3.data[2 * MIB :]
        assert image.requests == len(s3.ranges) == 3
        assert image.received_bytes == 256 * KIB + 3 * MIB + MIB + 123
    assert s3.ranges == [f"bytes=0-{256 * KIB - 1}", f"bytes={MIB}-{4 * MIB - 1}", f"bytes={4 * MIB}-{5 * MIB + 122}"]


def test_the_start_of_an_object_is_asked_for_again_when_the_answer_breaks_off(s3: Answers) -> None:
    s3.broken = 4
    assert S3Image.opened(s3, "images", "data.raw").read_at(0, 5) == s3.data[:5]  # type: ignore[arg-type] # as above


@pytest.mark.parametrize(
    ("code", "reason"), [("NoSuchKey", "there is no such object"), ("InvalidRange", "it is empty")]
)
def test_fails_for_an_object_without_a_first_byte(s3: Answers, code: str, reason: str) -> None:
    s3.refuses = code
    with pytest.raises(UnreadableSourceError, match=f"s3://images/data.raw cannot be read: {reason}"):
        S3Image.opened(s3, "images", "data.raw")  # type: ignore[arg-type] # as above


def test_fails_as_s3_says_for_what_is_no_matter_of_the_object(s3: Answers) -> None:
    s3.refuses = "AccessDenied"
    with pytest.raises(ClientError, match="AccessDenied"):
        S3Image.opened(s3, "images", "data.raw")  # type: ignore[arg-type] # as above


def test_threads_that_look_at_neighbours_ask_for_each_window_once(s3: Answers) -> None:
    image = S3Image(s3, Found("b", "k", s3.etag, len(s3.data)), LOOKING)  # type: ignore[arg-type] # as above
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda n: image.read_at(n * 100_000, 300_000), range(40)))
    assert all(part == s3.data[n * 100_000 : n * 100_000 + 300_000] for n, part in enumerate(parts))
    assert image.received_bytes == sum(
        min(256 * KIB, len(s3.data) - first) for first in range(0, min(4_200_000, len(s3.data)), 256 * KIB)
    )


def test_a_request_that_fails_leaves_nobody_waiting(s3: Answers) -> None:
    image = S3Image(s3, Found("b", "k", s3.etag, len(s3.data)), LOOKING)  # type: ignore[arg-type] # as above
    image.read_at(2 * MIB, 5)
    s3.refuses = "AccessDenied"
    with pytest.raises(ClientError, match="AccessDenied"):
        image.read_at(MIB, 3 * MIB)  # in two parts around the window that is there
    s3.refuses = ""
    assert image.read_at(MIB, 3 * MIB) == s3.data[MIB : 4 * MIB]
