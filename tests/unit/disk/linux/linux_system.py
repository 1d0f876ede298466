"""A Linux system that is ready for the import, as files, and the disks that hold it."""

import gzip
import struct
from collections.abc import Mapping
from pathlib import Path

from tests.unit.disk.inspection.disk_tools import MIB, Sparse, place, sfdisk, sparse_file
from tests.unit.disk.linux.linux_volumes import Files, Link, ext

from pulumi_vmimport.disk.guest.guest_facts import GuestFacts
from pulumi_vmimport.disk.inspection.partition_table import read_layout
from pulumi_vmimport.disk.linux.linux_facts import read_linux
from pulumi_vmimport.disk.raw_content import RawContent

VERSION = "6.1.0-18-amd64"
UUID = "0f5d3c1e-6a7b-4c8d-9e0f-112233445566"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB admin@example"
_MODULES = f"lib/modules/{VERSION}"
MODULES = ("kernel/drivers/nvme/host/nvme.ko", "kernel/drivers/block/xen-blkfront.ko", "kernel/drivers/net/xen-netfront.ko.xz",
           "kernel/drivers/net/ethernet/amazon/ena/ena.ko.zst")  # fmt: skip


def cpio(names: Mapping[str, bytes]) -> bytes:
    """An archive in the format newc."""
    parts = []
    for number, (name, data) in enumerate([*names.items(), ("TRAILER!!!", b"")]):
        fields = [number, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name.encode()) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        parts += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]
    return b"".join(parts)


def initramfs(*modules: str) -> bytes:
    early = cpio({"kernel/x86/microcode/GenuineIntel.bin": bytes(5000)})
    return (
        early
        + bytes(512 - len(early) % 512)
        + gzip.compress(cpio({"init": b"#!", **{f"usr/{_MODULES}/{m}": b"ELF" for m in modules}}))
    )


def kernel(version: str = VERSION) -> bytes:
    """The start of a bzImage: the boot protocol's header leads to the version."""
    data = bytearray(0x2000)
    data[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", data, 0x20E, 0x1000)
    words = f"{version} (debian-kernel@lists.debian.org) #1 SMP Debian\0".encode()
    data[0x1200 : 0x1200 + len(words)] = words
    return bytes(data)


def elf(machine: int = 62) -> bytes:
    return b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack("<HH", 2, machine).ljust(112, b"\0")


def grub_cfg(arguments: str = "net.ifnames=0 biosdevname=0", name: str = VERSION, initrd: str | None = None) -> str:
    return f"""
if [ -s $prefix/grubenv ]; then
  load_env
fi
if [ "${{next_entry}}" ] ; then
   set default="${{next_entry}}"
else
   set default="0"
fi
function gfxmode {{
	set gfxpayload="${{1}}"
}}
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-{UUID}' {{
	load_video
	if [ x$grub_platform = xxen ]; then insmod xzio; fi
	linux	/boot/vmlinuz-{name} root=UUID={UUID} ro {arguments}
	initrd	/boot/initrd.img-{initrd or name}
}}
submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-{UUID}' {{
	menuentry 'Debian GNU/Linux, with Linux 5.10' $menuentry_id_option 'gnulinux-5.10' {{
		linux	/boot/vmlinuz-5.10 root=UUID={UUID} ro single
		initrd	/boot/initrd.img-5.10
	}}
}}
"""


PREPARED: Files = {
    "/etc/os-release": Link("../usr/lib/os-release"),
    "/usr/lib/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\nadmin:x:1000:1000::/home/admin:/bin/bash\n",
    "/etc/fstab": f"# <file system> ...\nUUID={UUID} / ext4 errors=remount-ro 0 1\ntmpfs /tmp tmpfs defaults 0 0\n",
    "/sbin": Link("usr/sbin"),
    "/bin": Link("usr/bin"),
    "/lib": Link("usr/lib"),
    "/usr/sbin/init": Link("/lib/systemd/systemd"),
    "/usr/lib/systemd/systemd": elf(),
    "/usr/bin/bash": elf(),
    "/boot/grub/grub.cfg": grub_cfg(),
    "/boot/grub/grubenv": "# GRUB Environment Block\n" + "#" * 999,
    f"/boot/vmlinuz-{VERSION}": kernel(),
    f"/boot/initrd.img-{VERSION}": initramfs(*MODULES[:2]),
    f"/usr/{_MODULES}/modules.builtin": "kernel/fs/ext4/ext4.ko\n",
    f"/usr/{_MODULES}/modules.dep": "".join(f"{module}: kernel/lib/crc.ko\n" for module in MODULES),
    "/usr/sbin/sshd": elf(),
    "/usr/lib/systemd/system/ssh.service": "[Service]\n",
    "/etc/systemd/system/multi-user.target.wants/ssh.service": Link("/lib/systemd/system/ssh.service"),
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n#PubkeyAuthentication no\nUsePAM yes\n",
    "/home/admin/.ssh/authorized_keys": f"# mine\n{KEY}\n",
    "/etc/network/interfaces": "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n",
}


def mbr_disk(path: Path, *volumes: Path, script: str = "", boot_code: bool = True) -> Path:
    """A disk with an MBR, and these volumes in its partitions."""
    start, lines = MIB, ["label: dos", "label-id: 0x1234abcd"]
    for number, volume in enumerate(volumes):
        active = ", bootable" if not number else ""
        lines.append(f"start={start // 512}, size={volume.stat().st_size // 512}, type=83{active}")
        start += volume.stat().st_size
    sfdisk(sparse_file(path, start + MIB), script or "\n".join(lines) + "\n")
    start = MIB
    for volume in volumes:
        place(volume, path, start)
        start += volume.stat().st_size
    if boot_code:
        with path.open("r+b") as file:
            file.write(b"\xeb\x63\x90" + b"GRUB boot code")
    return path


def root_volume(path: Path, files: Files, *options: str) -> Path:
    return ext(path, {name: data for name, data in files.items() if data != ""}, "-U", UUID, *options)


def system_disk(folder: Path, changes: Files | None = None) -> Path:
    """A disk with the prepared system and these changes; an empty text leaves a file out."""
    return mbr_disk(folder / "disk.raw", root_volume(folder / "root", {**PREPARED, **(changes or {})}))


def facts_of(disk: Path, *, is_local: bool = True) -> GuestFacts:
    content = RawContent(Sparse(disk, is_local=is_local))
    found = read_linux(content, read_layout(content)[0])
    assert found is not None
    return found
