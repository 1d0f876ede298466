"""Each rule on real volumes: the prepared system passes all of them, and each fault fails one alone."""

import gzip
import importlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import MIB, Sparse, missing, place, run, sparse_file, write_at
from tests.unit.disk.linux.linux_system import (
    KEY,
    MODULES,
    PREPARED,
    UUID,
    VERSION,
    elf,
    facts_of,
    grub_cfg,
    initramfs,
    kernel,
    mbr_disk,
    root_volume,
    system_disk,
)
from tests.unit.disk.linux.linux_volumes import Files, ext, xfs
from tests.unit.disk.linux.lvm_images import Group, linear, physical_volume, put
from tests.unit.disk.linux.xfs_logs import append_record

from pulumi_vmimport.disk.guest.detected_guest import DetectedGuest, detected_guest
from pulumi_vmimport.disk.guest.guest_facts import GuestFacts, GuestSystem
from pulumi_vmimport.disk.inspection.partition_table import read_layout
from pulumi_vmimport.disk.linux.linux_facts import read_linux
from pulumi_vmimport.disk.raw_content import RawContent
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.guest_verdicts import FACT_CHECKS, NOT_SHUT_DOWN, GuestVerdict, Verdict, rule_verdicts
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.image_profile import ImageProfile

zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
pytestmark = pytest.mark.skipif(bool(missing("mke2fs", "debugfs")), reason="needs e2fsprogs")

RULES = rule_catalog().rules
UDEV = "/etc/udev/rules.d/70-persistent-net.rules"
UFW = {
    "/etc/ufw/ufw.conf": "# ufw\nENABLED=yes\n",
    "/etc/ufw/user.rules": "-A ufw-user-input -p tcp --dport 443 -j ACCEPT\n",
}
NO_BOOT_FILES = {"/boot/grub/grub.cfg": "", "/boot/grub/grubenv": ""}
STATIC = "auto eth0\niface eth0 inet static\n  address 192.0.2.7/24\nauto eth1\niface eth1 inet dhcp\n"
BLS = {
    "/boot/grub/grub.cfg": 'set default="${saved_entry}"\ninsmod blscfg\nblscfg\n',
    "/boot/loader/entries/0af-6.1.conf": (
        f"title Rocky Linux\nversion {VERSION}\nlinux /boot/vmlinuz-{VERSION}\ninitrd /boot/initrd.img-{VERSION} $tuned_initrd\n"
        f"options root=UUID={UUID} net.ifnames=0\n"
    ),
}


@dataclass(frozen=True)
class Fault:
    changes: Files
    words: str
    severity: Severity = Severity.WARNING


FAULTS = {
    "linux-architecture": Fault({"/usr/lib/systemd/systemd": elf(3)}, "= i386, expected x86_64", Severity.ERROR),
    "linux-distribution": Fault({"/usr/lib/os-release": "NAME=Custom\n"}, "/usr/lib/os-release ID is absent"),
    "linux-no-grub": Fault(
        {**NO_BOOT_FILES, "/boot/loader/loader.conf": "default debian\n"}, "loader.conf = systemd-boot", Severity.ERROR
    ),
    "linux-several-grub-files": Fault(
        {"/boot/grub/menu.lst": "default 0\ntitle Old\nkernel /boot/vmlinuz-2.6\n"},
        "2 different files: /boot/grub/grub.cfg, /boot/grub/menu.lst",
        Severity.ERROR,
    ),
    "linux-missing-kernel": Fault(
        {f"/boot/vmlinuz-{VERSION}": ""}, f"boots /boot/vmlinuz-{VERSION}, which does not exist", Severity.ERROR
    ),
    "linux-missing-initramfs": Fault(
        {
            "/boot/grub/grub.cfg": grub_cfg(initrd="6.9").replace(
                "\n	initrd", f"\n	initrd	/boot/initrd.img-{VERSION}\n	initrd", 1
            )
        },
        "loads /boot/initrd.img-6.9, which does not exist",
        Severity.ERROR,
    ),
    "linux-default-kernel": Fault(BLS, "grubenv has no saved_entry"),
    "linux-no-fstab": Fault({"/etc/fstab": ""}, "/etc/fstab is absent"),
    "linux-device-names": Fault({"/etc/fstab": "/dev/sda1 / ext4 defaults 0 1\n"}, "/dev/sda1 at /"),
    "linux-missing-volume": Fault(
        {
            "/etc/fstab": f"UUID={UUID} / ext4 defaults 0 1\nUUID=12345678-0000-4000-8000-000000000000 /data ext4 defaults 0 2\n"
        },
        "UUID=12345678-0000-4000-8000-000000000000 at /data is no volume of this disk",
    ),
    "linux-remote-mounts": Fault(
        {"/etc/fstab": f"UUID={UUID} / ext4 defaults 0 1\n//files/web /srv/web cifs credentials=/root/c 0 0\n"},
        "/srv/web",
    ),
    "linux-drivers": Fault(
        {f"/boot/initrd.img-{VERSION}": initramfs(MODULES[0])}, f"the initramfs of {VERSION} lacks xen-blkfront"
    ),
    "linux-no-ssh-server": Fault({"/usr/sbin/sshd": ""}, "/usr/sbin/sshd is absent"),
    "linux-ssh-not-started": Fault(
        {"/etc/systemd/system/multi-user.target.wants/ssh.service": ""}, "no unit or script starts the SSH server"
    ),
    "linux-ssh-keys-off": Fault(
        {"/etc/ssh/sshd_config.d/50-site.conf": "pubkeyauthentication no\n"}, "PubkeyAuthentication no"
    ),
    "linux-no-login": Fault(
        {"/home/admin/.ssh/authorized_keys": "# none\n", "/root/.ssh/authorized_keys": KEY},
        "only root has a key in authorized_keys, and cloud-init is not installed",
    ),
    "linux-firewall-blocks-ssh": Fault(UFW, "/etc/ufw/user.rules does not allow SSH"),
    "linux-mac-address": Fault({UDEV: 'SUBSYSTEM=="net", ATTR{address}=="00:50:56:aa:bb:cc", NAME="eth0"\n'}, UDEV),
    "linux-static-address": Fault({"/etc/network/interfaces": STATIC}, "/etc/network/interfaces: eth0"),
    "linux-no-dhcp": Fault(
        {"/etc/network/interfaces": "auto lo\niface lo inet loopback\n"}, "no configuration of an adapter"
    ),
    "linux-predictable-names": Fault({"/boot/grub/grub.cfg": grub_cfg("quiet")}, "has no net.ifnames=0"),
    "linux-vmware-tools": Fault(
        {"/usr/bin/vmware-uninstall-tools.pl": "#!/usr/bin/perl\n"}, "vmware-uninstall-tools.pl exists"
    ),
    "linux-cloud-kernel": Fault(
        {
            "/boot/grub/grub.cfg": grub_cfg(name="4.15.0-1021-aws"),
            "/boot/vmlinuz-4.15.0-1021-aws": kernel("4.15.0-1021-aws"),
            "/boot/initrd.img-4.15.0-1021-aws": initramfs(*MODULES),
            "/usr/lib/modules/4.15.0-1021-aws/modules.dep": "".join(f"{module}:\n" for module in MODULES),
        },
        "4.15.0-1021-aws",
    ),
}
ELSEWHERE = {
    "linux-several-systems", "linux-encrypted-volume", "linux-free-space", "linux-needs-recovery", "linux-no-fallback-loader",
}  # fmt: skip


def failed(facts: GuestFacts) -> list[GuestVerdict]:
    return [verdict for verdict in rule_verdicts(facts, ImageProfile.EC2) if verdict.verdict is Verdict.FAIL]


def verdicts(facts: GuestFacts) -> dict[str, Verdict]:
    return {verdict.rule: verdict.verdict for verdict in rule_verdicts(facts, ImageProfile.EC2)}


def _fails_alone(facts: GuestFacts, rule: str, words: str, severity: Severity) -> None:
    (found,) = failed(facts)
    assert (found.rule, found.severity) == (rule, severity)
    assert words in found.evidence
    assert Verdict.UNKNOWN not in verdicts(facts).values() or severity is Severity.ERROR


def test_every_rule_about_linux_has_a_check_and_a_fault() -> None:
    of_linux = {rule.id for rule in RULES.values() if rule.system is GuestSystem.LINUX}
    assert of_linux == {rule for rule in FACT_CHECKS if rule.startswith("linux-")} == FAULTS.keys() | ELSEWHERE


def test_the_prepared_system_passes_every_rule(tmp_path: Path) -> None:
    assert set(verdicts(facts_of(system_disk(tmp_path))).values()) == {Verdict.PASS}


@pytest.mark.parametrize("rule", FAULTS)
def test_each_fault_fails_its_rule_alone(rule: str, tmp_path: Path) -> None:
    fault = FAULTS[rule]
    _fails_alone(facts_of(system_disk(tmp_path, fault.changes)), rule, fault.words, fault.severity)


def test_two_systems_on_one_disk_are_rejected(tmp_path: Path) -> None:
    other = ext(tmp_path / "other", {"/etc/passwd": "root:x:0:0::/root:/bin/sh\n"})
    disk = mbr_disk(tmp_path / "disk.raw", root_volume(tmp_path / "root", PREPARED), other)
    words = "2 volumes have /etc: partition 1, partition 2"
    _fails_alone(facts_of(disk), "linux-several-systems", words, Severity.ERROR)


def _logical(folder: Path, *, luks: bool = False) -> Path:
    """The prepared system on a logical volume, with /boot on a partition."""
    at = "/dev/mapper/vg--of--web-root"
    files: Files = {**PREPARED, "/etc/fstab": f"{at} / ext4 defaults 0 1\nLABEL=boot /boot ext4 defaults 0 2\n"}
    boot = {name.removeprefix("/boot"): data for name, data in files.items() if name.startswith("/boot/")}
    grub = grub_cfg().replace("/boot/vmlinuz", "/vmlinuz").replace("/boot/initrd", "/initrd")
    boot_volume = ext(folder / "boot", {**boot, "/grub/grub.cfg": grub}, "-L", "boot")
    root = root_volume(
        folder / "root", {name: data for name, data in files.items() if not name.startswith("/boot/")} | {"/boot": None}
    )
    segments = {"root": [linear(0, 16, 0)], **({"secret": [linear(0, 2, 20)]} if luks else {})}
    group = Group({"pv0": "1" * 32}, segments, name="vg-of-web")
    volume = physical_volume(folder / "pv", "1" * 32, group, mib=32)
    put(root, volume, 0)
    if luks:
        header = folder / "luks"
        header.write_bytes(b"LUKS\xba\xbe\0\2".ljust(4096, b"\0"))
        put(header, volume, 20)
    return mbr_disk(folder / "disk.raw", boot_volume, volume)


def test_a_system_on_lvm_with_a_boot_partition_fails_only_for_its_free_space(tmp_path: Path) -> None:
    """A volume of 16 MiB cannot have 250 MiB free."""
    facts = facts_of(_logical(tmp_path))
    _fails_alone(facts, "linux-free-space", "logical volume vg-of-web/root has ", Severity.WARNING)
    assert facts.fact("linux.kernel").value == VERSION


def test_an_encrypted_logical_volume_is_rejected(tmp_path: Path) -> None:
    rules = {verdict.rule: verdict for verdict in failed(facts_of(_logical(tmp_path, luks=True)))}
    assert rules.keys() == {"linux-encrypted-volume", "linux-free-space"}
    assert rules["linux-encrypted-volume"].evidence == "logical volume vg-of-web/secret"
    assert rules["linux-encrypted-volume"].severity is Severity.ERROR


def test_a_journal_that_was_not_replayed_makes_every_pass_unknown(tmp_path: Path) -> None:
    root = root_volume(tmp_path / "root", PREPARED)
    with root.open("r+b") as file:  # the flag that Linux sets while the volume is mounted
        file.seek(1024 + 96)
        flags = int.from_bytes(file.read(4), "little") | 0x4
        file.seek(1024 + 96)
        file.write(flags.to_bytes(4, "little"))
    facts = facts_of(mbr_disk(tmp_path / "disk.raw", root))
    found = {verdict.rule: verdict for verdict in rule_verdicts(facts, ImageProfile.EC2)}
    assert found.pop("linux-needs-recovery").verdict is Verdict.FAIL
    assert {(v.verdict, v.evidence) for v in found.values()} == {(Verdict.UNKNOWN, NOT_SHUT_DOWN)}


EFI_TOOLS = ("sgdisk", "mkfs.vfat", "mcopy", "mmd")


def _uefi(folder: Path, esp: dict[str, str], *, bios_boot: bool = False, changes: Files | None = None) -> Path:
    """A disk with a GPT: an EFI system partition with these files, and the prepared system."""
    root = root_volume(folder / "root", {**PREPARED, **(changes or {})})
    fat = sparse_file(folder / "esp", 40 * MIB)
    run("mkfs.vfat", "-F", "32", fat)
    for name, text in esp.items():
        parts = name.split("/")
        for depth in range(1, len(parts)):
            subprocess.run(
                ["mmd", "-i", fat, "-D", "s", "::" + "/".join(parts[:depth])], check=False, capture_output=True
            )
        (folder / "file").write_text(text)
        run("mcopy", "-o", "-i", fat, folder / "file", f"::{name}")
    disk = sparse_file(folder / "disk.raw", 60 * MIB)
    third = ["-n", "3:59M:+512K", "-t", "3:ef02"] if bios_boot else []
    run("sgdisk", "-n", "1:1M:+40M", "-t", "1:ef00", "-n", "2:42M:+16M", "-t", "2:8300", *third, disk)
    place(fat, disk, MIB)
    place(root, disk, 42 * MIB)
    return disk


@pytest.mark.skipif(bool(missing(*EFI_TOOLS)), reason=f"needs {missing(*EFI_TOOLS)}")
def test_uefi_needs_the_fallback_loader(tmp_path: Path) -> None:
    stub = "search.fs_uuid x root\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n"
    vendor = {"EFI/debian/shimx64.efi": "MZ", "EFI/debian/grub.cfg": stub}
    words = r"the EFI system partition has no \EFI\BOOT\BOOTX64.EFI"
    _fails_alone(facts_of(_uefi(tmp_path, vendor)), "linux-no-fallback-loader", words, Severity.ERROR)
    both = facts_of(_uefi(tmp_path, vendor, bios_boot=True))
    _fails_alone(both, "linux-no-fallback-loader", words, Severity.WARNING)
    assert both.fact("linux.firmware").value == "both"
    whole = facts_of(_uefi(tmp_path, {**vendor, "EFI/boot/bootx64.efi": "MZ"}))
    assert failed(whole) == []
    assert whole.fact("linux.firmware").value == "efi"
    assert whole.fact("linux.grub_files").value == ["/boot/grub/grub.cfg"]


@pytest.mark.skipif(bool(missing(*EFI_TOOLS)), reason=f"needs {missing(*EFI_TOOLS)}")
def test_grub_may_have_its_menu_on_the_efi_system_partition(tmp_path: Path) -> None:
    """As RHEL 7 and 8 have it."""
    esp = {"EFI/BOOT/BOOTX64.EFI": "MZ", "EFI/redhat/grub.cfg": grub_cfg()}
    facts = facts_of(_uefi(tmp_path, esp, changes={"/boot/grub/grub.cfg": "", "/boot/grub/grubenv": ""}))
    assert failed(facts) == []
    assert facts.fact("linux.kernel").value == VERSION
    assert facts.fact("linux.grub_files").value == ["EFI system partition/EFI/redhat/grub.cfg"]


@pytest.mark.skipif(bool(missing("mkfs.xfs")), reason="needs mkfs.xfs")
def test_a_red_hat_system_on_xfs_passes(tmp_path: Path) -> None:
    """Boot loader entries, NetworkManager, cloud-init, and dracut's initramfs with zstd."""
    entry = BLS["/boot/loader/entries/0af-6.1.conf"]
    whole = initramfs(*MODULES)
    packed = zstd.compress(gzip.decompress(whole[whole.index(b"\x1f\x8b") :]))
    files: Files = {
        **{
            name: data
            for name, data in PREPARED.items()
            if not name.startswith(("/boot/grub", "/etc/network", "/home"))
        },
        "/usr/lib/os-release": 'NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="9.4"\nPRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"\n',
        "/etc/fstab": f"UUID={UUID} / xfs defaults 0 0\n",
        "/boot/grub2/grub.cfg": BLS["/boot/grub/grub.cfg"],
        "/boot/grub2/grubenv": "# GRUB Environment Block\nsaved_entry=0af-6.1\nboot_success=0\n####",
        "/boot/loader/entries/0af-6.1.conf": entry,
        "/boot/loader/entries/0af-6.9.conf": entry.replace(VERSION, "6.9"),
        f"/boot/initrd.img-{VERSION}": EARLY_ZEROS + packed,
        "/usr/bin/cloud-init": "#!/usr/bin/python3\n",
        "/etc/systemd/system/multi-user.target.wants/NetworkManager.service": "",
        "/usr/lib/systemd/system/NetworkManager.service": "[Unit]\n",
        "/etc/NetworkManager/system-connections/ens192.nmconnection": "[connection]\nid=a\ntype=ethernet\n\n[ipv4]\nmethod=auto\n",
        "/etc/selinux/config": "# this file\nSELINUX=enforcing\nSELINUXTYPE=targeted\n",
    }
    volume = xfs(tmp_path / "root", {name: data for name, data in files.items() if data != ""}, "-m", f"uuid={UUID}")
    facts = facts_of(mbr_disk(tmp_path / "disk.raw", volume))
    assert set(verdicts(facts).values()) == {Verdict.PASS}
    expected = {
        "distribution": "rocky", "version": "9.4", "kernel": VERSION, "saved_entry": "0af-6.1", "selinux": "enforcing",
        "cloud_init": True, "uses_boot_entries": True, "root_file_system": "xfs", "needs_recovery": False,
    }  # fmt: skip
    assert {id: facts.fact(f"linux.{id}").value for id in expected} == expected


EARLY_ZEROS = bytes(512)


def test_an_xfs_volume_that_was_not_unmounted_makes_every_pass_unknown(tmp_path: Path) -> None:
    volume = xfs(tmp_path / "root", {name: data for name, data in PREPARED.items() if data != ""})
    append_record(volume)
    found = verdicts(facts_of(mbr_disk(tmp_path / "disk.raw", volume)))
    assert found.pop("linux-needs-recovery") is Verdict.FAIL
    assert Verdict.PASS not in found.values()


def test_an_initramfs_of_a_remote_image_is_not_read(tmp_path: Path) -> None:
    """It has 20 to 200 MiB; everything else is read."""
    facts = facts_of(system_disk(tmp_path), is_local=False)
    unknown = {rule for rule, verdict in verdicts(facts).items() if verdict is Verdict.UNKNOWN}
    assert unknown == {"linux-drivers"}
    assert "read from local images only" in str(facts.fact("linux.drivers").unknown)


def test_a_damaged_initramfs_is_unknown(tmp_path: Path) -> None:
    facts = facts_of(system_disk(tmp_path, {f"/boot/initrd.img-{VERSION}": b"\x1f\x8b" + bytes(999)}))
    assert failed(facts) == []
    assert "its compressed data is damaged" in str(facts.fact("linux.drivers").unknown)


def test_a_boot_volume_on_another_disk_makes_its_facts_unknown(tmp_path: Path) -> None:
    fstab = f"UUID={UUID} / ext4 defaults 0 1\nLABEL=boot /boot ext4 defaults 0 2\n"
    facts = facts_of(system_disk(tmp_path, {"/etc/fstab": fstab}))
    assert [verdict.rule for verdict in failed(facts)] == ["linux-missing-volume"]
    assert "LABEL=boot, which fstab mounts at /boot, was not found on this disk" in str(
        facts.fact("linux.kernel").unknown
    )
    assert verdicts(facts)["linux-no-grub"] is Verdict.UNKNOWN


UNREAD = {
    "btrfs": (["mkfs.btrfs", "-q"], 128, "partition 1, btrfs, not read"),
    "luks": ([], 16, "partition 1, luks, encrypted, not read"),
    "bcachefs": ([], 16, "partition 1, bcachefs, not read"),
    "zfs": ([], 16, "partition 1, ZFS, not read"),
    "raid": ([], 16, "partition 1, a member of a software RAID (md), not read"),
}
MARKS = {
    "luks": (0, b"LUKS\xba\xbe\0\2"),
    "bcachefs": (4096 + 24, bytes.fromhex("c68573f64e1a45ca8265f57f48ba6d81")),
    "zfs": (128 << 10, (0x00BAB10C).to_bytes(8, "little")),
    "raid": (4096, (0xA92B4EFC).to_bytes(4, "little")),
}


@pytest.mark.parametrize("kind", UNREAD)
def test_a_system_on_a_volume_that_is_not_read_is_not_judged(kind: str, tmp_path: Path) -> None:
    command, mib, words = UNREAD[kind]
    if command and missing(command[0]):
        pytest.skip(f"needs {command[0]}")
    volume = sparse_file(tmp_path / "root", mib * MIB)
    if command:
        run(*command, volume)
    else:
        write_at(volume, *MARKS[kind])
    facts = facts_of(mbr_disk(tmp_path / "disk.raw", volume))
    assert (facts.system, facts.unknown) == (None, words)
    assert verdicts(facts) == {}


def test_without_the_extra_no_rule_is_judged_and_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    facts = facts_of(system_disk(tmp_path))
    assert facts.system is None
    assert "run `pip install 'pulumi-vmimport[linux]'`" in str(facts.unknown)
    assert verdicts(facts) == {}


def test_a_disk_without_linux_has_no_facts_of_linux(tmp_path: Path) -> None:
    content = RawContent(Sparse(mbr_disk(tmp_path / "disk.raw", sparse_file(tmp_path / "empty", MIB))))
    assert read_linux(content, read_layout(content)[0]) is None


def test_a_root_that_the_kernel_finds_by_device_name_fails(tmp_path: Path) -> None:
    grub = grub_cfg().replace(f"root=UUID={UUID}", "root=/dev/sda1")
    words = "/boot/grub/grub.cfg, Debian GNU/Linux: root=/dev/sda1"
    _fails_alone(
        facts_of(system_disk(tmp_path, {"/boot/grub/grub.cfg": grub})), "linux-device-names", words, Severity.WARNING
    )


HOSTILE: dict[str, tuple[Files, str]] = {
    "accounts": ({"/etc/passwd": "a:x:1:1::/home/a:/bin/sh\n" * 1001}, "linux.key_accounts"),
    "network-files": ({f"/etc/netplan/{number}.yaml": "network:\n" for number in range(201)}, "linux.networks"),
    "kernels": ({f"/usr/lib/modules/{number}/modules.dep": "a.ko:\n" for number in range(101)}, "linux.kernels"),
}


@pytest.mark.parametrize(("changes", "fact"), HOSTILE.values(), ids=HOSTILE)
def test_more_entries_than_a_system_has_make_a_fact_unknown(changes: Files, fact: str, tmp_path: Path) -> None:
    assert "expected at most" in str(facts_of(system_disk(tmp_path, changes)).fact(fact).unknown)


def test_more_lines_in_fstab_than_a_system_has_make_the_system_unreadable(tmp_path: Path) -> None:
    facts = facts_of(system_disk(tmp_path, {"/etc/fstab": "LABEL=a /a ext4\n" * 1001}))
    assert (facts.system, facts.unknown) == (None, "/etc/fstab: expected at most 1000 entries, got 1001")


def test_the_detected_guest_is_what_the_disk_says(tmp_path: Path) -> None:
    assert detected_guest(facts_of(system_disk(tmp_path))) == DetectedGuest(
        system="linux", release="Debian GNU/Linux 12 (bookworm)", architecture="amd64", firmware="bios",
        distribution="debian", version="12", kernel=VERSION,
    )  # fmt: skip
