"""What all kinds of WorkSpaces images promise until they are there; the modules beside have what sets them apart."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Condition, PartialFailureError
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.workspaces.copy_workspace_image import CopyWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.create_updated_workspace_image import CreateUpdatedWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.create_workspace_image import CreateWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image import ImportCustomWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
SOMEBODY = Identity("urn:pulumi:dev::shop::vmimport:index:Thing::another")
BAG = {"region": "eu-west-1", "imageName": "win10", "imageDescription": "a desktop"}
IMPORT = BAG | {"ec2ImageId": "ami-0123456789abcdef0", "ingestionProcess": "BYOL_REGULAR_WSP"}
CREATE = BAG | {"workspaceId": "ws-0123456789"}
SOURCE = BAG | {"sourceImageId": "wsi-0123456789"}
CUSTOM = BAG | {
    "computeType": "BASE",
    "protocol": "DCV",
    "osVersion": "Windows_10",
    "infrastructureConfigurationArn": "arn:aws:imagebuilder:eu-west-1:123456789012:infrastructure-configuration/byol",
    "ec2ImageId": "ami-0123456789abcdef0",
}
KINDS: list[tuple[Any, dict[str, str]]] = [
    (ImportWorkspaceImageLifecycle(), IMPORT),
    (CreateWorkspaceImageLifecycle(), CREATE),
    (CopyWorkspaceImageLifecycle(), SOURCE | {"sourceRegion": "us-west-2"}),
    (CreateUpdatedWorkspaceImageLifecycle(), SOURCE),
    (ImportCustomWorkspaceImageLifecycle(), CUSTOM),
]
RULES = [
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
    pytest.param({"tags": {str(i): "" for i in range(46)}}, "tags", "at most 45 tags, got 46", id="too-many-tags"),
    pytest.param({"imageNam": "x"}, "imageNam", "did you mean imageName?", id="unknown-property"),
]


@pytest.mark.parametrize(("values", "path", "reason"), RULES)
def test_fails_in_check(values: dict[str, Any], path: str, reason: str, checked: Checked) -> None:
    for lifecycle, bag in KINDS:
        found = checked(lifecycle, bag | values)
        assert [p for p, _ in found] == [path]
        assert reason in found[0][1]


@pytest.mark.parametrize("name", ["a", r"Win-10_22H2/(de)\v1.0", "x" * 64])
def test_names_that_the_service_takes_are_no_problem(name: str, checked: Checked) -> None:
    for lifecycle, bag in KINDS:
        assert checked(lifecycle, bag | {"imageName": name, "imageDescription": "For (all) of us. -"}) == []


def test_preflight_finds_nothing_wrong_where_all_is_there(kind: Any, run: Any, looked_up: LookedUp) -> None:
    assert looked_up(kind.lifecycle, run, kind.inputs) == {}


def test_preflight_makes_no_write(kind: Any, run: Any, aws: AwsSandbox, looked_up: LookedUp) -> None:
    looked_up(kind.lifecycle, run, kind.inputs)
    assert aws.calls.writes() == []


def test_preflight_judges_no_unknown_input(kind: Any, run: Any, looked_up: LookedUp) -> None:
    unknown = kind.lifecycle.inputs_type(**dict.fromkeys(vars(kind.inputs), UNKNOWN))
    assert looked_up(kind.lifecycle, run, unknown) == {}


def test_preflight_tells_a_name_that_another_image_has(kind: Any, new_run: NewRun, looked_up: LookedUp) -> None:
    taken = kind.lifecycle.create(new_run(identity=SOMEBODY), kind.inputs)
    reason = looked_up(kind.lifecycle, new_run(), kind.inputs)["imageName"]
    assert f"the name 'win10' belongs to image {taken.id}" in reason
    assert "imageName" not in looked_up(kind.lifecycle, new_run(identity=SOMEBODY), kind.inputs)


def test_create_makes_a_tagged_image_and_keeps_every_output(kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    state = created.state
    assert kind.images() == {created.id: "AVAILABLE"}
    assert kind.tags(created.id) == {"team": "blue", **run.identity.tags(kind.inputs)}
    assert (state.image_id, state.image_state, state.owner_account_id) == (created.id, "AVAILABLE", aws.account_id)
    assert kind.lifecycle.condition(state) is Condition.READY
    assert any(text.startswith(f"{created.id}: pending") for text in run.texts)


def test_an_interrupted_create_is_found_and_not_started_twice(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    id, _ = kind.interrupted(new_run(stop_after_waits=2))
    assert kind.lifecycle.create(new_run(), kind.inputs).id == id
    assert len(aws.calls.of(kind.operation)) == 1


def test_an_image_that_is_found_again_gets_the_tags_of_now(kind: Any, new_run: NewRun) -> None:
    id, _ = kind.interrupted(new_run(stop_after_waits=0))
    changed = replace(kind.inputs, tags={"stage": "prod"})
    run = new_run()
    created = kind.lifecycle.create(run, changed)
    assert created.id == id
    assert kind.tags(id) == {"stage": "prod", **run.identity.tags(changed)}


def test_an_interrupted_create_is_resumed_by_update(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    id, state = kind.interrupted(new_run(stop_after_waits=2))
    resumed = kind.lifecycle.update(new_run(), id, state, kind.inputs)
    assert resumed == kind.lifecycle.read(new_run(), id, resumed)
    assert kind.lifecycle.condition(resumed) is Condition.READY
    assert len(aws.calls.of(kind.operation)) == 1


def test_an_image_of_an_interrupted_run_with_other_inputs_gives_way(
    kind: Any, new_run: NewRun, aws: AwsSandbox
) -> None:
    id, _ = kind.interrupted(new_run(stop_after_waits=0))
    created = kind.lifecycle.create(new_run(), replace(kind.inputs, image_description="another"))
    assert created.id != id
    assert kind.images() == {created.id: "AVAILABLE"}


def test_an_image_that_failed_after_an_interruption_gives_way(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("PendingReboot")
    kind.interrupted(new_run(stop_after_waits=0))
    aws.clock.advance(3600)
    created = kind.lifecycle.create(new_run(), kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}


def test_an_image_that_is_not_listed_at_once_is_waited_for(
    kind: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = run.aws.client("workspaces")
    listed = client.describe_workspace_images
    too_early: list[dict[str, Any]] = [{"Images": []}, {"Images": []}]

    def describe(**members: Any) -> Any:
        return too_early.pop() if too_early and "ImageIds" in members else listed(**members)

    monkeypatch.setattr(client, "describe_workspace_images", describe)
    created = kind.lifecycle.create(run, kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}


def test_an_answer_that_was_lost_does_not_start_a_second_image(
    kind: Any, run: Any, aws: AwsSandbox, quick_retries: None
) -> None:
    aws.faults.drop_connection(kind.operation, after_processing=True)
    created = kind.lifecycle.create(run, kind.inputs)
    assert len(aws.calls.of(kind.operation)) == 2
    assert kind.images() == {created.id: "AVAILABLE"}


def test_fails_to_take_the_image_of_somebody_else(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    taken = kind.lifecycle.create(new_run(identity=SOMEBODY), kind.inputs)
    with pytest.raises(
        CleanFailureError, match=f"belongs to image {taken.id} of the account already; choose another name"
    ):
        kind.lifecycle.create(new_run(), kind.inputs)
    assert kind.images() == {taken.id: "AVAILABLE"}


def test_fails_when_somebody_takes_the_name_meanwhile(kind: Any, run: Any, aws: AwsSandbox) -> None:
    aws.faults.error(kind.operation, "ResourceAlreadyExistsException", "An image with the name win10 already exists.")
    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        kind.lifecycle.create(run, kind.inputs)
    assert run.recorded is None


def test_fails_with_all_codes_and_the_next_create_starts_anew(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("VMWareToolsInstalled", "PendingReboot", "InPlaceUpgrade")
    with pytest.raises(
        CleanFailureError, match=r"VMWareToolsInstalled: .*PendingReboot: .*InPlaceUpgrade: .*record was deleted"
    ):
        kind.lifecycle.create(new_run(), kind.inputs)
    assert kind.images() == {}
    created = kind.lifecycle.create(new_run(), kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}


def test_a_resumed_image_that_failed_is_left_broken(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("DomainJoined")
    kept = kind.interrupted(new_run(stop_after_waits=1))
    second = new_run()
    with pytest.raises(CleanFailureError, match="DomainJoined"):
        kind.lifecycle.update(second, *kept, kind.inputs)
    assert kind.lifecycle.condition(second.recorded[1]) is Condition.BROKEN
    assert kind.images() == {}


def test_fails_when_the_image_is_deleted_while_it_is_made(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    id, state = kind.interrupted(new_run(stop_after_waits=0))
    aws.clock.advance(3600)
    aws.observer("workspaces").delete_workspace_image(ImageId=id)
    second = new_run()
    with pytest.raises(CleanFailureError, match=f"image {id} is gone"):
        kind.lifecycle.update(second, id, state, kind.inputs)
    assert kind.lifecycle.condition(second.recorded[1]) is Condition.BROKEN


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda f: f.throttle("DescribeWorkspaceImages", times=5), id="throttled"),
        pytest.param(lambda f: f.server_error("DescribeWorkspaceImages", times=3), id="server-errors"),
        pytest.param(lambda f: f.drop_connection("DescribeWorkspaceImages", times=2), id="connection-lost"),
    ],
)
def test_passing_faults_do_not_end_a_wait(
    kind: Any, run: Any, aws: AwsSandbox, fault: Callable[[Any], None], quick_retries: None
) -> None:
    fault(aws.faults)
    created = kind.lifecycle.create(run, kind.inputs)
    assert aws.faults.waiting == []
    assert kind.images() == {created.id: "AVAILABLE"}


def test_a_failed_image_is_kept_where_that_is_asked_for_and_gives_way_to_the_next(
    kind: Any, new_run: NewRun, aws: AwsSandbox
) -> None:
    aws.faults.fail_workspace_image("PendingReboot")
    inputs, run = replace(kind.inputs, keep_failed_image=True), new_run()
    with pytest.raises(PartialFailureError, match=r"PendingReboot: .*\(a restart is pending; .*record was kept"):
        kind.lifecycle.create(run, inputs)
    id, state = run.recorded
    assert kind.images() == {id: "ERROR"}
    assert kind.lifecycle.condition(state) is Condition.BROKEN
    kind.lifecycle.delete(new_run(), id, state)  # as a replacement does
    created = kind.lifecycle.create(new_run(), inputs)
    assert kind.images() == {created.id: "AVAILABLE"}


def test_what_is_not_available_yet_is_asked_for_again(kind: Any, run: Any, aws: AwsSandbox) -> None:
    aws.faults.error(kind.operation, "ResourceUnavailableException", "The image is being prepared.", times=2)
    created = kind.lifecycle.create(run, kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}
    assert any("waiting, ResourceUnavailableException: The image is being prepared." in text for text in run.texts)


def test_fails_when_it_does_not_become_available(kind: Any, run: Any, aws: AwsSandbox) -> None:
    aws.faults.error(kind.operation, "ResourceUnavailableException", "The image is being prepared.", times=100)
    with pytest.raises(ClientError, match="is being prepared"):
        kind.lifecycle.create(run, kind.inputs)
    assert kind.images() == {}


def test_a_region_full_of_images_is_a_warning_in_preview(
    kind: Any, run: Any, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, looked_up: LookedUp
) -> None:
    monkeypatch.setattr("pulumi_vmimport.aws.workspaces.byol_account.DEFAULT_IMAGE_QUOTA", 0)
    assert looked_up(kind.lifecycle, run, kind.inputs) == {}
    assert any("WorkSpaces images in eu-west-1; unless its quota was raised above 0" in text for text in run.warnings)
