import hashlib
import io
import random
import tarfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.unit.transfer.conftest import packed as ova_of

from pulumi_vmimport.transfer.multipart_upload import MIN_PART_BYTES, MultipartUpload
from pulumi_vmimport.transfer.ova_stream import OvaStream
from pulumi_vmimport.transfer.part_stream import PartStream
from pulumi_vmimport.transfer.transfer_errors import InvalidMemberError

BUCKET, KEY = "images", "vms/win10.ova"
DESCRIPTOR = b"<Envelope>" + bytes(1000) + b"</Envelope>"
PART = 64 << 10
MIB = 1 << 20


@dataclass
class Sink:
    """Takes parts as S3 does, looking at them slowly: a buffer that is filled again too early spoils its part."""

    pause_seconds: float = 0.0
    parts: dict[int, bytes] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)

    def send(self, number: int, *buffers: Any) -> None:
        digest = hashlib.sha256(b"".join(buffers))
        time.sleep(self.pause_seconds)
        content = b"".join(buffers)
        assert digest.digest() == hashlib.sha256(content).digest()
        self.parts[number] = content
        self.order.append(number)

    def joined(self) -> bytes:
        assert sorted(self.parts) == list(range(1, len(self.parts) + 1))
        return b"".join(self.parts[number] for number in sorted(self.parts))


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - no secret


def streamed(parts: PartStream, disks: list[bytes], step: int = 10_000) -> OvaStream:
    ova = OvaStream(parts)
    for number, disk in enumerate(disks, 1):
        passing, at = ova.begin(f"win10-disk{number}.vmdk"), 0
        while at < len(disk):
            room = passing.room(step)
            piece = disk[at : at + len(room)]
            room[: len(piece)] = piece
            passing.advance(len(piece))
            at += len(piece)
        ova.end(passing)
    return ova


def written(sink: Sink, disks: list[bytes], part_bytes: int = PART, step: int = 10_000) -> bytes:
    with PartStream(sink.send, size_of=lambda _: part_bytes) as parts:
        streamed(parts, disks, step).finish("win10", DESCRIPTOR)
    return sink.joined()


def packed(disks: list[bytes]) -> bytes:
    """What is written when all is known beforehand."""
    return ova_of("win10", DESCRIPTOR, {f"win10-disk{number}.vmdk": disk for number, disk in enumerate(disks, 1)})


EDGES = [0, 1, 511, 512, 513, PART - 1024, PART - 513, PART - 512, PART - 511, PART, PART + 512, 3 * PART - 512]


@pytest.mark.parametrize("sizes", [*((size,) for size in EDGES), *((size, 1, size) for size in EDGES)], ids=str)
def test_the_bytes_are_those_of_an_ova_packed_from_files(sizes: tuple[int, ...]) -> None:
    disks = [content(size, seed) for seed, size in enumerate(sizes)]
    assert written(Sink(), disks) == packed(disks)


def test_any_number_of_disks_of_any_size_is_read_back_byte_for_byte() -> None:
    chance = random.Random(7)  # noqa: S311
    for _ in range(60):
        sizes = [chance.choice([chance.randrange(4 * PART), *EDGES]) for _ in range(chance.randrange(1, 6))]
        disks = [content(size, seed) for seed, size in enumerate(sizes)]
        with tarfile.open(fileobj=io.BytesIO(written(Sink(), disks, step=chance.choice([511, 4096, PART])))) as tar:
            found = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
        manifest = found.pop("win10.mf").decode().splitlines()
        assert list(found.values()) == [DESCRIPTOR, *disks], sizes
        assert manifest == [f"SHA256({name})= {hashlib.sha256(data).hexdigest()}" for name, data in found.items()]


def test_equal_disks_give_equal_bytes() -> None:
    disks = [content(3 * PART), content(100)]
    assert written(Sink(), disks) == written(Sink(pause_seconds=0.01), disks)


@pytest.mark.parametrize("size", [5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 8 * MIB - 1024, 8 * MIB, 17 * MIB])
def test_s3_takes_the_parts_and_joins_them(s3: Any, bucket: Any, size: int) -> None:
    disks = [content(size), content(700, 2)]
    upload = MultipartUpload.begin(s3, BUCKET, KEY, metadata={})
    with PartStream(upload.send) as parts:
        streamed(parts, disks, MIB).finish("win10", DESCRIPTOR)
    stored = upload.finish()
    assert bucket.content() == packed(disks)
    assert stored.size_bytes == len(packed(disks))
    assert bucket.left() == [f"object {KEY}"]


def test_every_part_but_the_last_is_as_large_as_s3_wants_it() -> None:
    sink = Sink()
    with PartStream(sink.send) as parts:
        streamed(parts, [content(20 * MIB), content(9 * MIB)], MIB).finish("win10", DESCRIPTOR)
    assert len(sink.parts) == 4
    assert all(len(sink.parts[number]) >= MIN_PART_BYTES for number in (1, 2, 3))


def test_no_buffer_is_filled_again_before_it_is_sent_and_hashed() -> None:
    disks = [content(40 * PART), content(30 * PART, 2)]
    assert written(Sink(pause_seconds=0.005), disks, step=PART) == packed(disks)


def test_parts_that_wait_for_a_header_are_sent_last() -> None:
    sink = Sink()
    written(sink, [content(12 * PART + 100), content(12 * PART, 2)])
    assert sink.order[-1] == 1 or sink.order[-3:].count(1) == 1
    assert sink.order.index(13) > sink.order.index(22)


def test_a_name_that_no_ova_can_hold_fails_the_stream() -> None:
    with pytest.raises(InvalidMemberError), PartStream(Sink().send, size_of=lambda _: PART) as parts:
        streamed(parts, [b"disk"]).finish("a/b", DESCRIPTOR)


def test_the_digest_so_far_is_that_of_the_bytes_so_far() -> None:
    with PartStream(Sink().send, size_of=lambda _: PART) as parts:
        passing = OvaStream(parts).begin("win10-disk1.vmdk")
        room = passing.room(3)
        room[:] = b"abc"
        passing.advance(3)
        assert passing.sha256 == hashlib.sha256(b"abc").hexdigest()
        passing.advance(0)
        assert passing.size_bytes == 3


SendOf = Callable[..., None]


def failing_at(number: int, sent: list[int], error: BaseException) -> SendOf:
    lock = threading.Lock()

    def send(part: int, *_: Any) -> None:
        with lock:
            sent.append(part)
        if part == number:
            raise error

    return send


@pytest.mark.parametrize("number", [1, 2, 9, 20, 21])
def test_fails_with_what_failed_first_whatever_part_it_was(number: int) -> None:
    sent: list[int] = []
    send = failing_at(number, sent, PermissionError(f"part {number}"))
    with pytest.raises(PermissionError, match=f"part {number}"), PartStream(send, size_of=lambda _: PART) as parts:
        streamed(parts, [content(20 * PART), content(100, 2)]).finish("win10", DESCRIPTOR)
    assert number in sent
    assert number in {1, 21} or len(sent) < 21
