"""Creating a WorkSpaces image of any kind. The modules of the kinds test what is specific to each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.resources.source_tags import other_tags

from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Condition, PartialFailureError
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.workspaces.copy_workspace_image_lifecycle import CopyWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.create_updated_workspace_image_lifecycle import (
    CreateUpdatedWorkspaceImageLifecycle,
)
from pulumi_vmimport.resources.workspaces.create_workspace_image_lifecycle import CreateWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image_lifecycle import (
    ImportCustomWorkspaceImageLifecycle,
)
from pulumi_vmimport.resources.workspaces.import_workspace_image_lifecycle import ImportWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
ANOTHER_RESOURCE = Identity("urn:pulumi:dev::shop::vmimport:index:Thing::another")
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
    pytest.param({"imageName": "win10\n"}, "imageName", r"got 'win10\x0a'", id="newline-after-name"),
    pytest.param({"imageName": None}, "imageName", "is required, expected a string", id="no-name"),
    pytest.param({"imageDescription": ""}, "imageDescription", "expected 1 to 256", id="empty-description"),
    pytest.param({"imageDescription": "a, b"}, "imageDescription", "got 'a, b'", id="comma-in-description"),
    pytest.param({"imageDescription": "a" * 257}, "imageDescription", "expected 1 to 256", id="long-description"),
    pytest.param({"timeoutMinutes": 0}, "timeoutMinutes", "expected at least 1, got 0", id="timeout"),
    pytest.param({"region": None}, "region", "no Region is set", id="no-region"),
    pytest.param({"tags": {"aws:x": "y"}}, "tags.aws:x", "does not start with aws:", id="reserved-tag"),
    pytest.param({"tags": {"vmimport:x": "y"}}, "tags.vmimport:x", "or vmimport:, got", id="our-own-tag"),
    pytest.param({"tags": {"a": "b" * 256}}, "tags.a", "at most 255 characters, got 256", id="long-tag-value"),
    pytest.param({"tags": {str(i): "" for i in range(41)}}, "tags", "at most 40 tags, got 41", id="too-many-tags"),
    pytest.param({"imageNam": "x"}, "imageNam", "did you mean imageName?", id="unknown-property"),
]


@pytest.mark.parametrize(("values", "path", "reason"), RULES)
def test_fails_in_check(values: dict[str, Any], path: str, reason: str, checked: Checked) -> None:
    for lifecycle, bag in KINDS:
        found = checked(lifecycle, bag | values)
        assert [p for p, _ in found] == [path]
        assert reason in found[0][1]


@pytest.mark.parametrize("name", ["a", r"Win-10_22H2/(de)\v1.0", "x" * 64])
def test_names_that_workspaces_accepts_are_valid(name: str, checked: Checked) -> None:
    for lifecycle, bag in KINDS:
        assert checked(lifecycle, bag | {"imageName": name, "imageDescription": "For (all) of us. -"}) == []


def test_preflight_accepts_valid_inputs(kind: Any, run: Any, looked_up: LookedUp) -> None:
    assert looked_up(kind.lifecycle, run, kind.inputs) == {}


def test_preflight_does_not_write(kind: Any, run: Any, aws: AwsSandbox, looked_up: LookedUp) -> None:
    looked_up(kind.lifecycle, run, kind.inputs)
    assert aws.calls.writes() == []


def test_preflight_skips_unknown_inputs(kind: Any, run: Any, looked_up: LookedUp) -> None:
    unknown = kind.lifecycle.inputs_type(**dict.fromkeys(vars(kind.inputs), UNKNOWN))
    assert looked_up(kind.lifecycle, run, unknown) == {}


def test_preflight_reports_a_name_that_another_image_has(kind: Any, new_run: NewRun, looked_up: LookedUp) -> None:
    existing = kind.lifecycle.create(new_run(identity=ANOTHER_RESOURCE), kind.inputs)
    reason = looked_up(kind.lifecycle, new_run(), kind.inputs)["imageName"]
    assert "'win10'" in reason
    assert existing.id in reason
    assert "imageName" not in looked_up(kind.lifecycle, new_run(identity=ANOTHER_RESOURCE), kind.inputs)


def test_create_tags_the_image_and_records_every_output(kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    state = created.state
    assert kind.images() == {created.id: "AVAILABLE"}
    assert kind.tags(created.id) == {"team": "blue", **run.identity.tags(kind.inputs)}
    assert (state.image_id, state.image_state) == (created.id, "AVAILABLE")
    assert (state.owner_account_id, state.required_tenancy) == (aws.account_id, kind.tenancy)
    assert kind.lifecycle.inputs_of(state) == kind.inputs
    assert kind.lifecycle.condition(state) is Condition.READY
    assert any("pending" in text and created.id in text for text in run.texts)


def test_create_sends_every_input(kind: Any, run: Any, requests_of: Callable[[str], list[dict[str, Any]]]) -> None:
    created = kind.lifecycle.create(run, kind.inputs)
    (request,) = requests_of(kind.operation)
    tags = other_tags(request.pop("Tags"))
    assert tags == {"team": "blue", **run.identity.tags(kind.inputs)}
    prefix = "Image" if kind.operation.startswith("Import") else ""
    assert request == {f"{prefix}Name": "win10", f"{prefix}Description": "a desktop", **kind.request}
    assert created.id in kind.images()


def test_create_adopts_the_image_of_an_interrupted_run(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    id, _ = kind.interrupt_create(new_run(stop_after_waits=2))
    assert kind.lifecycle.create(new_run(), kind.inputs).id == id
    assert len(aws.calls.of(kind.operation)) == 1


def test_an_adopted_image_gets_the_current_tags(kind: Any, new_run: NewRun) -> None:
    id, _ = kind.interrupt_create(new_run(stop_after_waits=0))
    changed = replace(kind.inputs, tags={"stage": "prod"})
    run = new_run()
    created = kind.lifecycle.create(run, changed)
    assert created.id == id
    assert kind.tags(id) == {"stage": "prod", **run.identity.tags(changed)}


def test_update_resumes_an_interrupted_create(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    id, state = kind.interrupt_create(new_run(stop_after_waits=2))
    resumed = kind.lifecycle.update(new_run(), id, state, kind.inputs)
    assert resumed == kind.lifecycle.read(new_run(), id, resumed)
    assert kind.lifecycle.condition(resumed) is Condition.READY
    assert len(aws.calls.of(kind.operation)) == 1


def test_create_replaces_the_image_of_an_interrupted_run_with_other_inputs(
    kind: Any, new_run: NewRun, aws: AwsSandbox
) -> None:
    id, _ = kind.interrupt_create(new_run(stop_after_waits=0))
    created = kind.lifecycle.create(new_run(), replace(kind.inputs, image_description="another"))
    assert created.id != id
    assert kind.images() == {created.id: "AVAILABLE"}


def test_create_replaces_an_image_that_failed_after_an_interruption(
    kind: Any, new_run: NewRun, aws: AwsSandbox
) -> None:
    aws.faults.fail_workspace_image("PendingReboot")
    kind.interrupt_create(new_run(stop_after_waits=0))
    aws.clock.advance(3600)
    created = kind.lifecycle.create(new_run(), kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}


def test_create_waits_for_an_image_that_is_not_listed_yet(kind: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = run.aws.client("workspaces")
    listed = client.describe_workspace_images
    too_early: list[dict[str, Any]] = [{"Images": []}, {"Images": []}]

    def describe(**members: Any) -> Any:
        return too_early.pop() if too_early and "ImageIds" in members else listed(**members)

    monkeypatch.setattr(client, "describe_workspace_images", describe)
    created = kind.lifecycle.create(run, kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}


def test_a_lost_response_does_not_start_a_second_image(
    kind: Any, run: Any, aws: AwsSandbox, quick_retries: None
) -> None:
    aws.faults.drop_connection(kind.operation, after_processing=True)
    created = kind.lifecycle.create(run, kind.inputs)
    assert len(aws.calls.of(kind.operation)) == 2
    assert kind.images() == {created.id: "AVAILABLE"}


def test_fails_to_adopt_the_image_of_another_resource(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    existing = kind.lifecycle.create(new_run(identity=ANOTHER_RESOURCE), kind.inputs)
    with pytest.raises(CleanFailureError, match=existing.id):
        kind.lifecycle.create(new_run(), kind.inputs)
    assert kind.images() == {existing.id: "AVAILABLE"}


def test_fails_when_the_name_is_taken_during_create(kind: Any, run: Any, aws: AwsSandbox) -> None:
    aws.faults.error(kind.operation, "ResourceAlreadyExistsException", "An image with the name win10 already exists.")
    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        kind.lifecycle.create(run, kind.inputs)
    assert run.recorded is None


def test_fails_with_all_error_codes_and_the_next_create_succeeds(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("VMWareToolsInstalled", "PendingReboot", "InPlaceUpgrade")
    with pytest.raises(
        CleanFailureError, match=r"VMWareToolsInstalled: .*PendingReboot: .*InPlaceUpgrade: .*; .* image was deleted"
    ):
        kind.lifecycle.create(new_run(), kind.inputs)
    assert kind.images() == {}
    created = kind.lifecycle.create(new_run(), kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}


def test_fails_to_resume_a_failed_image_and_records_it_as_broken(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("DomainJoined")
    recorded = kind.interrupt_create(new_run(stop_after_waits=1))
    second = new_run()
    with pytest.raises(CleanFailureError, match="DomainJoined"):
        kind.lifecycle.update(second, *recorded, kind.inputs)
    assert kind.lifecycle.condition(second.recorded[1]) is Condition.BROKEN
    assert kind.images() == {}


def test_fails_when_the_image_is_deleted_during_create(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    id, state = kind.interrupt_create(new_run(stop_after_waits=0))
    aws.clock.advance(3600)
    aws.observer("workspaces").delete_workspace_image(ImageId=id)
    second = new_run()
    with pytest.raises(CleanFailureError, match=f"image {id} was deleted"):
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
def test_transient_faults_do_not_end_the_wait(
    kind: Any, run: Any, aws: AwsSandbox, fault: Callable[[Any], None], quick_retries: None
) -> None:
    fault(aws.faults)
    created = kind.lifecycle.create(run, kind.inputs)
    assert aws.faults.waiting == []
    assert kind.images() == {created.id: "AVAILABLE"}


def test_keep_failed_image_keeps_the_image_until_it_is_replaced(kind: Any, new_run: NewRun, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("PendingReboot")
    inputs, run = replace(kind.inputs, keep_failed_image=True), new_run()
    with pytest.raises(PartialFailureError, match=r"PendingReboot: .*; .* image was kept"):
        kind.lifecycle.create(run, inputs)
    id, state = run.recorded
    assert kind.images() == {id: "ERROR"}
    assert kind.lifecycle.condition(state) is Condition.BROKEN
    kind.lifecycle.delete(new_run(), id, state)  # as a replacement does
    created = kind.lifecycle.create(new_run(), inputs)
    assert kind.images() == {created.id: "AVAILABLE"}


def test_fails_with_the_error_codes_when_the_failed_image_cannot_be_deleted(
    kind: Any, new_run: NewRun, aws: AwsSandbox
) -> None:
    aws.faults.fail_workspace_image("PendingReboot")
    aws.faults.deny("DeleteWorkspaceImage")
    run = new_run()
    with pytest.raises(PartialFailureError, match=r"PendingReboot: .*AccessDenied"):
        kind.lifecycle.create(run, kind.inputs)
    assert kind.lifecycle.condition(run.recorded[1]) is Condition.BROKEN
    aws.faults.allow("DeleteWorkspaceImage")
    created = kind.lifecycle.create(new_run(), kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}


def test_create_retries_while_the_source_is_unavailable(kind: Any, run: Any, aws: AwsSandbox) -> None:
    aws.faults.error(kind.operation, "ResourceUnavailableException", "The image is being prepared.", times=2)
    created = kind.lifecycle.create(run, kind.inputs)
    assert kind.images() == {created.id: "AVAILABLE"}
    assert any("ResourceUnavailableException: The image is being prepared." in text for text in run.texts)


def test_fails_when_the_source_stays_unavailable(kind: Any, run: Any, aws: AwsSandbox) -> None:
    aws.faults.error(kind.operation, "ResourceUnavailableException", "The image is being prepared.", times=100)
    with pytest.raises(ClientError, match="is being prepared"):
        kind.lifecycle.create(run, kind.inputs)
    assert kind.images() == {}


def test_preflight_warns_when_the_image_quota_is_reached(
    kind: Any, run: Any, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, looked_up: LookedUp
) -> None:
    monkeypatch.setattr("pulumi_vmimport.aws.workspaces.byol_account.DEFAULT_IMAGE_QUOTA", 0)
    assert looked_up(kind.lifecycle, run, kind.inputs) == {}
    assert any("quota is 0" in text for text in run.warnings)
    kind.lifecycle.create(run, kind.inputs)
    run.warnings.clear()
    assert looked_up(kind.lifecycle, run, kind.inputs) == {}
    assert not any("quota" in text for text in run.warnings)
