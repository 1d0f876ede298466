import io
from typing import Any

import pytest

from pulumi_vmimport.transfer.part_body import BufferBody

MIB = 1 << 20


@pytest.mark.parametrize(
    "buffers",
    [(), (b"",), (b"abc",), (b"", b"abc", b"", b"defg", b""), (b"x" * (3 * MIB + 1), b"y" * 5)],
    ids=["none", "empty", "one", "some-empty", "larger-than-a-read"],
)
@pytest.mark.parametrize("size", [1, 16384, 2 * MIB, -1, None])
def test_the_buffers_are_read_in_order(buffers: tuple[bytes, ...], size: int | None) -> None:
    body, whole = BufferBody(buffers), b"".join(buffers)
    for _ in range(2):
        body.seek(0)
        assert b"".join(iter(lambda: body.read(size), b"")) == whole
        assert body.tell() == len(body) == len(whole)


def test_reading_starts_at_any_position() -> None:
    body = BufferBody([b"abc", bytearray(b"defg"), memoryview(b"hi")])
    for at in (4, 0, 8, 9, 3):
        assert body.seek(at) == at
        assert body.read() == b"abcdefghi"[at:]
    assert (body.seek(-2, io.SEEK_END), body.seek(1, io.SEEK_CUR), body.read()) == (7, 8, b"i")
    assert (body.readable(), body.seekable(), bool(BufferBody([]))) == (True, True, True)


def test_the_buffers_are_not_copied() -> None:
    buffer = bytearray(b"before")
    piece: Any = BufferBody([buffer]).read(16384)
    buffer[:] = b"behind"
    assert bytes(piece) == b"behind"
