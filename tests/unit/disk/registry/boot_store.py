"""BCD stores for tests, laid out as those of Windows."""

import struct
from uuid import UUID

from tests.unit.disk.registry.hive_writer import BINARY, MULTI_SZ, Values, sz, texts

from pulumi_vmimport.disk.registry.bcd import BOOT_MANAGER, EMS_SETTINGS

WINDOWS = "{733b62e5-f608-11eb-825c-c112f60133ab}"
RECOVERY = "{733b62e6-f608-11eb-825c-c112f60133ab}"
LINUX = "{733b62de-f608-11eb-825c-c112f60133ab}"
LOADER_SETTINGS = "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
GLOBAL_SETTINGS = "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
PARTITION, DISK = UUID("8e0f2c38-e4ea-47ba-b7fc-9d8c74dccf0b"), UUID("0b2394a9-095e-487d-8d48-719ecd4d78ca")


def on_gpt(partition: UUID = PARTITION, disk: UUID = DISK) -> bytes:
    head = bytes(16) + struct.pack("<4I", 6, 0, 0x48, 0)
    return head + partition.bytes_le + struct.pack("<2I", 0, 0) + disk.bytes_le + bytes(16)


def on_mbr(signature: int, offset: int) -> bytes:
    head = bytes(16) + struct.pack("<4I", 6, 0, 0x48, 0)
    return head + struct.pack("<2Q2II28x", offset, 0, 0, 1, signature)


def element(object_id: str, number: str, value: tuple[int, bytes]) -> dict[str, Values]:
    return {f"Objects\\{object_id}\\Elements\\{number}": {"Element": value}}


def flag(value: int) -> tuple[int, bytes]:
    return BINARY, bytes([value])


def ids(*values: str) -> tuple[int, bytes]:
    return MULTI_SZ, texts(*values)


def store(loader: str = "\\Windows\\system32\\winload.efi", device: bytes | None = None) -> dict[str, Values]:
    """A store with the entries that a machine has, those that do not count first."""
    where = on_gpt() if device is None else device
    return {
        **element(LINUX, "12000002", sz("\\EFI\\systemd\\systemd-bootx64.efi")),
        **element(RECOVERY, "12000002", sz("\\windows\\system32\\winload.efi")),
        **element(WINDOWS, "11000001", (BINARY, where)),
        **element(WINDOWS, "12000002", sz(loader)),
        **element(WINDOWS, "14000006", ids(LOADER_SETTINGS)),
        **element(WINDOWS, "21000001", (BINARY, where)),
        **element(LOADER_SETTINGS, "14000006", ids(GLOBAL_SETTINGS)),
        **element(GLOBAL_SETTINGS, "14000006", ids(EMS_SETTINGS, LOADER_SETTINGS)),
        **element(EMS_SETTINGS, "16000020", flag(0)),
        **element(BOOT_MANAGER, "23000003", sz(WINDOWS)),
        **element(BOOT_MANAGER, "24000001", ids(LINUX, WINDOWS)),
    }
