import struct
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import run, write_at
from tests.unit.sandbox.windows.hivex_export import export, exported, flat

from pulumi_vmimport_sandbox.windows import Key, Layout, Value, WindowsGuest, binary, dword, qword, string, strings
from pulumi_vmimport_sandbox.windows.accounts import sam
from pulumi_vmimport_sandbox.windows.hive_log import dirty_hive, marvin32
from pulumi_vmimport_sandbox.windows.hive_writer import checksum, write_hive


def _same(root: Key, tmp_path: Path) -> None:
    hive = tmp_path / "hive"
    hive.write_bytes(write_hive(root).file())
    assert exported(hive) == dict(flat(root))


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("name", ["software", "system", "security", "boot"])
def test_hivex_reads_every_key_of_a_guest(layout: Layout, name: str, tmp_path: Path) -> None:
    _same(getattr(WindowsGuest.healthy(layout), name), tmp_path)


def test_hivex_reads_every_account(tmp_path: Path) -> None:
    _same(sam(WindowsGuest.healthy().accounts), tmp_path)


@pytest.mark.parametrize(
    "length", [0, 1, 2, 3, 4, 5, 100, 4000, 16344, 16352, 50_000]
)  # hivex loses a last part of less than 8 bytes
def test_hivex_reads_data_of_any_size(length: int, tmp_path: Path) -> None:
    root = Key("ROOT")
    root.set("Key", Data=binary((bytes(range(1, 256)) * 200)[:length]), After=dword(7))
    _same(root, tmp_path)


@pytest.mark.parametrize("count", [1, 500, 501, 1200])
def test_hivex_reads_any_number_of_keys(count: int, tmp_path: Path) -> None:
    root = Key("ROOT")
    for number in range(count):
        root.set(rf"Many\Name {number}", Number=dword(number))
    _same(root, tmp_path)


def test_hivex_reads_names_and_types_of_any_kind(tmp_path: Path) -> None:
    root = Key("ROOT")
    root.set_named("Größe\\€ and \u0416", {"": Value(500, b""), "ü": qword(5), "€": Value(0xFFFF0012, b"12345")})
    root.set("Texts", Empty=string(""), List=strings("a", "", "b"))
    _same(root, tmp_path)


def test_hivex_adds_a_key_to_a_hive(tmp_path: Path) -> None:
    """It allocates cells, so it depends on the free ones."""
    hive, text = tmp_path / "hive", tmp_path / "added.reg"
    hive.write_bytes(write_hive(WindowsGuest.healthy().system).file())
    text.write_text('Windows Registry Editor Version 5.00\n\n[\\Setup\\Added]\n"x"=dword:00000007\n')
    before = exported(hive)
    run("hivexregedit", "--merge", hive, text)
    assert exported(hive) == {**before, r"Setup\Added": {"x": dword(7)}}


def test_hivex_rejects_another_checksum(tmp_path: Path) -> None:
    hive = tmp_path / "hive"
    hive.write_bytes(write_hive(Key("ROOT")).file())
    exported(hive)
    write_at(hive, 508, bytes(4))
    assert b"hivex_open" in export(hive).stderr


def test_a_hive_that_was_being_written_has_the_old_keys_and_a_log_with_the_pages_that_changed() -> None:
    root = Key("ROOT")
    root.set("Key", State=dword(1))
    old = write_hive(root)
    root.set("Key", State=dword(2))
    new = write_hive(root)
    dirty = dirty_hive(old, new)
    first, second = struct.unpack_from("<II", dirty.file, 4)
    assert first == second + 1
    assert dirty.file[4096:] == old.bins
    assert dirty.log[28:32] == b"\6\0\0\0"
    assert struct.unpack_from("<I", dirty.log, 508)[0] == checksum(dirty.log)
    magic, size, _, _, bins, pages = struct.unpack_from("<4sIIIII", dirty.log, 512)
    assert (magic, size, bins, pages) == (b"HvLE", len(dirty.log) - 512, len(new.bins), 1)
    at, length = struct.unpack_from("<II", dirty.log, 552)
    assert dirty.log[560 : 560 + length] == new.bins[at : at + length]


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0xB39EFCA403966E08), (b"abc", 0xB9CF3DFCA41914F7), (bytes(range(8)), 0xCC43505BF8B531B9)],
)
def test_the_hash_of_log_entries_is_that_of_windows(data: bytes, expected: int) -> None:
    """Values of a program that replays logs which Windows wrote."""
    assert marvin32(data) == expected
