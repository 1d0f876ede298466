import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.resources.source_tags import other_tags

from pulumi_vmimport.aws.ec2.import_options import BootMode
from pulumi_vmimport.aws.tables import clone_runbook
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, RunInterruptedError
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs, ImportImageState
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ImportImageLifecycle()
NewRun = Callable[..., Any]


@pytest.fixture
def inputs(image_inputs: ImportImageInputs) -> ImportImageInputs:
    return image_inputs


def test_create_returns_every_output_and_tags_the_ami_and_its_snapshots(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    inputs = replace(inputs, boot_mode=BootMode.UEFI, operating_system="Windows Server 2022")
    created = lifecycle.create(run, inputs)
    state = created.state
    ec2 = aws.observer("ec2")
    image = ec2.describe_images(ImageIds=[state.image_id])["Images"][0]
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=list(state.snapshot_ids))["Snapshots"]
    (task,) = ec2.describe_import_image_tasks()["ImportImageTasks"]
    assert created.id == state.import_task_id == task["ImportTaskId"]
    assert lifecycle.condition(state) is Condition.READY
    outputs = {name: value for name, value in vars(state).items() if name not in vars(inputs)}
    report, provenance = outputs.pop("post_import_report"), outputs.pop("provenance")
    assert outputs == {
        "billed_usage_operation": "RunInstances:0800",
        "clone_runbook": clone_runbook.text(),
        "detected_boot_mode": "uefi",
        "detected_guest": {"unknown": "no partition holds Windows"},
        "detected_license_type": "BYOL",
        "detected_platform": image["PlatformDetails"],
        "image_id": image["ImageId"],
        "launch_permissions": (),
        "replaced_image_id": None,
        "replaced_snapshot_ids": (),
        "import_task_id": task["ImportTaskId"],
        "snapshot_ids": (snapshot["SnapshotId"],),
        "status_message": task.get("StatusMessage"),
        "task_status": "completed",
    }
    assert (
        (state.image_name, state.description) == (image["Name"], "web server") == (task["ImportTaskId"], "web server")
    )
    assert any(line.startswith("license: ") for line in report)
    own = run.identity.names
    assert provenance == {
        "object": "s3://images-of-web/disks/web.raw",
        "importTask": state.import_task_id,
        "stack": own["vmimport:stack"],
        "resource": own["vmimport:resource"],
    }
    for tagged in (image, snapshot):
        assert other_tags(tagged["Tags"]) == {"team": "blue", **run.identity.tags(inputs)}
    assert image["Description"] == "web server"
    assert any("converting" in text for text in run.texts)


def test_an_interrupted_create_is_found_and_not_started_twice(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=3)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    kept_id, kept = first.recorded
    assert lifecycle.condition(kept) is Condition.UNFINISHED
    second = lifecycle.create(new_run(), inputs)
    assert second.id == kept_id
    assert len(aws.import_tasks) == 1


def test_an_interrupted_create_is_resumed_by_update(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=3)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    id, kept = first.recorded
    resumed = lifecycle.update(new_run(), id, kept, inputs)
    assert resumed.image_id is not None
    assert lifecycle.condition(resumed) is Condition.READY
    assert len(aws.import_tasks) == 1


def test_a_lost_response_does_not_start_a_second_task(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    aws.faults.drop_connection("ImportImage", after_processing=True)
    lifecycle.create(run, inputs)
    assert len(aws.import_tasks) == 1


def test_a_task_completed_before_the_takeover_period_is_not_reused(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its stack was renamed since, and one of the old name has the same program.
    first = lifecycle.create(new_run(), inputs)
    assert lifecycle.create(new_run(), inputs).id == first.id  # a run that was killed before Pulumi recorded it
    monkeypatch.setattr("pulumi_vmimport.lifecycle.identity.ADOPTION_WINDOW", timedelta())
    second = lifecycle.create(new_run(), inputs)
    assert second.id != first.id
    lifecycle.delete(new_run(), second.id, second.state)
    assert lifecycle.read(new_run(), first.id, first.state) == first.state


def test_fails_with_message_cause_and_remedy_and_the_next_create_starts_a_new_task(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_import("ClientError: FirstBootFailure: no DHCP address", at_percent=85)
    with pytest.raises(CleanFailureError, match=r'"ClientError: FirstBootFailure: no DHCP address"; .*TR-16'):
        lifecycle.create(new_run(), inputs)
    assert not [x for x in aws.remaining_resources() if "ami-" in x or "snap-" in x]
    again = lifecycle.create(new_run(), inputs)
    assert again.state.image_id is not None
    assert len(aws.import_tasks) == 2


def test_a_resumed_task_that_failed_is_recorded_as_broken(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_import("ClientError: Unsupported kernel version 2.4")
    first = new_run(stop_after_waits=2)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    second = new_run()
    with pytest.raises(CleanFailureError, match="Unsupported kernel version"):
        lifecycle.update(second, first.recorded[0], first.recorded[1], inputs)
    assert lifecycle.condition(second.recorded[1]) is Condition.BROKEN


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda f: f.throttle("DescribeImportImageTasks", times=5), id="throttled"),
        pytest.param(lambda f: f.server_error("DescribeImportImageTasks", times=3), id="server-errors"),
        pytest.param(lambda f: f.drop_connection("DescribeImportImageTasks", times=2), id="connection-lost"),
        pytest.param(lambda f: f.server_error("CreateTags", times=2), id="server-errors-while-tagging"),
    ],
)
def test_temporary_errors_do_not_fail_an_import(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox, fault: Callable[[Any], None], quick_retries: None
) -> None:
    fault(aws.faults)
    assert lifecycle.create(run, inputs).state.image_id is not None
    assert len(aws.import_tasks) == 1


def test_an_import_beyond_the_quota_waits(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    aws.settings.active_import_quota = 1
    other = replace(inputs, source_hash="other")
    ec2 = aws.observer("ec2")
    ec2.import_image(
        DiskContainers=[{"Format": "RAW", "UserBucket": {"S3Bucket": "images-of-web", "S3Key": "disks/web.raw"}}]
    )
    assert lifecycle.create(run, other).state.image_id is not None
    assert any("waiting for another import task of the Region" in text for text in run.texts)


def test_only_the_head_of_the_queue_retries_the_start(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.settings.active_import_quota = 1
    waiting: list[str] = []

    def second() -> None:
        """Comes while the first one waits."""
        if len(aws.import_tasks) == 1 and not waiting:
            run = new_run(stop_after_waits=3)
            with pytest.raises(RunInterruptedError):
                lifecycle.create(run, replace(inputs, source_hash="second"))
            waiting.extend(run.texts)

    lifecycle.create(new_run(stop_after_waits=None), inputs)
    aws.faults.error("ImportImage", aws.settings.quota_error_code, "The limit is 1.")
    calls = len(aws.calls.of("ImportImage"))
    lifecycle.create(new_run(then=second), replace(inputs, source_hash="first"))
    assert len(waiting) == 4
    assert all("queued behind 1 other import task" in text for text in waiting)
    assert len(aws.calls.of("ImportImage")) == calls + 2


def test_a_token_mismatch_finds_the_task_started_with_an_earlier_presigned_url(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=1)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    listed = [t["ImportTaskId"] for t in aws.observer("ec2").describe_import_image_tasks()["ImportImageTasks"]]
    assert listed == [first.recorded[0]]

    class NotListedAtFirst(ImportImageLifecycle):
        looks = 0

        def _earlier_tasks(self, run: Any, inputs: Any) -> Any:
            self.looks += 1
            return super()._earlier_tasks(run, inputs) if self.looks > 1 else (None, set())

    aws.faults.error("ImportImage", "IdempotentParameterMismatch", "The request uses the same client token as another")
    assert NotListedAtFirst().create(new_run(), inputs).id == first.recorded[0]
    assert len(aws.import_tasks) == 1


def test_a_token_mismatch_after_a_failed_task_keeps_the_token(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_import("ClientError: Unsupported kernel version 2.4")
    with pytest.raises(CleanFailureError):
        lifecycle.create(new_run(), inputs)
    (failed,) = aws.import_tasks
    aws.faults.error("ImportImage", "IdempotentParameterMismatch", "The request uses the same client token as another")
    run = new_run()
    lifecycle.create(run, inputs)
    assert aws.import_tasks[1].request["ClientToken"] == run.identity.token(inputs, failed.id)


def test_create_waits_until_iam_has_propagated_the_role(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    iam = aws.observer("iam")
    policy = iam.get_role_policy(RoleName="vmimport", PolicyName="vmimport")["PolicyDocument"]
    aws.settings.iam_propagation_seconds = 90
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=json.dumps(policy))
    assert lifecycle.create(run, inputs).state.image_id is not None
    assert "waiting for IAM to propagate role vmimport" in run.texts


def test_fails_at_once_when_the_role_is_missing(run: Any, inputs: ImportImageInputs) -> None:
    words = (
        r"InvalidParameter: .*service role nobody provided does not exist.*; role 'nobody' does not exist in account"
    )
    with pytest.raises(CleanFailureError, match=f"{words}.*no task was started"):
        lifecycle.create(run, replace(inputs, role_name="nobody"))
    assert run.waits == 0


def test_read_returns_drift_of_tags_and_a_deregistered_ami(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    ec2 = aws.observer("ec2")
    assert lifecycle.read(run, created.id, created.state) == created.state
    ec2.create_tags(Resources=[created.state.image_id], Tags=[{"Key": "team", "Value": "red"}])
    drifted = lifecycle.read(run, created.id, created.state)
    assert drifted is not None
    assert drifted.tags == {"team": "red"}
    ec2.deregister_image(ImageId=created.state.image_id)
    left = lifecycle.read(run, created.id, created.state)
    assert left is not None  # its snapshot is still there, and only the state lets delete remove it
    assert lifecycle.condition(left) is Condition.BROKEN
    assert lifecycle.describe_broken(created.id, left).startswith(f"AMI {created.state.image_id} was deregistered")
    ec2.delete_snapshot(SnapshotId=left.snapshot_ids[0])
    assert lifecycle.read(run, created.id, created.state) is None
    aws.clock.advance(7200)  # by now EC2 answers with an error instead of an empty list
    assert lifecycle.read(run, created.id, created.state) is None


def test_fails_to_read_without_permission(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    aws.faults.deny("DescribeImages")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        lifecycle.read(run, created.id, created.state)


def test_update_changes_tags_and_description_in_place(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    changed = replace(inputs, tags={"stage": "prod"}, description="shop")
    state = lifecycle.update(run, created.id, created.state, changed)
    read = lifecycle.read(run, created.id, state)
    assert read is not None
    assert (read.tags, read.description, read.image_id) == ({"stage": "prod"}, "shop", created.state.image_id)


@pytest.mark.parametrize("waits", [0, 5, 60], ids=["just-started", "converting", "completed-meanwhile"])
def test_delete_leaves_nothing_however_far_the_task_was(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox, waits: int
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    aws.clock.advance(60 * waits)
    lifecycle.delete(new_run(), *first.recorded)
    lifecycle.delete(new_run(), *first.recorded)
    assert not [x for x in aws.remaining_resources() if any(word in x for word in ("ami-", "snap-", "import-"))]


def test_delete_removes_ami_and_snapshots_and_may_be_called_twice(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.observer("ec2").deregister_image(ImageId=created.state.image_id)  # its snapshot is still there
    lifecycle.delete(run, created.id, created.state)
    lifecycle.delete(run, created.id, created.state)
    assert not [x for x in aws.remaining_resources() if "ami-" in x or "snap-" in x]


def test_a_retained_ami_is_kept_and_not_reused(new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(new_run(), replace(inputs, retain_on_delete=True))
    lifecycle.delete(new_run(), created.id, created.state)
    image = aws.observer("ec2").describe_images(ImageIds=[created.state.image_id])["Images"][0]
    assert other_tags(image["Tags"]).keys() == {"team"}
    assert lifecycle.create(new_run(), inputs).state.image_id != created.state.image_id


def test_a_state_of_an_older_version_is_read() -> None:
    state, _ = read_bag(ImportImageState, {"diskContainers": [], "imageId": "ami-1", "taskStatus": "completed", "x": 1})
    assert lifecycle.condition(state) is Condition.READY
