"""Disk images of tens of GB that take a few MB: made by the usual tools, with holes where their data would be."""

import io
import os
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from pulumi_vmimport.disk import ovf

from . import disks

_MIB = 1 << 20
_PARTITION_BYTES = _MIB
# A grain of what cannot be compressed: more than its 64 KiB, and a whole number of sectors.
_FULL_GRAIN_BYTES = disks.GRAIN_BYTES + disks.SECTOR
_DESCRIPTOR_BYTES = 8192  # whatever sizes it tells
_BLOCK_BYTES = {"vpc": 2 * _MIB, "vhdx": _MIB}
"""A write to each such piece fills the file up: VHD's blocks, and VHDX's smallest."""


def raw(path: Path, capacity_bytes: int) -> Path:
    """A disk with boot code, an MBR and ext4 in its one partition."""
    _sparse(path, capacity_bytes)
    _run("sfdisk", "--quiet", path, text=f"start={_PARTITION_BYTES // disks.SECTOR}, type=83, bootable\n")
    size = (capacity_bytes - 2 * _PARTITION_BYTES) >> 10
    _run("mkfs.ext4", "-q", "-F", "-E", f"offset={_PARTITION_BYTES}", path, f"{size}k")
    with path.open("r+b") as file:
        file.write(b"\xeb\x3c\x90 any code")
    return path


def ova(path: Path, disk: Path, elsewhere: disks.Grain = lambda _: _FULL_GRAIN_BYTES) -> Path:
    """The disk as an OVA with a stream-optimized VMDK all of whose grains are stored.

    Where the disk has no data they are what `elsewhere` gives; default: holes as large as a grain can be.
    """
    capacity = disk.stat().st_size
    with path.open("wb") as file, disk.open("rb") as content:
        began = file.write(_head(0, capacity))
        disks.write(file, capacity, _grain(content, capacity, elsewhere))
        size = file.tell() - began
        file.write(bytes(-size % disks.SECTOR + 2 * disks.SECTOR))
        file.seek(0)
        file.write(_head(size, capacity))
    return path


def stream_optimized(path: Path, disk: Path) -> Path:
    """The disk as a VMDK the way qemu-img writes it: tables before the grains, none for zeros."""
    _run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", disk, path)
    return path


def converted(path: Path, disk: Path, form: str) -> Path:
    """The disk as a dynamic VHD (`vpc`) or VHDX (`vhdx`) all of whose blocks are there."""
    fixed_size = ",force_size=on" if form == "vpc" else ""
    _run("qemu-img", "convert", "-f", "raw", "-O", form, "-o", f"subformat=dynamic{fixed_size}", disk, path)
    block, capacity = _BLOCK_BYTES[form], disk.stat().st_size
    used = {number for start, end in _extents(disk) for number in range(start // block, -(-end // block))}
    writes = (f"write -q -P 1 {number * block} 512" for number in range(capacity // block) if number not in used)
    _run("qemu-io", "-f", form, path, text="\n".join(writes) + "\n")
    return path


def _grain(content: io.BufferedReader, capacity: int, elsewhere: disks.Grain) -> disks.Grain:
    """The disk's own grains where it has data, and around each table."""
    used: set[int] = set()
    for start, end in _extents(Path(content.name)):
        used.update(range(start // disks.GRAIN_BYTES, -(-end // disks.GRAIN_BYTES)))
    last = -(-capacity // disks.GRAIN_BYTES) - 1

    def grain(number: int) -> bytes | int | None:
        if number in used or number == last or number % disks.TABLE_ENTRIES in {0, disks.TABLE_ENTRIES - 1}:
            return zlib.compress(os.pread(content.fileno(), disks.GRAIN_BYTES, number * disks.GRAIN_BYTES), 1)
        return elsewhere(number)

    return grain


def _head(size_bytes: int, capacity_bytes: int) -> bytes:
    """What an OVA has before the bytes of its one disk."""
    machine = ovf.Machine(
        name="web",
        guest_id="ubuntu64Guest",
        firmware=ovf.Firmware.BIOS,
        hardware_version="vmx-13",
        cpus=2,
        memory_mib=4096,
        controllers=(ovf.Controller(1000, ovf.ControllerKind.LSI_LOGIC_SAS, 0),),
        disks=(ovf.Disk("web-disk1.vmdk", size_bytes, capacity_bytes, 1000, 0),),
    )
    descriptor = ovf.descriptor(machine).ljust(_DESCRIPTOR_BYTES, b"\n")
    return _tar_header("web.ovf", len(descriptor)) + descriptor + _tar_header("web-disk1.vmdk", size_bytes)


def _tar_header(name: str, size_bytes: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size_bytes
    return member.tobuf(tarfile.GNU_FORMAT)


def _sparse(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(size_bytes)


def _extents(path: Path) -> Iterator[tuple[int, int]]:
    """Start and end of the parts of a file that are no holes."""
    with path.open("rb") as file:
        end, size = 0, path.stat().st_size
        while end < size:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:  # nothing but a hole is left
                return
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            yield start, end


def _run(*words: str | Path, text: str = "") -> None:
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    ran = subprocess.run(words, env=environment, input=text, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{words[0]} failed: {ran.stdout}{ran.stderr}")
