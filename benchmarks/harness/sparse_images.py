"""Disk images of tens of GB that occupy a few MB on disk: standard tools write them, and their data are holes."""

import io
import os
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from pulumi_vmimport.disk import ovf_writer

from . import vmdk_writer

_MIB = 1 << 20
_PARTITION_BYTES = _MIB
# An incompressible grain takes more than its 64 KiB, rounded up to a whole sector.
_FULL_GRAIN_BYTES = vmdk_writer.GRAIN_BYTES + vmdk_writer.SECTOR
_DESCRIPTOR_BYTES = 8192  # fixed, so that the header can be written before the sizes are known
_BLOCK_BYTES = {"vpc": 2 * _MIB, "vhdx": _MIB}
"""One write in each allocates every block of the file: the block size of VHD and the smallest of VHDX."""


def raw(path: Path, capacity_bytes: int) -> Path:
    """Write a raw disk with boot code, an MBR and one ext4 partition."""
    _sparse(path, capacity_bytes)
    _run("sfdisk", "--quiet", path, text=f"start={_PARTITION_BYTES // vmdk_writer.SECTOR}, type=83, bootable\n")
    size = (capacity_bytes - 2 * _PARTITION_BYTES) >> 10
    _run("mkfs.ext4", "-q", "-F", "-E", f"offset={_PARTITION_BYTES}", path, f"{size}k")
    with path.open("r+b") as file:
        file.write(b"\xeb\x3c\x90 any code")
    return path


def ova(path: Path, disk: Path, unused_grain: vmdk_writer.Grain = lambda _: _FULL_GRAIN_BYTES) -> Path:
    """Write the disk as an OVA with a stream-optimized VMDK that stores every grain.

    `unused_grain` supplies the grains where the disk has no data. Default: holes of the largest size of a grain.
    """
    capacity = disk.stat().st_size
    with path.open("wb") as file, disk.open("rb") as content:
        start = file.write(_head(0, capacity))
        vmdk_writer.write(file, capacity, _grain(content, capacity, unused_grain))
        size = file.tell() - start
        file.write(bytes(-size % vmdk_writer.SECTOR + 2 * vmdk_writer.SECTOR))
        file.seek(0)
        file.write(_head(size, capacity))
    return path


def stream_optimized(path: Path, disk: Path) -> Path:
    """Write the disk as qemu-img's stream-optimized VMDK: tables before the grains, no grain for zeros."""
    _run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", disk, path)
    return path


def dynamic(path: Path, disk: Path, image_format: str) -> Path:
    """Write the disk as a dynamic VHD (`vpc`) or VHDX (`vhdx`) that has every block allocated."""
    fixed_size = ",force_size=on" if image_format == "vpc" else ""
    _run("qemu-img", "convert", "-f", "raw", "-O", image_format, "-o", f"subformat=dynamic{fixed_size}", disk, path)
    block, capacity = _BLOCK_BYTES[image_format], disk.stat().st_size
    used = {number for start, end in _extents(disk) for number in range(start // block, -(-end // block))}
    writes = (f"write -q -P 1 {number * block} 512" for number in range(capacity // block) if number not in used)
    _run("qemu-io", "-f", image_format, path, text="\n".join(writes) + "\n")
    return path


def _grain(content: io.BufferedReader, capacity: int, unused_grain: vmdk_writer.Grain) -> vmdk_writer.Grain:
    """The disk's own grains where it has data, and the first and last of each grain table."""
    used: set[int] = set()
    for start, end in _extents(Path(content.name)):
        used.update(range(start // vmdk_writer.GRAIN_BYTES, -(-end // vmdk_writer.GRAIN_BYTES)))
    last = -(-capacity // vmdk_writer.GRAIN_BYTES) - 1

    def grain(number: int) -> bytes | int | None:
        if number in used or number == last or number % vmdk_writer.TABLE_ENTRIES in {0, vmdk_writer.TABLE_ENTRIES - 1}:
            return zlib.compress(
                os.pread(content.fileno(), vmdk_writer.GRAIN_BYTES, number * vmdk_writer.GRAIN_BYTES), 1
            )
        return unused_grain(number)

    return grain


def _head(size_bytes: int, capacity_bytes: int) -> bytes:
    """Everything in an OVA before the content of its one disk."""
    machine = ovf_writer.Machine(
        name="web",
        guest_id="ubuntu64Guest",
        firmware=ovf_writer.Firmware.BIOS,
        hardware_version="vmx-13",
        cpus=2,
        memory_mib=4096,
        controllers=(ovf_writer.Controller(1000, ovf_writer.ControllerSubtype.LSI_LOGIC_SAS, 0),),
        disks=(ovf_writer.Disk("web-disk1.vmdk", size_bytes, capacity_bytes, 1000, 0),),
    )
    descriptor = ovf_writer.descriptor(machine).ljust(_DESCRIPTOR_BYTES, b"\n")
    return _tar_header("web.ovf", len(descriptor)) + descriptor + _tar_header("web-disk1.vmdk", size_bytes)


def _tar_header(name: str, size_bytes: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size_bytes
    return member.tobuf(tarfile.GNU_FORMAT)


def _sparse(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(size_bytes)


def _extents(path: Path) -> Iterator[tuple[int, int]]:
    """Start and end of each part of a file that is not a hole."""
    with path.open("rb") as file:
        end, size = 0, path.stat().st_size
        while end < size:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:  # only a hole remains
                return
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            yield start, end


def _run(*words: str | Path, text: str = "") -> None:
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    ran = subprocess.run(words, env=environment, input=text, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{words[0]} failed: {ran.stdout}{ran.stderr}")
