from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.lifecycle.contract import Condition, PartialFailureError
from pulumi_vmimport.resources.workspaces.workspace_image_permissions import WorkspaceImagePermissionsInputs
from pulumi_vmimport.resources.workspaces.workspace_image_permissions_lifecycle import (
    WorkspaceImagePermissionsLifecycle,
)
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = WorkspaceImagePermissionsLifecycle()
NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
BAG: dict[str, Any] = {"region": "eu-west-1", "imageId": "wsi-0123456789", "accountIds": ["210987654321"]}


@pytest.fixture
def accounts(aws: AwsSandbox) -> list[str]:
    """Three accounts of the organization, in no particular order."""
    return [aws.second_account().account_id for _ in range(3)]


@pytest.fixture
def inputs(new_image: Callable[..., str], accounts: list[str]) -> WorkspaceImagePermissionsInputs:
    """A BYOL image for the first two."""
    return WorkspaceImagePermissionsInputs(
        region="eu-west-1", image_id=new_image(dedicated=True), account_ids=tuple(accounts[:2])
    )


@pytest.fixture
def shared(aws: AwsSandbox, inputs: WorkspaceImagePermissionsInputs) -> Callable[[], set[str]]:
    """Returns the accounts that WorkSpaces lists."""

    def look() -> set[str]:
        found = aws.observer("workspaces").describe_workspace_image_permissions(ImageId=inputs.image_id)
        return {permission["SharedAccountId"] for permission in found["ImagePermissions"]}

    return look


def set_permission(aws: AwsSandbox, image_id: str, account: str, *, may_copy: bool) -> None:
    calls = aws.observer("workspaces")
    calls.update_workspace_image_permission(ImageId=image_id, SharedAccountId=account, AllowCopyImage=may_copy)


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"imageId": "ami-1"}, "imageId", "9 to 63 of a-z 0-9", id="image"),
        pytest.param({"accountIds": ["2109-8765-4321"]}, "accountIds[0]", "12 digits, got '2109-", id="dashes"),
        pytest.param(
            {"accountIds": ["210987654321", "210987654321"]}, "accountIds[1]", "each account once", id="twice"
        ),
        pytest.param({"accountIds": None}, "accountIds", "is required", id="none"),
    ],
)
def test_fails_in_check(values: dict[str, Any], path: str, reason: str, checked: Checked) -> None:
    found = checked(lifecycle, BAG | values)
    assert [p for p, _ in found] == [path]
    assert reason in found[0][1]


@pytest.mark.parametrize("values", [{}, {"accountIds": []}])
def test_valid_inputs_have_no_problem(values: dict[str, Any], checked: Checked) -> None:
    assert checked(lifecycle, BAG | values) == []


def test_each_account_is_added_and_removed_with_one_call(
    run: Any, inputs: WorkspaceImagePermissionsInputs, accounts: list[str], shared: Any, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    assert shared() == set(accounts[:2])
    assert lifecycle.condition(created.state) is Condition.READY
    state = lifecycle.update(run, created.id, created.state, replace(inputs, account_ids=tuple(accounts[1:])))
    assert shared() == set(accounts[1:])
    assert len(aws.calls.of("UpdateWorkspaceImagePermission")) == 4
    lifecycle.delete(run, created.id, state)
    lifecycle.delete(run, created.id, state)
    assert shared() == set()
    assert len(aws.calls.of("UpdateWorkspaceImagePermission")) == 6


def test_another_order_of_accounts_makes_no_call(
    run: Any, inputs: WorkspaceImagePermissionsInputs, accounts: list[str], aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    before = aws.calls.writes()
    reordered = replace(inputs, account_ids=inputs.account_ids[::-1])
    state = lifecycle.update(run, created.id, created.state, reordered)
    assert aws.calls.writes() == before
    assert lifecycle.read(run, created.id, state) == state


def test_read_reports_accounts_added_and_removed_outside_pulumi(
    run: Any, inputs: WorkspaceImagePermissionsInputs, accounts: list[str], aws: AwsSandbox, shared: Any
) -> None:
    created = lifecycle.create(run, inputs)
    assert lifecycle.read(run, created.id, created.state) == created.state
    set_permission(aws, inputs.image_id, accounts[0], may_copy=False)
    set_permission(aws, inputs.image_id, accounts[2], may_copy=True)
    drifted = lifecycle.read(run, created.id, created.state)
    assert drifted is not None
    assert drifted.account_ids == (accounts[1], accounts[2])
    assert lifecycle.update(run, created.id, drifted, inputs) == created.state
    assert shared() == set(inputs.account_ids)


@pytest.mark.parametrize("nth", [1, 2])
def test_the_next_run_completes_an_interrupted_one(
    new_run: NewRun, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox, shared: Any, nth: int
) -> None:
    faults = aws.faults
    faults.on("UpdateWorkspaceImagePermission", lambda _: faults.deny("UpdateWorkspaceImagePermission"), nth=nth)
    first = new_run()
    with pytest.raises((ClientError, PartialFailureError), match="AccessDenied"):
        lifecycle.create(first, inputs)
    assert len(shared()) == nth - 1
    assert lifecycle.condition(first.recorded[1]) is Condition.UNFINISHED
    faults.allow("UpdateWorkspaceImagePermission")
    before = len(aws.calls.of("UpdateWorkspaceImagePermission"))
    created = lifecycle.create(new_run(), inputs)
    assert shared() == set(inputs.account_ids)
    assert len(aws.calls.of("UpdateWorkspaceImagePermission")) - before == 2 - (nth - 1)
    id, recorded = first.recorded
    assert lifecycle.update(new_run(), id, recorded, inputs) == created.state


def test_delete_removes_what_an_interrupted_run_shared(
    new_run: NewRun, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox, shared: Any
) -> None:
    faults, first = aws.faults, new_run()
    faults.on("UpdateWorkspaceImagePermission", lambda _: faults.deny("UpdateWorkspaceImagePermission"), nth=2)
    with pytest.raises(PartialFailureError):
        lifecycle.create(first, inputs)
    faults.allow("UpdateWorkspaceImagePermission")
    assert len(shared()) == 1
    lifecycle.delete(new_run(), *first.recorded)
    assert shared() == set()


def test_a_lost_response_does_not_fail_the_run(
    run: Any, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox, shared: Any, quick_retries: None
) -> None:
    aws.faults.drop_connection("UpdateWorkspaceImagePermission", after_processing=True)
    aws.faults.throttle("UpdateWorkspaceImagePermission")
    created = lifecycle.create(run, inputs)
    assert shared() == set(inputs.account_ids)
    aws.faults.drop_connection("UpdateWorkspaceImagePermission", after_processing=True)
    lifecycle.delete(run, created.id, created.state)
    assert shared() == set()


def test_permissions_of_a_deleted_image_are_gone(
    run: Any, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, replace(inputs, account_ids=()))
    aws.observer("workspaces").delete_workspace_image(ImageId=inputs.image_id)
    assert lifecycle.read(run, created.id, created.state) is None
    lifecycle.delete(run, created.id, created.state)


def test_preflight_reports_the_own_account_and_warns_about_accounts_to_remove(
    run: Any, inputs: WorkspaceImagePermissionsInputs, accounts: list[str], aws: AwsSandbox, looked_up: LookedUp
) -> None:
    set_permission(aws, inputs.image_id, accounts[2], may_copy=True)
    own = replace(inputs, account_ids=(accounts[0], aws.account_id))
    found = looked_up(lifecycle, run, own)
    assert list(found) == ["accountIds[1]"]
    assert f"got your own, {aws.account_id}" in found["accountIds[1]"]
    (warning,) = run.warnings
    assert inputs.image_id in warning
    assert accounts[2] in warning
    assert accounts[0] not in warning
    assert aws.calls.writes() == []


def test_preflight_reports_a_missing_image_unless_the_stack_creates_it(
    new_run: NewRun, inputs: WorkspaceImagePermissionsInputs, looked_up: LookedUp
) -> None:
    missing = replace(inputs, image_id="wsi-999999999")
    assert "wsi-999999999 in eu-west-1" in looked_up(lifecycle, new_run(), missing)["imageId"]
    assert looked_up(lifecycle, new_run(supplied=("imageId",)), missing) == {}


def test_preflight_reports_a_shared_image_of_another_account(
    new_other_run: NewRun,
    inputs: WorkspaceImagePermissionsInputs,
    other: Account,
    accounts: list[str],
    aws: AwsSandbox,
    looked_up: LookedUp,
) -> None:
    set_permission(aws, inputs.image_id, other.account_id, may_copy=True)
    reason = looked_up(lifecycle, new_other_run(), inputs)["imageId"]
    assert f"belongs to account {aws.account_id}, expected your own, {other.account_id}" in reason


def test_preflight_reports_that_govcloud_does_not_share_byol_images(
    run: Any, inputs: WorkspaceImagePermissionsInputs, monkeypatch: pytest.MonkeyPatch, looked_up: LookedUp
) -> None:
    monkeypatch.setattr(type(run.aws), "partition", "aws-us-gov")
    assert "GovCloud" in looked_up(lifecycle, run, inputs)["imageId"]


def test_preflight_reports_recipients_outside_the_organization(
    run: Any, inputs: WorkspaceImagePermissionsInputs, accounts: list[str], aws: AwsSandbox, looked_up: LookedUp
) -> None:
    found = looked_up(lifecycle, run, replace(inputs, account_ids=(accounts[0], "999999999999")))
    assert list(found) == ["accountIds[1]"]
    assert "account 999999999999 is not in organization o-" in found["accountIds[1]"]
    assert looked_up(lifecycle, run, inputs) == {}
    assert aws.calls.writes() == []


def test_preflight_reports_an_owner_without_an_organization(
    run: Any, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.faults.error("DescribeOrganization", "AWSOrganizationsNotInUseException", "Your account is not a member.")
    found = looked_up(lifecycle, run, inputs)
    assert list(found) == ["accountIds[0]", "accountIds[1]"]
    assert f"account {aws.account_id} is in no organization" in found["accountIds[0]"]


def test_a_lookup_that_is_denied_to_a_member_account_is_a_warning(
    run: Any, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.faults.deny("DescribeAccount")
    assert looked_up(lifecycle, run, inputs) == {}
    (warning,) = run.warnings
    assert f"{inputs.account_ids[0]}, {inputs.account_ids[1]}" in warning
    assert "AccessDenied" in warning


def test_only_new_recipients_of_a_byol_image_are_looked_up(
    run: Any, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox, looked_up: LookedUp, new_image: Any
) -> None:
    for account in inputs.account_ids:
        set_permission(aws, inputs.image_id, account, may_copy=True)
    assert looked_up(lifecycle, run, inputs) == {}
    public = replace(inputs, image_id=new_image(name="public"), account_ids=("999999999999",))
    assert looked_up(lifecycle, run, public) == {}
    assert aws.calls.of("DescribeAccount") == []


def test_fails_for_an_account_of_another_organization_with_the_sharing_rules(
    run: Any, inputs: WorkspaceImagePermissionsInputs, shared: Any
) -> None:
    with pytest.raises(PartialFailureError, match=r"999999999999: OperationNotSupported.*; .*same organization"):
        lifecycle.create(run, replace(inputs, account_ids=("999999999999",)))
    assert shared() == set()


def test_fails_with_the_denial_of_a_policy_instead_of_the_sharing_rules(
    run: Any, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox
) -> None:
    words = "User: ops is not authorized to perform: x with an explicit deny in a service control policy"
    aws.faults.error("UpdateWorkspaceImagePermission", "AccessDeniedException", words)
    with pytest.raises(PartialFailureError, match=rf"{words} .*TR-81") as failure:
        lifecycle.create(run, inputs)
    assert "same organization" not in str(failure.value)


def test_read_of_an_interrupted_run_keeps_its_accounts_so_that_update_completes_it(
    new_run: NewRun, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox
) -> None:
    faults, first = aws.faults, new_run()
    faults.on("UpdateWorkspaceImagePermission", lambda _: faults.deny("UpdateWorkspaceImagePermission"), nth=2)
    with pytest.raises(PartialFailureError):
        lifecycle.create(first, inputs)
    state = lifecycle.read(new_run(), *first.recorded)
    assert state is not None
    assert state.account_ids == inputs.account_ids
    assert lifecycle.condition(state) is Condition.UNFINISHED


def test_fails_to_read_without_permission_instead_of_reporting_the_permissions_as_gone(
    run: Any, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.faults.deny("DescribeWorkspaceImagePermissions")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.read(run, created.id, created.state)


def test_fails_to_stop_sharing_without_permission_in_the_words_of_aws(
    run: Any, inputs: WorkspaceImagePermissionsInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.faults.deny("UpdateWorkspaceImagePermission")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.delete(run, created.id, created.state)


def test_the_status_shows_each_account(run: Any, inputs: WorkspaceImagePermissionsInputs, accounts: list[str]) -> None:
    created = lifecycle.create(run, inputs)
    assert all(any(account in text for text in run.texts) for account in accounts[:2])
    run.texts.clear()
    lifecycle.update(run, created.id, created.state, replace(inputs, account_ids=tuple(accounts[:1])))
    assert any("no longer" in text and accounts[1] in text for text in run.texts)
