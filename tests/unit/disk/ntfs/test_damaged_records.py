"""Damaged file records, attribute lists and directory indexes."""

import struct

import pytest
from tests.unit.disk.ntfs.windows_volume import (
    CLUSTER_BYTES,
    COMPRESSED,
    HIVE,
    StoredVolume,
    attribute_at,
    change,
    files,
    found,
    refused,
    stored_volume,
)

from pulumi_vmimport.disk.ntfs.file_record import ATTRIBUTE_LIST, DATA, INDEX_ALLOCATION, INDEX_ROOT
from pulumi_vmimport.disk.ntfs.streams import ClusterStream

SMALL = "/Windows/System32/007-module.dll"
WHERE = r"\Windows\System32\007-module.dll"


@pytest.fixture
def volume() -> StoredVolume:
    return stored_volume()


def test_fails_for_a_torn_file_record(volume: StoredVolume) -> None:
    place = volume.place_of(0, offset=volume.number_of(SMALL) * 1024)
    volume.write(place + 1022, b"\xab\xcd")
    words = refused(lambda: volume.opened().find(SMALL))
    assert words.startswith(f"{WHERE}: file record ")
    assert "the record was torn" in words


@pytest.mark.parametrize(
    ("layout", "at", "value"), [("<H", 16, 77), ("<H", 22, 0), ("<Q", 32, 5), ("<I", 44, 1), ("<H", 6, 1), ("<I", 0, 1)]
)
def test_fails_for_a_file_record_that_is_not_the_file(volume: StoredVolume, layout: str, at: int, value: int) -> None:
    number = volume.number_of(SMALL)
    record = volume.record(number)
    struct.pack_into(layout, record, at, value)
    volume.put_record(number, record)
    assert refused(lambda: volume.opened().find(SMALL)).startswith(f"{WHERE}: file record {number}: ")


def _extension(volume: StoredVolume) -> int:
    table = volume.opened()._table
    (reference,) = table._extensions(table.record(volume.number_of(HIVE)), DATA, "")
    return reference.number


@pytest.mark.parametrize(("layout", "at", "value"), [("<H", 16, 77), ("<H", 22, 0), ("<Q", 32, 0), ("<Q", 32, 5)])
def test_fails_for_a_record_that_does_not_extend_the_file(
    volume: StoredVolume, layout: str, at: int, value: int
) -> None:
    number = _extension(volume)
    record = volume.record(number)
    struct.pack_into(layout, record, at, value)
    volume.put_record(number, record)
    assert f"file record {number}, which should extend it, is of another file" in refused(
        lambda: found(volume, HIVE).read(0, 1)
    )


def test_fails_for_an_extent_that_is_missing(volume: StoredVolume) -> None:
    number = volume.number_of(HIVE)
    stream = volume.opened()._table.stream(number, "", ATTRIBUTE_LIST)
    assert isinstance(stream, ClusterStream)
    extension = struct.pack("<Q", _extension(volume) | 1 << 48)
    at = stream.read(0, stream.size_bytes).index(extension) - 16
    volume.write(stream.runs.at(0)[0] * CLUSTER_BYTES + at, struct.pack("<I", 0x100))
    file = found(volume, HIVE)
    assert file.read(0, 1000) == files()[HIVE][:1000]
    assert "has no place on the volume" in refused(lambda: file.read(file.size_bytes - 1, 1))


@pytest.mark.parametrize(
    ("at", "layout", "value"), [(80, "<B", 0), (80, "<B", 255), (10, "<H", 75), (8, "<H", 8), (8, "<H", 4096)]
)
def test_fails_for_a_damaged_name_in_an_index(volume: StoredVolume, at: int, layout: str, value: int) -> None:
    place, record = volume.index_record("/Windows/System32")
    first = 24 + struct.unpack_from("<I", record, 24)[0]
    struct.pack_into(layout, record, first + at, value)
    volume.put_protected(place, record)
    words = refused(lambda: list(found(volume, "/Windows/System32").entries()))
    assert words.startswith(r"\Windows\System32: a")


def _list_at(volume: StoredVolume, kind: int) -> int:
    """Where the first entry of a kind in the attribute list of the hive is on the volume."""
    number = volume.number_of(HIVE)
    stream = volume.opened()._table.stream(number, "", ATTRIBUTE_LIST)
    assert isinstance(stream, ClusterStream)
    return stream.runs.at(0)[0] * CLUSTER_BYTES + stream.read(0, 1 << 16).index(struct.pack("<I", kind))


@pytest.mark.parametrize("length", [0, 25, 8000])
def test_fails_for_a_damaged_attribute_list(volume: StoredVolume, length: int) -> None:
    volume.write(_list_at(volume, DATA) + 4, struct.pack("<H", length))
    assert "an entry does not lie within it" in refused(lambda: found(volume, HIVE).read(0, 1))


def test_fails_for_an_attribute_list_larger_than_ntfs_allows(volume: StoredVolume) -> None:
    change(volume, HIVE, ATTRIBUTE_LIST, "<Q", 48, (256 << 10) + 1)
    words = refused(lambda: found(volume, HIVE).read(0, 1))
    assert "it has 262145 bytes, more than NTFS allows" in words


def test_fails_for_a_file_of_too_many_records(volume: StoredVolume) -> None:
    number = volume.number_of(HIVE)
    entry = struct.pack("<IHBBQQH", DATA, 32, 0, 26, 0, 0, 0).ljust(32, b"\0")
    entries = b"".join(entry[:16] + struct.pack("<Q", other) + entry[24:] for other in range(2000, 3100))
    place = volume.place_of(volume.number_of(COMPRESSED))
    volume.write(place, entries)
    record = volume.record(number)
    at = attribute_at(record, ATTRIBUTE_LIST)
    (pairs_at,) = struct.unpack_from("<H", record, at + 32)
    pairs = bytes([0x41, 64]) + struct.pack("<i", place // CLUSTER_BYTES)
    record[at + pairs_at : at + pairs_at + len(pairs)] = pairs
    struct.pack_into("<QQQ", record, at + 40, 65536, len(entries), len(entries))
    volume.put_record(number, record)
    assert "the file has more than 1024 records" in refused(lambda: found(volume, HIVE).read(0, 1))


def test_fails_for_an_index_record_of_another_place(volume: StoredVolume) -> None:
    place, record = volume.index_record("/Windows/System32")
    struct.pack_into("<Q", record, 16, 3)
    volume.put_protected(place, record)
    words = refused(lambda: list(found(volume, "/Windows/System32").entries()))
    assert words == r"\Windows\System32: index record 0: the record states that its number is 3"


@pytest.mark.parametrize(
    ("kind", "at", "value", "words"),
    [
        (INDEX_ROOT, 0, 0x91, "the directory has no index"),
        (INDEX_ALLOCATION, 0, 0xA1, "the index refers to records that the directory does not have"),
        (INDEX_ALLOCATION, 48, 100, "it does not lie within the index"),
    ],
)
def test_fails_for_an_index_that_is_incomplete(
    volume: StoredVolume, kind: int, at: int, value: int, words: str
) -> None:
    directory = found(volume, "/Windows/System32")
    change(volume, "/Windows/System32", kind, "<I", at, value)
    if at == 48:
        change(volume, "/Windows/System32", kind, "<I", 56, value)
    directory = found(volume, "/Windows/System32")
    assert words in refused(lambda: list(directory.entries()))
    assert words in refused(lambda: directory.child("007-module.dll"))


@pytest.mark.parametrize(("at", "value"), [(8, 0), (8, 256), (8, 5000), (8, 1 << 20)])
def test_fails_for_an_impossible_size_of_index_records(volume: StoredVolume, at: int, value: int) -> None:
    number = volume.number_of("/Windows/System32")
    record = volume.record(number)
    root = attribute_at(record, INDEX_ROOT)
    (start,) = struct.unpack_from("<H", record, root + 20)
    struct.pack_into("<I", record, root + start + at, value)
    volume.put_record(number, record)
    assert "its index records have" in refused(lambda: list(found(volume, "/Windows/System32").entries()))


def test_fails_for_an_index_that_leads_back_to_itself(volume: StoredVolume) -> None:
    place, raw = volume.index_record("/Windows/System32")
    # The first name of the first index record gets the record itself as the one with the names before it.
    (first,) = struct.unpack_from("<I", raw, 24)
    at = 24 + first
    (own,) = struct.unpack_from("<Q", raw, 16)
    length, key, flags = struct.unpack_from("<HHI", raw, at + 8)
    struct.pack_into("<HHI", raw, at + 8, length, key, flags | 1)
    struct.pack_into("<Q", raw, at + length - 8, own)
    volume.put_protected(place, bytes(raw))
    words = refused(lambda: list(found(volume, "/Windows/System32").entries()))
    assert words == r"\Windows\System32: the nodes of the index form a loop, or are too many"
    # In the order of names it is before all others.
    assert "deeper than 32 nodes" in refused(lambda: volume.opened().find("/Windows/System32/!"))
