"""Create the disk of the demo's virtual machine: an installed and prepared Windows 10, as the sandbox simulates it.

The partitions, file systems, boot configuration and registry are those of a guest that is ready for WorkSpaces; of the
programs of Windows there are only the names. Neither root privileges nor a loop device are required. qemu-img creates
the VMDK, so the disk readers of the library are tested with bytes that they did not produce.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from pulumi_vmimport_sandbox.windows import WindowsGuest

# Tool -> its Debian and Ubuntu package.
TOOLS = {"qemu-img": "qemu-utils"}

_GIB = 1 << 30


class DemoDiskError(Exception):
    """The disk cannot be created on this machine; `packages` are the packages to install."""

    def __init__(self, message: str, packages: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.packages = packages


def make_disk(path: Path, capacity_gib: int = 70) -> Path:
    """Create a stream-optimized VMDK with the given capacity and a file size of a few MB.

    The file appears only when it is complete.

    Raises:
        DemoDiskError: The capacity is too small for the guest, or a tool is missing or failed. If it is missing, the
            message names the package to install.
    """
    if packages := missing_packages():
        raise DemoDiskError(
            f"cannot create the demo's disk: qemu-img is missing; run apt-get install {' '.join(packages)}", packages
        )
    guest = WindowsGuest.healthy()
    if capacity_gib * _GIB < guest.capacity_bytes:
        least = guest.capacity_bytes // _GIB
        raise DemoDiskError(f"expected a capacity of at least {least} GiB for Windows, got {capacity_gib}")
    guest.capacity_bytes = capacity_gib * _GIB
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as directory:
        disk, vmdk = Path(directory) / "disk", Path(directory) / "vmdk"
        guest.disk().write_file(disk)
        options = "subformat=streamOptimized,adapter_type=lsilogic"
        _run([str(_which("qemu-img")), "convert", "-O", "vmdk", "-o", options, "-f", "raw", str(disk), str(vmdk)])
        vmdk.replace(path)
    return path


def missing_packages() -> tuple[str, ...]:
    """The packages that `make_disk` needs and that are not installed."""
    return tuple(package for tool, package in TOOLS.items() if _which(tool) is None)


def _which(tool: str) -> str | None:
    return shutil.which(tool, path=os.environ.get("PATH", os.defpath))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise DemoDiskError(f"{' '.join(command)} failed with exit code {done.returncode}: {done.stdout.strip()}")
