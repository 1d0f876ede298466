from collections.abc import Iterator

import pytest
from tests.unit.disk.inspection.container_images import Memory

from pulumi_vmimport.disk.inspection.source_views import JoinedSources, SourceSlice, is_local
from pulumi_vmimport.disk.printable import printable

FILE = Memory(bytes(range(100)))


class Pieces(Memory):
    def extents(self) -> Iterator[tuple[int, int]]:
        yield 0, 10
        yield 20, 10
        yield 50, 50


@pytest.mark.parametrize(
    ("offset", "size"), [(0, 100), (30, 20), (90, 50), (100, 1), (300, 5), (10, 0), (10, -4), (-9, 5)]
)
def test_a_slice_reads_only_its_part_of_the_file(offset: int, size: int) -> None:
    part = SourceSlice(FILE, "part", offset, size)
    start = max(offset, 0)
    expected = FILE.data[start : start + max(size, 0)]
    assert part.size_bytes == len(expected)
    assert part.read_at(0, 1000) == expected
    assert part.read_at(3, 4) == expected[3:7]
    assert part.read_at(1000, 4) == b""


def test_offsets_of_nested_slices_add_up() -> None:
    part = SourceSlice(SourceSlice(FILE, "outer", 10, 50), "inner", 5, 100)
    assert part.read_at(0, 3) == bytes((15, 16, 17))
    assert part.size_bytes == 45


def test_the_extents_of_a_slice_are_those_of_its_part_of_the_file() -> None:
    assert list(SourceSlice(Pieces(FILE.data), "part", 5, 50).extents()) == [(0, 5), (15, 10), (45, 5)]


def test_joined_files_are_read_across_their_borders() -> None:
    parts = [SourceSlice(FILE, "a", 0, 7), SourceSlice(FILE, "b", 0, 0), SourceSlice(FILE, "c", 7, 50)]
    joined = JoinedSources("all", parts)
    assert joined.size_bytes == 57
    assert joined.read_at(0, 99) == FILE.data[:57]
    assert joined.read_at(5, 4) == FILE.data[5:9]
    assert joined.read_at(57, 4) == b""
    assert list(joined.extents()) == [(0, 7), (7, 50)]


def test_a_source_is_remote_by_default() -> None:
    far = Memory(b"", is_local=False)
    assert is_local(FILE)
    assert not is_local(far)
    assert is_local(SourceSlice(FILE, "part", 0, 1))
    assert not is_local(JoinedSources("all", [FILE, far]))
    assert not is_local(object())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31m\u202eb\n", "a?[31m?b"),
        (b"gr\xc3\xb6\xc3\x9fe\0\0", "größe"),
        (b"\xff", "\ufffd"),
        ("x" * 999, "x" * 256),
    ],
)
def test_untrusted_text_is_short_and_printable(text: str | bytes, shown: str) -> None:
    assert printable(text) == shown
