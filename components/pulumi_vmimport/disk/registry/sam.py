r"""Local accounts of the hive SAM: names and flags. Hashes of passwords are neither returned nor kept.

The layout of the values F, V and C is not published; tools such as chntpw and impacket agree on it.
"""

import struct
from dataclasses import dataclass
from functools import cached_property

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.disk.registry.hive import Hive, Key
from pulumi_vmimport.disk.registry.registry_text import folded
from pulumi_vmimport.disk.registry.security_identifier import sid_text, sids

ACCOUNTS = "SAM\\Domains\\Account"
USERS = f"{ACCOUNTS}\\Users"
ADMINISTRATORS = "SAM\\Domains\\Builtin\\Aliases\\00000220"

_NAMES = "Names"
_FLAGS_AT, _DISABLED, _NEEDS_NO_PASSWORD, _LOCKED = 0x38, 0x0001, 0x0004, 0x0400
_PASSWORD_SIZE_AT = 0xAC
# The encrypted NT hash has a header of 4 bytes, or since Windows 10 1607 one of 24 bytes.
_IS_EMPTY: dict[int | None, bool] = {0: True, 4: True, 0x18: True, 0x14: False, 0x38: False}
_MACHINE_SID_BYTES = 24
_MEMBERS_AT, _MEMBERS_BASE = 0x28, 0x34


@dataclass(frozen=True)
class LocalAccount:
    """A user account of the machine."""

    name: str
    rid: int
    """The last part of its SID; 500 is the built-in Administrator, whatever its name is"""
    is_disabled: bool | None
    """None if unknown, as for the following"""
    is_locked: bool | None
    """Whether it is locked after wrong passwords"""
    needs_no_password: bool | None
    """Whether its password may be empty; it may have one nevertheless"""
    has_empty_password: bool | None
    key_path: str
    r"""Its key in the hive: the flags are in the value F, the size of the password's hash in the value V"""


@dataclass(frozen=True)
class LocalAccounts:
    """The accounts of the hive SAM."""

    accounts: tuple[LocalAccount, ...]
    machine_sid: str | None
    """The SID of the machine; with `-` and the RID that of an account. None if unknown"""
    administrator_sids: tuple[str, ...] | None
    r"""The members of the group Administrators, also accounts and groups of a domain; None if unknown.

    The evidence is the value C of `SAM\Domains\Builtin\Aliases\00000220`.
    """

    def account(self, name: str) -> LocalAccount | None:
        """The account with this name, whose case does not matter; None if it does not exist."""
        return self._by_name.get(folded(name))

    def is_administrator(self, account: LocalAccount) -> bool | None:
        """Whether an account is itself a member of Administrators; None if unknown."""
        if self.machine_sid is None or self.administrator_sids is None:
            return None
        return f"{self.machine_sid}-{account.rid}" in self.administrator_sids

    @cached_property
    def _by_name(self) -> dict[str, LocalAccount]:
        return {folded(account.name): account for account in self.accounts}


def read_accounts(sam: Hive) -> LocalAccounts:
    """The local accounts. What cannot be read of one is None, and the reason is recorded in the hive.

    Raises: UnreadableVolumeError, also if the hive has no accounts; what the source of the image raises.
    """
    domain, users = sam.key(ACCOUNTS), sam.key(USERS)
    names = users.key(_NAMES) if users is not None else None
    if domain is None or users is None or names is None:
        raise UnreadableVolumeError(sam.path, f"{USERS}\\{_NAMES} does not exist")
    return LocalAccounts(
        tuple(account for name in names.subkeys() if (account := _account(sam, users, name)) is not None),
        sid_text(_data(sam, domain, "V")[-_MACHINE_SID_BYTES:]),
        _members(sam),
    )


def _account(sam: Hive, users: Key, name: Key) -> LocalAccount | None:
    try:
        rid, key = _user(sam, users, name)
    except UnreadableVolumeError as error:
        sam.add_unreadable(printable(error.reason))
        return None
    flags = _number(_data(sam, key, "F"), _FLAGS_AT, "<H")
    size = _number(_data(sam, key, "V"), _PASSWORD_SIZE_AT, "<I")
    return LocalAccount(
        name=name.name,
        rid=rid,
        is_disabled=None if flags is None else bool(flags & _DISABLED),
        is_locked=None if flags is None else bool(flags & _LOCKED),
        needs_no_password=None if flags is None else bool(flags & _NEEDS_NO_PASSWORD),
        has_empty_password=_IS_EMPTY.get(size),
        key_path=key.path,
    )


def _user(sam: Hive, users: Key, name: Key) -> tuple[int, Key]:
    """The account id, which is the type of a value without data, and the key of the account."""
    default = name.value()
    if default is None:
        raise UnreadableVolumeError(sam.path, f"{name.path} has no account id")
    key = users.key(f"{default.type:08X}")
    if key is None:
        raise UnreadableVolumeError(sam.path, f"{users.path}\\{default.type:08X} does not exist")
    return default.type, key


def _members(sam: Hive) -> tuple[str, ...] | None:
    try:
        alias = sam.key(ADMINISTRATORS)
    except UnreadableVolumeError as error:
        sam.add_unreadable(error.reason)
        return None
    data = _data(sam, alias, "C") if alias is not None else b""
    if len(data) < _MEMBERS_BASE:
        return None
    offset, length, count = struct.unpack_from("<3I", data, _MEMBERS_AT)
    members = tuple(sids(data[_MEMBERS_BASE + offset :][:length]))
    return members if len(members) == count else None


def _data(sam: Hive, key: Key, name: str) -> bytes:
    try:
        value = key.value(name)
        data = value.data if value is not None else b""
    except UnreadableVolumeError as error:
        sam.add_unreadable(f"{key.path}\\{name}: {error.reason}")
        return b""
    return data


def _number(data: bytes, at: int, kind: str) -> int | None:
    return int(struct.unpack_from(kind, data, at)[0]) if at + struct.calcsize(kind) <= len(data) else None
