"""Makes the volumes of Windows guests with standard tools: `python -m pulumi_vmimport_sandbox.windows.make_volumes`.

It needs Debian's ntfs-3g, wimtools, dosfstools and mtools, and no root privileges. wimlib applies a tree to an NTFS
volume that is not mounted. A file whose content differs from guest to guest is filled with sectors that name it, so its
clusters are found in the finished volume, however fragmented it is; then they are cleared. A file that only some guests
have gets a name that occurs nowhere else, so its name is found too.

The volumes have the names and sizes of Windows' files, and nothing of Windows.
"""

import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pulumi_vmimport_sandbox.windows.sparse_bytes import BLOCK_BYTES
from pulumi_vmimport_sandbox.windows.volume_template import STORED, Place, VolumeTemplate, store

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
CONFIG = "/Windows/System32/config"
STATUS_FILE = "/ProgramData/pulumi-vmimport/status.json"
"""What the unattended preparation says about itself"""
SYSTEM_VOLUME_BYTES = 63 * GIB
PAGE_FILE_BYTES = 1 * GIB
PLACES = {
    f"{CONFIG}/SYSTEM": 256 * KIB,
    f"{CONFIG}/SYSTEM.LOG1": 256 * KIB,
    f"{CONFIG}/SYSTEM.LOG2": 4 * KIB,
    f"{CONFIG}/SOFTWARE": 256 * KIB,
    f"{CONFIG}/SOFTWARE.LOG1": 256 * KIB,
    f"{CONFIG}/SOFTWARE.LOG2": 4 * KIB,
    f"{CONFIG}/SAM": 64 * KIB,
    f"{CONFIG}/SECURITY": 32 * KIB,
    "/Boot/BCD": 32 * KIB,
    "/Windows/System32/ntoskrnl.exe": 4 * KIB,
    "/Windows/System32/winload.exe": 4 * KIB,
    "/Windows/System32/winload.efi": 4 * KIB,
    "/hiberfil.sys": 4 * KIB,
    STATUS_FILE: 4 * KIB,
}
"""The files of the system volume whose content a guest decides, with their sizes"""
SWITCHES = {
    "/Windows/System32/Sysprep/sysprep.exe": True,
    "/Users/WorkSpaces_BYOL/NTUSER.DAT": True,
    "/Boot/BCD": False,
    "/hiberfil.sys": False,
    STATUS_FILE: False,
    "/Windows/WinSxS/pending.xml": False,
    "/Windows/Panther/unattend.xml": False,
    "/Program Files (x86)/Teradici/PCoIP Agent/uninst.exe": False,
}
"""Files that a guest has or not; whether a healthy one has them. An absent one has a `_` as its last character."""
_FOLDERS = (
    *("Boot/en-US", "PerfLogs", "ProgramData/Microsoft/Windows", "Program Files/Common Files"),
    *("Program Files (x86)/Common Files", "Users/Default/AppData", "Users/Public/Documents"),
    *("Users/WorkSpaces_BYOL/AppData/Local", "Windows/Fonts", "Windows/Logs/CBS", "Windows/System32/Tasks"),
    *("Windows/System32/wbem", "Windows/System32/WindowsPowerShell/v1.0", "Windows/SystemApps"),
)
_FILES = (
    *("bootmgr", "BOOTNXT", "pagefile.sys", "Profiles/builder/NTUSER.DAT", "Users/Default/NTUSER.DAT"),
    *("Windows/explorer.exe", "Windows/regedit.exe", "Windows/System32/hal.dll", "Windows/System32/config/DEFAULT"),
    *("Windows/System32/drivers/ntfs.sys", "Windows/System32/drivers/storport.sys"),
    *("Windows/System32/en-US/kernel32.dll.mui", "ProgramData/pulumi-vmimport/prepare.jsonl"),
)
_SYSTEM32_FILES, _WINSXS_FOLDERS = 240, 60
_PRIVATE_USE, _NAME_COPIES = 0xE000, 2
_TAG, _SECTOR_BYTES = b"place:", 512
_RECORD_BYTES, _DATA_ATTRIBUTE, _END = 1024, 0x80, 0xFFFFFFFF
_LOG_FILE, _BITMAP = 2, 6
_ESP_BYTES, _RESERVED_BYTES = 100 * MIB, 50 * MIB


def main() -> None:
    """Replace the stored templates."""
    with tempfile.TemporaryDirectory() as directory:
        made = make_templates(Path(directory))
    STORED.write_bytes(store(made))
    print(f"{STORED.name}: {STORED.stat().st_size} bytes")  # noqa: T201 - the result of the command


def make_templates(directory: Path) -> dict[str, VolumeTemplate]:
    """Every template that the package has."""
    boot = Tree({"/Boot/BCD": 32 * KIB}, ("bootmgr", "BOOTNXT"), label="System Reserved")
    return {
        "system": ntfs_volume(directory, SYSTEM_VOLUME_BYTES, system_tree()),
        "system-fragmented": ntfs_volume(directory, SYSTEM_VOLUME_BYTES, system_tree(), run_clusters=1),
        "system-reserved": ntfs_volume(directory, _RESERVED_BYTES, boot),
        "esp": _esp(directory),
    }


@dataclass(frozen=True)
class Tree:
    """The files of a volume."""

    places: Mapping[str, int]
    files: Sequence[str] = ()
    folders: Sequence[str] = ()
    switches: Mapping[str, bool] = field(default_factory=dict)
    label: str = "Windows"

    def write(self, directory: Path, names: Mapping[str, str]) -> None:
        """Write the tree. `names` has other paths for some of its files."""
        for folder in self.folders:
            (directory / folder).mkdir(parents=True, exist_ok=True)
        contents = dict.fromkeys(self.files, b"MZ")
        for number, (name, size) in enumerate(self.places.items()):
            sectors = (_TAG + struct.pack("<II", number, at) for at in range(0, size, _SECTOR_BYTES))
            contents[name.removeprefix("/")] = b"".join(sector.ljust(_SECTOR_BYTES, b"\xee") for sector in sectors)
        for name, content in contents.items():
            path = directory / names.get(f"/{name}", name).removeprefix("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def system_tree(places: Mapping[str, int] = PLACES, more_files: Sequence[str] = ()) -> Tree:
    """The files of C:."""
    files = (
        *_FILES,
        *(name.removeprefix("/") for name in SWITCHES if name not in places),
        *(f"Windows/System32/component{number:03}.dll" for number in range(_SYSTEM32_FILES)),
        *(f"Windows/WinSxS/amd64_component-{number:03}/file.dll" for number in range(_WINSXS_FOLDERS)),
        *more_files,
    )
    return Tree(places, files, _FOLDERS, SWITCHES)


def ntfs_volume(directory: Path, size_bytes: int, tree: Tree, *, run_clusters: int | None = None) -> VolumeTemplate:
    """An NTFS volume; its page file gets its size.

    `run_clusters` is the length of the parts in which files are scattered over the volume: 1, 2, 4 or a multiple of 8.
    Default: files are contiguous.
    """
    source, volume, archive = (directory / name for name in ("tree", "volume", "tree.wim"))
    names = {path: _unique_name(path, number) for number, path in enumerate(tree.switches)}
    tree.write(source, names)
    with volume.open("wb") as file:
        file.truncate(size_bytes)
    _run("mkntfs", "-F", "-Q", "-q", "-p", "2048", "-H", "255", "-S", "63", "-s", "512", "-L", tree.label, volume)
    bitmap = _record_place(volume, _BITMAP)
    occupied = _every_second_run(run_clusters, bitmap[1]) if run_clusters else bytes(bitmap[1])
    before = _occupy(volume, bitmap, occupied)
    configuration = directory / "capture.ini"  # by default it leaves out hiberfil.sys and pagefile.sys
    configuration.write_text("[ExclusionList]\n")
    _run("wimlib-imagex", "capture", source, archive, "--compress=none", "--no-acls", f"--config={configuration}")
    shutil.rmtree(source)
    _run("wimlib-imagex", "apply", archive, "1", volume)
    _release(volume, bitmap, occupied, before)
    if "pagefile.sys" in tree.files:
        _run("ntfsfallocate", "-f", "-l", str(PAGE_FILE_BYTES), volume, "pagefile.sys")
    log_file = _record_place(volume, _LOG_FILE)
    found = _cleared(volume, tree.places)
    with volume.open("r+b") as file:  # mkntfs fills it with FFh
        for at in range(log_file[0], sum(log_file), MIB):
            os.pwrite(file.fileno(), bytes(min(MIB, sum(log_file) - at)), at)
    found |= {"$LogFile": (log_file,), "$Bitmap": (bitmap,)}
    ends = {path: tuple(_name_ends(volume, name)) for path, name in names.items()}
    assert all(len(copies) == _NAME_COPIES for copies in ends.values()), ends  # noqa: S101
    switches = {path: (ends[path], exists) for path, exists in tree.switches.items()}
    return VolumeTemplate(size_bytes, _blocks(volume), found, switches)


def _esp(directory: Path) -> VolumeTemplate:
    """An EFI system partition, FAT32."""
    sizes = {"Microsoft/Boot/BCD": 32 * KIB, "Microsoft/Boot/bootmgfw.efi": 4 * KIB, "Boot/bootx64.efi": 4 * KIB}
    volume, places = directory / "esp", {f"/EFI/{name}": size for name, size in sizes.items()}
    with volume.open("wb") as file:
        file.truncate(_ESP_BYTES)
    _run("mkfs.vfat", "-F", "32", "-s", "1", "-n", "SYSTEM", volume)
    tree = directory / "efi"
    Tree(places, folders=("EFI/Microsoft/Recovery",)).write(tree, {})
    _run("mcopy", "-s", "-i", volume, tree / "EFI", "::")
    found = _cleared(volume, places)
    return VolumeTemplate(_ESP_BYTES, _blocks(volume), found)


def _cleared(volume: Path, places: Mapping[str, int]) -> dict[str, tuple[Place, ...]]:
    """Find the tagged sectors and clear them."""
    names = list(places)
    sectors: dict[str, dict[int, int]] = {name: {} for name in names}
    with volume.open("r+b") as file:
        for start, data in _data(volume):
            for at in range(0, len(data), _SECTOR_BYTES):
                if data.startswith(_TAG, at):
                    number, offset = struct.unpack_from("<II", data, at + len(_TAG))
                    sectors[names[number]][offset] = start + at
                    os.pwrite(file.fileno(), bytes(_SECTOR_BYTES), start + at)
    found = {name: tuple(_runs(sectors[name])) for name in names}
    assert {name: sum(length for _, length in runs) for name, runs in found.items()} == dict(places)  # noqa: S101
    return found


def _unique_name(path: str, number: int) -> str:
    """The path with a last character that no other path has, so that the volume can be searched for the name."""
    return path[:-1] + chr(_PRIVATE_USE + number)


def _name_ends(volume: Path, path: str) -> Iterator[int]:
    """Where the last character of a name is: in its record, and in the index of its folder."""
    name = path.rpartition("/")[2].encode("utf-16-le")
    for start, data in _data(volume):
        at = data.find(name)
        while at >= 0:
            yield start + at + len(name) - 2
            at = data.find(name, at + 1)


def _runs(sectors: Mapping[int, int]) -> Iterator[Place]:
    start = length = 0
    for _, at in sorted(sectors.items()):
        if length and at != start + length:
            yield start, length
            length = 0
        start = start if length else at
        length += _SECTOR_BYTES
    yield start, length


def _data(volume: Path) -> Iterator[tuple[int, bytes]]:
    """What is not a hole, in parts of up to 1 MiB."""
    with volume.open("rb") as file:
        end, size = 0, volume.stat().st_size
        while end < size:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:  # only a hole remains
                return
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            for at in range(start, end, MIB):
                yield at, os.pread(file.fileno(), min(MIB, end - at), at)


def _blocks(volume: Path) -> dict[int, bytes]:
    return {
        (start + at) // BLOCK_BYTES: block
        for start, data in _data(volume)
        for at in range(0, len(data), BLOCK_BYTES)
        if any(block := data[at : at + BLOCK_BYTES])
    }


def _record_place(volume: Path, number: int) -> Place:
    """The one run of the data of a system file, which mkntfs stores together."""
    with volume.open("rb") as file:
        boot = os.pread(file.fileno(), 512, 0)
        (table,) = struct.unpack_from("<Q", boot, 48)
        record = os.pread(file.fileno(), _RECORD_BYTES, table * BLOCK_BYTES + number * _RECORD_BYTES)
    (at,) = struct.unpack_from("<H", record, 20)
    while (kind := struct.unpack_from("<I", record, at)[0]) != _DATA_ATTRIBUTE:
        assert kind != _END  # noqa: S101
        at += struct.unpack_from("<I", record, at + 4)[0]
    (runs,), (size,) = struct.unpack_from("<H", record, at + 32), struct.unpack_from("<Q", record, at + 48)
    sizes = record[at + runs]
    start = at + runs + 1 + (sizes & 0xF)
    first = int.from_bytes(record[start : start + (sizes >> 4)], "little")
    assert record[start + (sizes >> 4)] == 0, "expected one run"  # noqa: S101
    return first * BLOCK_BYTES, size


def _every_second_run(clusters: int, length: int) -> bytes:
    """A bitmap in which runs of so many free and used clusters alternate."""
    pattern = {1: b"\x55", 2: b"\xcc", 4: b"\xf0"}.get(clusters) or bytes(clusters // 8) + b"\xff" * (clusters // 8)
    return (pattern * (length // len(pattern) + 1))[:length]


def _occupy(volume: Path, bitmap: Place, occupied: bytes) -> bytes:
    """Mark clusters as used. Returns the bitmap as it was."""
    with volume.open("r+b") as file:
        before = os.pread(file.fileno(), bitmap[1], bitmap[0])
        os.pwrite(file.fileno(), bytes(old | more for old, more in zip(before, occupied, strict=True)), bitmap[0])
    return before


def _release(volume: Path, bitmap: Place, occupied: bytes, before: bytes) -> None:
    """Mark as free what was only occupied to scatter files; what they use stays used."""
    with volume.open("r+b") as file:
        now = os.pread(file.fileno(), bitmap[1], bitmap[0])
        freed = bytes(used & ~more | old for used, more, old in zip(now, occupied, before, strict=True))
        os.pwrite(file.fileno(), freed, bitmap[0])


def _run(*command: str | Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
        "LC_ALL": "C.UTF-8",
        "MTOOLS_SKIP_CHECK": "1",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
