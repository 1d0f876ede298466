"""Facts of registries that lack keys, have values of other types, or are damaged in places."""

import pytest
from tests.unit.disk.windows.guest_disks import facts_of, facts_on, values_of, verdicts_of

from pulumi_vmimport.disk.guest.guest_facts import GuestFacts, GuestSystem
from pulumi_vmimport.disk.rules.guest_verdicts import Verdict
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport_sandbox.windows import Value, WindowsGuest, binary, dword, faulty_guest, string

BYOL = ImageProfile.BYOL_WORKSPACES
BLOCK_BYTES = 4096


ABSENT = {
    "network.interfaces": ("system", r"ControlSet001\Services\Tcpip\Parameters\Interfaces"),
    "firewall.remote_desktop_rules": (
        "system",
        r"ControlSet001\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules",
    ),
    "mounted.d": ("system", "MountedDevices"),
    "setup.subkeys": ("system", "Setup"),
    "service.dhcp.start": ("system", r"ControlSet001\Services\Dhcp"),
    "environment.path": ("system", r"ControlSet001\Control\Session Manager\Environment"),
    "antivirus.providers": ("software", r"Microsoft\Security Center"),
    "appx.users": ("software", r"Microsoft\Windows\CurrentVersion\Appx"),
    "appx.staged": ("software", r"Microsoft\Windows\CurrentVersion\Appx"),
    "appx.all_users": ("software", r"Microsoft\Windows\CurrentVersion\Appx"),
    "profiles": ("software", r"Microsoft\Windows NT\CurrentVersion\ProfileList"),
    "windows.build": ("software", r"Microsoft\Windows NT\CurrentVersion"),
}


@pytest.mark.parametrize("fact", ABSENT)
def test_a_key_that_does_not_exist_is_a_fact_without_a_value(fact: str) -> None:
    guest = WindowsGuest.healthy()
    hive, path = ABSENT[fact]
    getattr(guest, hive).delete(path)
    found = facts_of(guest).fact(fact)
    assert (found.value, found.unknown) == (None, None)
    assert found.shown().endswith(" is absent")


def test_no_software_is_an_empty_list() -> None:
    guest = WindowsGuest.healthy()
    for path in (
        r"Microsoft\Windows\CurrentVersion\Uninstall",
        r"Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall",
    ):
        guest.software.delete(path)
    assert values_of(facts_of(guest))["software.installed"] == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(string("4"), "expected number, got a value of type 1", id="text-for-a-number"),
        pytest.param(binary(b"\4\0\0\0"), "expected number, got a value of type 3", id="bytes-for-a-number"),
    ],
)
def test_a_value_of_another_type_is_unknown(value: Value, expected: str) -> None:
    guest = WindowsGuest.healthy()
    guest.system.set(r"ControlSet001\Services\wuauserv", Start=value)
    facts = facts_of(guest)
    assert expected in str(facts.fact("service.wuauserv.start").unknown)
    assert verdicts_of(facts, BYOL)["windows-update-enabled"].verdict is Verdict.UNKNOWN


def test_a_number_where_a_text_is_usual_is_read() -> None:
    guest = WindowsGuest.healthy()
    guest.software.set(r"Microsoft\Windows NT\CurrentVersion\Winlogon", AutoAdminLogon=dword(1))
    assert values_of(facts_of(guest))["logon.automatic"] == "1"


@pytest.mark.parametrize(
    ("root", "path", "has_files"),
    [
        pytest.param(r"C:\Windows", r"C:\Users\WorkSpaces_BYOL", True, id="drive"),
        pytest.param(r"C:\Windows", r"%SystemDrive%\Users\WorkSpaces_BYOL", True, id="variable"),
        pytest.param(r"C:\Windows", r"C:\Users\nobody", False, id="no-folder"),
        pytest.param(r"C:\Windows", r"D:\Users\WorkSpaces_BYOL", None, id="other-drive"),
        pytest.param(r"D:\Windows", r"D:\Users\WorkSpaces_BYOL", True, id="windows-on-another-letter"),
        pytest.param(None, r"C:\Users\WorkSpaces_BYOL", True, id="letter-not-named"),
        pytest.param(r"C:\Windows", r"%SystemRoot%\nobody", False, id="folder-of-windows"),
    ],
)
def test_a_profile_has_files_if_its_hive_is_on_the_volume_of_windows(
    root: str | None, path: str, has_files: bool | None
) -> None:
    guest = WindowsGuest.healthy()
    current = r"Microsoft\Windows NT\CurrentVersion"
    if root:
        guest.software.set(current, SystemRoot=string(root))
    else:
        guest.software.delete_value(current, "SystemRoot")
    sid = "S-1-5-21-1004336348-1177238915-682003330-1001"
    guest.software.set(rf"{current}\ProfileList\{sid}", ProfileImagePath=string(path))
    profiles = facts_of(guest).fact("profiles").value
    assert isinstance(profiles, list)
    assert {"sid": sid, "path": path, "has_files": has_files} in profiles


def test_a_boot_configuration_of_another_disk_leaves_the_only_windows() -> None:
    guest = WindowsGuest.healthy()
    disk = guest.disk()
    disk.write_at(440, b"\1\2\3\4")
    facts = facts_on(disk)
    assert facts.system is GuestSystem.WINDOWS
    assert facts.fact("boot.loader").value == r"\Windows\system32\winload.exe"


def test_a_damaged_list_is_incomplete_and_does_not_pass() -> None:
    """What a list has is certain, what it lacks is not."""
    disk = faulty_guest("VMWareToolsInstalled").disk()
    name = b"{A1B2C3D4-0000-4000-8000-000000000001}"  # of the harmless tool
    number = next(n for n, block in disk.blocks.items() if name in block)
    key = disk.blocks[number].index(name) - 76
    assert disk.blocks[number][key : key + 2] == b"nk"
    assert facts_on(disk).fact("software.installed").incomplete is None
    disk.write_at(number * BLOCK_BYTES + key, b"??")
    facts = facts_on(disk)
    assert "the hive is partly unreadable" in str(facts.fact("software.installed").incomplete)
    assert GuestFacts.from_json(facts.to_json()) == facts
    verdicts = verdicts_of(facts, BYOL)
    assert verdicts["windows-office"].verdict is Verdict.UNKNOWN
    assert verdicts["windows-vmware-tools"].verdict is Verdict.FAIL
