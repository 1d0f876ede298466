r"""The BCD store: Boot Manager's default entry is Windows, among entries that are not.

Source: "Boot Configuration Data in Windows Vista" (bcd.docx); the layout of a device is that of stores
which bcdedit wrote.
"""

import struct
from dataclasses import dataclass

from pulumi_vmimport_sandbox.windows.registry import Key, Value, binary, dword, string, strings

BOOT_MANAGER = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
FIRMWARE = "{a5a30fa2-3d06-4e9f-b5f4-a01df9d1fcba}"
MEMORY_TEST = "{b2721d73-1db4-4c62-bf78-c548a880142d}"
EMERGENCY_MANAGEMENT = "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"
WINDOWS = "{5a1c0b1e-7e53-11ee-9b2f-806e6f6e6963}"
RECOVERY = "{5a1c0b20-7e53-11ee-9b2f-806e6f6e6963}"
APPLICATION_PATH, APPLICATION_DEVICE, SYSTEM_DEVICE = "12000002", "11000001", "21000001"
DEFAULT_OBJECT, DISPLAY_ORDER, DESCRIPTION = "23000003", "24000001", "12000004"
BOOT_EMS = "16000020"
_PARTITION_DEVICE = 6


@dataclass(frozen=True)
class BootPartition:
    """A partition as a BCD store names it."""

    partition: bytes
    """16 bytes: its GUID, or its offset in bytes"""
    disk: bytes
    """16 bytes: the GUID of the disk, or its signature"""
    is_gpt: bool

    def device(self) -> Value:
        """The value of a device element."""
        style = struct.pack("<II", 0, 0 if self.is_gpt else 1)
        body = struct.pack("<IIII", _PARTITION_DEVICE, 0, 0x48, 0) + self.partition + style + self.disk
        return binary(bytes(16) + body.ljust(0x48, b"\0"))


def boot_configuration(windows: BootPartition, boot: BootPartition, *, is_uefi: bool) -> Key:
    """The store. `boot` is the partition that holds it."""
    suffix = "efi" if is_uefi else "exe"
    root = Key("NewStoreRoot")
    root.set(
        "Description",
        KeyName=string("BCD00000000"),
        System=dword(1),
        TreatAsSystem=dword(1),
    )
    add_object(root, BOOT_MANAGER, 0x10100002)
    set_element(root, BOOT_MANAGER, APPLICATION_DEVICE, boot.device())
    set_element(root, BOOT_MANAGER, DEFAULT_OBJECT, string(WINDOWS))
    set_element(root, BOOT_MANAGER, DISPLAY_ORDER, strings(WINDOWS))
    set_element(root, BOOT_MANAGER, DESCRIPTION, string("Windows Boot Manager"))
    if is_uefi:
        set_element(root, BOOT_MANAGER, APPLICATION_PATH, string(r"\EFI\Microsoft\Boot\bootmgfw.efi"))
        add_object(root, FIRMWARE, 0x10100001)
        set_element(root, FIRMWARE, DISPLAY_ORDER, strings(BOOT_MANAGER))
    add_object(root, RECOVERY, 0x10200003)
    set_element(root, RECOVERY, APPLICATION_PATH, string(rf"\windows\system32\winload.{suffix}"))
    set_element(root, RECOVERY, DESCRIPTION, string("Windows Recovery Environment"))
    add_object(root, MEMORY_TEST, 0x10200005)
    set_element(
        root,
        MEMORY_TEST,
        APPLICATION_PATH,
        string(r"\EFI\Microsoft\Boot\memtest.efi" if is_uefi else r"\boot\memtest.exe"),
    )
    add_object(root, EMERGENCY_MANAGEMENT, 0x20100000)
    set_element(root, EMERGENCY_MANAGEMENT, BOOT_EMS, binary(b"\0"))
    add_object(root, WINDOWS, 0x10200003)
    set_element(root, WINDOWS, APPLICATION_PATH, string(rf"\Windows\system32\winload.{suffix}"))
    set_element(root, WINDOWS, APPLICATION_DEVICE, windows.device())
    set_element(root, WINDOWS, SYSTEM_DEVICE, windows.device())
    set_element(root, WINDOWS, DESCRIPTION, string("Windows 10"))
    return root


def add_object(root: Key, id: str, kind: int) -> None:
    """Add an object of the store."""
    root.set(rf"Objects\{id}\Description", Type=dword(kind))


def set_element(root: Key, id: str, element: str, value: Value) -> None:
    """Set an element of an object."""
    root.set(rf"Objects\{id}\Elements\{element}", Element=value)
