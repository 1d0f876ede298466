from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.guest.answer_file import PartitionLayout
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.windows_editions import WINDOWS_EDITIONS
from pulumi_vmimport.guest.windows_preparation import ExtraScript, Sysprep, supported_builds
from pulumi_vmimport.lifecycle.contract import UNKNOWN
from pulumi_vmimport.resources.guest_installation import installation_rules
from pulumi_vmimport.resources.guest_installation.answer_content import preparation_of
from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallationInputs
from pulumi_vmimport.resources.guest_installation.installation_rules import input_problems
from pulumi_vmimport.windows_releases import WINDOWS_RELEASES, WINDOWS_SERVERS

BYOL = GuestInstallationInputs(
    uuid="4210",
    guest_profile=GuestProfile.BYOL_WORKSPACES,
    windows_release="10-22H2",
    administrator_password="Secret-1",
    byol_account_password="Secret-2",
)
SERVER = GuestInstallationInputs(
    uuid="4210", guest_profile=GuestProfile.EC2_WINDOWS, windows_release="2022", administrator_password="Secret-1"
)
LINUX = GuestInstallationInputs(
    uuid="4210", guest_profile=GuestProfile.EC2_LINUX, ssh_public_key="ssh-ed25519 AAAA admin"
)


def unknown(name: str) -> dict[str, Any]:
    return {name: UNKNOWN}


def problems(inputs: GuestInstallationInputs) -> dict[str, str]:
    return {problem.path: problem.reason for problem in input_problems(inputs)}


@pytest.mark.parametrize("inputs", [BYOL, SERVER, LINUX], ids=lambda inputs: inputs.guest_profile.value)
def test_complete_inputs_have_no_problems(inputs: GuestInstallationInputs) -> None:
    assert problems(inputs) == {}


@pytest.mark.parametrize(
    ("base", "changes", "path", "words"),
    [
        (BYOL, {"windows_release": None}, "windowsRelease", "is required, expected one of 10-1511"),
        (BYOL, {"windows_release": "2022"}, "windowsRelease", "got '2022'"),
        (BYOL, {"windows_release": "10"}, "windowsRelease", "got '10'"),
        (BYOL, {"windows_release": "11-26H2"}, "windowsRelease", "describe a newer release"),
        (BYOL, {"windows_release": "2028", "windows_build": 29000}, "windowsRelease", "got '2028'"),
        (BYOL, {"windows_build": 19044}, "windowsBuild", "expected 19045 for release 10-22H2"),
        (BYOL, {"language": "ja-JP"}, "language", "expected en-US, got 'ja-JP'"),
        (SERVER, {"windows_release": "2028", "windows_build": 29000}, "imageName", "knows no editions"),
        (BYOL, {"administrator_password": None}, "administratorPassword", "is required"),
        (BYOL, {"byol_account_password": None}, "byolAccountPassword", "is required"),
        (BYOL, {"byol_account_password": ""}, "byolAccountPassword", "expected 1 to 127"),
        (BYOL, {"administrator_password": "a\nb"}, "administratorPassword", "printable"),
        (BYOL, {"edition": "Home"}, "edition", "expected one of Professional"),
        (BYOL, {"edition": "Enterprise", "image_index": 3}, "imageIndex", "at most one of"),
        (BYOL, {"image_index": 0}, "imageIndex", "expected at least 1"),
        (BYOL, {"partition_layout": PartitionLayout.GPT}, "partitionLayout", "BIOS"),
        (
            BYOL,
            {"windows_release": "11-23H2", "partition_layout": PartitionLayout.ONE_VOLUME},
            "partitionLayout",
            "UEFI",
        ),
        (BYOL, {"bypass_tpm": True}, "bypassTpm", "only Setup of Windows 11"),
        (BYOL, {"page_file_mb": 4096}, "pageFileMb", "has no effect with guest_profile byol-workspaces"),
        (BYOL, {"sysprep": Sysprep.BEFORE_EXPORT}, "sysprep", "has no effect"),
        (BYOL, {"ssh_public_key": "ssh-rsa A"}, "sshPublicKey", "has no effect"),
        (BYOL, {"computer_name": "12345"}, "computerName", "not digits alone"),
        (BYOL, {"computer_name": "a-name-that-is-too-long"}, "computerName", "1 to 15"),
        (BYOL, {"byol_checker": "/no/such.zip"}, "byolChecker", "expected a file on this machine"),
        (BYOL, {"extra_scripts": (ExtraScript("a b", ""),)}, "extraScripts[0].name", "letters, digits and hyphens"),
        (
            BYOL,
            {"extra_scripts": (ExtraScript("a", ""), ExtraScript("A", ""))},
            "extraScripts[1].name",
            "earlier script",
        ),
        (SERVER, {"byol_account_password": "x"}, "byolAccountPassword", "has no effect with guest_profile ec2-windows"),
        (SERVER, {"with_office": True}, "withOffice", "has no effect"),
        (SERVER, {"page_file_mb": 0}, "pageFileMb", "expected at least 1"),
        (SERVER, {"timeout_minutes": 0}, "timeoutMinutes", "expected at least 1"),
        (LINUX, {"ssh_public_key": None}, "sshPublicKey", "is required"),
        (LINUX, {"ssh_public_key": "AAAA"}, "sshPublicKey", "format of OpenSSH"),
        (LINUX, {"user_name": "root"}, "userName", "other than root"),
        (LINUX, {"windows_release": "2022"}, "windowsRelease", "has no effect with guest_profile ec2-linux"),
    ],
)
def test_an_invalid_input_is_the_only_problem(
    base: GuestInstallationInputs, changes: dict[str, object], path: str, words: str
) -> None:
    found = problems(replace(base, **changes))  # type: ignore[arg-type]
    assert list(found) == [path]
    assert words in found[path]


def test_all_problems_are_reported_at_once() -> None:
    found = problems(
        replace(BYOL, windows_release="9", administrator_password=None, computer_name="1", sysprep=Sysprep.NONE)
    )
    assert set(found) == {"windowsRelease", "administratorPassword", "computerName", "sysprep"}


def test_a_password_is_never_in_a_problem() -> None:
    found = problems(replace(BYOL, administrator_password="Secret\x00", byol_account_password="Hidden" * 50))
    assert set(found) == {"administratorPassword", "byolAccountPassword"}
    assert not any("Secret" in reason or "Hidden" in reason for reason in found.values())


SURPLUS = {"sysprep", "page_file_mb", "ssh_public_key", "user_name"}


@pytest.mark.parametrize("name", sorted(vars(BYOL).keys() - SURPLUS))
def test_an_unknown_input_is_no_problem(name: str) -> None:
    assert problems(replace(BYOL, **{name: UNKNOWN})) == {}  # type: ignore[arg-type]


def test_without_pycdlib_preview_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation_rules, "find_spec", lambda _: None)
    assert "pip install 'pulumi-vmimport[guest]'" in problems(BYOL)[""]


@pytest.mark.parametrize("release", WINDOWS_RELEASES)
def test_every_release_of_the_table_is_installed_for_workspaces(release: str) -> None:
    inputs = replace(BYOL, windows_release=release)
    assert problems(inputs) == {}
    assert WINDOWS_RELEASES[release].build in preparation_of(inputs).builds


@pytest.mark.parametrize("release", WINDOWS_SERVERS)
def test_every_server_of_the_table_is_installed_for_ec2(release: str) -> None:
    assert problems(replace(SERVER, windows_release=release)) == {}
    assert release in WINDOWS_EDITIONS


@pytest.mark.parametrize(
    "inputs",
    [
        replace(BYOL, windows_release="11-26H2", windows_build=26300),
        replace(BYOL, windows_release="11-26H2", **unknown("windows_build")),
        replace(SERVER, windows_release="2028", windows_build=29000, image_index=2),
    ],
)
def test_a_newer_release_is_described_by_its_build(inputs: GuestInstallationInputs) -> None:
    assert problems(inputs) == {}


def test_the_preparation_accepts_the_build_of_the_release_and_those_of_the_checker() -> None:
    assert preparation_of(BYOL).builds == supported_builds()
    newer = preparation_of(replace(BYOL, windows_release="11-26H2", windows_build=26300))
    assert newer.builds == (*supported_builds(), 26300)
    assert 26100 not in supported_builds()
