"""EC2 may not show an AMI or a snapshot right after the task that created it has completed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.ec2.import_options import SnapshotFormat
from pulumi_vmimport.aws.ec2.import_request import SnapshotDiskContainer, UserBucket
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, PartialFailureError, RunInterruptedError
from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot_lifecycle import ImportSnapshotLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle, snapshots = ImportImageLifecycle(), ImportSnapshotLifecycle()
NewRun = Callable[..., Any]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("CreateTags", "InvalidAMIID.NotFound"),
        ("CreateTags", "InvalidSnapshot.NotFound"),
        ("ModifyImageAttribute", "InvalidAMIID.NotFound"),
        ("DescribeImages", "InvalidAMIID.NotFound"),
    ],
)
def test_an_ami_that_ec2_does_not_show_yet_is_waited_for(
    run: Any, image_inputs: ImportImageInputs, aws: AwsSandbox, operation: str, code: str
) -> None:
    aws.faults.error(operation, code, "The image id '[ami-1]' does not exist", times=3)
    state = lifecycle.create(run, image_inputs).state
    assert (state.task_status, state.detected_boot_mode) == ("completed", "legacy-bios")
    assert state.image_name == state.import_task_id
    assert any(f"waiting for EC2 to show {state.image_id}" in text for text in run.texts)
    assert len(aws.import_tasks) == 1


@pytest.mark.parametrize(("operation", "times"), [("CreateTags", 3), ("DescribeSnapshots", 3)])
def test_a_snapshot_that_ec2_does_not_show_yet_is_waited_for(
    run: Any, raw_disk: UserBucket, role: str, aws: AwsSandbox, operation: str, times: int
) -> None:
    container = SnapshotDiskContainer(format=SnapshotFormat.RAW, user_bucket=raw_disk)
    aws.faults.error(operation, "InvalidSnapshot.NotFound", "The snapshot 'snap-1' does not exist.", times=times)
    state = snapshots.create(run, ImportSnapshotInputs(region="eu-west-1", disk_container=container)).state
    assert (state.task_status, state.volume_size) == ("completed", 1)
    assert len(aws.snapshot_tasks) == 1


def test_a_completed_task_is_reused_although_ec2_does_not_show_its_ami_yet(
    new_run: NewRun, image_inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    with pytest.raises(RunInterruptedError):
        lifecycle.create(new_run(stop_after_waits=0), image_inputs)
    aws.clock.advance(aws.settings.import_seconds)
    aws.faults.error("DescribeImages", "InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist", times=3)
    assert lifecycle.create(new_run(), image_inputs).state.task_status == "completed"
    assert len(aws.import_tasks) == 1


def test_fails_when_the_ami_was_deleted_right_after_the_task_and_the_next_run_imports_again(
    new_run: NewRun, image_inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    run = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, image_inputs)
    aws.clock.advance(aws.settings.import_seconds)
    ec2 = aws.observer("ec2")
    image = ec2.describe_import_image_tasks()["ImportImageTasks"][0]["ImageId"]
    ec2.deregister_image(ImageId=image)
    again = new_run()
    with pytest.raises(CleanFailureError, match=f"import task {run.recorded[0]} completed, but AMI {image}"):
        lifecycle.update(again, run.recorded[0], run.recorded[1], image_inputs)
    assert lifecycle.condition(again.recorded[1]) is Condition.BROKEN
    assert [line for line in aws.remaining_resources() if "snap-" in line] == []
    assert lifecycle.create(new_run(), image_inputs).id != run.recorded[0]


def test_fails_to_change_the_tags_of_an_ami_that_was_deregistered(
    new_run: NewRun, image_inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(new_run(), image_inputs)
    images.delete(new_run().aws, created.state.image_id, ())
    changed = replace(image_inputs, tags={"team": "red"})
    with pytest.raises(PartialFailureError, match=f"AMI {created.state.image_id} .*does not exist.*--refresh"):
        lifecycle.update(new_run(), created.id, created.state, changed)


def test_an_import_whose_completion_tag_was_edited_by_hand_does_not_crash(
    new_run: NewRun, image_inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    first = lifecycle.create(new_run(), image_inputs)
    aws.observer("ec2").create_tags(Resources=[first.id], Tags=[{"Key": COMPLETION_TAG, "Value": "by hand"}])
    assert lifecycle.create(new_run(), image_inputs).id != first.id
    assert lifecycle.read(new_run(), first.id, first.state) == first.state
