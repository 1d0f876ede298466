"""What the command shows of the operating system on a disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport.disk.guest.guest_facts import GuestFacts, GuestSystem
from pulumi_vmimport_sandbox.windows import Layout, WindowsGuest, faulty_guest

BYOL = ("--profile", "byol-workspaces")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: object) -> Result:
        result = CliRunner().invoke(vmimport, ["inspect", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


def image_of(guest: WindowsGuest, folder: Path) -> Path:
    return guest.disk().write_file(folder / "web.raw")


def test_the_profile_of_workspaces_looks_inside_and_shows_every_fault_in_a_table(run: Any, tmp_path: Path) -> None:
    result = run(image_of(faulty_guest("FirewallEnabled", "DomainJoined"), tmp_path), *BYOL)
    assert result.exit_code == 1
    for line in (
        "    Windows 10 22H2, Professional, build 19045.5011, en-US, amd64, starts with BIOS, installed",
        "error: windows-domain-joined",
        "  remedy: run `Remove-Computer` and restart; preparation step leave-domain",
        "rules for the operating system: 2 fail, 0 unknown, 47 pass",
        "  fail: windows-domain-joined (DomainJoined), error",
        "  fail: windows-firewall-on (FirewallEnabled), error",
        "  pass: 47 rules; --json has them with their evidence",
        "what the disk does not show, and how to find out:",
        "  rearm-count (ZeroRearmCount, InsufficientRearmCount): run `slmgr /dlv` in the VM",
        "  windows-ipv6-enabled: IPv6 may be disabled for each adapter instead",
    ):
        assert line in result.output.splitlines()


def test_a_healthy_guest_gives_status_0(run: Any, tmp_path: Path) -> None:
    result = run(image_of(WindowsGuest.healthy(Layout.WINDOWS_11), tmp_path), *BYOL)
    assert result.exit_code == 0
    assert "rules for the operating system: 0 fail, 0 unknown, 49 pass" in result.output
    assert "no known blocker found" in result.output


def test_ec2_looks_inside_only_on_request(run: Any, tmp_path: Path) -> None:
    image = image_of(faulty_guest("AutoLogonEnabled"), tmp_path)
    assert "windows-automatic-logon" not in run(image).output
    result = run(image, "--guest")
    assert (result.exit_code, "warning: windows-automatic-logon" in result.output) == (0, True)
    assert "rearm-count" not in result.output


def test_a_system_that_was_not_shut_down_passes_no_rule(run: Any, tmp_path: Path) -> None:
    result = run(image_of(faulty_guest("Hibernated"), tmp_path), *BYOL)
    assert "rules for the operating system: 1 fail, 48 unknown, 0 pass" in result.output
    words = " ".join(result.output.split())
    assert "unknown: windows-release, windows-32-bit, " in words
    assert "windows-page-file-automatic" not in words  # a rule for ec2
    assert ": the system was not shut down completely, so the disk may miss changes what the disk" in words


def test_json_has_the_guest_its_verdicts_and_facts_in_the_form_of_a_script_in_the_guest(
    run: Any, tmp_path: Path
) -> None:
    shown = json.loads(run(image_of(faulty_guest("DomainJoined"), tmp_path), *BYOL, "--json").stdout)
    assert (shown["detected_guest"]["release"], shown["detected_guest"]["firmware"]) == ("Windows 10 22H2", "bios")
    by_rule = {verdict["rule"]: verdict for verdict in shown["verdicts"]}
    failed = by_rule["windows-domain-joined"]
    assert (failed["verdict"], failed["codes"], failed["severity"]) == ("fail", ["DomainJoined"], "error")
    assert by_rule["rearm-count"]["how"] == "run `slmgr /dlv` in the VM"
    facts = GuestFacts.from_json(json.dumps(shown["facts"]["disks"][0]["guest"]))
    assert facts.system is GuestSystem.WINDOWS
    assert facts.fact("domain.name").value == "corp.example.com"
