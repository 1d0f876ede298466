"""prepare_linux.sh on a running system's paths: in a chroot, whose tree then becomes an ext4 or XFS volume.

Nothing is mounted: mke2fs and mkfs.xfs make the volumes from the tree, and the library's readers read them.
"""

import json
import os
import subprocess
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import MIB, missing, run, sparse_file
from tests.unit.disk.linux.linux_system import KEY, PREPARED, UUID, facts_of, mbr_disk
from tests.unit.disk.linux.linux_volumes import Files, Link, prototype, write_tree
from tests.unit.disk.linux.test_preparation import FAULTS, RULES

from pulumi_vmimport.disk.rules.guest_verdicts import Verdict, rule_verdicts
from pulumi_vmimport.image_profile import ImageProfile

pytestmark = [
    pytest.mark.skipif(bool(missing("busybox", "mke2fs", "mkfs.xfs")), reason="needs busybox, e2fsprogs and xfsprogs"),
    pytest.mark.skipif(os.getuid() != 0, reason="chroot requires root"),
]
MakeVolume = Callable[[Path, Path], Path]


def ext4(tree: Path, volume: Path) -> Path:
    run("mke2fs", "-q", "-F", "-t", "ext4", "-U", UUID, "-d", tree, sparse_file(volume, 32 * MIB))
    return volume


def xfs(tree: Path, volume: Path) -> Path:
    proto = volume.with_suffix(".proto")
    proto.write_text("\n".join(["/", "0 0", "d--755 0 0", *prototype(tree), "$", ""]))
    run("mkfs.xfs", "-q", "-f", "-m", f"uuid={UUID}", "-p", proto, sparse_file(volume, 320 * MIB))
    return volume


@pytest.fixture(params=[ext4, xfs], ids=["ext4", "xfs"])
def make_volume(request: pytest.FixtureRequest) -> MakeVolume:
    found: MakeVolume = request.param
    return found


@pytest.fixture
def tree(tmp_path: Path, make_volume: MakeVolume) -> Path:
    """A system before the preparation, with the programs of busybox."""
    programs = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    links: Files = {f"/usr/bin/{name}": Link("busybox") for name in programs if name not in {"busybox", "bash"}}
    system: Files = {name: data for name, data in {**PREPARED, **FAULTS}.items() if data != ""}
    made = write_tree(tmp_path / "tree", {**links, **system, "/proc/mounts": "", "/dev/null": ""})
    kind = "ext4" if make_volume is ext4 else "xfs"
    (made / "proc/mounts").write_text(f"/dev/sda1 / {kind} rw 0 0\n")
    busybox = run("sh", "-c", "command -v busybox").strip()
    (made / "usr/bin/busybox").write_bytes(Path(busybox).read_bytes())
    script = resources.files("pulumi_vmimport.guest").joinpath("scripts/prepare_linux.sh").read_bytes()
    (made / "root").mkdir(exist_ok=True)
    (made / "root/prepare.sh").write_bytes(script)
    for program in ("usr/bin/busybox", "usr/sbin/sshd"):
        (made / program).chmod(0o755)
    return made


def prepare(tree: Path) -> dict[str, str]:
    """Run the script in the tree; the results of its steps."""
    environment = {"PATH": "/bin:/usr/sbin:/usr/bin", "VMIMPORT_USER": "admin", "VMIMPORT_KEY": KEY}
    command = ["chroot", str(tree), "/bin/sh", "/root/prepare.sh"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tree / "var/log/vmimport-prepare.jsonl").read_text().splitlines()
    return {entry["step"]: entry["result"] for entry in map(json.loads, lines)}


def content(tree: Path) -> dict[str, bytes | str]:
    """Files and links, without the log and the file in place of /dev/null, which each run writes."""
    return {
        str(path.relative_to(tree)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(tree.rglob("*"))
        if (path.is_symlink() or path.is_file()) and path.name not in {"vmimport-prepare.jsonl", "null"}
    }


def failed(tree: Path, make_volume: MakeVolume, folder: Path) -> set[str]:
    facts = facts_of(mbr_disk(folder / "disk.raw", make_volume(tree, folder / "root.volume")))
    return {verdict.rule for verdict in rule_verdicts(facts, ImageProfile.EC2) if verdict.verdict is not Verdict.PASS}


def test_the_system_passes_the_rules_after_one_run_and_a_second_changes_nothing(
    tree: Path, make_volume: MakeVolume, tmp_path: Path
) -> None:
    before = failed(tree, make_volume, tmp_path)
    assert before >= RULES
    changed = {step for step, result in prepare(tree).items() if result == "changed"}
    assert {"key", "ssh_start", "ssh_keys", "net_names", "dhcp"} <= changed
    assert failed(tree, make_volume, tmp_path) == set()
    after_first = content(tree)
    assert set(prepare(tree).values()) == {"ok", "ready"}
    assert content(tree) == after_first
