"""The steps that findings name fix them: prepare_linux.sh on the files of a system, then the rules on the volume."""

import os
import subprocess
from importlib import resources
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import MIB, missing, run, sparse_file
from tests.unit.disk.linux.linux_system import KEY, PREPARED, UUID, facts_of, mbr_disk
from tests.unit.disk.linux.linux_volumes import Files, write_tree

from pulumi_vmimport.disk.rules.guest_verdicts import Verdict, rule_verdicts
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.image_profile import ImageProfile

pytestmark = [
    pytest.mark.skipif(bool(missing("mke2fs", "sh")), reason="needs e2fsprogs"),
    pytest.mark.skipif(os.getuid() != 0, reason="prepare_linux.sh runs as root"),
]

# Those that the script can fix in a tree that does not run.
FAULTS: Files = {
    "/home/admin/.ssh/authorized_keys": "",
    "/etc/systemd/system/multi-user.target.wants/ssh.service": "",
    "/etc/ssh/sshd_config": "PubkeyAuthentication no\nUsePAM yes\n",
    "/etc/udev/rules.d/70-persistent-net.rules": 'SUBSYSTEM=="net", ATTR{address}=="00:50:56:aa:bb:cc", NAME="eth0"\n',
    "/etc/network/interfaces": "auto eth0\niface eth0 inet static\n  address 192.0.2.7/24\n",
    "/lib64/ld-linux-x86-64.so.2": "ELF",
}
RULES = {
    "linux-no-login",
    "linux-ssh-not-started",
    "linux-ssh-keys-off",
    "linux-mac-address",
    "linux-static-address",
    "linux-no-dhcp",
}


def _failed(folder: Path, tree: Path) -> set[str]:
    volume = sparse_file(folder / "root", 16 * MIB)
    run("mke2fs", "-q", "-F", "-t", "ext4", "-U", UUID, "-d", tree, volume)
    facts = facts_of(mbr_disk(folder / "disk.raw", volume))
    return {verdict.rule for verdict in rule_verdicts(facts, ImageProfile.EC2) if verdict.verdict is not Verdict.PASS}


def test_the_preparation_removes_the_findings_that_name_its_steps(tmp_path: Path) -> None:
    files: Files = {name: data for name, data in {**PREPARED, **FAULTS}.items() if data != ""}
    tree = write_tree(tmp_path / "tree", files)
    (tree / "usr/sbin/sshd").chmod(0o755)
    assert _failed(tmp_path, tree) == RULES
    script = resources.files("pulumi_vmimport.guest").joinpath("scripts/prepare_linux.sh").read_text(encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "VMIMPORT_ROOT": str(tree),
        "VMIMPORT_USER": "admin",
        "VMIMPORT_KEY": KEY,
    }
    done = subprocess.run(["sh"], input=script, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert _failed(tmp_path, tree) == set()
    log = (tree / "var/log/vmimport-prepare.jsonl").read_text()
    steps = {rule_catalog().rules[rule].step for rule in RULES}
    assert all(f'"step":"{step}","result":"changed"' in log for step in steps)
