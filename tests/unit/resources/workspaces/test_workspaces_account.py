from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, RunInterruptedError
from pulumi_vmimport.resources.workspaces.workspaces_account import WorkspacesAccountInputs
from pulumi_vmimport.resources.workspaces.workspaces_account_lifecycle import WorkspacesAccountLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = WorkspacesAccountLifecycle()
NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
RANGE = "10.7.0.0/16"
BAG: dict[str, Any] = {
    "region": "eu-west-1",
    "dedicatedTenancyManagementCidrRange": RANGE,
    "acknowledgeIrreversible": True,
}


@pytest.fixture
def inputs(aws: AwsSandbox) -> WorkspacesAccountInputs:
    """Inputs for an account that is approved but not enabled."""
    aws.disable_byol()
    return WorkspacesAccountInputs(
        region="eu-west-1", dedicated_tenancy_management_cidr_range=RANGE, acknowledge_irreversible=True
    )


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"acknowledgeIrreversible": False}, "acknowledgeIrreversible", "expected true", id="false"),
        pytest.param({"acknowledgeIrreversible": None}, "acknowledgeIrreversible", "is required", id="not-said"),
        pytest.param(
            {"dedicatedTenancyManagementCidrRange": "10.7.1.0/16"},
            "dedicatedTenancyManagementCidrRange",
            "a.b.0.0/16, got '10.7.1.0/16'",
            id="host-bits",
        ),
        pytest.param(
            {"dedicatedTenancyManagementCidrRange": "10.300.0.0/16"},
            "dedicatedTenancyManagementCidrRange",
            "got '10.300.0.0/16'",
            id="no-octet",
        ),
        pytest.param(
            {"dedicatedTenancyManagementCidrRange": "10.7.0.0/24"},
            "dedicatedTenancyManagementCidrRange",
            "got '10.7.0.0/24'",
            id="prefix",
        ),
    ],
)
def test_fails_in_check(values: dict[str, Any], path: str, reason: str, checked: Checked) -> None:
    found = checked(lifecycle, BAG | values)
    assert [p for p, _ in found] == [path]
    assert reason in found[0][1]
    assert checked(lifecycle, BAG) == []


def test_create_enables_the_account_and_delete_warns_that_it_stays_enabled(
    run: Any, inputs: WorkspacesAccountInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    assert looked_up(lifecycle, run, inputs) == {}
    created = lifecycle.create(run, inputs)
    assert created.id == f"{aws.account_id}/eu-west-1"
    assert lifecycle.condition(created.state) is Condition.READY
    account = aws.observer("workspaces").describe_account()
    assert (account["DedicatedTenancySupport"], account["DedicatedTenancyManagementCidrRange"]) == ("ENABLED", RANGE)
    assert any("enabling BYOL, pending" in text for text in run.texts)
    assert lifecycle.read(run, created.id, created.state) == created.state
    lifecycle.delete(run, created.id, created.state)
    assert aws.observer("workspaces").describe_account()["DedicatedTenancySupport"] == "ENABLED"
    (warning,) = run.warnings
    assert f"account {created.id} stays enabled" in warning


def test_an_enabled_account_is_adopted_without_a_write(run: Any, aws: AwsSandbox, looked_up: LookedUp) -> None:
    cidr_range = aws.observer("workspaces").describe_account()["DedicatedTenancyManagementCidrRange"]
    inputs = WorkspacesAccountInputs(
        region="eu-west-1", dedicated_tenancy_management_cidr_range=cidr_range, acknowledge_irreversible=True
    )
    assert looked_up(lifecycle, run, inputs) == {}
    assert lifecycle.create(run, inputs).state.dedicated_tenancy_support == "ENABLED"
    assert aws.calls.writes() == []


def test_fails_for_an_account_enabled_with_another_range(
    run: Any, inputs: WorkspacesAccountInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.enable_byol()
    other_range = aws.observer("workspaces").describe_account()["DedicatedTenancyManagementCidrRange"]
    reason = looked_up(lifecycle, run, inputs)["dedicatedTenancyManagementCidrRange"]
    assert f"expected {other_range}, got {RANGE}" in reason
    with pytest.raises(CleanFailureError, match=f"{aws.account_id} .*{other_range}"):
        lifecycle.create(run, inputs)
    assert aws.calls.writes() == []


def test_an_interrupted_run_is_resumed_with_one_call(
    new_run: NewRun, inputs: WorkspacesAccountInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    id, recorded = first.recorded
    assert lifecycle.condition(recorded) is Condition.UNFINISHED
    assert lifecycle.read(new_run(), id, recorded) == recorded
    state = lifecycle.update(new_run(), id, recorded, inputs)
    assert lifecycle.condition(state) is Condition.READY
    assert lifecycle.create(new_run(), inputs).state == state
    assert len(aws.calls.of("ModifyAccount")) == 1


def test_a_run_killed_after_its_modification_failed_is_completed_with_another(
    new_run: NewRun, inputs: WorkspacesAccountInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_account_modification("InternalError", "The network could not be made.")
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    id, recorded = first.recorded
    aws.clock.advance(3600)
    assert lifecycle.read(new_run(), id, recorded) == recorded
    state = lifecycle.update(new_run(), id, recorded, inputs)
    assert lifecycle.condition(state) is Condition.READY
    assert len(aws.calls.of("ModifyAccount")) == 2


def test_a_denial_of_the_organization_is_not_reported_as_a_missing_approval(
    run: Any, inputs: WorkspacesAccountInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    words = "User: ops is not authorized to perform: x with an explicit deny in a service control policy"
    aws.faults.error("ListAvailableManagementCidrRanges", "AccessDeniedException", words)
    assert looked_up(lifecycle, run, inputs) == {}
    (warning,) = run.warnings
    assert words in warning
    assert "TR-81" in warning
    assert "approved" not in warning


def test_a_lost_response_does_not_fail_the_create(
    run: Any, inputs: WorkspacesAccountInputs, aws: AwsSandbox, quick_retries: None
) -> None:
    aws.faults.drop_connection("ModifyAccount", after_processing=True)
    assert lifecycle.condition(lifecycle.create(run, inputs).state) is Condition.READY
    assert len(aws.calls.of("ModifyAccount")) == 2


def test_fails_with_the_error_of_the_modification_and_the_next_run_retries(
    new_run: NewRun, inputs: WorkspacesAccountInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_account_modification("InternalError", "The network could not be made.")
    with pytest.raises(CleanFailureError, match=r"InternalError: The network could not be made\.; "):
        lifecycle.create(new_run(), inputs)
    aws.clock.advance(60)
    assert lifecycle.condition(lifecycle.create(new_run(), inputs).state) is Condition.READY


def test_read_reports_an_account_that_is_no_longer_enabled_as_gone(
    run: Any, inputs: WorkspacesAccountInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.disable_byol()
    assert lifecycle.read(run, created.id, created.state) is None


def test_preflight_reports_an_unavailable_range(run: Any, inputs: WorkspacesAccountInputs, looked_up: LookedUp) -> None:
    public = replace(inputs, dedicated_tenancy_management_cidr_range="8.8.0.0/16")
    found = looked_up(lifecycle, run, public)
    assert list(found) == ["dedicatedTenancyManagementCidrRange"]
    assert "got 8.8.0.0/16" in found["dedicatedTenancyManagementCidrRange"]


def test_preflight_warns_about_an_account_that_is_not_approved_and_create_fails(
    run: Any, inputs: WorkspacesAccountInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.disable_byol(approved=False)
    assert looked_up(lifecycle, run, inputs) == {}
    assert f"account {aws.account_id} is not approved" in run.warnings[0]
    assert "AccessDenied" in run.warnings[0]
    with pytest.raises(ClientError, match="not approved"):
        lifecycle.create(run, inputs)


def test_fails_when_the_account_cannot_be_modified(run: Any, inputs: WorkspacesAccountInputs, aws: AwsSandbox) -> None:
    aws.faults.error("ModifyAccount", "InvalidResourceStateException", "Another operation is in progress.")
    with pytest.raises(ClientError, match="Another operation"):
        lifecycle.create(run, inputs)


def test_fails_in_preflight_with_an_unexpected_error(
    run: Any, inputs: WorkspacesAccountInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.faults.error("ListAvailableManagementCidrRanges", "InvalidParameterValuesException", "No such range.")
    with pytest.raises(ClientError, match="No such range"):
        looked_up(lifecycle, run, inputs)


def test_update_of_an_enabled_account_makes_no_call(run: Any, inputs: WorkspacesAccountInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    calls = len(aws.calls)
    state = lifecycle.update(run, created.id, created.state, replace(inputs, timeout_minutes=7))
    assert state == replace(created.state, timeout_minutes=7)
    assert len(aws.calls) == calls
