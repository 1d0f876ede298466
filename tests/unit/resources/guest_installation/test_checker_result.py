from dataclasses import replace

import pytest

from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.resources.guest_installation.checker_result import advice, missing_result
from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallationState
from pulumi_vmimport.resources.guest_installation.installation_log import InstallationLog, LogEntry

STATE = GuestInstallationState(uuid="4210", guest_profile=GuestProfile.BYOL_WORKSPACES)
WITH_CHECKER = replace(STATE, byol_checker="BYOLChecker.zip")


def log(line: str) -> InstallationLog:
    return InstallationLog.parse(line.encode())


def test_the_advice_names_the_steps_for_each_code_that_is_known() -> None:
    message = "BYOL Checker reports FAILED: FirewallEnabled,64BitOS,PendingReboot; its log: C:\\checker.log"
    assert advice(LogEntry("byol-checker", "failed", message)) == (
        "; the steps of the preparation for these codes: FirewallEnabled: no-public-firewall; PendingReboot: "
        "install-updates, no-pending-restart"
    )


@pytest.mark.parametrize(
    ("step", "message"), [("free-space", "FirewallEnabled"), ("byol-checker", "BYOLChecker.ps1 does not exist")]
)
def test_other_failures_have_no_advice(step: str, message: str) -> None:
    assert advice(LogEntry(step, "failed", message)) == ""


@pytest.mark.parametrize(
    "line", ['{"step": "runner", "result": "ready"}', '{"step": "runner", "result": "ready", "checker": ""}']
)
def test_a_guest_whose_checker_reported_nothing_is_not_prepared(line: str) -> None:
    assert "of BYOL Checker nothing, expected success" in (missing_result(WITH_CHECKER, log(line)) or "")


def test_a_guest_whose_checker_found_nothing_is_prepared() -> None:
    assert missing_result(WITH_CHECKER, log('{"step": "runner", "result": "ready", "checker": "success"}')) is None


def test_no_result_is_expected_without_a_checker() -> None:
    assert missing_result(STATE, log('{"step": "runner", "result": "ready"}')) is None
