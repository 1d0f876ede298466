"""The fuzz targets of Linux: physical volumes of LVM, initramfs, and the configuration files of a system.

libfsext and libfsxfs run in processes of their own: tests/unit/disk/linux/test_volume_tree.py damages their volumes.
"""

import bz2
import gzip
import lzma
from contextlib import suppress
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from tests.fuzz.fuzzed_file import LOCAL, FuzzedFile, encoded
from tests.unit.disk.linux.linux_system import PREPARED, cpio, grub_cfg
from tests.unit.disk.linux.lvm_images import Group, linear, physical_volume, striped
from tests.unit.disk.linux.small_trees import tree_of
from tests.unit.disk.linux.volume_files import StoredFile

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.linux import initramfs as reader
from pulumi_vmimport.disk.linux import network_files, remote_access
from pulumi_vmimport.disk.linux.boot_files import boot_file, kernel_version, read_boot_files
from pulumi_vmimport.disk.linux.fstab import parse_fstab, volume_of
from pulumi_vmimport.disk.linux.logical_volumes import logical_volumes, read_physical_volume
from pulumi_vmimport.disk.raw_content import RawContent

_MAX_SIZE_BYTES = 64 << 40
_LIMITS = {"most_reads": 2000, "most_read_bytes": 64 << 20}
_MAX_UNPACKED_BYTES = 4 << 20
_FILES = (
    "/boot/grub/grub.cfg", "/boot/grub/menu.lst", "/boot/grub/grubenv", "/boot/loader/entries/a.conf", "/etc/fstab", "/etc/passwd",
    "/etc/ssh/sshd_config", "/etc/netplan/a.yaml", "/etc/network/interfaces", "/etc/systemd/network/a.network",
    "/etc/sysconfig/network-scripts/ifcfg-eth0", "/etc/NetworkManager/system-connections/a", "/boot/vmlinuz",
)  # fmt: skip
_SEPARATOR = b"\x1e"


def lvm(data: bytes) -> None:
    """A physical volume, with its group and its logical volumes."""
    file = FuzzedFile(data, most_size_bytes=_MAX_SIZE_BYTES, **_LIMITS)
    with suppress(DiskImageError):
        physical = read_physical_volume(DiskRegion.of_disk(RawContent(file)))
        for volume in islice(logical_volumes([physical] if physical else []), 20):
            assert volume.name.isprintable()
            assert (volume.unreadable is None) == bool(volume.segments)
            for offset in (0, volume.size_bytes // 2, max(volume.size_bytes - 1, 0)):
                if volume.unreadable is None:
                    assert len(volume.read_at(offset, 4096)) == min(4096, volume.size_bytes - offset)


def initramfs(data: bytes) -> None:
    """An initramfs, unpacked up to a few MiB."""
    with patch.object(reader, "MAX_UNPACKED_BYTES", _MAX_UNPACKED_BYTES), suppress(DiskImageError):
        for name in reader.file_names(StoredFile(data[1:]), "initramfs"):
            assert len(name) <= 4096


def linux_files(data: bytes) -> None:
    """The configuration files of a system, one after the other."""
    parts = data[1:].split(_SEPARATOR)
    tree = tree_of(dict(zip(_FILES, parts, strict=False)))
    boot = read_boot_files(tree, None)
    if boot.entry is not None:
        kernel_version(boot_file(tree, boot.entry.kernel), boot.entry.kernel)
    for entry in parse_fstab(tree.text("/etc/fstab")):
        assert volume_of(entry.device, ())[0] is None
    assert all(each.method for each in network_files.network_configurations(tree))
    network_files.persistent_name_files(tree)
    remote_access.accounts(tree)
    remote_access.ssh_settings(tree)


def write_linux_seeds(directory: Path) -> None:
    """Files of each target, below a directory of its name."""
    for target, seeds in (("lvm", _lvm()), ("initramfs", _initramfs()), ("linux_files", _linux_files())):
        (directory / target).mkdir(exist_ok=True)
        for name, seed in seeds.items():
            (directory / target / name).write_bytes(seed)


def _lvm() -> dict[str, bytes]:
    group = Group(
        {"pv0": "1" * 32},
        {"root": [linear(0, 4, 1), linear(4, 2, 9)], "fast": [striped(0, 2, ("pv0", 20), ("pv0", 30))]},
    )
    seeds = {}
    with TemporaryDirectory() as folder:
        for name, is_wrapped in (("plain", False), ("wrapped", True)):
            whole = physical_volume(Path(folder) / name, "1" * 32, group, mib=66, wrap=is_wrapped).read_bytes()
            places = [at for at in range(0, 2 << 20, 512) if any(whole[at : at + 512])]
            seeds[name] = encoded(len(whole), [(at, whole[at : at + 512]) for at in places], LOCAL)
    return seeds


def _initramfs() -> dict[str, bytes]:
    archive = cpio({"init": b"#!/bin/sh\n", "usr/lib/modules/6.1/nvme.ko": bytes(3000), "last": b""})
    early = cpio({"kernel/x86/microcode/GenuineIntel.bin": bytes(100)})
    return {
        "plain": b"\0" + early + bytes(64) + archive,
        "gzip": b"\0" + early + gzip.compress(archive),
        "xz": b"\0" + lzma.compress(archive),
        "bzip2": b"\0" + bz2.compress(archive),
    }


def _linux_files() -> dict[str, bytes]:
    texts = {name: data for name, data in PREPARED.items() if isinstance(data, str)}
    netplan = "network:\n  ethernets:\n    ens160:\n      dhcp4: true\n      addresses: [192.0.2.7/24]\n"
    connection = "[connection]\ntype=ethernet\n[ipv4]\nmethod=manual\n"
    known = {"/boot/grub/grub.cfg": grub_cfg(), "/etc/netplan/a.yaml": netplan, _FILES[11]: connection, **texts}
    whole = _SEPARATOR.join(str(known.get(name, "")).encode() for name in _FILES)
    return {"debian": b"\0" + whole}
