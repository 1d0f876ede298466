import pickle

import pytest
from tests.unit.disk.registry.accounts import HASH, MACHINE, User, sam, sid
from tests.unit.disk.registry.hive_writer import BINARY, HiveWriter, MemoryFile, Values, edited, hive

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.hive import Hive
from pulumi_vmimport.disk.registry.sam import LocalAccount, LocalAccounts, read_accounts

USERS = "SAM\\Domains\\Account\\Users"
ADMINISTRATORS = "SAM\\Domains\\Builtin\\Aliases\\00000220"
MEMBERS = (sid(21, *MACHINE, 500), sid(21, *MACHINE, 1001), sid(21, 1, 2, 3, 512))
NAMED = {
    "Administrator": User(500, flags=0x211),
    "Guest": User(501, flags=0x215, password_bytes=0x18),
    "WorkSpaces_BYOL": User(1001),
}


def opened(keys: dict[str, Values]) -> Hive:
    return Hive.open(MemoryFile(hive(keys), "\\Windows\\System32\\config\\SAM"))


def read(keys: dict[str, Values]) -> LocalAccounts:
    return read_accounts(opened(keys))


def account(found: LocalAccounts, name: str) -> LocalAccount:
    result = found.account(name)
    assert result is not None
    return result


def test_accounts_have_their_flags() -> None:
    found = read(sam(NAMED, MEMBERS))
    assert [account.name for account in found.accounts] == ["Administrator", "Guest", "WorkSpaces_BYOL"]
    administrator, guest, byol = found.accounts
    assert (administrator.rid, administrator.is_disabled, administrator.needs_no_password) == (500, True, False)
    assert (guest.rid, guest.is_disabled, guest.needs_no_password) == (501, True, True)
    assert (byol.rid, byol.is_disabled, byol.is_locked) == (1001, False, False)
    assert byol.key_path == f"{USERS}\\000003E9"
    locked = read(sam({"user": User(1000, flags=0x610)}, ()))
    assert locked.accounts[0].is_locked


@pytest.mark.parametrize("name", ["workspaces_byol", "WORKSPACES_BYOL"])
def test_the_case_of_an_account_does_not_matter(name: str) -> None:
    assert account(read(sam(NAMED, MEMBERS)), name).rid == 1001
    assert read(sam(NAMED, MEMBERS)).account("WorkSpaces") is None


@pytest.mark.parametrize(
    ("size", "is_empty"), [(0, True), (4, True), (0x18, True), (0x14, False), (0x38, False), (0x10, None)]
)
def test_the_size_of_the_hash_shows_whether_the_password_is_empty(size: int, is_empty: bool | None) -> None:
    found = read(sam({"user": User(1000, flags=0x14, password_bytes=size)}, ()))
    assert found.accounts[0].has_empty_password is is_empty


def test_no_hash_is_kept() -> None:
    keys = sam(NAMED, MEMBERS)
    assert any(HASH in data for values in keys.values() for _, data in values.values())
    assert HASH not in pickle.dumps(read(keys))


def test_administrators_are_members_by_their_sid() -> None:
    found = read(sam(NAMED, MEMBERS))
    assert found.machine_sid == "S-1-5-21-1760460187-1592185332-161725925"
    assert found.administrator_sids == (f"{found.machine_sid}-500", f"{found.machine_sid}-1001", "S-1-5-21-1-2-3-512")
    assert found.is_administrator(account(found, "WorkSpaces_BYOL"))
    assert not found.is_administrator(account(found, "Guest"))
    foreign = read(sam(NAMED, [sid(21, 1, 2, 3, 1001)]))
    assert not foreign.is_administrator(account(foreign, "WorkSpaces_BYOL"))


@pytest.mark.parametrize("missing", [f"{ADMINISTRATORS}/C", "SAM\\Domains\\Account/V"])
def test_membership_is_unknown_if_the_group_or_the_sid_of_the_machine_is(missing: str) -> None:
    keys = sam(NAMED, MEMBERS)
    keys[missing.partition("/")[0]] = {}
    found = read(keys)
    assert found.is_administrator(account(found, "WorkSpaces_BYOL")) is None


def test_members_that_do_not_match_their_number_are_unknown() -> None:
    keys = sam(NAMED, MEMBERS)
    data = keys[ADMINISTRATORS]["C"][1]
    for changed in (data[:-4], edited(data, 0x30, b"\4"), data[:0x33], edited(data, 0x28, b"\xff" * 12)):
        assert read({**keys, ADMINISTRATORS: {"C": (BINARY, changed)}}).administrator_sids is None


def test_short_values_of_an_account_make_it_unknown() -> None:
    keys = sam(NAMED, MEMBERS)
    keys[f"{USERS}\\000003E9"] = {"F": (BINARY, bytes(0x39)), "V": (BINARY, bytes(0xAF))}
    byol = account(read(keys), "WorkSpaces_BYOL")
    assert (byol.is_disabled, byol.has_empty_password) == (None, None)


def test_a_damaged_account_does_not_hide_the_others() -> None:
    keys = sam(NAMED, MEMBERS)
    writer = HiveWriter(keys)
    data = writer.written()
    damaged = edited(data, writer.cells[f"{USERS}\\000001F5/V"], b"\x10\0\0\0")
    found_hive = Hive.open(MemoryFile(damaged, "SAM"))
    found = read_accounts(found_hive)
    assert [(user.name, user.has_empty_password) for user in found.accounts] == [
        ("Administrator", False),
        ("Guest", None),
        ("WorkSpaces_BYOL", False),
    ]
    assert found_hive.unreadable_reasons[0].startswith(f"{USERS}\\000001F5\\V: the cell at 0x")


def test_a_name_without_its_account_is_recorded() -> None:
    keys = sam(NAMED, MEMBERS)
    del keys[f"{USERS}\\000001F5"]
    keys[f"{USERS}\\Names\\nameless"] = {}
    found_hive = opened(keys)
    assert [user.name for user in read_accounts(found_hive).accounts] == ["Administrator", "WorkSpaces_BYOL"]
    assert found_hive.unreadable_reasons == (
        f"{USERS}\\000001F5 does not exist",
        f"{USERS}\\Names\\nameless has no account id",
    )


def test_fails_for_a_hive_without_accounts() -> None:
    with pytest.raises(UnreadableVolumeError, match=r"Users\\Names does not exist"):
        read({"Policy": {}})
