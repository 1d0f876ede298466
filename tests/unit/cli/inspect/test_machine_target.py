"""`vmimport inspect vsphere://...` against the simulator."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.unit.conftest import Machines

from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox
from pulumi_vmimport_sandbox.windows import WindowsGuest, faulty_guest

Inspect = Callable[..., Result]


@pytest.fixture
def inspect(vcenter: VCenterSandbox, monkeypatch: pytest.MonkeyPatch) -> Inspect:
    """Runs the command with the simulator in its environment."""
    monkeypatch.setenv("VSPHERE_SERVER", f"{vcenter.host}:{vcenter.port}")
    monkeypatch.setenv("VSPHERE_USER", vcenter.user)
    monkeypatch.setenv("VSPHERE_PASSWORD", vcenter.password)
    monkeypatch.setenv("VMIMPORT_VSPHERE_CA_FILE", str(vcenter.ca_file))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(vmimport, ["inspect", *arguments])


@pytest.mark.parametrize("target", ["vsphere://DC0/vm/prod/web", "vsphere://web"])
def test_shows_the_hardware_and_the_partitions_of_a_machine(
    inspect: Inspect, machines: Machines, bootable_disk: bytes, target: str
) -> None:
    machines.make_with_disks("web", bootable_disk, folder="prod")
    shown = inspect(target)
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[:5] == [
        f"{target}: VM in vSphere, 1 disk, 1 GiB",
        "  VM web: windows9_64Guest, BIOS, 2 CPUs, 4096 MiB memory, 1 adapter",
        "  disk [LocalDS_0] web/web.vmdk: 1 GiB",
        "    MBR, 1 partition",
        "    1: 1022 MiB at 1 MiB, ntfs, active, probably root",
    ]
    assert "no known blocker found (checked for ImportImage)" in shown.output
    assert "3 reads" in shown.output


@pytest.mark.parametrize("options", [("--guest",), ("--profile", "byol-workspaces")])
def test_reads_the_operating_system_on_the_disk(inspect: Inspect, machines: Machines, options: tuple[str, ...]) -> None:
    machines.make_windows("web", WindowsGuest.healthy().disk())
    shown = inspect("vsphere://DC0/vm/web", *options)
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[3].startswith("    Windows 10 22H2, Professional, build 19045")
    assert "no known blocker found (checked for" in shown.output
    reads = int(shown.output.splitlines()[-1].split()[0])
    assert reads <= 40


def test_fails_with_what_is_wrong_in_the_operating_system(inspect: Inspect, machines: Machines) -> None:
    machines.make_windows("web", faulty_guest("AutoLogonEnabled", "DomainJoined").disk())
    shown = inspect("vsphere://DC0/vm/web", "--profile", "byol-workspaces", "--json")
    assert shown.exit_code == 1
    rules = {finding["rule"] for finding in json.loads(shown.stdout)["findings"]}
    assert rules == {"windows-automatic-logon", "windows-domain-joined"}


def test_errors_in_the_disk_give_status_1(inspect: Inspect, machines: Machines, bootable_disk: bytes) -> None:
    machines.make_with_disks("web", bootable_disk.replace(b"NTFS    ", b"-FVE-FS-"))
    found = inspect("vsphere://DC0/vm/web", "--json")
    assert found.exit_code == 1
    facts = json.loads(found.stdout)
    assert facts["target"] == "vsphere://DC0/vm/web"
    assert [finding["rule"] for finding in facts["findings"]] == ["bitlocker"]
    assert facts["facts"]["container"] == "virtual-machine"
    assert facts["facts"]["machine"]["firmware"] == "bios"
    assert facts["reads"]["requests"] == 3


def test_the_hardware_of_a_running_machine_is_shown_with_the_reason(
    inspect: Inspect, machines: Machines, bootable_disk: bytes
) -> None:
    machine = machines.make_with_disks("web", bootable_disk)
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())
    shown = inspect("vsphere://DC0/vm/web")
    assert shown.exit_code == 0
    assert "disk [LocalDS_0] web/web.vmdk: 1 GiB, not read" in shown.output
    assert "unknown: machine-disk-not-read" in shown.output
    assert "found: the VM is powered on, and vSphere locks the files of its disks" in shown.output
    assert "no known blocker found; 1 check inconclusive" in shown.output


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("vsphere://DC0/vm/none", "has no virtual machine with inventory path DC0/vm/none"),
        ("vsphere://", "expected vsphere://datacenter/vm/name, got 'vsphere://'"),
    ],
)
def test_fails_with_status_2_and_one_line(inspect: Inspect, target: str, words: str) -> None:
    failed = inspect(target)
    assert failed.exit_code == 2
    assert words in failed.output
    assert len(failed.output.splitlines()) == 1


def test_fails_with_the_variables_if_vsphere_is_not_configured(
    inspect: Inspect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VSPHERE_SERVER")
    failed = inspect("vsphere://DC0/vm/web")
    assert failed.exit_code == 2
    assert "set VSPHERE_SERVER, VSPHERE_USER and VSPHERE_PASSWORD" in failed.output


def test_fails_with_the_variable_if_the_login_is_rejected(inspect: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSPHERE_PASSWORD", "wrong")
    failed: Any = inspect("vsphere://DC0/vm/web", "--json")
    assert failed.exit_code == 2
    assert "check VSPHERE_USER and VSPHERE_PASSWORD" in json.loads(failed.stdout)["error"]
