"""Hives that are made to harm: what is read is bounded, and nothing else than the documented error escapes."""

import random
import struct
from contextlib import suppress

import pytest
from tests.unit.disk.registry.accounts import User, sam, sid
from tests.unit.disk.registry.boot_store import store
from tests.unit.disk.registry.damage import (
    KEYS,
    Damage,
    names,
    walked,
)
from tests.unit.disk.registry.hive_writer import (
    BINARY,
    NONE,
    HiveWriter,
    MemoryFile,
    Values,
    dword,
    hive,
    new_log,
    sz,
    with_sequences,
)
from tests.unit.disk.registry.stepped_hive import HIVES, entry

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry import block_reader, hive_cells, log_entries
from pulumi_vmimport.disk.registry.bcd import read_boot_configuration
from pulumi_vmimport.disk.registry.control_set import current_control_set
from pulumi_vmimport.disk.registry.domain_membership import read_domain_membership
from pulumi_vmimport.disk.registry.hive import Hive
from pulumi_vmimport.disk.registry.hive_recovery import HiveState
from pulumi_vmimport.disk.registry.sam import read_accounts


def test_what_is_recorded_is_limited_and_printable() -> None:
    keys: dict[str, Values] = {f"bad\n{number}\\x": {} for number in range(100)}
    damage = Damage({**keys, "\x1b[31m": {"v": sz("x")}})
    for path in keys:
        damage.put(path, 4, b"xx")
    read = damage.opened()
    assert len(list(walked(read.root))) == 102
    assert len(read.unreadable_reasons) == 20
    assert all(reason.isprintable() for reason in read.unreadable_reasons)


def test_names_have_the_length_that_windows_allows() -> None:
    keys: dict[str, Values] = {"n" * 255: {"v" * 16383: dword(1)}, "\u0416" * 255: {"\u0416" * 16383: dword(2)}}
    read = Hive.open(MemoryFile(hive(keys)))
    for path, values in keys.items():
        key = read.key(path)
        assert key is not None
        assert [value.name for value in key.values()] == list(values)
    longer: dict[str, Values] = {"\u0416" * 256: {}, "short": {"\u0416" * 16384: dword(3), "v": dword(4)}}
    read = Hive.open(MemoryFile(hive(longer)))
    (short,) = read.root.subkeys()
    assert [value.name for value in short.values()] == ["v"]
    assert [reason.rpartition(" is a ")[2] for reason in read.unreadable_reasons] == [
        "key whose name of 512 bytes is too long",
        "value whose name of 32768 bytes is too long",
    ]


def test_subkeys_beyond_the_limit_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hive_cells, "MAX_SUBKEYS", 3)
    read = Damage().opened()
    assert names(read) == ["a", "b", "c"]
    assert "is a key with more subkeys than 3" in read.unreadable_reasons[0]


def test_a_hive_whose_lists_lead_everywhere_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: dict[str, Values] = {f"k{number}": {"v": (BINARY, bytes(9000))} for number in range(500)}
    data = HiveWriter(keys, list_kind=b"li").written()
    monkeypatch.setattr(block_reader, "MAX_READ_BYTES", 1 << 20)
    file = MemoryFile(data)
    with pytest.raises(UnreadableVolumeError, match="what was looked up takes more than 1 MiB of it"):
        Hive.open(file).key("absent")
    assert sum(length for _, length in file.reads) <= 1 << 20 < len(data)
    monkeypatch.undo()
    monkeypatch.setattr(hive_cells, "MAX_CELLS", 100)
    with pytest.raises(UnreadableVolumeError, match="what was looked up takes more than 100 of its cells"):
        Hive.open(MemoryFile(data)).key("absent")


def test_a_log_beyond_the_limits_recovers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dirty = with_sequences(HIVES[0], 1622, 1621)

    def reason(*entries: bytes, check_all: bool = False) -> str:
        log = MemoryFile(new_log(HIVES[0], 1622, entries), "LOG1")
        read = Hive.open(MemoryFile(dirty), [log], check_all=check_all)
        assert read.state == HiveState.NOT_RECOVERED
        return read.state_reason

    monkeypatch.setattr(log_entries, "MAX_PAGES", 3)
    assert reason(entry(0, 1622), entry(1, 1623)).endswith("LOG1: it has more than 3 pages")
    monkeypatch.undo()
    monkeypatch.setattr(log_entries, "MAX_HASHED_BYTES", 50_000)
    torn = [entry(number % 2, 1622 + number, salt=1) for number in range(30)]
    assert "LOG1: the hashes of its last " in reason(*torn)
    monkeypatch.setattr(log_entries, "MAX_HASHED_BYTES", 5000)
    assert "which take too long to check" in reason(entry(0, 1622), check_all=True)


DIRTY = with_sequences(HIVES[0], 7, 6)
LOG = new_log(HIVES[0], 7, [entry(0, 7), entry(1, 8)])
ACCOUNTS = sam({"Administrator": User(500), "user": User(1000)}, [sid(21, 1, 2, 3, 500)])
MUTATED = {
    "keys": (HiveWriter(KEYS, list_of_lists=2).written(), b""),
    "store": (hive(store()), b""),
    "accounts": (hive(ACCOUNTS), b""),
    "dirty": (DIRTY, LOG),
}


@pytest.mark.parametrize("name", MUTATED)
@pytest.mark.parametrize("seed", range(4))
def test_only_the_documented_error_escapes_from_a_changed_hive(name: str, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    data, log = MUTATED[name]
    used = len(data.rstrip(b"\0"))
    for _ in range(60):
        changed, changed_log = bytearray(data), bytearray(log)
        for _ in range(dice.randint(1, 4)):
            target, first = (changed_log, 0) if log and dice.random() < 0.5 else (changed, 4096)
            at = dice.randrange(first, len(target) if target is changed_log else used) & ~1
            target[at : at + 4] = struct.pack("<I", dice.choice((0, NONE, 0x20, 4, 0x80000000, dice.getrandbits(32))))
        expect_documented(bytes(changed), bytes(changed_log))


def expect_documented(data: bytes, log: bytes) -> None:
    read = Hive.open(MemoryFile(data), [MemoryFile(log, "LOG1")])
    for use in (read_boot_configuration, read_accounts, read_domain_membership, current_control_set, all_values):
        with suppress(UnreadableVolumeError):
            use(read)
    assert all(reason.isprintable() for reason in read.unreadable_reasons)


def all_values(read: Hive) -> None:
    for key in walked(read.root):
        for value in key.values():
            with suppress(UnreadableVolumeError):
                assert len(value.data) <= hive_cells.MAX_DATA_BYTES
                assert [value.text(), value.number(), value.strings()].count(None) >= 2
