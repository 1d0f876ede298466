"""Hives that were not closed cleanly: which log entries Windows would apply.

The cases follow real hives: their sequence numbers leave gaps, the second log is empty or the older one, and a crash tears
the last entry.
"""

import struct

import pytest
from tests.unit.disk.registry.hive_writer import (
    BINARY,
    TIME,
    MemoryFile,
    edited,
    hive,
    log_entry,
    new_log,
    old_log,
    sealed,
    with_sequences,
)
from tests.unit.disk.registry.stepped_hive import HIVES, entry

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.hive import Hive
from pulumi_vmimport.disk.registry.hive_recovery import HiveState


def dirty(number: int = 0, primary: int = 1622, secondary: int = 1621) -> bytes:
    return with_sequences(HIVES[number], primary, secondary)


def opened(data: bytes, *logs: bytes, check_all: bool = False) -> Hive:
    files = [MemoryFile(log, f"\\Windows\\System32\\config\\SYSTEM.LOG{n}") for n, log in enumerate(logs, 1)]
    return Hive.open(MemoryFile(data), files, check_all=check_all)


def content(read: Hive) -> dict[str, list[tuple[str, int, bytes]]]:
    keys, rest = {}, [read.root]
    while rest:
        key = rest.pop()
        keys[key.path] = [(value.name, value.type, value.data) for value in key.values()]
        rest.extend(key.subkeys())
    assert not read.is_partly_unreadable, read.unreadable_reasons
    return keys


def expect_step(read: Hive, number: int) -> None:
    assert read.state == HiveState.RECOVERED, read.state_reason
    assert content(read) == content(opened(HIVES[number]))


def test_entries_are_applied_although_their_numbers_do_not_follow_those_of_the_hive() -> None:
    first = new_log(HIVES[0], 2107, [entry(number, 2107 + number) for number in range(3)])
    second = new_log(HIVES[0], 2110, [entry(number, 2107 + number) for number in range(3, 5)])
    read = opened(dirty(), first, second)
    expect_step(read, 5)
    assert read.state_reason == (
        "its sequence numbers are 1622 and 1621; 3 entries of SYSTEM.LOG1 applied; 2 entries of SYSTEM.LOG2 applied"
    )
    expect_step(opened(dirty(), second, first), 5)  # LOG1 may be the later one
    expect_step(opened(dirty(), first, b""), 3)  # LOG2 is often empty
    assert opened(dirty(), first).root.name == "ROOT"


def test_a_clean_hive_ignores_its_logs() -> None:
    log = MemoryFile(new_log(HIVES[0], 7, [entry(0, 7)]))
    read = Hive.open(MemoryFile(HIVES[0]), [log])
    assert (read.state, read.state_reason) == (HiveState.CLEAN, "")
    assert content(read) == content(opened(HIVES[0]))
    assert log.reads == []


def test_pages_stay_in_the_log_until_they_are_read() -> None:
    pages = [(4096 + 4096 * number, bytes(4096)) for number in range(2000)]
    log = MemoryFile(new_log(HIVES[0], 1622, [log_entry(1622, 64 << 20, pages), entry(0, 1623)]))
    Hive.open(MemoryFile(dirty()), [log])
    assert sum(length for _, length in log.reads) < 200_000 < log.size_bytes


def test_a_page_of_a_later_entry_replaces_parts_of_earlier_ones() -> None:
    pages = [bytes([value]) * 4096 for value in (1, 2)]
    value = hive({"A": {"data": (BINARY, b"\7" * 12_000)}})
    at = value.index(b"\7" * 12_000) - 4096
    start = -(-at // 512) * 512
    entries = [
        log_entry(1622, len(value) - 4096, [(0, value[4096:8192]), (4096, value[8192:12288])]),
        log_entry(1623, len(value) - 4096, [(8192, value[12288:])]),
        log_entry(1624, len(value) - 4096, [(start, b"".join(pages))]),
        log_entry(1625, len(value) - 4096, [(start + 1024, b"\3" * 512), (start, b"\4" * 512)]),
    ]
    read = opened(dirty(), new_log(value, 1622, entries))
    key = read.key("A")
    assert key is not None
    data = key.value("data")
    assert data is not None
    expected = bytearray(b"\7" * 12_000)
    expected[start - at : start - at + 8192] = b"".join(pages)
    expected[start - at : start - at + 512] = b"\4" * 512
    expected[start - at + 1024 : start - at + 1536] = b"\3" * 512
    assert data.data == expected


def test_the_second_log_does_not_count_if_an_entry_is_missing_between_the_two() -> None:
    first = new_log(HIVES[0], 2107, [entry(0, 2107), entry(1, 2108)])
    second = new_log(HIVES[0], 2110, [entry(3, 2110)])
    read = opened(dirty(), first, second)
    expect_step(read, 2)
    assert read.state_reason.endswith("SYSTEM.LOG2 starts with entry 2110, and entry 2109 is missing")


def test_a_log_that_is_older_than_the_hive_does_not_count() -> None:
    stale = new_log(HIVES[0], 1620, [entry(4, 1620), entry(4, 1621)])
    log = new_log(HIVES[0], 1622, [entry(0, 1622)])
    for logs in ((stale, log), (log, stale)):
        expect_step(opened(dirty(), *logs), 1)
    read = opened(dirty(), stale)
    assert read.state == HiveState.NOT_RECOVERED
    assert read.state_reason == "its sequence numbers are 1622 and 1621; SYSTEM.LOG1 is older than the hive"
    expect_step(opened(dirty(), new_log(HIVES[0], 1621, [entry(0, 1621)])), 1)  # that of the second number counts


def test_sequence_numbers_start_again_after_the_highest() -> None:
    first = new_log(HIVES[0], 0xFFFFFFFE, [entry(0, 0xFFFFFFFE), entry(1, 0xFFFFFFFF), entry(2, 0)])
    second = new_log(HIVES[0], 1, [entry(3, 1)])
    expect_step(opened(dirty(0, 0xFFFFFFFE, 0xFFFFFFFD), second, first), 4)


@pytest.mark.parametrize("check_all", [False, True])
def test_an_entry_that_a_crash_tore_does_not_count(check_all: bool) -> None:
    entries = [entry(0, 1622), entry(1, 1623), entry(2, 1624, salt=1)]
    expect_step(opened(dirty(), new_log(HIVES[0], 1622, entries), check_all=check_all), 2)
    entries[2] = entry(2, 1624)[:-512]
    expect_step(opened(dirty(), new_log(HIVES[0], 1622, entries), check_all=check_all), 2)
    entries[2] = edited(entry(2, 1624), 36, b"\1\2\3\4")  # the hash of the entry's header
    expect_step(opened(dirty(), new_log(HIVES[0], 1622, entries), check_all=check_all), 2)
    entries = [entry(0, 1622), entry(1, 1623, salt=1), entry(2, 1624, salt=1)]
    expect_step(opened(dirty(), new_log(HIVES[0], 1622, entries), check_all=check_all), 1)


def test_the_hash_of_an_earlier_entry_counts_where_all_are_checked() -> None:
    entries = [entry(0, 1622), entry(1, 1623, salt=1), entry(2, 1624)]
    expect_step(opened(dirty(), new_log(HIVES[0], 1622, entries), check_all=True), 1)


def test_what_is_left_of_older_entries_does_not_count() -> None:
    rest = entry(4, 900) + b"\xff" * 512
    expect_step(opened(dirty(), new_log(HIVES[0], 1622, [entry(0, 1622)], rest)), 1)
    expect_step(opened(dirty(), new_log(HIVES[0], 1622, [entry(0, 1622)], bytes(70_000))), 1)


def test_an_entry_may_be_full_to_its_end() -> None:
    pages = [(offset, HIVES[1][4096 + offset : 4096 + offset + 512]) for offset in range(0, 59 * 512, 512)]
    pages = [page for page in pages if len(page[1]) == 512]
    whole = [*pages, *[pages[0]] * (59 - len(pages))]  # the head of 40 bytes and 59 references fill a sector
    full = log_entry(1622, len(HIVES[1]) - 4096, whole)
    assert len(full) == 512 + 59 * 512
    expect_step(opened(dirty(), new_log(HIVES[0], 1622, [full])), 1)


def test_a_log_whose_first_entry_is_torn_ends_the_recovery() -> None:
    first = new_log(HIVES[0], 1622, [entry(0, 1622, salt=1)])
    second = new_log(HIVES[0], 1623, [entry(1, 1623)])
    read = opened(dirty(), first, second)
    assert read.state == HiveState.NOT_RECOVERED
    assert read.state_reason.endswith(
        "0 entries of SYSTEM.LOG1 applied; SYSTEM.LOG2 starts with entry 1623, and entry 1622 is missing"
    )


@pytest.mark.parametrize(
    "page",
    [
        struct.pack("<II", 0, 8192 + 512),  # more than the entry has
        struct.pack("<II", 0, 100),
        struct.pack("<II", 0, 0),
        struct.pack("<II", 0xFFFFF000, 4096),
    ],
)
def test_an_entry_with_an_impossible_page_does_not_count(page: bytes) -> None:
    wrong = log_entry(1623, len(HIVES[0]) - 4096, [(0, bytes(4096)), (4096, bytes(4096))])
    wrong = edited(wrong, 48, page)
    last = entry(2, 1624)  # so that the hash of the pages of the wrong one is not computed
    expect_step(opened(dirty(), new_log(HIVES[0], 1622, [entry(0, 1622), wrong, last])), 1)


@pytest.mark.parametrize("header", [b"", b"regf", b"\0" * 5000])
def test_a_log_without_a_valid_header_does_not_count(header: bytes) -> None:
    log = new_log(HIVES[0], 1622, [entry(0, 1622)])
    broken = header or edited(log, 508, b"\1\2\3\4")
    for bad in (broken, with_sequences(log, 1623, 1622), HIVES[0]):
        read = opened(dirty(), bad)
        assert read.state == HiveState.NOT_RECOVERED
        assert read.state_reason.endswith("SYSTEM.LOG1 has no valid header of a transaction log")
        expect_step(opened(dirty(), bad, log), 1)


def test_a_hive_with_a_damaged_header_takes_that_of_the_newest_log() -> None:
    damaged = edited(HIVES[2], 20, b"\xff" * 100)
    older = new_log(HIVES[0], 1600, [entry(4, 1600)])
    newer = new_log(HIVES[2], 1622, [entry(2, 1622), entry(3, 1623)])
    for logs in ((older, newer), (newer, older)):
        read = opened(damaged, *logs)
        expect_step(read, 4)
        assert read.state_reason.startswith("the checksum of its header is wrong; 2 entries of SYSTEM.LOG")
    with pytest.raises(UnreadableVolumeError, match="it is a transaction log, not a registry hive"):
        opened(damaged)


@pytest.mark.parametrize("kind", [1, 2])
def test_the_dirty_sectors_of_an_older_log_are_applied(kind: int) -> None:
    for after in (1, 5):
        log = old_log(HIVES[0], HIVES[after], kind=kind)
        for logs in ((log,), (log, b""), (b"", log)):
            expect_step(opened(dirty(), *logs), after)


def test_an_older_log_of_another_write_does_not_count() -> None:
    log = old_log(HIVES[0], HIVES[1], time=TIME + 1)
    read = opened(dirty(), log)
    assert read.state == HiveState.NOT_RECOVERED
    assert read.state_reason.endswith("SYSTEM.LOG1 is not of the hive's last write")
    expect_step(opened(edited(dirty(), 508, b"\1\2\3\4"), log), 1)  # nothing shows when the hive was written


def test_of_two_older_logs_the_newer_counts() -> None:
    first, second = old_log(HIVES[0], HIVES[1]), old_log(HIVES[0], HIVES[2], time=TIME - 1)
    expect_step(opened(dirty(), first, second), 1)
    expect_step(opened(dirty(), second, first), 1)


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (edited(old_log(HIVES[0], HIVES[5]), 512, b"HEAD"), "it has no bitmap of dirty sectors"),
        (old_log(HIVES[0], HIVES[5])[:514], "it has no bitmap of dirty sectors"),
        (old_log(HIVES[0], HIVES[5])[:-1], "it ends at "),
        (sealed(edited(old_log(HIVES[0], HIVES[5]), 40, b"\1")), "its header gives "),
        (sealed(edited(old_log(HIVES[0], HIVES[5]), 40, b"\0\xf0\xff\xff")), "its header gives 4294963200 bytes of bins"),
    ],
)  # fmt: skip
def test_a_damaged_older_log_recovers_nothing(log: bytes, message: str) -> None:
    read = opened(dirty(), log)
    assert read.state == HiveState.NOT_RECOVERED
    assert f"SYSTEM.LOG1: {message}" in read.state_reason


def test_a_log_that_cannot_be_read_recovers_nothing() -> None:
    class Compressed(MemoryFile):
        def read(self, offset: int, length: int) -> bytes:
            raise UnreadableVolumeError(self.path, "it is compressed by WOF")

    good = MemoryFile(new_log(HIVES[0], 1622, [entry(0, 1622)]))
    read = Hive.open(MemoryFile(dirty()), [good, Compressed(b"log", "SYSTEM.LOG2")])
    assert read.state == HiveState.NOT_RECOVERED
    assert read.state_reason.endswith("SYSTEM.LOG2: it is compressed by WOF")


def test_bins_beyond_the_file_come_from_the_log() -> None:
    read = opened(dirty(), new_log(HIVES[0], 1622, [entry(0, 1622)]))
    assert len(HIVES[1]) > len(HIVES[0])
    expect_step(read, 1)
    shorter = dirty()[:-4096]  # the end of the bins was never written, and no log has it
    read = opened(shorter, new_log(HIVES[0], 1622, [log_entry(1622, len(HIVES[0]) - 4096, [(0, HIVES[0][4096:8192])])]))
    with pytest.raises(UnreadableVolumeError, match="it ends before the "):
        read.key("ControlSet001")
