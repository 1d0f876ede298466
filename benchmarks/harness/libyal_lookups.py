"""Reads the facts of Windows from an OVA with libyal: the peer of benchmarks/inspect_guest.py.

    python libyal_lookups.py OVA FACTS

Prints JSON: the seconds, without imports, and the number of values that were found. FACTS is windows_facts.toml, whose
keys and values are read, and in addition what takes an enumeration: services, programs, profiles, accounts, network
adapters and the default entry of the BCD store. It runs in a virtual environment with libvmdk, libfsntfs and libregf,
without the library. No reader of the MBR in libyal installs without a compiler, so its four entries are read here.
"""

import io
import json
import struct
import sys
import tarfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyfsntfs
import pyregf
import pyvmdk

_SECTOR = 512
_NTFS = 7
_FOLDER = "\\Windows\\System32\\config"
_BITMAP_RECORD, _LOG_RECORD, _LOG_BYTES = 6, 2, 8192
_FILES = (
    "\\Windows\\System32\\Sysprep\\sysprep.exe",
    "\\Windows\\WinSxS\\pending.xml",
    "\\hiberfil.sys",
    "\\Users\\WorkSpaces_BYOL\\NTUSER.DAT",
    "\\Program Files (x86)\\Teradici\\PCoIP Agent\\uninst.exe",
)
_ENUMERATED = {
    "SYSTEM": (
        ("Services", "ObjectName", "Type"),
        ("Services\\Tcpip\\Parameters\\Interfaces", "EnableDHCP", "IPAddress"),
    ),
    "SOFTWARE": (
        ("Microsoft\\Windows\\CurrentVersion\\Uninstall", "DisplayName"),
        ("Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall", "DisplayName"),
        ("Microsoft\\Windows NT\\CurrentVersion\\ProfileList", "ProfileImagePath"),
        ("Microsoft\\Security Center\\Provider\\Av", "DISPLAYNAME"),
    ),
    "SAM": (("SAM\\Domains\\Account\\Users", "F", "V"), ("SAM\\Domains\\Account\\Users\\Names", "")),
}
_BOOT_MANAGER = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"


class Part(io.RawIOBase):
    """A part of a file-like object."""

    def __init__(self, whole: Any, start: int, size: int) -> None:
        self._whole, self._start, self._size, self._at = whole, start, size, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def get_size(self) -> int:
        """As libyal asks for it."""
        return self._size

    def read(self, size: int = -1) -> bytes:
        length = max(min(self._size - self._at, size if size >= 0 else self._size), 0)
        self._whole.seek(self._start + self._at)
        data: bytes = self._whole.read(length)
        self._at += len(data)
        return data


def main(ova: str, facts: str) -> None:
    """Print the result."""
    catalog = tomllib.loads(Path(facts).read_text(encoding="utf-8"))["fact"]
    start, cpu = time.perf_counter(), time.process_time()
    found = sum(1 for value in look_up(ova, catalog) if value is not None)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "found": found}))


def look_up(ova: str, catalog: list[dict[str, str]]) -> Iterator[object]:
    """Every value."""
    with tarfile.open(ova, "r:") as archive:
        member = next(member for member in archive if member.name.endswith(".vmdk"))
    with Path(ova).open("rb") as file:
        disk = pyvmdk.handle()
        disk.open_file_object(Part(file, member.offset_data, member.size))
        disk.open_extent_data_files_as_file_objects([Part(file, member.offset_data, member.size)])
        boot, *_, windows = volumes(disk)
        yield from _hives(windows, catalog)
        store = _hive(boot, "\\Boot\\BCD")
        default = _value(store.get_key_by_path(f"Objects\\{_BOOT_MANAGER}\\Elements\\23000003"), "Element")
        name = (default or b"").decode("utf-16-le").rstrip("\0")
        yield _value(store.get_key_by_path(f"Objects\\{name}\\Elements\\12000002"), "Element")
        for path in _FILES:
            yield windows.get_file_entry_by_path(path)
        bitmap = windows.get_file_entry(_BITMAP_RECORD)
        yield sum(byte.bit_count() for byte in bitmap.read(bitmap.get_size()))
        yield windows.get_file_entry(_LOG_RECORD).read(_LOG_BYTES)


def volumes(disk: Any) -> list[Any]:
    """The NTFS volumes of the partitions."""
    disk.seek(0)
    table = disk.read(_SECTOR)[446:510]
    found = []
    for kind, first, count in struct.iter_unpack("<4xB3xII", table):
        if kind == _NTFS:
            volume = pyfsntfs.volume()
            volume.open_file_object(Part(disk, first * _SECTOR, count * _SECTOR))
            found.append(volume)
    return found


def _hives(windows: Any, catalog: list[dict[str, str]]) -> Iterator[object]:
    hives = {name: _hive(windows, f"{_FOLDER}\\{name}") for name in ("SYSTEM", "SOFTWARE", "SAM", "SECURITY")}
    for fact in catalog:
        key = hives[fact["hive"]].get_key_by_path(fact["key"].replace("CCS\\", "ControlSet001\\"))
        yield _value(key, fact["name"]) if "name" in fact else key
    for name, lists in _ENUMERATED.items():
        for path, *values in lists:
            key = hives[name].get_key_by_path(f"ControlSet001\\{path}" if name == "SYSTEM" else path)
            for subkey in key.sub_keys if key else ():
                yield from (_value(subkey, value) for value in values)


def _hive(volume: Any, path: str) -> Any:
    hive = pyregf.file()
    hive.open_file_object(volume.get_file_entry_by_path(path))
    return hive


def _value(key: Any, name: str) -> bytes | None:
    value = key.get_value_by_name(name) if key is not None else None
    data: bytes | None = value.data if value is not None else None
    return data


if __name__ == "__main__":
    main(*sys.argv[1:])
