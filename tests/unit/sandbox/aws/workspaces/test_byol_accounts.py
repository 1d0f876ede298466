from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox

RANGE = "10.0.0.0/16"
ENABLE = {"DedicatedTenancySupport": "ENABLED", "DedicatedTenancyManagementCidrRange": RANGE}


def _modifications(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.workspaces.describe_account_modifications()["AccountModifications"]
    return found


def test_byol_is_enabled_after_its_duration_has_passed(account: Account, aws: AwsSandbox) -> None:
    aws.disable_byol()
    began = aws.clock.now()
    account.workspaces.modify_account(**ENABLE)
    aws.clock.advance(aws.settings.modify_account_seconds - 1)
    [change] = _modifications(account)
    assert change.pop("StartTime").timestamp() == pytest.approx(began, abs=1)
    assert change == {**ENABLE, "ModificationState": "PENDING"}
    assert account.workspaces.describe_account()["DedicatedTenancySupport"] == "DISABLED"
    aws.clock.advance(1)
    assert _modifications(account)[0]["ModificationState"] == "COMPLETED"
    shown = account.workspaces.describe_account()
    del shown["ResponseMetadata"]
    assert shown == {**ENABLE, "DedicatedTenancyAccountType": "SOURCE_ACCOUNT"}


def test_a_modification_can_fail_and_be_repeated(account: Account, aws: AwsSandbox) -> None:
    aws.disable_byol()
    aws.faults.fail_account_modification("RangeInUse", "The range is in use.")
    for _ in range(2):
        account.workspaces.modify_account(**ENABLE)
        aws.clock.advance(aws.settings.modify_account_seconds)
    states = [(m["ModificationState"], m.get("ErrorCode"), m.get("ErrorMessage")) for m in _modifications(account)]
    assert states == [("FAILED", "RangeInUse", "The range is in use."), ("COMPLETED", None, None)]


REFUSALS: dict[str, tuple[dict[str, str], str]] = {
    "disabling": ({"DedicatedTenancySupport": "DISABLED"}, "InvalidParameterValuesException"),
    "a range that is none": ({"DedicatedTenancyManagementCidrRange": "10.0.0.0/8"}, "InvalidParameterValuesException"),
    "a range that is not free": (
        {"DedicatedTenancyManagementCidrRange": "8.8.0.0/16"},
        "InvalidParameterValuesException",
    ),
    "enabled already": ({}, "InvalidResourceStateException"),
}


@pytest.mark.parametrize(("change", "code"), REFUSALS.values(), ids=REFUSALS)
def test_fails_for_an_invalid_modification(account: Account, change: dict[str, str], code: str) -> None:
    assert account.refused(account.workspaces.modify_account, **ENABLE | change)[0] == code
    assert _modifications(account) == []


def test_fails_to_modify_twice_at_once(account: Account, aws: AwsSandbox) -> None:
    aws.disable_byol()
    account.workspaces.modify_account(**ENABLE)
    assert account.refused(account.workspaces.modify_account, **ENABLE)[0] == "InvalidResourceStateException"


def test_fails_if_the_application_is_not_approved(account: Account, aws: AwsSandbox) -> None:
    aws.disable_byol(approved=False)
    calls = account.workspaces
    search = {"ManagementCidrRangeConstraint": "10.0.0.0/8"}
    refused = [
        account.refused(calls.modify_account, **ENABLE)[0],
        account.refused(calls.list_available_management_cidr_ranges, **search)[0],
    ]
    assert refused == ["AccessDeniedException"] * 2
    assert calls.describe_account()["DedicatedTenancySupport"] == "DISABLED"
    aws.enable_byol()
    assert calls.describe_account()["DedicatedTenancySupport"] == "ENABLED"


def test_available_ranges_are_limited_to_the_constraint_and_returned_in_pages(account: Account) -> None:
    calls = account.workspaces
    pages = calls.get_paginator("list_available_management_cidr_ranges")
    found = [p["ManagementCidrRanges"] for p in pages.paginate(ManagementCidrRangeConstraint="172.16.0.0/12")]
    assert [len(page) for page in found] == [5, 5, 5, 1]
    assert found[0][0] == "172.16.0.0/16"
    few = calls.list_available_management_cidr_ranges(ManagementCidrRangeConstraint="10.0.0.0/8", MaxResults=2)
    assert few["ManagementCidrRanges"] == ["10.0.0.0/16", "10.1.0.0/16"]
    for constraint in ("8.8.0.0/16", "8.8.8.8/32"):
        none = calls.list_available_management_cidr_ranges(ManagementCidrRangeConstraint=constraint)
        assert none["ManagementCidrRanges"] == []
    bad = {"ManagementCidrRangeConstraint": "10.0.0.0/99"}
    assert account.refused(calls.list_available_management_cidr_ranges, **bad)[0] == "InvalidParameterValuesException"


def test_byol_is_enabled_for_each_account(account: Account, aws: AwsSandbox) -> None:
    other = aws.second_account()
    other.disable_byol()
    assert other.client("workspaces").describe_account()["DedicatedTenancySupport"] == "DISABLED"
    assert account.workspaces.describe_account()["DedicatedTenancySupport"] == "ENABLED"
    other.enable_byol()
    assert other.client("workspaces").describe_account()["DedicatedTenancySupport"] == "ENABLED"
