import re

import pytest
from tests.unit.guest.powershell import forbidden_constructs, syntax_errors

from pulumi_vmimport.aws.tables import workspace_image_errors
from pulumi_vmimport.guest.preparation_steps import (
    GuestProfile,
    OtherEffect,
    PreparationStep,
    RegistryEffect,
    steps_by_code,
    windows_steps,
)

STEPS = pytest.mark.parametrize("step", windows_steps(), ids=lambda step: step.id)
WRITES = re.compile(r"Set-RegistryValue -Path .*? -Name '([^']+)'")
REMOVALS = re.compile(r"Remove-RegistryValue -Path .*? -Name '([^']+)'")
# WorkSpaces decides them, not the guest: the protocol is an input of the import.
NOT_IN_THE_GUEST = {"ProtocolOSIncompatibility"}


@STEPS
def test_every_snippet_is_valid_powershell_without_aliases_or_unchecked_programs(step: PreparationStep) -> None:
    for snippet in (step.test, step.set, step.verify):
        assert syntax_errors(snippet) == []
        assert forbidden_constructs(snippet) == []


def test_the_parser_reports_a_missing_parenthesis_in_nearly_every_snippet() -> None:
    snippets = [text for step in windows_steps() for text in (step.test, step.set, step.verify) if "(" in text]
    noticed = sum(bool(syntax_errors(text.replace("(", "((", 1))) for text in snippets)
    assert noticed >= 0.95 * len(snippets)


def test_forbidden_constructs_are_found() -> None:
    found = forbidden_constructs("gci C:\\\nInvoke-Expression $x\nreg.exe add HKLM\\x\nGet-Item `\n  C:\\\n")
    assert len(found) == 4


@STEPS
def test_every_registry_write_of_a_step_is_among_its_effects(step: PreparationStep) -> None:
    effects = [effect for effect in step.effects if isinstance(effect, RegistryEffect)]
    assert set(WRITES.findall(step.set)) <= {effect.name for effect in effects if effect.data is not None}
    assert set(REMOVALS.findall(step.set)) <= {effect.name for effect in effects if effect.absent}


@STEPS
def test_a_step_that_changes_windows_states_its_effects_and_an_assertion_has_none(step: PreparationStep) -> None:
    assert bool(step.effects) is not step.is_assertion


@STEPS
def test_an_assertion_raises_an_error(step: PreparationStep) -> None:
    if step.is_assertion:
        assert "throw" in step.set


def test_the_steps_name_every_error_code_of_workspaces_that_a_guest_can_cause() -> None:
    assert set(steps_by_code()) == set(workspace_image_errors.table().errors) - NOT_IN_THE_GUEST


def test_the_steps_of_a_code_are_in_the_order_in_which_they_run() -> None:
    assert steps_by_code()["AppXPackagesInstalled"] == (
        "hold-store-and-upgrades",
        "appx-provisioned",
        "appx-installed",
    )


def test_ids_are_unique_and_every_step_belongs_to_a_profile_of_windows() -> None:
    ids = [step.id for step in windows_steps()]
    assert len(set(ids)) == len(ids)
    assert all(step.profiles and GuestProfile.EC2_LINUX not in step.profiles for step in windows_steps())


def test_the_values_of_effects_are_of_the_stated_type() -> None:
    for step in windows_steps():
        for effect in step.effects:
            if isinstance(effect, RegistryEffect) and effect.data is not None:
                assert isinstance(effect.data, int) is (effect.type == "dword")
                assert effect.type in {"dword", "sz", "expand_sz", "multi_sz"}
            if isinstance(effect, OtherEffect):
                assert effect.other
