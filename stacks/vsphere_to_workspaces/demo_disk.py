"""A small disk for the demo's virtual machine, made with the tools that make real ones.

It is what a Windows installer leaves in BIOS mode, less Windows: boot code, an MBR with one active partition, NTFS in
it. No root and no loop device are needed. The partitioning is sfdisk's, the file system ntfs-3g's, the boot code is
GRUB's and the VMDK qemu-img's: what reads the disk later is not tried on bytes of its own author.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

# Tool -> the Debian and Ubuntu package it is in.
TOOLS = {"sfdisk": "fdisk", "mkntfs": "ntfs-3g", "qemu-img": "qemu-utils"}
BOOT_CODE = Path("/usr/lib/grub/i386-pc/boot.img")
BOOT_CODE_PACKAGE = "grub-pc-bin"

_SECTOR_BYTES = 512
_FIRST_SECTOR = 2048  # where Windows puts its first partition: 1 MiB from the start
_BOOT_CODE_BYTES = 440  # up to the disk's signature and the partition table
_COPY_BYTES = 1 << 20
_SBIN = ("/usr/sbin", "/sbin")  # not on the PATH of everybody


class DemoDiskError(Exception):
    """The disk cannot be made here; `packages` are those that would help."""

    def __init__(self, message: str, packages: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.packages = packages


def make_disk(path: Path, capacity_gib: int = 70) -> Path:
    """Write a stream-optimized VMDK of that capacity and a few MB to path, which appears when it is complete.

    Raises: DemoDiskError when a tool is missing, naming the Debian packages to install, or when one fails.
    """
    tools = _tools()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as directory:
        partition, disk, vmdk = (Path(directory) / name for name in ("partition", "disk", "vmdk"))
        sectors = (capacity_gib << 30) // _SECTOR_BYTES
        partition_sectors = sectors - 2 * _FIRST_SECTOR
        _sparse(partition, partition_sectors * _SECTOR_BYTES)
        _sparse(disk, sectors * _SECTOR_BYTES)
        # Heads and sectors as Windows counts them, the partition's start as its boot sector must tell it.
        geometry = ["-p", str(_FIRST_SECTOR), "-H", "255", "-S", "63", "-s", str(_SECTOR_BYTES)]
        _run([tools["mkntfs"], "--force", "--quick", "--quiet", "--label", "Windows", *geometry, str(partition)])
        table = f"label: dos\nstart={_FIRST_SECTOR}, size={partition_sectors}, type=7, bootable\n"
        _run([tools["sfdisk"], "--quiet", str(disk)], table)
        _copy_data(partition, disk, _FIRST_SECTOR * _SECTOR_BYTES)
        with disk.open("r+b") as file:
            file.write(BOOT_CODE.read_bytes()[:_BOOT_CODE_BYTES])
        options = "subformat=streamOptimized,adapter_type=lsilogic"
        _run([tools["qemu-img"], "convert", "-O", "vmdk", "-o", options, "-f", "raw", str(disk), str(vmdk)])
        vmdk.replace(path)
    return path


def missing_packages() -> tuple[str, ...]:
    """The packages to install before `make_disk` can work here."""
    missing = [package for tool, package in TOOLS.items() if _which(tool) is None]
    return tuple(missing if BOOT_CODE.is_file() else [*missing, BOOT_CODE_PACKAGE])


def _tools() -> Mapping[str, str]:
    if packages := missing_packages():
        raise DemoDiskError(
            "the demo's disk is made with sfdisk, mkntfs, qemu-img and GRUB's boot code, of which some are not on this"
            f" machine: install them with `apt-get install {' '.join(packages)}`",
            packages,
        )
    return {tool: found for tool in TOOLS if (found := _which(tool)) is not None}


def _which(tool: str) -> str | None:
    return shutil.which(tool, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_SBIN]))


def _run(command: list[str], text: str | None = None) -> None:
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise DemoDiskError(f"{' '.join(command)}: exit {done.returncode}: {done.stdout.strip()}")


def _sparse(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(size_bytes)


def _copy_data(source: Path, target: Path, offset: int) -> None:
    """Copy what a sparse file holds into another one at an offset; its holes, nearly all of it, stay holes."""
    with source.open("rb") as read, target.open("r+b") as write:
        end, size = 0, os.fstat(read.fileno()).st_size
        while end < size:
            try:
                start = os.lseek(read.fileno(), end, os.SEEK_DATA)
            except OSError:
                return  # no data behind `end`
            end = os.lseek(read.fileno(), start, os.SEEK_HOLE)
            for at in range(start, end, _COPY_BYTES):
                os.pwrite(write.fileno(), os.pread(read.fileno(), min(_COPY_BYTES, end - at), at), offset + at)
