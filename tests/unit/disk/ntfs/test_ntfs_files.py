"""Single files: how their content is stored, and what stands in the way of reading it."""

import struct

import pytest
from tests.unit.disk.ntfs.windows_volume import (
    COMPRESSED,
    HIVE,
    MIXED,
    StoredVolume,
    attribute_at,
    change,
    files,
    found,
    refused,
    stored_volume,
)

from pulumi_vmimport.disk.ntfs.file_record import DATA, REPARSE_POINT
from pulumi_vmimport.disk.ntfs.streams import CompressedStream

SMALL = "/Windows/System32/007-module.dll"
WHERE = r"\Windows\System32\007-module.dll"
ROOT, SYMBOLIC_LINK, JUNCTION, WOF = 5, 0xA000000C, 0xA0000003, 0x80000017


@pytest.fixture
def volume() -> StoredVolume:
    return stored_volume()


def test_every_file_of_the_stored_volume_is_read(volume: StoredVolume) -> None:
    opened = volume.opened()
    for path, data in files().items():
        file = opened.find(path)
        assert file, path
        assert (file.size_bytes, file.read(0, len(data) + 1)) == (len(data), data), path
    assert isinstance(found(volume, COMPRESSED)._content, CompressedStream)
    assert isinstance(found(volume, MIXED)._content, CompressedStream)


def test_parts_of_a_file_are_those_of_the_whole(volume: StoredVolume) -> None:
    for path in (HIVE, COMPRESSED, MIXED, SMALL):
        data, file = files()[path], found(volume, path)
        for offset in (0, 1, 5, 1023, 1024, 16383, 16384, 20_000, len(data) - 1, len(data), len(data) + 9):
            for length in (0, 1, 3, 1024, 40_000):
                assert file.read(offset, length) == data[offset : offset + length], (path, offset, length)


def test_a_file_record_before_ntfs_3_1_states_no_number(volume: StoredVolume) -> None:
    number = volume.number_of(SMALL)
    record = volume.record(number)
    struct.pack_into("<H", record, 4, 42)  # the fixups are where the number is since then
    record[42:50] = b"\x99\x99" + bytes(6)
    volume.put_record(number, record)
    assert found(volume, SMALL).read(0, 100) == files()[SMALL]


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1)])
def test_fails_for_bytes_that_do_not_exist(volume: StoredVolume, offset: int, length: int) -> None:
    assert refused(lambda: found(volume, HIVE).read(offset, length)).startswith("\\Windows\\System32\\config\\SYSTEM: ")


def test_the_case_of_names_does_not_matter_as_upcase_of_the_volume_says(volume: StoredVolume) -> None:
    opened = volume.opened()
    for asked, stored in (("ÿ", "ÿ"), ("Ÿ", "ÿ"), ("ω", "Ω"), ("STRAßE", "straße")):
        file = opened.find(f"/USERS/{asked}")
        assert file, asked
        assert file.path == f"\\Users\\{stored}"
    # str.upper maps these, and Windows does not.
    assert [opened.find(f"/Users/{name}") for name in ("strasse", "STRASSE", "small", "𐐀")] == [None] * 4


def test_what_does_not_exist_is_none(volume: StoredVolume) -> None:
    opened = volume.opened()
    for path in (
        "/no",
        "/Windows/no",
        "/no/no",
        f"{HIVE}/below a file",
        "/Windows/System32/~",
        "/Windows/System32/zzz",
    ):
        assert opened.find(path) is None, path


def test_the_root_has_the_files_that_windows_shows(volume: StoredVolume) -> None:
    assert [(entry.name, entry.is_directory) for entry in volume.opened().root.entries()] == [
        ("compressed.log", False),
        ("hiberfil.sys", False),
        ("mixed.log", False),
        ("Program Files", True),
        ("Users", True),
        ("Windows", True),
    ]


def test_a_short_name_is_found_and_not_listed(volume: StoredVolume) -> None:
    number = volume.number_of("/Program Files")
    record = volume.record(number)
    name = "LONGNA~1.TXT".encode("utf-16-le")
    record[record.index(name) - 1] = 2  # an 8.3 name
    volume.put_record(number, record)
    directory = found(volume, "/Program Files")
    assert [entry.name for entry in directory.entries()] == ["long name.txt"]
    assert found(volume, "/program files/longna~1.txt").read(0, 9) == b"long"


def test_fails_to_read_a_directory_and_to_list_a_file(volume: StoredVolume) -> None:
    assert refused(lambda: found(volume, "/Users").read(0, 1)) == r"\Users: it is a directory"
    assert refused(lambda: list(found(volume, SMALL).entries())) == f"{WHERE}: it is no directory"


@pytest.mark.parametrize(("algorithm", "name"), [(0, "XPRESS4K"), (1, "LZX"), (3, "XPRESS16K"), (4, "algorithm 4")])
def test_a_file_compressed_by_wof_has_a_size_but_no_content(volume: StoredVolume, algorithm: int, name: str) -> None:
    volume.add_attribute(SMALL, REPARSE_POINT, struct.pack("<IHHIIII", WOF, 16, 0, 1, 2, 1, algorithm))
    file = found(volume, SMALL)
    assert file.size_bytes == len(files()[SMALL])
    words = refused(lambda: file.read(0, 1))
    assert words.startswith(f"{WHERE}: its content is compressed by the Windows Overlay Filter (CompactOS, {name})")


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        (SYMBOLIC_LINK, "a symbolic link, which is not followed"),
        (0x80000013, "deduplication"),
        (0x80000021, "80000021h"),
    ],
)
def test_fails_for_content_that_a_filter_provides(volume: StoredVolume, tag: int, words: str) -> None:
    volume.add_attribute(SMALL, REPARSE_POINT, struct.pack("<II", tag, 0))
    assert words in refused(lambda: found(volume, SMALL).read(0, 1))


def test_a_path_through_a_junction_is_not_answered_with_absent(volume: StoredVolume) -> None:
    volume.add_attribute("/Users", REPARSE_POINT, struct.pack("<II", JUNCTION, 0))
    assert found(volume, "/Users").is_directory
    assert refused(lambda: volume.opened().find("/Users/no")).startswith(r"\Users: it is a mount point or junction")
    assert refused(lambda: list(found(volume, "/Users").entries())).startswith(
        r"\Users: it is a mount point or junction"
    )


def test_a_file_of_onedrive_is_read_unless_its_content_is_in_the_cloud(volume: StoredVolume) -> None:
    volume.add_attribute(SMALL, REPARSE_POINT, struct.pack("<II", 0x9000601A, 0))
    assert found(volume, SMALL).read(0, 100) == files()[SMALL]
    number = volume.number_of(SMALL)
    record = volume.record(number)
    at = attribute_at(record, 0x10)
    (value,) = struct.unpack_from("<H", record, at + 20)
    struct.pack_into("<I", record, at + value + 32, 0x00400020)
    volume.put_record(number, record)
    assert refused(lambda: found(volume, SMALL).read(0, 1)) == f"{WHERE}: its content is in the cloud, not on the disk"


@pytest.mark.parametrize("path", [SMALL, COMPRESSED])
def test_fails_for_a_file_encrypted_by_efs(volume: StoredVolume, path: str) -> None:
    change(volume, path, DATA, "<H", 12, 0x4000)
    assert "its content is encrypted by EFS" in refused(lambda: found(volume, path).read(0, 1))


@pytest.mark.parametrize("path", [COMPRESSED, MIXED])
def test_what_was_never_written_is_zeros(volume: StoredVolume, path: str) -> None:
    change(volume, path, DATA, "<Q", 56, 17_000)
    assert found(volume, path).read(16_000, 2000) == files()[path][16_000:17_000] + bytes(1000)


def test_a_hole_is_zeros(volume: StoredVolume) -> None:
    # 2 clusters of data, a hole of 5, 1 cluster 3 in front of the second.
    place = volume.place_of(volume.number_of(HIVE)) // 1024
    pairs = bytes([0x41, 2]) + struct.pack("<i", place) + bytes([0x01, 5, 0x11, 1, 1, 0])
    number = volume.number_of(COMPRESSED)
    record = volume.record(number)
    at = attribute_at(record, DATA)
    (pairs_at,) = struct.unpack_from("<H", record, at + 32)
    record[at + pairs_at : at + pairs_at + len(pairs)] = pairs
    struct.pack_into("<HxxxxH", record, at + 12, 0x8000, 0)
    struct.pack_into("<HBxxxxxQQQ", record, at + 32, pairs_at, 0, 8192, 8192, 8192)
    struct.pack_into("<H", record, at + 12, 0x8000)
    volume.put_record(number, record)
    hive = files()[HIVE]
    assert found(volume, COMPRESSED).read(0, 9000) == hive[:2048] + bytes(5120) + hive[1024:2048]


@pytest.mark.parametrize(
    ("layout", "at", "value", "words"),
    [
        ("<H", 12, 2, "compression method 2 is unknown"),
        ("<B", 34, 0, "units of 1 clusters"),
        ("<B", 34, 11, "units of 2048 clusters"),
        ("<Q", 16, 5, "an extent starts at its cluster 5"),
        ("<Q", 48, 1 << 63, "its sizes contradict each other"),
        ("<Q", 56, 1 << 20, "its sizes contradict each other"),
    ],
)
def test_fails_for_an_impossible_stream(volume: StoredVolume, layout: str, at: int, value: int, words: str) -> None:
    change(volume, COMPRESSED, DATA, layout, at, value)
    assert words in refused(lambda: found(volume, COMPRESSED).read(0, 1))


@pytest.mark.parametrize(
    "pairs", [b"\x99", b"\x10\1", b"\x19" + b"\1" * 10, b"\x11\xff\1", b"\x11\1\xff", b"\x88" + b"\x7f" * 16]
)
def test_fails_for_damaged_mapping_pairs(volume: StoredVolume, pairs: bytes) -> None:
    number = volume.number_of(COMPRESSED)
    record = volume.record(number)
    at = attribute_at(record, DATA)
    (pairs_at,) = struct.unpack_from("<H", record, at + 32)
    record[at + pairs_at : at + pairs_at + len(pairs)] = pairs
    volume.put_record(number, record)
    assert "\\compressed.log: " in refused(lambda: found(volume, COMPRESSED).read(0, 1))


def test_fails_for_a_file_whose_clusters_end_before_its_content(volume: StoredVolume) -> None:
    number = volume.number_of(COMPRESSED)
    record = volume.record(number)
    at = attribute_at(record, DATA)
    (pairs_at,) = struct.unpack_from("<H", record, at + 32)
    record[at + pairs_at] = 0
    volume.put_record(number, record)
    assert "its cluster 0 has no place on the volume, only 0 clusters have" in refused(
        lambda: found(volume, COMPRESSED).read(0, 1)
    )


def test_fails_for_clusters_beyond_the_volume(volume: StoredVolume) -> None:
    number = volume.number_of(COMPRESSED)
    record = volume.record(number)
    at = attribute_at(record, DATA)
    (pairs_at,) = struct.unpack_from("<H", record, at + 32)
    record[at + pairs_at : at + pairs_at + 6] = b"\x41\x10\xff\xff\xff\x7f"
    volume.put_record(number, record)
    assert "does not lie within the volume" in refused(lambda: found(volume, COMPRESSED).read(0, 1))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x05\x80" + bytes(9), "a chunk has no signature"),
        (b"\xff\xb0\x01\x00\x00", "a match starts before its chunk"),
        (b"\x02\xb0\x02a\x05", "a chunk ends within a match"),
    ],
)
def test_fails_for_damaged_compression(volume: StoredVolume, data: bytes, words: str) -> None:
    volume.write(volume.place_of(volume.number_of(COMPRESSED)), data)
    assert words in refused(lambda: found(volume, COMPRESSED).read(0, 1))
