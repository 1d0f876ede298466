import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_vmimport.guest.preparation_script import script_text

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample admin@example"
SHELLS = pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"]], ids=lambda shell: shell[0])
AS_ROOT = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "prepare.sh"
    path.write_text(script_text("prepare_linux.sh"))
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The root of a distribution with netplan, initramfs-tools and GRUB on UEFI, as it is before the preparation."""
    root = tmp_path / "root"
    files = {
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nec2-user:x:0:0::/home/ec2-user:/bin/sh\n",
        "etc/fstab": "UUID=1234-ABCD / ext4 defaults 0 1\n",
        "etc/ssh/sshd_config": "PubkeyAuthentication no\n",
        "usr/sbin/sshd": "",
        "usr/sbin/netplan": "",
        "usr/sbin/update-initramfs": "",
        "lib/systemd/system/ssh.service": "",
        "lib64/ld-linux-x86-64.so.2": "",
        "etc/netplan/01-static.yaml": "network: {ethernets: {ens192: {addresses: [192.0.2.7/24]}}}\n",
        "etc/udev/rules.d/70-persistent-net.rules": 'SUBSYSTEM=="net", NAME="eth0"\n',
        "etc/default/grub": 'GRUB_CMDLINE_LINUX="quiet"\n',
        "etc/initramfs-tools/modules": "# modules\n",
        "etc/sudoers.d/README": "",
        "boot/efi/EFI/debian/shimx64.efi": "shim",
        "boot/efi/EFI/debian/grubx64.efi": "grub",
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    for program in ("usr/sbin/sshd", "usr/sbin/update-initramfs"):
        (root / program).chmod(0o755)
    return root


def run(shell: list[str], script: Path, tree: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "VMIMPORT_ROOT": str(tree), **variables}
    command = [*AS_ROOT, *shell, str(script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def results(tree: Path) -> dict[str, str]:
    lines = (tree / "var/log/vmimport-prepare.jsonl").read_text().splitlines()
    return {entry["step"]: entry["result"] for entry in map(json.loads, lines)}


def content(tree: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(tree)): path.read_bytes()
        for path in sorted(tree.rglob("*"))
        if path.is_file() and path.name != "vmimport-prepare.jsonl"
    }


def test_shellcheck_finds_nothing(script: Path) -> None:
    shellcheck = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which("shellcheck")
    assert shellcheck is not None
    checked = subprocess.run([shellcheck, "--shell=sh", script], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")


@SHELLS
def test_the_first_run_prepares_the_tree_and_the_second_changes_nothing(
    shell: list[str], script: Path, tree: Path
) -> None:
    first = run(shell, script, tree, VMIMPORT_KEY=KEY)
    assert (first.returncode, first.stderr) == (0, "")
    changed = {step for step, result in results(tree).items() if result == "changed"}
    assert changed == {"key", "sudo", "ssh_keys", "ssh_start", "net_names", "dhcp", "drivers", "grub", "esp"}
    after_first = content(tree)
    assert run(shell, script, tree, VMIMPORT_KEY=KEY).returncode == 0
    assert set(results(tree).values()) == {"ok", "ready"}
    assert content(tree) == after_first


def test_the_tree_has_what_ec2_requires_afterwards(script: Path, tree: Path) -> None:
    run(["dash"], script, tree, VMIMPORT_KEY=KEY)
    files = {name: text.decode() for name, text in content(tree).items()}
    assert KEY in files["home/ec2-user/.ssh/authorized_keys"].splitlines()
    assert "dhcp4: true" in files["etc/netplan/90-vmimport.yaml"]
    assert "etc/netplan/01-static.yaml" not in files
    assert {"nvme", "ena", "xen-blkfront", "xen-netfront"} <= set(files["etc/initramfs-tools/modules"].splitlines())
    assert "etc/udev/rules.d/70-persistent-net.rules" not in files
    assert files["boot/efi/EFI/BOOT/BOOTX64.EFI"] == "shim"
    assert "net.ifnames=0" in files["etc/default/grub"]


def test_without_a_key_the_step_fails_with_its_reason_and_the_log_says_so(script: Path, tree: Path) -> None:
    failed = run(["dash"], script, tree)
    assert failed.returncode == 1
    assert "key: ec2-user has no public key: set VMIMPORT_KEY" in failed.stderr
    assert results(tree)["key"] == "failed"
    assert (tree / "etc/netplan/01-static.yaml").exists()


def test_a_root_device_without_a_uuid_fails_and_leaves_fstab_as_it_was(script: Path, tree: Path) -> None:
    (tree / "etc/fstab").write_text("/dev/sda1 / ext4 defaults 0 1\n")
    failed = run(["dash"], script, tree, VMIMPORT_KEY=KEY)
    assert failed.returncode == 1
    assert "has no UUID" in failed.stderr
    assert (tree / "etc/fstab").read_text() == "/dev/sda1 / ext4 defaults 0 1\n"


def test_the_key_of_root_is_refused(script: Path, tree: Path) -> None:
    failed = run(["dash"], script, tree, VMIMPORT_KEY=KEY, VMIMPORT_USER="root")
    assert failed.returncode == 1
    assert "expected an account other than root" in failed.stderr
