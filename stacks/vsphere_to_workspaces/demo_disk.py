"""Create a small disk for the demo's virtual machine with standard disk tools.

The disk has the layout that a Windows installer creates in BIOS mode, without Windows: boot code and an MBR with one
active NTFS partition. Neither root privileges nor a loop device are required. sfdisk, ntfs-3g, GRUB and qemu-img create
the partition table, the file system, the boot code and the VMDK, so the disk readers of the library are tested with
bytes that they did not produce.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

# Tool -> its Debian and Ubuntu package.
TOOLS = {"sfdisk": "fdisk", "mkntfs": "ntfs-3g", "qemu-img": "qemu-utils"}
BOOT_CODE = Path("/usr/lib/grub/i386-pc/boot.img")
BOOT_CODE_PACKAGE = "grub-pc-bin"

_SECTOR_BYTES = 512
_FIRST_SECTOR = 2048  # the start of the first partition in Windows: 1 MiB
_BOOT_CODE_BYTES = 440  # excludes the disk signature and the partition table
_COPY_BYTES = 1 << 20
_SBIN = ("/usr/sbin", "/sbin")  # not on every user's PATH


class DemoDiskError(Exception):
    """The disk cannot be created on this machine; `packages` are the packages to install."""

    def __init__(self, message: str, packages: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.packages = packages


def make_disk(path: Path, capacity_gib: int = 70) -> Path:
    """Create a stream-optimized VMDK with the given capacity and a file size of a few MB.

    The file appears only when it is complete.

    Raises:
        DemoDiskError: A tool is missing or failed. If one is missing, the message names the packages to install.
    """
    tools = _tools()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as directory:
        partition, disk, vmdk = (Path(directory) / name for name in ("partition", "disk", "vmdk"))
        sectors = (capacity_gib << 30) // _SECTOR_BYTES
        partition_sectors = sectors - 2 * _FIRST_SECTOR
        _sparse(partition, partition_sectors * _SECTOR_BYTES)
        _sparse(disk, sectors * _SECTOR_BYTES)
        # The CHS geometry of Windows, and the partition's start, which its boot sector must contain.
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
    """The packages that `make_disk` needs and that are not installed."""
    missing = [package for tool, package in TOOLS.items() if _which(tool) is None]
    return tuple(missing if BOOT_CODE.is_file() else [*missing, BOOT_CODE_PACKAGE])


def _tools() -> Mapping[str, str]:
    if packages := missing_packages():
        raise DemoDiskError(
            "cannot create the demo's disk: sfdisk, mkntfs, qemu-img or GRUB's boot code is missing; "
            f"run apt-get install {' '.join(packages)}",
            packages,
        )
    return {tool: found for tool in TOOLS if (found := _which(tool)) is not None}


def _which(tool: str) -> str | None:
    return shutil.which(tool, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_SBIN]))


def _run(command: list[str], text: str | None = None) -> None:
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise DemoDiskError(f"{' '.join(command)} failed with exit code {done.returncode}: {done.stdout.strip()}")


def _sparse(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(size_bytes)


def _copy_data(source: Path, target: Path, offset: int) -> None:
    """Copy the data of a sparse file into another one at an offset; holes are preserved."""
    with source.open("rb") as read, target.open("r+b") as write:
        end, size = 0, os.fstat(read.fileno()).st_size
        while end < size:
            try:
                start = os.lseek(read.fileno(), end, os.SEEK_DATA)
            except OSError:
                return  # no data after `end`
            end = os.lseek(read.fileno(), start, os.SEEK_HOLE)
            for at in range(start, end, _COPY_BYTES):
                os.pwrite(write.fileno(), os.pread(read.fileno(), min(_COPY_BYTES, end - at), at), offset + at)
