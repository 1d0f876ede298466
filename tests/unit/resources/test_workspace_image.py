"""What both kinds of WorkSpaces images promise; the modules beside this one have what sets them apart."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.lifecycle.contract import UNKNOWN, Condition, Failed, Stopped
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.create_workspace_image import CreateWorkspaceImageInputs, CreateWorkspaceImageLifecycle
from pulumi_vmimport.resources.import_workspace_image import (
    ImportWorkspaceImageInputs,
    ImportWorkspaceImageLifecycle,
    IngestionProcess,
)
from pulumi_vmimport.resources.workspace_image import WorkspaceImageInputs
from pulumi_vmimport.sandbox.aws.server import AwsSandbox

NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
SOMEBODY = Identity("urn:pulumi:dev::shop::vmimport:index:Thing::another")
VALID: dict[str, dict[str, Any]] = {
    "ImportWorkspaceImage": {"ec2ImageId": "ami-0123456789abcdef0", "ingestionProcess": "BYOL_REGULAR_WSP"},
    "CreateWorkspaceImage": {"workspaceId": "ws-0123456789"},
}
LIFECYCLES = {
    "ImportWorkspaceImage": ImportWorkspaceImageLifecycle(),
    "CreateWorkspaceImage": CreateWorkspaceImageLifecycle(),
}


@dataclass(frozen=True)
class Kind:
    """One of the two operations, ready to be called."""

    operation: str
    lifecycle: Any
    inputs: WorkspaceImageInputs


@pytest.fixture(params=VALID)
def kind(request: pytest.FixtureRequest, aws: AwsSandbox) -> Kind:
    common: dict[str, Any] = {
        "region": "eu-west-1",
        "image_name": "win10",
        "image_description": "a desktop",
        "tags": {"team": "blue"},
    }
    inputs: WorkspaceImageInputs
    if request.param == "ImportWorkspaceImage":
        ami = request.getfixturevalue("byol_ami")
        process = IngestionProcess.BYOL_REGULAR_WSP
        inputs = ImportWorkspaceImageInputs(**common, ec2_image_id=ami, ingestion_process=process)
    else:
        inputs = CreateWorkspaceImageInputs(**common, workspace_id=aws.make_workspace())
    return Kind(request.param, LIFECYCLES[request.param], inputs)


def images(aws: AwsSandbox) -> dict[str, str]:
    """The states of the account's images by their ids."""
    found = aws.observer("workspaces").describe_workspace_images()["Images"]
    return {image["ImageId"]: image["State"] for image in found}


def tags(aws: AwsSandbox, image_id: str) -> dict[str, str]:
    found = aws.observer("workspaces").describe_tags(ResourceId=image_id)["TagList"]
    return {tag["Key"]: tag["Value"] for tag in found}


def interrupted(kind: Kind, run: Any) -> tuple[str, Any]:
    """What a create that was stopped keeps: id and state."""
    with pytest.raises(Stopped):
        kind.lifecycle.create(run, kind.inputs)
    id, state = run.kept
    assert kind.lifecycle.condition(state) is Condition.UNFINISHED
    return id, state


COMMON_RULES = [
    pytest.param({"imageName": ""}, "imageName", "expected 1 to 64", id="empty-name"),
    pytest.param({"imageName": "a b"}, "imageName", "no space, got 'a b'", id="space-in-name"),
    pytest.param({"imageName": "a" * 65}, "imageName", "expected 1 to 64", id="long-name"),
    pytest.param({"imageName": "win10\n"}, "imageName", r"got 'win10\n'", id="newline-after-name"),
    pytest.param({"imageName": None}, "imageName", "is required, expected a string", id="no-name"),
    pytest.param({"imageDescription": ""}, "imageDescription", "expected 1 to 256", id="empty-description"),
    pytest.param({"imageDescription": "a, b"}, "imageDescription", "got 'a, b'", id="comma-in-description"),
    pytest.param({"imageDescription": "a" * 257}, "imageDescription", "expected 1 to 256", id="long-description"),
    pytest.param({"timeoutMinutes": 0}, "timeoutMinutes", "expected at least 1, got 0", id="timeout"),
    pytest.param({"region": None}, "region", "no Region is set", id="no-region"),
    pytest.param({"tags": {"aws:x": "y"}}, "tags.aws:x", "does not start with aws:", id="reserved-tag"),
    pytest.param({"tags": {"vmimport:x": "y"}}, "tags.vmimport:x", "or vmimport:, got", id="our-own-tag"),
    pytest.param({"tags": {"a": "b" * 256}}, "tags.a", "at most 255 characters, got 256", id="long-tag-value"),
    pytest.param({"tags": {str(i): "" for i in range(47)}}, "tags", "at most 46 tags, got 47", id="too-many-tags"),
    pytest.param({"imageNam": "x"}, "imageNam", "did you mean imageName?", id="unknown-property"),
]


@pytest.mark.parametrize(("values", "path", "reason"), COMMON_RULES)
@pytest.mark.parametrize("operation", VALID)
def test_fails_in_check(operation: str, values: dict[str, Any], path: str, reason: str, checked: Checked) -> None:
    bag = {"region": "eu-west-1", "imageName": "a", "imageDescription": "b", **VALID[operation], **values}
    found = checked(LIFECYCLES[operation], bag)
    assert [p for p, _ in found] == [path]
    assert reason in found[0][1]


@pytest.mark.parametrize("name", ["a", r"Win-10_22H2/(de)\v1.0", "x" * 64])
@pytest.mark.parametrize("operation", VALID)
def test_names_that_the_service_takes_are_no_problem(operation: str, name: str, checked: Checked) -> None:
    bag = {"region": "eu-west-1", "imageName": name, "imageDescription": "For (all) of us. -", **VALID[operation]}
    assert checked(LIFECYCLES[operation], bag) == []


def test_look_up_finds_nothing_wrong_where_all_is_there(kind: Kind, run: Any, looked_up: LookedUp) -> None:
    assert looked_up(kind.lifecycle, run, kind.inputs) == {}


def test_look_up_makes_no_write(kind: Kind, run: Any, aws: AwsSandbox, looked_up: LookedUp) -> None:
    looked_up(kind.lifecycle, run, kind.inputs)
    assert aws.calls.writes() == []


def test_look_up_judges_no_unknown_input(kind: Kind, run: Any, looked_up: LookedUp) -> None:
    unknown = kind.lifecycle.inputs(**dict.fromkeys(vars(kind.inputs), UNKNOWN))
    assert looked_up(kind.lifecycle, run, unknown) == {}


def test_look_up_tells_a_name_that_another_image_has(kind: Kind, new_run: NewRun, looked_up: LookedUp) -> None:
    taken = kind.lifecycle.create(new_run(identity=SOMEBODY), kind.inputs)
    reason = looked_up(kind.lifecycle, new_run(), kind.inputs)["imageName"]
    assert f"the name 'win10' belongs to image {taken.id}" in reason
    assert "imageName" not in looked_up(kind.lifecycle, new_run(identity=SOMEBODY), kind.inputs)


def test_create_makes_a_tagged_image_and_keeps_every_output(kind: Kind, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    state = created.state
    assert images(aws) == {created.id: "AVAILABLE"}
    assert tags(aws, created.id) == {"team": "blue", **run.identity.tags(kind.inputs)}
    assert (state.image_id, state.image_state, state.owner_account_id) == (created.id, "AVAILABLE", aws.account_id)
    assert kind.lifecycle.condition(state) is Condition.READY
    assert f"{created.id}: pending" in run.texts


def test_an_interrupted_create_is_found_and_not_started_twice(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    id, _ = interrupted(kind, new_run(stop_after_waits=2))
    assert kind.lifecycle.create(new_run(), kind.inputs).id == id
    assert len(aws.calls.of(kind.operation)) == 1


def test_an_interrupted_create_is_resumed_by_update(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    id, state = interrupted(kind, new_run(stop_after_waits=2))
    resumed = kind.lifecycle.update(new_run(), id, state, kind.inputs)
    assert resumed == kind.lifecycle.read(new_run(), id, resumed)
    assert kind.lifecycle.condition(resumed) is Condition.READY
    assert len(aws.calls.of(kind.operation)) == 1


def test_an_image_of_an_interrupted_run_with_other_inputs_gives_way(
    kind: Kind, new_run: NewRun, aws: AwsSandbox
) -> None:
    id, _ = interrupted(kind, new_run(stop_after_waits=0))
    created = kind.lifecycle.create(new_run(), replace(kind.inputs, image_description="another"))
    assert created.id != id
    assert images(aws) == {created.id: "AVAILABLE"}


def test_an_image_that_failed_after_an_interruption_gives_way(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("PendingReboot")
    interrupted(kind, new_run(stop_after_waits=0))
    aws.clock.advance(3 * 3600)
    created = kind.lifecycle.create(new_run(), kind.inputs)
    assert images(aws) == {created.id: "AVAILABLE"}


def test_an_answer_that_was_lost_does_not_start_a_second_image(
    kind: Kind, run: Any, aws: AwsSandbox, quick_retries: None
) -> None:
    aws.faults.drop_connection(kind.operation, after_processing=True)
    created = kind.lifecycle.create(run, kind.inputs)
    assert len(aws.calls.of(kind.operation)) == 2
    assert images(aws) == {created.id: "AVAILABLE"}


def test_fails_to_take_the_image_of_somebody_else(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    taken = kind.lifecycle.create(new_run(identity=SOMEBODY), kind.inputs)
    with pytest.raises(Failed, match=f"belongs to image {taken.id} of the account already; choose another name"):
        kind.lifecycle.create(new_run(), kind.inputs)
    assert images(aws) == {taken.id: "AVAILABLE"}


def test_fails_when_somebody_takes_the_name_meanwhile(kind: Kind, run: Any, aws: AwsSandbox) -> None:
    aws.faults.error(kind.operation, "ResourceAlreadyExistsException", "An image with the name win10 already exists.")
    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        kind.lifecycle.create(run, kind.inputs)
    assert run.kept is None


def test_fails_with_all_codes_and_the_next_create_starts_anew(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("VMWareToolsInstalled", "PendingReboot", "InPlaceUpgrade")
    with pytest.raises(Failed, match="VMWareToolsInstalled: .*PendingReboot: .*InPlaceUpgrade: .*record was deleted"):
        kind.lifecycle.create(new_run(), kind.inputs)
    assert images(aws) == {}
    created = kind.lifecycle.create(new_run(), kind.inputs)
    assert images(aws) == {created.id: "AVAILABLE"}


def test_a_resumed_image_that_failed_is_left_broken(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("DomainJoined")
    kept = interrupted(kind, new_run(stop_after_waits=2))
    second = new_run()
    with pytest.raises(Failed, match="DomainJoined"):
        kind.lifecycle.update(second, *kept, kind.inputs)
    assert kind.lifecycle.condition(second.kept[1]) is Condition.BROKEN
    assert images(aws) == {}


def test_fails_when_the_image_is_deleted_while_it_is_made(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    id, state = interrupted(kind, new_run(stop_after_waits=0))
    aws.clock.advance(3 * 3600)
    aws.observer("workspaces").delete_workspace_image(ImageId=id)
    second = new_run()
    with pytest.raises(Failed, match=f"image {id} is gone"):
        kind.lifecycle.update(second, id, state, kind.inputs)
    assert kind.lifecycle.condition(second.kept[1]) is Condition.BROKEN


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda f: f.throttle("DescribeWorkspaceImages", times=5), id="throttled"),
        pytest.param(lambda f: f.server_error("DescribeWorkspaceImages", times=3), id="server-errors"),
        pytest.param(lambda f: f.drop_connection("DescribeWorkspaceImages", times=2), id="connection-lost"),
    ],
)
def test_passing_faults_do_not_end_a_wait(
    kind: Kind, run: Any, aws: AwsSandbox, fault: Callable[[Any], None], quick_retries: None
) -> None:
    fault(aws.faults)
    created = kind.lifecycle.create(run, kind.inputs)
    assert aws.faults.waiting == []
    assert images(aws) == {created.id: "AVAILABLE"}


def test_read_tells_drift_of_tags_and_a_deleted_image(kind: Kind, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    calls = aws.observer("workspaces")
    assert kind.lifecycle.read(run, created.id, created.state) == created.state
    calls.create_tags(ResourceId=created.id, Tags=[{"Key": "team", "Value": "red"}])
    drifted = kind.lifecycle.read(run, created.id, created.state)
    assert drifted == replace(created.state, tags={"team": "red"})
    calls.delete_workspace_image(ImageId=created.id)
    assert kind.lifecycle.read(run, created.id, created.state) is None


@pytest.mark.parametrize("given", [None, {}], ids=["no-tags", "an-empty-map"])
def test_an_image_without_tags_does_not_drift(kind: Kind, run: Any, given: dict[str, str] | None) -> None:
    created = kind.lifecycle.create(run, replace(kind.inputs, tags=given))
    assert kind.lifecycle.read(run, created.id, created.state) == created.state


def test_read_tells_how_far_an_interrupted_image_is(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    id, state = interrupted(kind, new_run(stop_after_waits=0))
    still = kind.lifecycle.read(new_run(), id, state)
    assert kind.lifecycle.condition(still) is Condition.UNFINISHED
    aws.clock.advance(3 * 3600)
    done = kind.lifecycle.read(new_run(), id, state)
    assert kind.lifecycle.condition(done) is Condition.READY


@pytest.mark.parametrize("operation", ["DescribeWorkspaceImages", "DescribeTags"])
def test_fails_to_read_without_permission_instead_of_calling_it_gone(
    kind: Kind, run: Any, aws: AwsSandbox, operation: str
) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    aws.faults.deny(operation)
    with pytest.raises(ClientError, match="AccessDenied"):
        kind.lifecycle.read(run, created.id, created.state)


def test_update_changes_tags_in_place(kind: Kind, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    changed = replace(kind.inputs, tags={"stage": "prod"}, timeout_minutes=7)
    state = kind.lifecycle.update(run, created.id, created.state, changed)
    assert state == replace(created.state, tags={"stage": "prod"}, timeout_minutes=7)
    assert state == kind.lifecycle.read(run, created.id, state)
    assert tags(aws, created.id) == {"stage": "prod", **run.identity.tags(changed)}


@pytest.mark.parametrize("operation", ["workspaces:CreateTags", "workspaces:DeleteTags"])
def test_an_update_that_broke_off_is_completed_by_the_next(
    kind: Kind, run: Any, aws: AwsSandbox, operation: str
) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    changed = replace(kind.inputs, tags={"stage": "prod"})
    aws.faults.deny(operation)
    with pytest.raises(ClientError, match="AccessDenied"):
        kind.lifecycle.update(run, created.id, created.state, changed)
    aws.faults.allow(operation)
    kind.lifecycle.update(run, *run.kept, changed)
    assert tags(aws, created.id) == {"stage": "prod", **run.identity.tags(changed)}


def test_delete_removes_the_image_and_may_be_called_twice(kind: Kind, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    kind.lifecycle.delete(run, created.id, created.state)
    kind.lifecycle.delete(run, created.id, created.state)
    assert images(aws) == {}


def test_delete_of_a_pending_image_waits_for_its_end(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    kept = interrupted(kind, new_run(stop_after_waits=0))
    second = new_run()
    kind.lifecycle.delete(second, *kept)
    assert second.waits > 0
    assert images(aws) == {}


def test_a_retained_image_stays_and_is_not_taken_for_ours_again(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(new_run(), replace(kind.inputs, retain_on_delete=True))
    kind.lifecycle.delete(new_run(), created.id, created.state)
    assert tags(aws, created.id) == {"team": "blue"}
    with pytest.raises(Failed, match="choose another name"):
        kind.lifecycle.create(new_run(), kind.inputs)


def test_a_retained_image_that_was_deleted_by_hand_is_let_go(kind: Kind, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, replace(kind.inputs, retain_on_delete=True))
    aws.observer("workspaces").delete_workspace_image(ImageId=created.id)
    kind.lifecycle.delete(run, created.id, created.state)
    assert images(aws) == {}


def test_an_unfinished_image_is_not_retained(kind: Kind, new_run: NewRun, aws: AwsSandbox) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(Stopped):
        kind.lifecycle.create(first, replace(kind.inputs, retain_on_delete=True))
    kind.lifecycle.delete(new_run(), *first.kept)
    assert images(aws) == {}


def test_fails_to_delete_a_shared_image_and_names_the_accounts(kind: Kind, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    calls = aws.observer("workspaces")
    for account in ("210987654321", "345678901234"):
        calls.update_workspace_image_permission(ImageId=created.id, AllowCopyImage=True, SharedAccountId=account)
    aws.faults.error("DeleteWorkspaceImage", "ResourceAssociatedException", "The image is in use.")
    words = rf"image {created.id} \(win10\) .*The image is in use\..*stop sharing it with 210987654321, 345678901234"
    with pytest.raises(RuntimeError, match=words):
        kind.lifecycle.delete(run, created.id, created.state)


def test_fails_to_delete_an_image_that_bundles_use(kind: Kind, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    aws.faults.error("DeleteWorkspaceImage", "ResourceAssociatedException", "Bundle wsb-0123 uses the image.")
    with pytest.raises(RuntimeError, match=rf"image {created.id} .*Bundle wsb-0123 uses .*delete its bundles"):
        kind.lifecycle.delete(run, created.id, created.state)
    kind.lifecycle.delete(run, created.id, created.state)
    assert images(aws) == {}
