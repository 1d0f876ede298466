"""The SAM and SECURITY hives of a guest: its accounts, and that it belongs to no domain.

No password and no hash of one is here: a hash that is set consists of constant bytes. Sources: the structures are those
that Windows 10 has, as published for forensic tools.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_vmimport_sandbox.windows.registry import Key, Value, binary

ADMINISTRATOR, GUEST, WORKSPACES_BYOL = 500, 501, 1001
_MACHINE = (21, 1004336348, 1177238915, 682003330)
_ACCOUNT_DOMAIN = r"SAM\Domains\Account"
_USERS = rf"{_ACCOUNT_DOMAIN}\Users"
_ADMINISTRATORS = r"SAM\Domains\Builtin\Aliases\00000220"
_NORMAL, _DISABLED, _NO_PASSWORD_REQUIRED = 0x10, 0x01, 0x04
_V_HEAD_BYTES, _NAME_AT, _LM_AT, _NT_AT = 0xCC, 0x0C, 0x9C, 0xA8
_EMPTY_HASH_BYTES, _HASH_BYTES = 0x18, 0x38


@dataclass
class Account:
    """A local account."""

    name: str
    rid: int
    is_enabled: bool = True
    has_password: bool = True
    is_administrator: bool = False


def healthy_accounts() -> list[Account]:
    """The accounts of a guest that is ready for BYOL WorkSpaces, with those that Windows disables by default."""
    return [
        Account("Administrator", ADMINISTRATOR, is_administrator=True),
        Account("Guest", GUEST, is_enabled=False, has_password=False),
        Account("DefaultAccount", 503, is_enabled=False, has_password=False),
        Account("WDAGUtilityAccount", 504, is_enabled=False),
        Account("WorkSpaces_BYOL", WORKSPACES_BYOL, is_administrator=True),
    ]


def sam(accounts: Sequence[Account]) -> Key:
    """The SAM hive."""
    root = Key("ROOT")
    root.set(_ACCOUNT_DOMAIN, F=binary(bytes(0xF0)), V=binary(bytes(0x1A0) + _sid(*_MACHINE)))
    root.key(rf"{_USERS}\Names")
    for account in accounts:
        root.set_named(rf"{_USERS}\Names\{account.name}", {"": Value(account.rid, b"")})
        root.set(rf"{_USERS}\{account.rid:08X}", F=binary(_flags(account)), V=binary(_variables(account)))
    members = [_member(account.rid) for account in accounts if account.is_administrator]
    head = bytearray(0x34)
    struct.pack_into("<I", head, 0, 0x220)
    struct.pack_into("<III", head, 0x28, 0, sum(map(len, members)), len(members))
    root.set(_ADMINISTRATORS, C=binary(bytes(head) + b"".join(members)))
    return root


def security(domain_sid: bytes = b"", netbios_name: str = "WORKGROUP", dns_name: str = "") -> Key:
    """The SECURITY hive; without a domain SID the guest is in a workgroup."""
    root = Key("ROOT")
    root.set_named(r"Policy\PolPrDmS", {"": Value(0, domain_sid)})
    for key, text in (("PolPrDmN", netbios_name), ("PolDnDDN", dns_name)):
        name = text.encode("utf-16-le")
        head = struct.pack("<HHI", len(name), len(name) + 2, 8)
        root.set_named(rf"Policy\{key}", {"": Value(0, head + name + b"\0\0")})
    root.set_named(r"Policy\PolAcDmS", {"": Value(0, _sid(*_MACHINE))})
    return root


def domain_sid() -> bytes:
    """The SID of some domain: 24 bytes."""
    return _sid(21, 397955417, 626881126, 188441444)


def _flags(account: Account) -> bytes:
    flags = bytearray(0x50)
    struct.pack_into("<I", flags, 0x30, account.rid)
    without_password = 0 if account.has_password else _NO_PASSWORD_REQUIRED
    struct.pack_into("<H", flags, 0x38, _NORMAL | (0 if account.is_enabled else _DISABLED) | without_password)
    return bytes(flags)


def _variables(account: Account) -> bytes:
    """The head has (offset, length, 0) of each part."""
    name = account.name.encode("utf-16-le")
    lm_at = -(-len(name) // 4) * 4
    nt_at = lm_at + _EMPTY_HASH_BYTES
    nt_bytes = _HASH_BYTES if account.has_password else _EMPTY_HASH_BYTES
    head = bytearray(_V_HEAD_BYTES)
    struct.pack_into("<II", head, _NAME_AT, 0, len(name))
    struct.pack_into("<II", head, _LM_AT, lm_at, _EMPTY_HASH_BYTES)
    struct.pack_into("<II", head, _NT_AT, nt_at, nt_bytes)
    empty = struct.pack("<HHI", 0, 2, 0).ljust(_EMPTY_HASH_BYTES, b"\0")
    hashed = struct.pack("<HHI", 2, 2, 0x10).ljust(nt_bytes, b"\x5a") if account.has_password else empty
    return bytes(head) + name.ljust(lm_at, b"\0") + empty + hashed


def _member(rid: int) -> bytes:
    return _sid(*_MACHINE, rid)


def _sid(*parts: int) -> bytes:
    return struct.pack(">BBHI", 1, len(parts), 0, 5) + struct.pack(f"<{len(parts)}I", *parts)
