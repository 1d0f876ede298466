import json
from functools import cache

import pytest
from tests.unit.disk.windows.guest_disks import facts_of, verdicts_of

from pulumi_vmimport.disk.rules.guest_verdicts import Verdict
from pulumi_vmimport.guest.answer_file import OneTimePasswords, PartitionLayout, WindowsSetup
from pulumi_vmimport.guest.answer_files import answer_files
from pulumi_vmimport.guest.preparation_steps import GuestProfile, steps_of, windows_steps
from pulumi_vmimport.guest.windows_preparation import Sysprep, WindowsPreparation
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport_sandbox.windows import WindowsGuest
from pulumi_vmimport_sandbox.windows.byol_checker import failed_codes
from pulumi_vmimport_sandbox.windows.faults import FAULTS
from pulumi_vmimport_sandbox.windows.unattended import (
    BEFORE,
    AnswerIso,
    IncompleteAnswerIsoError,
    generalize,
    installed_guest,
    prepared_guest,
)

BYOL, SERVER = GuestProfile.BYOL_WORKSPACES, GuestProfile.EC2_WINDOWS
PROFILES = {BYOL: ImageProfile.BYOL_WORKSPACES, SERVER: ImageProfile.EC2}
NAMES = {BYOL: "Windows 10 Pro", SERVER: "Windows Server 2022 SERVERSTANDARD"}


@cache
def files(profile: GuestProfile = BYOL, layout: PartitionLayout = PartitionLayout.ONE_VOLUME) -> dict[str, bytes]:
    name = "Windows 11 Pro" if layout is PartitionLayout.GPT else NAMES[profile]
    setup = WindowsSetup(profile=profile, layout=layout, image_name=name)
    secrets = {"administrator": "Secret-1", "byol": "Secret-2"}
    return answer_files(setup, WindowsPreparation(profile=profile), OneTimePasswords("once-1", "once-2"), secrets)


def without_step(id: str, profile: GuestProfile) -> AnswerIso:
    steps = [step for step in json.loads(files(profile)["vmimport/steps.json"]) if step["id"] != id]
    return AnswerIso({**files(profile), "vmimport/steps.json": json.dumps(steps).encode()})


def broken(guest: WindowsGuest, profile: GuestProfile) -> set[str]:
    """The rules that the disk does not pass."""
    verdicts = verdicts_of(facts_of(guest), PROFILES[profile])
    return {rule for rule, found in verdicts.items() if found.verdict is not Verdict.PASS}


@pytest.mark.parametrize("layout", PartitionLayout)
def test_the_steps_lead_to_a_disk_that_passes_every_rule(layout: PartitionLayout) -> None:
    assert broken(prepared_guest(AnswerIso(files(BYOL, layout))), BYOL) == set()


def test_the_steps_lead_to_a_server_that_passes_every_rule() -> None:
    assert broken(prepared_guest(AnswerIso(files(SERVER))), SERVER) == set()


def test_the_simulated_checker_finds_nothing_after_the_steps_and_what_setup_leaves_before() -> None:
    assert failed_codes(prepared_guest(AnswerIso(files()))) == ()
    assert {"WindowsUpdatesEnabled", "FirewallEnabled", "AutoLogonEnabled"} <= set(
        failed_codes(installed_guest(AnswerIso(files())))
    )


@pytest.mark.parametrize(
    "code",
    [
        "WindowsUpdatesEnabled",
        "AutoMountDisabled",
        "WorkspacesBYOLAccountNotFound",
        "WorkspacesBYOLAccountDisabled",
        "FirewallEnabled",
        "AutoLogonEnabled",
        "RealTimeUniversalDisabled",
    ],
)
def test_the_simulated_checker_reports_a_fault_with_its_code(code: str) -> None:
    assert failed_codes(prepared_guest(AnswerIso(files()), [code])) == (code,)


def test_a_server_is_generalized_at_the_end_and_passes_every_rule() -> None:
    setup = WindowsSetup(profile=SERVER, layout=PartitionLayout.ONE_VOLUME, image_name=NAMES[SERVER])
    preparation = WindowsPreparation(profile=SERVER, sysprep=Sysprep.BEFORE_EXPORT)
    iso = AnswerIso(
        answer_files(setup, preparation, OneTimePasswords("once-1", "once-2"), {"administrator": "Secret-1"})
    )
    guest = prepared_guest(iso)
    assert iso.is_generalized
    generalize(guest)
    assert broken(guest, SERVER) == set()


def test_what_setup_leaves_does_not_pass() -> None:
    assert len(broken(installed_guest(AnswerIso(files())), BYOL)) > 10


STEPS = [
    (step.id, profile) for profile in (BYOL, SERVER) for step in steps_of(profile) if step.id in BEFORE and step.effects
]
# No rule of the profile speaks about what these change.
WITHOUT_RULE = {
    ("remove-secrets", BYOL),
    *((id, SERVER) for id in ("administrator", "cd-drive-letters", "no-reserved-storage", "remove-secrets")),
}


@pytest.mark.parametrize(("id", "profile"), STEPS, ids=str)
def test_without_a_step_exactly_what_it_repairs_fails(id: str, profile: GuestProfile) -> None:
    left_out = broken(prepared_guest(without_step(id, profile)), profile)
    healthy = WindowsGuest.healthy(AnswerIso(files(profile)).layout, AnswerIso(files(profile)).release)
    FAULTS[BEFORE[id]].change(healthy)
    assert left_out == broken(healthy, profile) - broken(prepared_guest(AnswerIso(files(profile))), profile)
    assert bool(left_out) is ((id, profile) not in WITHOUT_RULE)


def test_every_fault_that_setup_leaves_belongs_to_a_step() -> None:
    assert BEFORE.keys() <= {step.id for step in windows_steps()}


@pytest.mark.parametrize(
    "path", ["autounattend.xml", "vmimport/start.ps1", "vmimport/prepare.ps1", "secrets/secrets.json"]
)
def test_an_iso_without_a_file_does_not_install(path: str) -> None:
    rest = {name: content for name, content in files().items() if name != path}
    with pytest.raises(IncompleteAnswerIsoError, match=path):
        installed_guest(AnswerIso(rest))


def test_a_step_that_the_script_lacks_is_reported() -> None:
    script = files()["vmimport/prepare.ps1"].replace(b"Id = 'no-nla'", b"Id = 'other'")
    with pytest.raises(IncompleteAnswerIsoError, match=r"prepare.ps1 has no step no-nla"):
        prepared_guest(AnswerIso({**files(), "vmimport/prepare.ps1": script}))
