"""Tests specific to CreateWorkspaceImage. test_workspace_image.py tests what all image resources share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.resources.workspaces.create_workspace_image import CreateWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.create_workspace_image_lifecycle import CreateWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = CreateWorkspaceImageLifecycle()
NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
BAG = {"region": "eu-west-1", "imageName": "a", "imageDescription": "b", "workspaceId": "ws-0123456789"}


@pytest.fixture
def inputs(aws: AwsSandbox) -> CreateWorkspaceImageInputs:
    return CreateWorkspaceImageInputs(
        region="eu-west-1",
        image_name="golden",
        image_description="a desktop",
        workspace_id=aws.make_workspace(),
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param("ws-1234567", "8 to 63 of a-z 0-9, got 'ws-1234567'", id="short"),
        pytest.param("ws-" + "1" * 64, "8 to 63 of a-z 0-9", id="long"),
        pytest.param("ws-ABCDEFGH", "got 'ws-ABCDEFGH'", id="upper-case"),
        pytest.param("wsi-12345678", "got 'wsi-12345678'", id="image"),
        pytest.param(None, "is required, expected a string", id="none"),
        pytest.param(12, "expected a string, got 12", id="number"),
    ],
)
def test_fails_for_an_invalid_workspace_id(value: Any, reason: str, checked: Checked) -> None:
    found = checked(lifecycle, BAG | {"workspaceId": value})
    assert [p for p, _ in found] == ["workspaceId"]
    assert reason in found[0][1]


def test_valid_inputs_have_no_problem(checked: Checked) -> None:
    assert checked(lifecycle, BAG) == []


@pytest.mark.parametrize(("dedicated", "tenancy"), [(False, "DEFAULT"), (True, "DEDICATED")])
def test_the_image_has_the_tenancy_of_the_workspace(
    run: Any, inputs: CreateWorkspaceImageInputs, aws: AwsSandbox, dedicated: bool, tenancy: str
) -> None:
    workspace = aws.make_workspace(user="second", dedicated=dedicated)
    created = lifecycle.create(run, replace(inputs, workspace_id=workspace))
    assert created.state.required_tenancy == tenancy


def test_fails_for_a_stopped_workspace_and_records_nothing(
    run: Any, inputs: CreateWorkspaceImageInputs, aws: AwsSandbox
) -> None:
    aws.set_workspace_state(inputs.workspace_id, "STOPPED")
    with pytest.raises(ClientError, match="InvalidResourceStateException"):
        lifecycle.create(run, inputs)
    assert run.recorded is None


@pytest.mark.parametrize("state", ["STOPPED", "SUSPENDED", "ERROR"])
def test_preflight_reports_a_workspace_that_is_not_available(
    run: Any, inputs: CreateWorkspaceImageInputs, aws: AwsSandbox, looked_up: LookedUp, state: str
) -> None:
    aws.set_workspace_state(inputs.workspace_id, state)
    assert looked_up(lifecycle, run, inputs) == {
        "workspaceId": f"expected a WorkSpace that is AVAILABLE, {inputs.workspace_id} is {state}"
    }


def test_preflight_reports_a_missing_workspace_unless_the_stack_creates_it(
    new_run: NewRun, inputs: CreateWorkspaceImageInputs, looked_up: LookedUp
) -> None:
    nowhere = replace(inputs, workspace_id="ws-000000000")
    assert "ws-000000000 in eu-west-1" in looked_up(lifecycle, new_run(), nowhere)["workspaceId"]
    assert looked_up(lifecycle, new_run(supplied=("workspaceId",)), nowhere) == {}


def test_preflight_accepts_a_workspace_whose_image_an_interrupted_run_started(
    new_run: NewRun, inputs: CreateWorkspaceImageInputs, looked_up: LookedUp
) -> None:
    killed = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(killed, inputs)
    assert looked_up(lifecycle, new_run(), inputs) == {}
