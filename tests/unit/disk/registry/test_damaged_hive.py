"""Damaged hives: what is readable is read, and the rest is recorded. What may be there is never reported as absent."""

import struct
from collections.abc import Callable

import pytest
from tests.unit.disk.registry.damage import (
    KEY_LIST,
    KEY_NAME_BYTES,
    KEY_SUBKEYS,
    KEY_VALUE_LIST,
    KEY_VALUES,
    KEYS,
    VALUE_DATA,
    VALUE_NAME_BYTES,
    VALUE_SIZE,
    Damage,
    names,
    walked,
)
from tests.unit.disk.registry.hive_writer import (
    NONE,
    MemoryFile,
    edited,
    hive,
)

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry import hive as registry_hive
from pulumi_vmimport.disk.registry.hive import Hive


@pytest.mark.parametrize(
    "break_it",
    [
        lambda hive: hive.put("Services\\b", 4, b"xx"),
        lambda hive: hive.put("Services\\b", 0, 80),  # free
        lambda hive: hive.put("Services\\b", 0, b"\x00\x00\x00\x80"),
        lambda hive: hive.put("Services\\b", 0, b"\xf8\xff\xff\xff"),  # 8 bytes
        lambda hive: hive.put("Services\\b", KEY_NAME_BYTES, b"\xff\xff"),
        lambda hive: hive.put_at(hive.list_at("Services") + 8 + 8, b"\1\0\0\0"),
        lambda hive: hive.put_at(hive.list_at("Services") + 8 + 8, b"\xf8\xff\xff\x7f"),
        lambda hive: hive.put_at(hive.list_at("Services") + 8 + 8, b"\xff" * 4),
        lambda hive: hive.put_at(hive.list_at("Services") + 8 + 8, struct.pack("<I", hive.cell("Services") - 4096)),
    ],
)
@pytest.mark.parametrize("kind", [b"lh", b"lf"])
def test_a_damaged_subkey_is_skipped_and_recorded(break_it: Callable[[Damage], None], kind: bytes) -> None:
    damage = Damage(list_kind=kind)
    break_it(damage)
    read = damage.opened()
    assert names(read) == ["a", "c", "d"]
    assert read.is_partly_unreadable
    assert read.unreadable_reasons[0].startswith("Services: the cell at 0x")
    for path in ("Services\\a", "Services\\c", "Services\\d\\e"):
        assert read.key(path) is not None
    with pytest.raises(UnreadableVolumeError):
        read.key("Services\\b")
    assert read.key("Services\\x") is None  # the list shows that the damaged key is another one


def test_without_hashes_a_damaged_subkey_may_be_any_key() -> None:
    damage = Damage(list_kind=b"li")
    damage.put("Services\\b", 4, b"xx")
    read = damage.opened()
    assert read.key("Services\\c") is not None
    with pytest.raises(UnreadableVolumeError, match="is not a key"):
        read.key("Services\\x")


@pytest.mark.parametrize("count", [3, 5, 0xFFFF, 0xFFFFFFFF])
def test_a_number_of_subkeys_that_is_not_that_of_the_list_is_recorded(count: int) -> None:
    damage = Damage()
    damage.put("Services", KEY_SUBKEYS, count)
    read = damage.opened()
    assert names(read) == ["a", "b", "c", "d"][:count]
    assert read.is_partly_unreadable
    with pytest.raises(UnreadableVolumeError):
        read.key("Services\\x")


@pytest.mark.parametrize("where", [NONE, 0x20, 4, 0x7FFFFFF8])
def test_subkeys_without_a_list_are_unreadable(where: int) -> None:
    damage = Damage()
    damage.put("Services", KEY_LIST, where)
    read = damage.opened()
    assert names(read) == []
    assert read.is_partly_unreadable
    with pytest.raises(UnreadableVolumeError):
        read.key("Services\\a")


def test_a_damaged_list_of_several_does_not_hide_the_others() -> None:
    damage = Damage(list_of_lists=2)
    first = struct.unpack_from("<I", damage.data, damage.list_at("Services") + 8)[0]
    damage.put_at(4096 + first + 4, b"xx")
    read = damage.opened()
    assert names(read) == ["c", "d"]
    assert "is not a list of subkeys" in read.unreadable_reasons[0]
    assert read.key("Services\\d") is not None
    with pytest.raises(UnreadableVolumeError):
        read.key("Services\\x")


def test_lists_that_list_each_other_end() -> None:
    damage = Damage(list_of_lists=1)
    at = damage.list_at("Services")
    damage.put_at(at + 8, struct.pack("<2I", at - 4096, struct.unpack_from("<I", damage.data, at + 16)[0]))
    read = damage.opened()
    assert names(read) == ["c", "d"]
    assert [reason.rpartition(" at ")[2].partition(" ")[2] for reason in read.unreadable_reasons[:2]] == [
        "is listed twice",
        "is listed twice",
    ]


def test_a_key_that_is_its_own_ancestor_ends_the_walk() -> None:
    damage = Damage()
    at = damage.list_at("Services\\d") + 8
    for ancestor in ("Services\\d", "Services", ""):
        damage.put_at(at, struct.pack("<I", damage.cell(ancestor) - 4096))
        read = damage.opened()
        assert len(list(walked(read.root))) == 6
        assert "is a key that is its own subkey" in read.unreadable_reasons[0]


def test_a_chain_of_keys_ends_where_windows_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_hive, "MAX_DEPTH", 20)
    path = "\\".join(f"k{number}" for number in range(30))
    read = Hive.open(MemoryFile(hive({path: {}})))
    assert len(list(walked(read.root))) == 21
    assert "is a key below 20 others" in read.unreadable_reasons[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (4, b"xx"),
        (0, struct.pack("<i", 40)),
        (0, struct.pack("<i", -8)),
        (VALUE_NAME_BYTES, b"\xff\xff"),
    ],
)
def test_a_damaged_value_is_skipped_and_recorded(field: int, value: bytes) -> None:
    damage = Damage()
    damage.put("Services\\a/y", field, value)
    read = damage.opened()
    key = read.key("Services\\a")
    assert key is not None
    assert [found.name for found in key.values()] == ["x", "z"]
    assert read.unreadable_reasons[0].startswith("Services\\a: the cell at 0x")
    assert key.value("z") is not None
    with pytest.raises(UnreadableVolumeError):
        key.value("y")
    with pytest.raises(UnreadableVolumeError):
        key.value("absent")


@pytest.mark.parametrize("count", [4, 1000, 0xFFFFFFFF])
def test_a_list_of_values_that_is_too_short_is_recorded(count: int) -> None:
    damage = Damage()
    damage.put("Services\\a", KEY_VALUES, count)
    read = damage.opened()
    key = read.key("Services\\a")
    assert key is not None
    assert [found.name for found in key.values()][:3] == ["x", "y", "z"]
    assert read.is_partly_unreadable


@pytest.mark.parametrize("where", [NONE, 4, 0x7FFFFFF8])
def test_values_without_a_list_are_unreadable(where: int) -> None:
    damage = Damage()
    damage.put("Services\\a", KEY_VALUE_LIST, where)
    read = damage.opened()
    key = read.key("Services\\a")
    assert key is not None
    assert list(key.values()) == []
    assert read.is_partly_unreadable
    with pytest.raises(UnreadableVolumeError):
        key.value("x")


@pytest.mark.parametrize(
    ("name", "field", "value", "message"),
    [
        ("x", VALUE_SIZE, 0x80000005, "a value has 5 bytes in a field of 4"),
        ("y", VALUE_SIZE, 0x7FFFFFFF, "a value has 2147483647 bytes; values of up to 2097152 bytes are read"),
        ("y", VALUE_SIZE, 100, "has 12 of the 100 bytes of a value"),
        ("y", VALUE_DATA, 0x7FFFFFF8, "ends beyond the"),
        ("z", VALUE_SIZE, 60_000, "lists 3 segments for a value of 60000 bytes"),
        ("z", VALUE_DATA, 0x20, "bytes of a value"),
    ],
)
def test_data_that_is_not_complete_is_unreadable(name: str, field: int, value: int, message: str) -> None:
    damage = Damage()
    damage.put(f"Services\\a/{name}", field, value)
    key = damage.opened().key("Services\\a")
    assert key is not None
    found = key.value(name)
    assert found is not None
    with pytest.raises(UnreadableVolumeError) as raised:
        _ = found.data
    assert message in raised.value.reason


@pytest.mark.parametrize(("field", "data"), [(8, b"\xff" * 4), (8, struct.pack("<I", 0x20)), (4, b"db\3\0\x04\0\0\0")])
def test_big_data_with_a_damaged_list_is_unreadable(field: int, data: bytes) -> None:
    damage = Damage()
    at = 4096 + damage.number("Services\\a/z", VALUE_DATA)
    damage.put_at(at + field, data)
    key = damage.opened().key("Services\\a")
    assert key is not None
    found = key.value("z")
    assert found is not None
    with pytest.raises(UnreadableVolumeError):
        _ = found.data


def test_a_short_segment_of_big_data_is_unreadable() -> None:
    damage = Damage()
    at = 4096 + damage.number("Services\\a/z", VALUE_DATA)
    segments = 4096 + struct.unpack_from("<I", damage.data, at + 8)[0]
    small = struct.unpack_from("<I", damage.data, segments + 4 + 8)[0]  # the last, of 7312 bytes, in place of the first
    damage.put_at(segments + 4, struct.pack("<I", small))
    key = damage.opened().key("Services\\a")
    assert key is not None
    found = key.value("z")
    assert found is not None
    with pytest.raises(UnreadableVolumeError, match=r"bytes of a segment of 16344"):
        _ = found.data


@pytest.mark.parametrize("root", [NONE, 0, 4, 0x7FFFFFF8])
def test_fails_for_a_hive_without_a_root_key(root: int) -> None:
    data = edited(hive(KEYS), 36, struct.pack("<I", root))
    read = Hive.open(MemoryFile(edited(data, 508, b"\0\0\0\0")))
    with pytest.raises(UnreadableVolumeError):
        read.key("Services")
