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

from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.ova_stream import OvaStream
from pulumi_vmimport.transfer.part_stream import PartStream
from pulumi_vmimport.transfer.transfer_errors import InvalidMemberError

BUCKET, KEY = "images", "vms/win10.ova"
DESCRIPTOR = b"<Envelope>" + bytes(1000) + b"</Envelope>"
PART = 64 << 10
MIB = 1 << 20
MIN_PART_BYTES = 5 * MIB  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html


@dataclass
class SlowParts:
    """Receives parts slowly and fails if a buffer changes meanwhile."""

    pause_seconds: float = 0.0
    parts: dict[int, bytes] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)

    def send(self, number: int, *buffers: Any, crc32: int) -> None:
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


def fill(file: Any, disk: bytes, step: int) -> None:
    at = 0
    while at < len(disk):
        buffer = file.get_buffer(step)
        piece = disk[at : at + len(buffer)]
        buffer[: len(piece)] = piece
        file.advance(len(piece))
        at += len(piece)


def streamed(parts: PartStream, disks: list[bytes], step: int = 10_000) -> OvaStream:
    ova = OvaStream(parts)
    for number, disk in enumerate(disks, 1):
        file = ova.start_disk(f"win10-disk{number}.vmdk")
        fill(file, disk, step)
        ova.end_disk(file)
    return ova


def written(sink: SlowParts, disks: list[bytes], part_bytes: int = PART, step: int = 10_000) -> bytes:
    with PartStream(sink.send, size_of=lambda _: part_bytes) as parts:
        streamed(parts, disks, step).finish("win10", DESCRIPTOR)
    return sink.joined()


def packed(disks: list[bytes]) -> bytes:
    """The OVA written from complete files."""
    return ova_of("win10", DESCRIPTOR, {f"win10-disk{number}.vmdk": disk for number, disk in enumerate(disks, 1)})


EDGES = [0, 1, 511, 512, 513, PART - 1024, PART - 513, PART - 512, PART - 511, PART, PART + 512, 3 * PART - 512]


@pytest.mark.parametrize("sizes", [*((size,) for size in EDGES), *((size, 1, size) for size in EDGES)], ids=str)
def test_the_streamed_ova_equals_one_packed_from_files(sizes: tuple[int, ...]) -> None:
    disks = [content(size, seed) for seed, size in enumerate(sizes)]
    assert written(SlowParts(), disks) == packed(disks)


def test_disks_of_any_number_and_size_are_read_back_byte_for_byte() -> None:
    chance = random.Random(7)  # noqa: S311
    for _ in range(60):
        sizes = [chance.choice([chance.randrange(4 * PART), *EDGES]) for _ in range(chance.randrange(1, 6))]
        disks = [content(size, seed) for seed, size in enumerate(sizes)]
        with tarfile.open(
            fileobj=io.BytesIO(written(SlowParts(), disks, step=chance.choice([511, 4096, PART])))
        ) as tar:
            found = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
        manifest = found.pop("win10.mf").decode().splitlines()
        assert list(found.values()) == [DESCRIPTOR, *disks], sizes
        assert manifest == [f"SHA256({name})= {hashlib.sha256(data).hexdigest()}" for name, data in found.items()]


def test_equal_disks_give_equal_bytes() -> None:
    disks = [content(3 * PART), content(100)]
    assert written(SlowParts(), disks) == written(SlowParts(pause_seconds=0.01), disks)


@pytest.mark.parametrize("size", [5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 12 * MIB - 1024, 12 * MIB, 25 * MIB])
def test_s3_accepts_the_parts_and_completes_the_upload(s3: Any, bucket: Any, size: int) -> None:
    disks = [content(size), content(700, 2)]
    upload = MultipartUpload.start(s3, BUCKET, KEY, metadata={})
    with PartStream(upload.send) as parts:
        streamed(parts, disks, MIB).finish("win10", DESCRIPTOR)
    uploaded = upload.complete()
    assert bucket.content() == packed(disks)
    assert uploaded.size_bytes == len(packed(disks))
    assert bucket.leftovers() == [f"object {KEY}"]


def test_all_parts_but_the_last_have_the_minimum_size_of_s3() -> None:
    sink = SlowParts()
    with PartStream(sink.send) as parts:
        streamed(parts, [content(30 * MIB), content(9 * MIB)], MIB).finish("win10", DESCRIPTOR)
    assert len(sink.parts) == 4
    assert all(len(sink.parts[number]) >= MIN_PART_BYTES for number in (1, 2, 3))


def test_no_buffer_is_reused_before_it_is_sent() -> None:
    disks = [content(40 * PART), content(30 * PART, 2)]
    assert written(SlowParts(pause_seconds=0.005), disks, step=PART) == packed(disks)


def test_a_part_with_an_unfilled_header_is_held_back_until_the_header_is_known() -> None:
    sink = SlowParts()
    with PartStream(sink.send, size_of=lambda _: PART) as parts:
        ova = streamed(parts, [content(12 * PART + 100)])
        file = ova.start_disk("win10-disk2.vmdk")
        fill(file, content(12 * PART, 2), PART)
        assert len(sink.parts) > 12
        assert sink.parts.keys().isdisjoint({1, 13})
        ova.end_disk(file)
        ova.finish("win10", DESCRIPTOR)
    assert sink.parts.keys() >= {1, 13}


def test_fails_for_an_invalid_member_name_in_the_stream() -> None:
    with pytest.raises(InvalidMemberError), PartStream(SlowParts().send, size_of=lambda _: PART) as parts:
        streamed(parts, [b"disk"]).finish("a/b", DESCRIPTOR)


def test_the_digest_covers_the_bytes_so_far() -> None:
    with PartStream(SlowParts().send, size_of=lambda _: PART) as parts:
        file = OvaStream(parts).start_disk("win10-disk1.vmdk")
        buffer = file.get_buffer(3)
        buffer[:] = b"abc"
        file.advance(3)
        assert file.sha256 == hashlib.sha256(b"abc").hexdigest()
        file.advance(0)
        assert file.size_bytes == 3


SendOf = Callable[..., None]


def failing_at(number: int, sent: list[int], error: BaseException) -> SendOf:
    lock = threading.Lock()

    def send(part: int, *_: Any, crc32: int) -> None:
        del crc32
        with lock:
            sent.append(part)
        if part == number:
            raise error

    return send


@pytest.mark.parametrize("number", [1, 2, 9, 20, 21])
def test_fails_with_the_first_error_whichever_part_fails(number: int) -> None:
    sent: list[int] = []
    send = failing_at(number, sent, PermissionError(f"part {number}"))
    with pytest.raises(PermissionError, match=f"part {number}"), PartStream(send, size_of=lambda _: PART) as parts:
        streamed(parts, [content(20 * PART), content(100, 2)]).finish("win10", DESCRIPTOR)
    assert number in sent
    assert number in {1, 21} or len(sent) < 21
