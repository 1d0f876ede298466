"""A Windows guest with registry hives and folders of the size of a real one, as an OVA of any size.

The sandbox makes the guest; here it gets 650 services, 40,000 device properties, 60,000 COM classes and thousands of
files. The rest of the image are holes.
"""

import random
import struct
import tempfile
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from pulumi_vmimport_sandbox.windows import Value, WindowsGuest, dword, expandable, faulty_guest, string
from pulumi_vmimport_sandbox.windows.hive_writer import write_hive
from pulumi_vmimport_sandbox.windows.make_volumes import PLACES, SYSTEM_VOLUME_BYTES, ntfs_volume, system_tree
from pulumi_vmimport_sandbox.windows.volume_template import VolumeTemplate

from . import sparse_images, vmdk_writer

_MIB = 1 << 20
_GRAIN = vmdk_writer.GRAIN_BYTES
_CONFIG = "/Windows/System32/config"
_SERVICES, _DEVICES, _CLASSES, _PROGRAMS, _FILES = 650, 1200, 60_000, 120, 12_000
_PROPERTIES = 32
_DEVICE_PROPERTY = 0xFFFF0012


def guest(*faults: str) -> WindowsGuest:
    """A guest with large hives, and with faults of the sandbox."""
    made = faulty_guest(*faults)
    dice = random.Random(1)  # noqa: S311 - not a secret
    _add_services(made)
    _add_devices(made, dice)
    _add_software(made, dice)
    return made


def without_power(made: WindowsGuest) -> WindowsGuest:
    """The guest as it is when its machine loses power: the last changes of its hives are only in their logs."""
    hives = {"SYSTEM": made.system, "SOFTWARE": made.software}
    before = {name: deepcopy(root) for name, root in hives.items()}
    for number in range(0, _SERVICES, 8):
        made.system.set(rf"ControlSet001\Services\service{number:04}", Start=dword(2))
    for number in range(_PROGRAMS):
        path = rf"Microsoft\Windows\CurrentVersion\Uninstall\{{{number:08X}-1111-2222-3333-444444444444}}"
        made.software.set(path, EstimatedSize=dword(number + 1))
    return replace(made, before_crash=before, is_clean=False)


def template(made: WindowsGuest, directory: Path, run_clusters: int | None = None) -> VolumeTemplate:
    """A volume of C: that has room for the hives of the guest. Its files are contiguous, or in runs of this length."""
    sizes = {
        name: len(write_hive(root).file()) for name, root in (("SYSTEM", made.system), ("SOFTWARE", made.software))
    }
    logs = {f"{_CONFIG}/{name}.LOG1": _MIB for name in sizes}
    hives = {f"{_CONFIG}/{name}": -(-size // _MIB) * _MIB for name, size in sizes.items()}
    files = [
        f"Windows/{'System32' if number % 4 == 0 else f'WinSxS/amd64_{number // 16:05}'}/file{number:05}.dll"
        for number in range(_FILES)
    ]
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        tree = system_tree({**PLACES, **hives, **logs}, files)
        return ntfs_volume(Path(folder), SYSTEM_VOLUME_BYTES, tree, run_clusters=run_clusters)


def write_raw(path: Path, made: WindowsGuest, volume: VolumeTemplate) -> Path:
    """The disk as a sparse raw image."""
    return made.disk(volume).write_file(path)


def ova(path: Path, disk: Path, made: WindowsGuest, volume: VolumeTemplate, size_bytes: int) -> Path:
    """The disk as an OVA of about this size: grains that no file of the guest needs are holes.

    A grain of the guest that is all zeros, as most of the cluster bitmap, is not stored.
    """
    start = made.partitions[-1].start
    zeros = {
        number
        for places in volume.places.values()
        for offset, length in places
        for number in range((start + offset) // _GRAIN, (start + offset + length - 1) // _GRAIN + 1)
    }
    grain_bytes = size_bytes // (disk.stat().st_size // _GRAIN) // vmdk_writer.SECTOR * vmdk_writer.SECTOR
    return sparse_images.ova(path, disk, lambda number: None if number in zeros else grain_bytes)


def _add_services(made: WindowsGuest) -> None:
    for number in range(_SERVICES):
        path = rf"ControlSet001\Services\service{number:04}"
        made.system.set(
            path,
            Start=dword(3),
            Type=dword(0x20),
            ErrorControl=dword(1),
            ImagePath=expandable(rf"%SystemRoot%\system32\svchost.exe -k group{number}"),
            DisplayName=string(f"@%SystemRoot%\\system32\\service{number}.dll,-101"),
            ObjectName=string("LocalSystem"),
        )
        made.system.set(rf"{path}\Parameters", ServiceDll=expandable(rf"%SystemRoot%\system32\service{number}.dll"))


def _add_devices(made: WindowsGuest, dice: random.Random) -> None:
    for number in range(_DEVICES):
        path = rf"ControlSet001\Enum\PCI\VEN_{number:04X}&DEV_{number:04X}\3&{number}\Properties"
        for property_id in range(_PROPERTIES):
            name = rf"{path}\{{83da6326-97a6-4088-9453-a1923f573b29}}\{property_id:04X}"
            made.system.set_named(name, {"": Value(_DEVICE_PROPERTY, dice.randbytes(dice.randrange(8, 120)))})


def _add_software(made: WindowsGuest, dice: random.Random) -> None:
    for number in range(_CLASSES):
        name = rf"Classes\CLSID\{{{dice.getrandbits(32):08x}-{number:08x}-c000-000000000046}}"
        made.software.set_named(name, {"": string(f"Class number {number} of a component")})
        server = rf"C:\Windows\System32\component{number}.dll"
        made.software.set_named(
            rf"{name}\InprocServer32", {"": string(server), "ThreadingModel": string("Both"), "Flags": dword(number)}
        )
    for number in range(_PROGRAMS):
        made.software.set(
            rf"Microsoft\Windows\CurrentVersion\Uninstall\{{{number:08X}-1111-2222-3333-444444444444}}",
            DisplayName=string(f"Program {number}"),
            Publisher=string("Example"),
            EstimatedSize=dword(number),
            InstallDate=string("20250101"),
        )
    rest = struct.pack("<Q", dice.getrandbits(64))
    made.software.set(r"Microsoft\Cryptography", Seed=Value(3, rest))
