import random
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pulumi_vmimport.disk.disk_errors import DiskImageError, NotStreamOptimizedError, TruncatedImageError
from pulumi_vmimport.disk.stream_optimized import StreamOptimizedCheck, StreamOptimizedHeader, read_header

GIB = 1 << 30
Vmdk = Callable[[int, bytes], bytes]


def seen(check: StreamOptimizedCheck, chunks: Iterable[bytes]) -> StreamOptimizedHeader:
    for chunk in chunks:
        check.see(chunk)
    return check.end()


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def test_the_header_states_the_capacity(stream_optimized: Vmdk) -> None:
    found = read_header("disk", stream_optimized(GIB, b"windows")[:512])
    assert (found.capacity_bytes, found.grain_bytes, found.version, found.directory_at_end) == (GIB, 65536, 3, True)


@pytest.mark.parametrize("size", [1, 511, 512, 4096, 1 << 20])
def test_a_disk_has_the_same_content_in_chunks_of_any_size(stream_optimized: Vmdk, size: int) -> None:
    disk = stream_optimized(GIB, b"windows" * 50000)
    check = StreamOptimizedCheck("disk", capacity_bytes=GIB)
    assert seen(check, pieces(disk, size)) == check.header == read_header("disk", disk)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"# Disk DescriptorFile\nversion=1\n", "a descriptor of at least 32 bytes that refers to other files"),
        (b"conectix" + bytes(504), r"a file that starts with 'conectix'"),
        (bytes(512), "a file that starts with 00 00 00 00 00 00 00 00"),
    ],
    ids=["descriptor of another file", "VHD", "zeros"],
)
def test_fails_for_a_file_that_is_not_a_stream_optimized_vmdk(start: bytes, words: str) -> None:
    with pytest.raises(NotStreamOptimizedError, match=words) as caught:
        read_header("disk 1", start)
    assert "disk 1: expected a stream-optimized VMDK" in str(caught.value)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"flags": 0x1}, "a sparse VMDK with flags 0x1 and compression 1"),
        ({"compression": 0}, "a sparse VMDK with flags 0x30001 and compression 0"),
        ({"capacity": 0}, "a header with a capacity of 0"),
        ({"capacity": 2**64 - 1}, "a header with a capacity of 18446744073709551615"),
    ],
    ids=lambda value: "" if isinstance(value, str) else str(value),
)
def test_fails_for_a_vmdk_of_another_kind(
    sparse_header: Callable[..., bytes], facts: dict[str, int], words: str
) -> None:
    with pytest.raises(NotStreamOptimizedError, match=words):
        read_header("disk", sparse_header(**{"capacity": 2048, **facts}))


def test_fails_for_a_vmdk_transferred_in_text_mode(stream_optimized: Vmdk) -> None:
    with pytest.raises(NotStreamOptimizedError, match="a transfer in text mode"):
        read_header("disk", stream_optimized(GIB, b"").replace(b"\r\n", b"\n", 1))


def test_fails_at_the_first_sector_for_another_capacity(stream_optimized: Vmdk) -> None:
    check = StreamOptimizedCheck("disk", capacity_bytes=2 * GIB)
    with pytest.raises(NotStreamOptimizedError, match=f"a capacity of {GIB} bytes instead of {2 * GIB}"):
        check.see(stream_optimized(GIB, b"")[:512])


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (512, "the end-of-stream marker is missing"),
        (1024, "the end-of-stream marker is missing"),
        (5000, "the end-of-stream marker is missing"),
        (1, "no footer precedes the end-of-stream marker"),
    ],
)
def test_fails_if_the_end_is_missing(stream_optimized: Vmdk, cut: int, words: str) -> None:
    disk = stream_optimized(GIB, random.Random(1).randbytes(200_000))  # noqa: S311 - no secret
    with pytest.raises(TruncatedImageError, match=words) as caught:
        seen(StreamOptimizedCheck("disk"), pieces(disk[:-cut], 4096))
    assert caught.value.size_bytes == len(disk) - cut


def test_fails_if_the_end_is_zeros(stream_optimized: Vmdk) -> None:
    disk = stream_optimized(GIB, b"windows")
    with pytest.raises(TruncatedImageError, match="no footer precedes the end-of-stream marker"):
        seen(StreamOptimizedCheck("disk"), [disk[:-1536] + bytes(1536)])


@pytest.mark.parametrize("size", [0, 1, 4, 511])
def test_fails_for_an_incomplete_header(stream_optimized: Vmdk, size: int) -> None:
    with pytest.raises(TruncatedImageError, match=f"file of {size} bytes is incomplete"):
        seen(StreamOptimizedCheck("disk"), [stream_optimized(GIB, b"")[:size]])


def test_hostile_input_raises_only_disk_image_errors(stream_optimized: Vmdk) -> None:
    dice = random.Random(7)  # noqa: S311 - no secret
    disk = stream_optimized(GIB, b"windows")
    for _ in range(2000):
        hostile = bytearray(disk[: dice.randrange(len(disk) + 1)])
        for _ in range(dice.randrange(8)):
            if hostile:
                hostile[dice.randrange(min(len(hostile), 128))] = dice.randrange(256)
        try:
            seen(StreamOptimizedCheck("disk"), pieces(bytes(hostile), 700))
        except DiskImageError:
            continue


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="needs qemu-img (Debian: qemu-utils)")
def test_images_converted_by_qemu_img_are_read(tmp_path: Path) -> None:
    raw, disk = tmp_path / "disk.raw", tmp_path / "disk.vmdk"
    with raw.open("wb") as file:
        file.write(b"windows")
        file.truncate(3 * GIB)
    options = ["-O", "vmdk", "-o", "subformat=streamOptimized"]
    subprocess.run(["qemu-img", "convert", *options, raw, disk], check=True)
    check = StreamOptimizedCheck("disk", capacity_bytes=3 * GIB)
    assert not seen(check, pieces(disk.read_bytes(), 1 << 16)).directory_at_end


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="needs qemu-img (Debian: qemu-utils)")
def test_qemu_img_accepts_the_vmdks_of_these_tests(stream_optimized: Vmdk, tmp_path: Path) -> None:
    content = random.Random(3).randbytes(300_000)  # noqa: S311 - no secret
    disk, raw = tmp_path / "disk.vmdk", tmp_path / "disk.raw"
    disk.write_bytes(stream_optimized(GIB, content))
    subprocess.run(["qemu-img", "convert", "-O", "raw", disk, raw], check=True)
    with raw.open("rb") as file:
        assert file.read(len(content)) == content
