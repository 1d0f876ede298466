"""The hives SAM and SECURITY for tests, laid out as those of Windows."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.unit.disk.registry.hive_writer import BINARY, Values

MACHINE = (1760460187, 1592185332, 161725925)
HASH = b"\x5a\xa5\xc3\x3c" * 4
"""In place of the hash of a password; must not appear anywhere"""


@dataclass(frozen=True)
class User:
    rid: int
    flags: int = 0x210
    password_bytes: int = 0x38
    """Of the encrypted hash with its header: 0, 4 or 18h without a password, 14h or 38h with one"""


def sid(*parts: int) -> bytes:
    return struct.pack(f"<BB6s{len(parts)}I", 1, len(parts), b"\0\0\0\0\0\5", *parts)


def sam(users: Mapping[str, User], administrators: Sequence[bytes]) -> dict[str, Values]:
    keys: dict[str, Values] = {
        "SAM\\Domains\\Account": {"V": (BINARY, bytes(0xCC) + sid(21, *MACHINE))},
        "SAM\\Domains\\Account\\Users\\Names": {},
        "SAM\\Domains\\Builtin\\Aliases\\00000220": {"C": (BINARY, _alias(administrators))},
    }
    for name, user in users.items():
        keys[f"SAM\\Domains\\Account\\Users\\{user.rid:08X}"] = {
            "F": (BINARY, _fixed(user)),
            "V": (BINARY, _variable(name, user)),
        }
        keys[f"SAM\\Domains\\Account\\Users\\Names\\{name}"] = {"": (user.rid, b"")}
    return keys


def security(domain: bytes = b"", dns_name: bytes = b"", netbios_name: str = "WORKGROUP") -> dict[str, Values]:
    short = netbios_name.encode("utf-16-le")
    return {
        "Policy\\PolPrDmS": {"": (0, domain)},
        "Policy\\PolDnDDN": {"": (0, dns_name)},
        "Policy\\PolPrDmN": {"": (0, unicode_string(short))},
    }


def unicode_string(data: bytes) -> bytes:
    return struct.pack("<2HI", len(data), len(data) + 2, 8) + data + b"\0\0"


def _fixed(user: User) -> bytes:
    return struct.pack("<2I40xI4xH22x", 0x10002, 0, user.rid, user.flags)


def _variable(name: str, user: User) -> bytes:
    table = bytearray(0xCC)
    text = name.encode("utf-16-le")
    body = text.ljust(-(-len(text) // 4) * 4, b"\0")
    struct.pack_into("<2I", table, 0x0C, 0, len(text))
    struct.pack_into("<2I", table, 0xA8, len(body), user.password_bytes)
    revision = 2 if user.password_bytes >= 0x18 else 1
    stored = struct.pack("<2H", 2, revision) + HASH * 4
    return bytes(table) + body + stored[: user.password_bytes]


def _alias(members: Sequence[bytes]) -> bytes:
    head = bytearray(0x34)
    name = "Administrators".encode("utf-16-le")
    data = b"".join(members)
    struct.pack_into("<I", head, 0, 544)
    struct.pack_into("<3I", head, 0x28, len(name), len(data), len(members))
    return bytes(head) + name + data
