"""Facts of Linux made by hand: a system that no rule objects to, and one fault for each rule.

tests/unit/disk/linux reads the same from real volumes.
"""

from pulumi_vmimport.disk.guest.guest_facts import Fact, FactValue, GuestFacts, GuestSystem
from pulumi_vmimport.image_profile import ImageProfile

EC2 = ImageProfile.EC2
ROOT: dict[str, FactValue] = {
    "device": "UUID=1", "mount_point": "/", "type": "ext4", "options": ["defaults"], "is_device_name": False, "found": True,
}  # fmt: skip
DHCP: dict[str, FactValue] = {
    "file": "/etc/network/interfaces",
    "interface": "eth0",
    "method": "dhcp",
    "mac_address": "",
}
DRIVERS: dict[str, FactValue] = {
    "nvme": "initramfs",
    "ena": "module",
    "xen-blkfront": "built-in",
    "xen-netfront": "module",
}

PREPARED: dict[str, FactValue] = {
    "linux.roots": ["partition 1"],
    "linux.unread_volumes": [],
    "linux.encrypted_volumes": [],
    "linux.swap_volumes": [],
    "linux.root_volume": "partition 1",
    "linux.root_file_system": "ext4",
    "linux.root_free_bytes": 5 << 30,
    "linux.needs_recovery": False,
    "linux.distribution": "debian",
    "linux.version": "12",
    "linux.name": "Debian GNU/Linux 12 (bookworm)",
    "linux.architecture": "x86_64",
    "linux.fstab": [ROOT],
    "linux.has_fstab": True,
    "linux.remote_mounts": [],
    "linux.crypttab": [],
    "linux.boot_loader": "GRUB 2",
    "linux.grub_files": ["/boot/grub/grub.cfg"],
    "linux.uses_boot_entries": False,
    "linux.saved_entry": None,
    "linux.default_kernel": "/boot/vmlinuz-6.1.0-18-amd64",
    "linux.kernel_exists": True,
    "linux.kernel": "6.1.0-18-amd64",
    "linux.kernels": ["6.1.0-18-amd64"],
    "linux.kernel_arguments": "root=UUID=1 ro net.ifnames=0",
    "linux.initramfs": ["/boot/initrd.img-6.1.0-18-amd64"],
    "linux.missing_initramfs": [],
    "linux.drivers": DRIVERS,
    "linux.firmware": "bios",
    "linux.esp_loaders": [],
    "linux.ssh_server": "/usr/sbin/sshd",
    "linux.ssh_starts_by": "/etc/systemd/system/multi-user.target.wants/ssh.service",
    "linux.ssh_settings": {"usepam": "yes"},
    "linux.key_accounts": ["admin"],
    "linux.root_has_key": False,
    "linux.blocking_firewall": None,
    "linux.networks": [DHCP],
    "linux.persistent_names": [],
    "linux.network_manager": False,
    "linux.cloud_init": False,
    "linux.vmware_tools": False,
    "linux.selinux": None,
    "linux.relabels": False,
}

FAULTS: dict[str, tuple[dict[str, FactValue], str]] = {
    "linux-several-systems": (
        {"linux.roots": ["partition 1", "partition 3"]},
        "2 volumes have /etc: partition 1, partition 3",
    ),
    "linux-architecture": ({"linux.architecture": "aarch64"}, "linux.architecture = aarch64, expected x86_64"),
    "linux-distribution": ({"linux.distribution": None}, "linux.distribution is absent"),
    "linux-encrypted-volume": (
        {"linux.encrypted_volumes": ["logical volume vg/home", "partition 3"]},
        "logical volume vg/home",
    ),
    "linux-no-grub": ({"linux.boot_loader": "systemd-boot"}, "linux.boot_loader = systemd-boot"),
    "linux-several-grub-files": (
        {"linux.grub_files": ["/boot/grub/grub.cfg", "/boot/grub/menu.lst"]},
        "2 different files: /boot/grub/grub.cfg, /boot/grub/menu.lst",
    ),
    "linux-missing-kernel": (
        {"linux.kernel_exists": False},
        "boots /boot/vmlinuz-6.1.0-18-amd64, which does not exist",
    ),
    "linux-missing-initramfs": (
        {"linux.missing_initramfs": ["/boot/initrd.img"]},
        "loads /boot/initrd.img, which does not exist",
    ),
    "linux-no-fallback-loader": (
        {"linux.firmware": "efi", "linux.esp_loaders": ["BOOTIA32.EFI"]},
        r"has no \EFI\BOOT\BOOTX64.EFI",
    ),
    "linux-default-kernel": ({"linux.uses_boot_entries": True}, "grubenv has no saved_entry"),
    "linux-cloud-kernel": ({"linux.kernel": "4.15.0-1021-aws"}, "linux.kernel = 4.15.0-1021-aws"),
    "linux-needs-recovery": ({"linux.needs_recovery": True}, "the journal of linux.needs_recovery has changes"),
    "linux-free-space": (
        {"linux.root_volume": "logical volume vg/root", "linux.root_free_bytes": 100 << 20},
        "logical volume vg/root has 100 MiB free, expected at least 250 MiB",
    ),
    "linux-no-fstab": ({"linux.has_fstab": False}, "/etc/fstab is absent"),
    "linux-missing-volume": (
        {"linux.fstab": [ROOT, {**ROOT, "device": "LABEL=data", "mount_point": "/data", "found": False}]},
        "LABEL=data at /data is no volume of this disk",
    ),
    "linux-remote-mounts": ({"linux.remote_mounts": ["/srv/web"]}, "/etc/fstab: /srv/web"),
    "linux-no-ssh-server": ({"linux.ssh_server": None}, "linux.ssh_server is absent"),
    "linux-ssh-not-started": ({"linux.ssh_starts_by": None}, "no unit or script starts the SSH server"),
    "linux-ssh-keys-off": ({"linux.ssh_settings": {"pubkeyauthentication": "No"}}, "PubkeyAuthentication no"),
    "linux-no-login": ({"linux.key_accounts": []}, "no account has a key in authorized_keys"),
    "linux-firewall-blocks-ssh": (
        {"linux.blocking_firewall": "/etc/ufw/user.rules"},
        "/etc/ufw/user.rules does not allow SSH",
    ),
    "linux-mac-address": (
        {"linux.networks": [{**DHCP, "mac_address": "00:50:56:aa:bb:cc"}]},
        "/etc/network/interfaces: 00:50:56:aa:bb:cc",
    ),
    "linux-static-address": (
        {"linux.networks": [DHCP, {**DHCP, "interface": "eth1", "method": "static"}]},
        "/etc/network/interfaces: eth1",
    ),
    "linux-no-dhcp": ({"linux.networks": [{**DHCP, "method": "other"}]}, "/etc/network/interfaces: other"),
    "linux-vmware-tools": ({"linux.vmware_tools": True}, "linux.vmware_tools exists"),
    "linux-device-names": (
        {"linux.fstab": [{**ROOT, "device": "/dev/sda1", "is_device_name": True}]},
        "/dev/sda1 at /",
    ),
    "linux-drivers": (
        {"linux.drivers": {**DRIVERS, "nvme": "module", "ena": "absent"}},
        "lacks nvme, 6.1.0-18-amd64 has no module ena",
    ),
    "linux-predictable-names": ({"linux.kernel_arguments": "root=UUID=1 ro"}, "has no net.ifnames=0"),
}


def linux(changes: dict[str, FactValue] | None = None) -> GuestFacts:
    """The prepared system with these changes."""
    values = {**PREPARED, **(changes or {})}
    return GuestFacts(GuestSystem.LINUX, tuple(Fact(id, value, id) for id, value in values.items()))
