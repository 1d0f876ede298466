"""Where the drivers of EC2's disks and networks are: in the kernel, in the initramfs, or only on the root volume."""

from collections.abc import Iterable, Mapping

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.linux.guest_tree import GuestTree, at_most
from pulumi_vmimport.disk.linux.initramfs import file_names
from pulumi_vmimport.disk.linux.paths import LinuxFile

DRIVERS = ("nvme", "ena", "xen-blkfront", "xen-netfront")
"""Nitro instances have NVMe disks and the Elastic Network Adapter; Xen instances have paravirtual disks and networks"""
BUILT_IN, IN_INITRAMFS, MODULE, ABSENT = "built-in", "initramfs", "module", "absent"
_SUFFIXES = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")
_MAX_KERNELS = 100
_FOLDERS = ("/lib/modules", "/usr/lib/modules")


def module_folder(tree: GuestTree, version: str) -> str | None:
    """The folder with the modules of a kernel; None if there is none. Raises: as `File.read`."""
    return next((f"{folder}/{version}" for folder in _FOLDERS if tree.find(f"{folder}/{version}")), None)


def kernel_versions(tree: GuestTree) -> list[str]:
    """The kernels that have modules. Raises: as `File.read`."""
    folders = [(folder, at_most(_MAX_KERNELS, tree.names(folder), folder)) for folder in _FOLDERS]
    found = {name for folder, names in folders for name in names if tree.names(f"{folder}/{name}")}
    return sorted(found)


def drivers_on_volume(tree: GuestTree, folder: str) -> dict[str, str]:
    """Whether each driver is built in, a module, or absent. Raises: as `File.read`."""
    built_in = _modules(tree.text(f"{folder}/modules.builtin").splitlines())
    listed = tree.text(f"{folder}/modules.dep").splitlines()
    modules = _modules(line.partition(":")[0] for line in listed)
    if not built_in and not modules:
        raise UnreadableVolumeError(folder, "modules.builtin and modules.dep are missing or empty")
    return {name: BUILT_IN if name in built_in else MODULE if name in modules else ABSENT for name in DRIVERS}


def with_initramfs(drivers: Mapping[str, str], files: Iterable[LinuxFile]) -> dict[str, str]:
    """The same, with the modules that these initramfs contain. Raises: as `initramfs.file_names`."""
    found = dict(drivers)
    wanted = {name for name, place in drivers.items() if place in {MODULE, ABSENT}}
    for file in files:
        for path in file_names(file, file.path):
            name = _module(path)
            if name in wanted:
                found[name] = IN_INITRAMFS
                wanted.discard(name)
            if not wanted:
                return found
    return found


def _modules(paths: Iterable[str]) -> set[str]:
    return {_module(path) for path in paths}


def _module(path: str) -> str:
    """The name of a module; empty if the path is none. The kernel treats - and _ alike."""
    name = path.strip().rpartition("/")[2]
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix).replace("_", "-")
    return ""
