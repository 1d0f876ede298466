"""A state that AWS has added since this library was written is progress: not a failure, and no reason to delete."""

from collections.abc import Callable
from typing import Any

import pytest
from moto.workspaces.models import workspaces_backends

from pulumi_vmimport.aws.ec2.kms_keys import EncryptionKey
from pulumi_vmimport.aws.workspaces.byol_account import ByolModification
from pulumi_vmimport.aws.workspaces.workspace_bundles import BundleDescription
from pulumi_vmimport.aws.workspaces.workspace_images import WorkspaceImage
from pulumi_vmimport.lifecycle.contract import Condition
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
UNKNOWN = "VALIDATING"
NewRun = Callable[..., Any]


def image_record(id: str) -> Any:
    return workspaces_backends["123456789012"][REGION].workspace_images[id]


def test_an_image_in_an_unknown_state_is_waited_for(kind: Any, new_run: NewRun) -> None:
    run = new_run(stop_after_waits=200)

    def change() -> None:
        (id,) = kind.images()
        if run.waits == 1:
            image_record(id).state = UNKNOWN
        elif run.waits == 5:
            image_record(id).state = "PENDING"

    run.then = change
    created = kind.lifecycle.create(run, kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}
    assert created.state.image_state == "AVAILABLE"


def test_an_image_in_an_unknown_state_is_resumed_and_not_deleted(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    id, state = kind.interrupt_create(new_run(stop_after_waits=1))
    image_record(id).state = UNKNOWN
    read = kind.lifecycle.read(new_run(), id, state)
    assert read.image_state == UNKNOWN
    assert kind.lifecycle.condition(read) is Condition.UNFINISHED
    run = new_run(stop_after_waits=200)
    run.then = lambda: setattr(image_record(id), "state", "PENDING") if run.waits == 3 else None
    assert kind.lifecycle.create(run, kind.inputs).id == id
    assert aws.calls.of("DeleteWorkspaceImage") == []


@pytest.mark.parametrize(
    ("state", "pending"), [("AVAILABLE", False), ("ERROR", False), ("PENDING", True), (UNKNOWN, True)]
)
def test_images_and_bundles_are_pending_until_a_final_state(state: str, pending: bool) -> None:
    assert WorkspaceImage.read({"ImageId": "wsi-1", "State": state}).pending is pending
    assert BundleDescription.read({"BundleId": "wsb-1", "State": state}).pending is pending


@pytest.mark.parametrize(
    ("state", "over"), [("COMPLETED", True), ("FAILED", True), ("PENDING", False), (UNKNOWN, False)]
)
def test_a_modification_of_the_account_lasts_until_a_final_state(state: str, over: bool) -> None:
    assert ByolModification.read({"ModificationState": state}).is_over is over


@pytest.mark.parametrize("state", ["Enabled", "Creating", "Updating", "Validating"])
def test_a_key_in_an_unknown_state_is_no_problem(state: str) -> None:
    assert EncryptionKey("arn:aws:kms:eu-west-1:123456789012:key/1", "SYMMETRIC_DEFAULT", state).problem is None
