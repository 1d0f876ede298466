"""`vmimport inspect --guest` of disks with Linux: real volumes, in the containers that are imported."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.unit.disk.inspection.container_images import archive, converted, vsphere_members
from tests.unit.disk.inspection.disk_tools import missing
from tests.unit.disk.linux.linux_system import VERSION, grub_cfg, system_disk

from pulumi_vmimport.cli.group import vmimport

pytestmark = pytest.mark.skipif(bool(missing("mke2fs", "qemu-img")), reason="needs e2fsprogs and qemu-utils")

FAULTS: dict[str, tuple[str, str | bytes]] = {
    "linux-architecture": ("/usr/lib/systemd/systemd", b"\x7fELF\1\1\1".ljust(16, b"\0") + b"\2\0\3\0" + bytes(100)),
    "linux-device-names": ("/etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n"),
    "linux-no-login": ("/home/admin/.ssh/authorized_keys", "# none\n"),
    "linux-no-ssh-server": ("/usr/sbin/sshd", ""),
    "linux-predictable-names": ("/boot/grub/grub.cfg", grub_cfg("quiet")),
}


def _inspect(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(vmimport, ["inspect", *arguments])
    return done.exit_code, done.output


@pytest.mark.parametrize("container", ["raw", "vmdk", "ova"])
def test_five_faults_of_a_linux_system_are_reported_together(
    container: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    image = system_disk(tmp_path, dict(FAULTS.values()))
    if container != "raw":
        stream = converted(image, tmp_path / "disk.vmdk", "vmdk", "subformat=streamOptimized")
        image = stream
    if container == "ova":
        image = tmp_path / "web.ova"
        image.write_bytes(archive(vsphere_members(stream.read_bytes())))
    status, shown = _inspect(str(image), "--guest", "--json")
    found = [finding for finding in json.loads(shown)["findings"] if finding["rule"].startswith("linux-")]
    assert status == 1
    assert {finding["rule"] for finding in found} == FAULTS.keys()
    steps = {finding["rule"]: finding["step"] for finding in found}
    assert steps == {
        "linux-architecture": "machine", "linux-device-names": "fstab", "linux-no-login": "key", "linux-no-ssh-server": "sshd",
        "linux-predictable-names": "grub",
    }  # fmt: skip


def test_a_prepared_system_has_no_finding_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    status, shown = _inspect(str(system_disk(tmp_path)), "--guest")
    assert status == 0
    assert f"Debian GNU/Linux 12 (bookworm), kernel {VERSION}, amd64, starts with BIOS" in shown
    assert "rules for the operating system: 0 fail, 0 unknown, 28 pass" in shown
    assert "no known blocker found (checked for ImportImage)" in shown


def test_without_the_extra_one_finding_has_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    status, shown = _inspect(str(system_disk(tmp_path)), "--guest", "--json")
    (finding,) = json.loads(shown)["findings"]
    assert status == 0
    assert (finding["rule"], finding["severity"]) == ("guest-not-read", "unknown")
    assert "run `pip install 'pulumi-vmimport[linux]'`" in finding["evidence"]
