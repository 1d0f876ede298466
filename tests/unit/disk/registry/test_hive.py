import struct
from collections.abc import Callable

import pytest
from tests.unit.disk.registry.hive_writer import (
    BINARY,
    EXPAND_SZ,
    MULTI_SZ,
    QWORD,
    SZ,
    HiveWriter,
    MemoryFile,
    Values,
    dword,
    edited,
    hive,
    sealed,
    sz,
    text,
    texts,
    with_sequences,
)

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.hive import Hive, Value
from pulumi_vmimport.disk.registry.hive_recovery import HiveState

KEYS: dict[str, Values] = {
    "ControlSet001\\Services\\Tcpip": {"Start": dword(1), "ImagePath": (EXPAND_SZ, text("System32\\tcpip.sys"))},
    "ControlSet001\\Services\\Dhcp": {"Start": dword(2)},
    "ControlSet001\\Services\\Größe": {"Ж": sz("wide"), "ß": sz("latin")},
    "ControlSet001\\Services\\𐐸": {},
    "Select": {"Current": dword(1), "": sz("the default")},
}


def opened(data: bytes) -> Hive:
    return Hive.open(MemoryFile(data))


def value(data: tuple[int, bytes], **options: int) -> Value:
    found = opened(hive({"k": {"v": data}}, **options))
    key = found.key("k")
    assert key is not None
    read = key.value("v")
    assert read is not None
    return read


@pytest.mark.parametrize("entries_per_list", [0, 2])
@pytest.mark.parametrize("list_kind", [b"lh", b"lf", b"li"])
@pytest.mark.parametrize("minor", [3, 4, 5, 6])
def test_keys_are_found_by_path_in_every_kind_of_list(minor: int, list_kind: bytes, entries_per_list: int) -> None:
    read = opened(HiveWriter(KEYS, minor=minor, list_kind=list_kind, list_of_lists=entries_per_list).written())
    assert read.state == HiveState.CLEAN
    for path in KEYS:
        key = read.key(path)
        assert key is not None, path
        assert key.path == path
    services = read.key("ControlSet001\\Services")
    assert services is not None
    assert [key.name for key in services.subkeys()] == ["Dhcp", "Größe", "Tcpip", "𐐸"]
    assert read.key("ControlSet001\\Services\\Dhc") is None
    assert read.key("ControlSet001\\Services\\Dhcp\\Parameters") is None
    assert read.key("ControlSet002\\Services") is None
    assert not read.is_partly_unreadable


def test_only_the_case_of_ascii_letters_does_not_matter() -> None:
    read = opened(hive({**KEYS, "STRASSE": {}, "\u0131": {}}))
    key = read.key("CONTROLSET001\\services\\tCPIP")
    assert key is not None
    assert key.name == "Tcpip"
    start = key.value("START")
    assert start is not None
    assert (start.name, start.key_path) == ("Start", "ControlSet001\\Services\\Tcpip")
    assert read.key("controlset001\\services\\Größe") is not None
    assert read.key("controlset001\\services\\GRÖSSE") is None
    assert read.key("straße") is None
    assert read.key("I") is None


def test_a_key_that_is_absent_costs_no_look_at_its_siblings() -> None:
    keys: dict[str, Values] = {f"Services\\service{number:05d}": {} for number in range(20_000)}
    file = MemoryFile(hive(keys))
    assert Hive.open(file).key("Services\\absent") is None
    assert sum(length for _, length in file.reads) < 300_000 < file.size_bytes


def test_the_root_key_is_where_the_header_says() -> None:
    read = opened(HiveWriter(KEYS, padding=512, root_name="CMI-CreateHive{0}").written())
    assert read.root.name == "CMI-CreateHive{0}"
    assert read.root.path == ""
    assert read.key("") is not None
    assert [key.path for key in read.root.subkeys()] == ["ControlSet001", "Select"]


def test_the_default_value_has_no_name() -> None:
    key = opened(hive(KEYS)).key("Select")
    assert key is not None
    default = key.value()
    assert default is not None
    assert default.text() == "the default"
    assert key.value("absent") is None


@pytest.mark.parametrize("size", range(9))
def test_data_of_up_to_4_bytes_is_stored_in_the_value_itself(size: int) -> None:
    data = bytes(range(0xFE, 0xFE - size, -1))
    assert value((BINARY, data)).data == data


@pytest.mark.parametrize("minor", [3, 4, 5])
@pytest.mark.parametrize("size", [16343, 16344, 16345, 32688, 32689, 70_000])
def test_big_data_is_joined(size: int, minor: int) -> None:
    data = b"db" + bytes(number * 7 % 251 for number in range(size - 2))
    assert value((BINARY, data), minor=minor).data == data


def test_types_above_11_are_read() -> None:
    read = value((0xFFFF0012, b"\x01\x02"))
    assert (read.type, read.data) == (0xFFFF0012, b"\x01\x02")
    assert (read.text(), read.number(), read.strings()) == (None, None, None)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (text("C:\\Windows"), "C:\\Windows"),
        ("no NUL".encode("utf-16-le"), "no NUL"),
        (text("first") + text("behind"), "first"),
        (b"", ""),
        (b"\0\0", ""),
        (text("odd") + b"\x41", "odd"),
        (b"\x00\xd8", "\ufffd"),
    ],
)
def test_a_string_ends_at_its_nul_which_may_be_missing(data: bytes, expected: str) -> None:
    assert value((SZ, data)).text() == expected
    assert value((EXPAND_SZ, data)).text() == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (texts("a", "b"), ["a", "b"]),
        (texts("\\??\\C:\\x.tmp", "", "\\??\\C:\\y.tmp", "!\\??\\C:\\z"), ["\\??\\C:\\x.tmp", "", "\\??\\C:\\y.tmp", "!\\??\\C:\\z"]),
        (texts("\\??\\C:\\x.tmp", ""), ["\\??\\C:\\x.tmp", ""]),
        (texts("", "b"), ["", "b"]),
        (text("one NUL"), ["one NUL"]),
        ("no NUL".encode("utf-16-le"), ["no NUL"]),
        (texts("a")[:-2] + "b".encode("utf-16-le"), ["a", "b"]),
        (b"", []),
        (b"\0\0", []),
        (b"\0\0\0\0", []),
    ],
)  # fmt: skip
def test_a_list_of_strings_keeps_the_empty_ones(data: bytes, expected: list[str]) -> None:
    assert value((MULTI_SZ, data)).strings() == expected


def test_numbers_have_the_size_of_their_type() -> None:
    assert value(dword(0xFFFFFFFE)).number() == 0xFFFFFFFE
    assert value((QWORD, struct.pack("<Q", 1 << 40))).number() == 1 << 40
    assert value((5, b"\0\0\1\2")).number() == 0x102
    assert value((4, b"\1\0")).number() is None
    assert value((BINARY, b"\1\0\0\0")).number() is None
    assert value(sz("1")).number() is None


def test_bytes_behind_the_bins_are_ignored() -> None:
    data = hive(KEYS)
    read = opened(data + b"regf" + bytes(70_000))
    assert read.key("Select") is not None
    assert not read.is_partly_unreadable


def test_a_hive_with_a_wrong_checksum_is_read_but_not_clean() -> None:
    data = edited(hive(KEYS), 508, b"\1\2\3\4")
    read = opened(edited(data, 40, bytes(4)))  # the size of the bins in the header is not used either
    assert read.state == HiveState.NOT_RECOVERED
    assert read.state_reason == "the checksum of its header is wrong; it has no transaction log"
    assert read.key("ControlSet001\\Services\\Dhcp") is not None


@pytest.mark.parametrize(("total", "stored"), [(0, 1), (0xFFFFFFFF, 0xFFFFFFFE), (0x12345678, 0x12345678)])
def test_a_checksum_is_neither_0_nor_all_bits(total: int, stored: int) -> None:
    data = hive(KEYS)
    now = 0
    for (word,) in struct.iter_unpack("<I", data[:504]):
        now ^= word
    data = edited(data, 504, struct.pack("<2I", now ^ total, stored))  # reserved bytes
    assert opened(data).state == HiveState.CLEAN
    assert opened(edited(data, 504, b"\x5a\xa5\x5a\xa5")).state == HiveState.NOT_RECOVERED


def test_keys_of_a_layer_of_a_container_are_unreadable() -> None:
    for minor, is_layered in ((6, True), (5, False)):
        writer = HiveWriter(KEYS, minor=minor)
        data = writer.written()
        read = opened(edited(data, writer.cells["Select"] + 4 + 13, b"\1"))
        assert [key.name for key in read.root.subkeys()] == ["ControlSet001", "Select"][: 1 if is_layered else 2]
        assert read.is_partly_unreadable == is_layered


def test_a_dirty_hive_without_a_log_says_so() -> None:
    read = opened(with_sequences(hive(KEYS), 1622, 1621))
    assert read.state == HiveState.NOT_RECOVERED
    assert read.state_reason == "its sequence numbers are 1622 and 1621; it has no transaction log"
    assert read.key("Select") is not None


def test_a_truncated_hive_says_so_and_gives_what_is_there() -> None:
    keys = {**KEYS, "Large": {f"v{number}": (BINARY, bytes(3000)) for number in range(20)}}
    data = hive(keys)
    read = opened(data[: len(data) // 2])
    assert read.is_partly_unreadable
    assert read.unreadable_reasons[0].startswith("the file is truncated: it has ")
    assert read.root.name == "ROOT"
    with pytest.raises(UnreadableVolumeError, match=r"config\\SYSTEM: it ends before the 4 bytes at \d+"):
        read.key("Select")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "it is not a registry hive"),
        (lambda data: b"hive" + data[4:], "it is not a registry hive"),
        (lambda data: data[:511], "it is not a registry hive"),
        (lambda data: sealed(edited(data, 28, b"\6")), "it is a transaction log, not a registry hive"),
        (lambda data: sealed(edited(data, 24, b"\2")), "it has version 1.2 of the format; 1.3 to 1.6 are read"),
        (lambda data: sealed(edited(data, 20, b"\2")), "it has version 2.5 of the format; 1.3 to 1.6 are read"),
        (lambda data: sealed(edited(data, 40, b"\xff" * 4)), "its header gives 4294967295 bytes of bins"),
    ],
)  # fmt: skip
def test_fails_for_a_file_that_is_no_hive(change: Callable[[bytes], bytes], message: str) -> None:
    with pytest.raises(UnreadableVolumeError) as raised:
        opened(change(hive(KEYS)))
    assert raised.value.reason == message
