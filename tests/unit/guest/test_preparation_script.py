import json
import re

import pytest
from tests.unit.guest.powershell import forbidden_constructs, syntax_errors

from pulumi_vmimport.guest.preparation_script import check_ps1, prepare_ps1, start_ps1
from pulumi_vmimport.guest.preparation_steps import GuestProfile, steps_of
from pulumi_vmimport.guest.windows_preparation import ExtraScript, Sysprep, WindowsPreparation

WINDOWS = pytest.mark.parametrize("profile", [GuestProfile.BYOL_WORKSPACES, GuestProfile.EC2_WINDOWS])

# start.ps1 has no functions and checks $LASTEXITCODE itself.
PROGRAM_OF_START = "($env:SystemRoot + '\\System32\\shutdown.exe')"


def test_the_first_script_checks_the_exit_code_of_its_program() -> None:
    assert re.search(r"& .*shutdown\.exe'\) .*\s+if \(\$LASTEXITCODE -ne 0\) \{ throw", start_ps1())


@WINDOWS
def test_the_script_has_every_step_of_the_profile_in_order_and_no_other(profile: GuestProfile) -> None:
    script = prepare_ps1(WindowsPreparation(profile=profile))
    ids = [line.split("'")[1] for line in script.splitlines() if line.startswith("    [pscustomobject]@{ Id = '")]
    assert ids == [step.id for step in steps_of(profile)]


@WINDOWS
def test_the_script_is_valid_powershell_in_ascii_with_windows_line_ends(profile: GuestProfile) -> None:
    extra = (ExtraScript("agent", "exit 0"),)
    prepare = prepare_ps1(WindowsPreparation(profile=profile, extra_scripts=extra))
    for script in (prepare, start_ps1(), check_ps1(profile)):
        assert script.isascii()
        assert script.count("\n") == script.count("\r\n")
        assert syntax_errors(script) == []
        assert [found for found in forbidden_constructs(script) if not found.endswith(PROGRAM_OF_START)] == []
        assert "Set-StrictMode -Version Latest" in script
        assert "$ErrorActionPreference = 'Stop'" in script


@WINDOWS
def test_the_check_tests_every_code_of_the_profile_and_changes_nothing(profile: GuestProfile) -> None:
    script = check_ps1(profile)
    codes = {code for step in steps_of(profile) for code in step.codes} - {"UnknownError"}
    assert codes
    assert [code for code in sorted(codes) if f"'{code}'" not in script] == []
    steps = script.split("$Steps = @(")[1]
    changes = re.compile(r"\b(?:Set|New|Remove|Add|Disable|Enable|Uninstall|Restart|Stop|Start|Rename|Clear)-[A-Z]\w+")
    assert changes.findall(steps) == []
    assert "Set = {" not in script


def test_sysprep_runs_after_every_step_and_before_success_is_reported() -> None:
    script = prepare_ps1(WindowsPreparation(profile=GuestProfile.EC2_WINDOWS, sysprep=Sysprep.BEFORE_EXPORT))
    order = [
        "if (Invoke-PrepPass) {",
        "'/generalize'",
        "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE",
        "Unregister-ScheduledTask",
    ]
    places = [script.index(text) for text in (*order, "result = 'ready'", "'/s', '/t'")]
    assert places == sorted(places)
    assert "'/shutdown'" not in script  # it would shut down before the result is known


def test_scripts_of_the_user_run_after_the_updates_and_before_the_passwords_are_set() -> None:
    script = prepare_ps1(WindowsPreparation(extra_scripts=(ExtraScript("a", ""), ExtraScript("b", ""))))
    order = [
        script.index(f"Id = '{id}'")
        for id in ("install-updates", "script-a", "script-b", "appx-installed", "final-passwords")
    ]
    assert order == sorted(order)


def test_settings_state_the_free_space_that_the_profile_requires() -> None:
    def free(preparation: WindowsPreparation) -> int:
        return int(json.loads(preparation.settings_json())["FreeGB"])

    assert free(WindowsPreparation()) == 10
    assert free(WindowsPreparation(with_office=True)) == 20
    assert free(WindowsPreparation(profile=GuestProfile.EC2_WINDOWS)) == 6


def test_every_setting_that_the_scripts_read_is_in_settings_json() -> None:
    settings = json.loads(WindowsPreparation(sysprep=Sysprep.BEFORE_EXPORT).settings_json())
    scripts = prepare_ps1(WindowsPreparation()) + prepare_ps1(WindowsPreparation(profile=GuestProfile.EC2_WINDOWS))
    read = {
        word.split(".")[0].strip("();'\" +")
        for word in scripts.replace(",", " ").split("$Prep.")[1:]
        for word in [word.split()[0]]
    }
    assert {"".join(c for c in name if c.isalnum()) for name in read} == set(settings)


def test_updates_are_skipped_if_they_are_not_to_be_installed() -> None:
    assert json.loads(WindowsPreparation(install_updates=False).settings_json())["UpdateRounds"] == 0
