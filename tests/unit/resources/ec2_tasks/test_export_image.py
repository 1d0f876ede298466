"""ExportImage from its start to its end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2.export_options import ExportFormat
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, RunInterruptedError
from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG, Identity
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs
from pulumi_vmimport.resources.ec2_tasks.export_image_lifecycle import ExportImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ExportImageLifecycle()
NewRun = Callable[..., Any]


@pytest.fixture
def inputs(byol_ami: str, export_bucket: str, export_role: str) -> ExportImageInputs:
    return ExportImageInputs(
        region="eu-west-1",
        image_id=byol_ami,
        disk_image_format=ExportFormat.VMDK,
        s3_bucket=export_bucket,
        s3_prefix="exports/",
        description="the web server",
        tags={"team": "blue"},
    )


def keys(aws: AwsSandbox, bucket: str) -> list[str]:
    listed = aws.observer("s3").list_objects_v2(Bucket=bucket)
    return [found["Key"] for found in listed.get("Contents", [])]


def interrupted(run: Any, inputs: ExportImageInputs) -> tuple[str, Any]:
    """What a create that is stopped keeps: id and state."""
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    id, state = run.recorded
    return id, state


def test_create_writes_the_object_and_returns_every_output(
    run: Any, inputs: ExportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    state = created.state
    assert created.id == state.export_image_task_id
    assert state.s3_key == f"exports/{created.id}.vmdk"
    assert (state.task_status, lifecycle.condition(state)) == ("completed", Condition.READY)
    head = aws.observer("s3").head_object(Bucket=inputs.s3_bucket, Key=state.s3_key)
    assert (state.etag, state.size_bytes) == (head["ETag"].strip('"'), head["ContentLength"])
    (task,) = aws.export_tasks
    assert task.tags.keys() - {"team": "blue", **run.identity.tags(inputs)} == {COMPLETION_TAG}
    assert {"team": "blue", **run.identity.tags(inputs)}.items() <= task.tags.items()
    assert (task.request["Description"], task.request["DiskImageFormat"]) == ("the web server", "VMDK")


@pytest.mark.parametrize("again", ["create", "update"])
def test_an_interrupted_export_is_resumed_and_not_started_twice(
    new_run: NewRun, inputs: ExportImageInputs, aws: AwsSandbox, again: str
) -> None:
    id, kept = interrupted(new_run(stop_after_waits=1), inputs)
    assert lifecycle.condition(kept) is Condition.UNFINISHED
    resumed = lifecycle.create(new_run(), inputs).state if again == "create" else None
    state = resumed or lifecycle.update(new_run(), id, kept, inputs)
    assert (state.export_image_task_id, state.task_status) == (id, "completed")
    assert len(aws.export_tasks) == 1


def test_a_lost_response_does_not_start_a_second_task(run: Any, inputs: ExportImageInputs, aws: AwsSandbox) -> None:
    aws.faults.drop_connection("ExportImage", after_processing=True)
    lifecycle.create(run, inputs)
    assert len(aws.export_tasks) == 1


def test_a_deleted_object_is_detected_and_exported_again(
    new_run: NewRun, inputs: ExportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(new_run(), inputs)
    assert lifecycle.read(new_run(), created.id, created.state) == created.state
    aws.observer("s3").delete_object(Bucket=inputs.s3_bucket, Key=created.state.s3_key)
    assert lifecycle.read(new_run(), created.id, created.state) is None
    again = lifecycle.create(new_run(), inputs)
    assert again.id != created.id
    assert keys(aws, inputs.s3_bucket) == [again.state.s3_key]


def test_the_state_depends_on_the_object_after_ec2_stops_listing_the_task(
    run: Any, inputs: ExportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.clock.advance(aws.settings.task_retention_seconds + 1)
    assert lifecycle.read(run, created.id, created.state) == created.state
    changed = lifecycle.update(run, created.id, created.state, replace(inputs, tags={"team": "red"}))
    assert changed.tags == {"team": "red"}
    lifecycle.delete(run, created.id, changed)
    lifecycle.delete(run, created.id, changed)
    assert keys(aws, inputs.s3_bucket) == []


def test_tags_change_in_place(run: Any, inputs: ExportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    changed = replace(inputs, tags={"stage": "prod"})
    state = lifecycle.update(run, created.id, created.state, changed)
    assert (state.tags, state.s3_key) == ({"stage": "prod"}, created.state.s3_key)
    assert aws.export_tasks[0].tags.keys() - {"stage": "prod", **run.identity.tags(changed)} == {COMPLETION_TAG}
    assert {"stage": "prod", **run.identity.tags(changed)}.items() <= aws.export_tasks[0].tags.items()


@pytest.mark.parametrize("percent", [0, 50, 99, 101])
def test_delete_leaves_nothing_however_far_the_task_was(
    new_run: NewRun, inputs: ExportImageInputs, aws: AwsSandbox, percent: int
) -> None:
    kept = interrupted(new_run(stop_after_waits=0), inputs)
    aws.clock.advance(aws.settings.export_seconds * percent / 100)
    lifecycle.delete(new_run(), *kept)
    lifecycle.delete(new_run(), *kept)
    assert keys(aws, inputs.s3_bucket) == []
    assert [line for line in aws.remaining_resources() if "export-ami-" in line] == []


def test_delete_removes_every_version_of_the_object(run: Any, inputs: ExportImageInputs, aws: AwsSandbox) -> None:
    s3 = aws.observer("s3")
    s3.put_bucket_versioning(Bucket=inputs.s3_bucket, VersioningConfiguration={"Status": "Enabled"})
    created = lifecycle.create(run, inputs)
    s3.put_object(Bucket=inputs.s3_bucket, Key=created.state.s3_key, Body=b"overwritten")
    lifecycle.delete(run, created.id, created.state)
    versions = s3.list_object_versions(Bucket=inputs.s3_bucket)
    assert versions.get("Versions", []) + versions.get("DeleteMarkers", []) == []


def test_a_retained_object_is_kept_and_not_reused(new_run: NewRun, inputs: ExportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(new_run(), replace(inputs, retain_on_delete=True))
    lifecycle.delete(new_run(), created.id, created.state)
    assert keys(aws, inputs.s3_bucket) == [created.state.s3_key]
    assert aws.export_tasks[0].tags == {"team": "blue"}
    again = lifecycle.create(new_run(), inputs)
    assert again.state.s3_key != created.state.s3_key


def test_read_and_delete_accept_a_deleted_bucket(run: Any, inputs: ExportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    s3 = aws.observer("s3")
    s3.delete_object(Bucket=inputs.s3_bucket, Key=created.state.s3_key)
    s3.delete_bucket(Bucket=inputs.s3_bucket)
    assert lifecycle.read(run, created.id, created.state) is None
    lifecycle.delete(run, created.id, created.state)


def test_fails_with_the_message_of_ec2_and_the_next_create_starts_a_new_task(
    new_run: NewRun, inputs: ExportImageInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_export("ClientError: Unable to write to the bucket")
    with pytest.raises(
        CleanFailureError, match=r'ended deleted: "ClientError: Unable to write.*nothing was left in S3'
    ):
        lifecycle.create(new_run(), inputs)
    assert keys(aws, inputs.s3_bucket) == []
    assert lifecycle.create(new_run(), inputs).state.task_status == "completed"


def test_fails_when_the_object_of_a_completed_task_was_deleted(
    new_run: NewRun, inputs: ExportImageInputs, aws: AwsSandbox
) -> None:
    id, kept = interrupted(new_run(stop_after_waits=0), inputs)
    aws.clock.advance(aws.settings.export_seconds + 1)
    aws.observer("ec2").describe_export_image_tasks()  # the sandbox writes the object when somebody looks
    aws.observer("s3").delete_object(Bucket=inputs.s3_bucket, Key=f"exports/{id}.vmdk")
    run = new_run()
    with pytest.raises(CleanFailureError, match=f"export task {id} completed, .* 'exports-of-web'"):
        lifecycle.update(run, id, kept, inputs)
    assert lifecycle.create(new_run(), inputs).id != id


def test_a_second_export_of_the_same_ami_waits_for_the_first(
    new_run: NewRun, inputs: ExportImageInputs, aws: AwsSandbox
) -> None:
    interrupted(new_run(stop_after_waits=0), inputs)
    other = new_run(identity=Identity("urn:pulumi:dev::shop::vmimport:index:Thing::other"))
    made = lifecycle.create(other, replace(inputs, disk_image_format=ExportFormat.VHD))
    assert made.state.s3_key == f"exports/{made.id}.vhd"
    assert any(text.startswith(f"waiting for another export of {inputs.image_id} to end") for text in other.texts)
    assert {task.status for task in aws.export_tasks} == {"completed"}


def test_an_incorrect_state_fails_if_no_export_is_running(run: Any, inputs: ExportImageInputs, aws: AwsSandbox) -> None:
    aws.faults.error("ExportImage", "IncorrectState", "The image is not available")
    with pytest.raises(ClientError, match="IncorrectState"):
        lifecycle.create(run, inputs)


def test_an_export_beyond_the_quota_waits(new_run: NewRun, inputs: ExportImageInputs, aws: AwsSandbox) -> None:
    aws.settings.active_export_quota = 0
    run = new_run()

    def allow() -> None:
        aws.settings.active_export_quota = 1

    run.then = allow
    assert lifecycle.create(run, inputs).state.task_status == "completed"
    assert any("waiting for another export task of the Region" in text for text in run.texts)


def test_fails_to_read_without_permission(run: Any, inputs: ExportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    aws.faults.deny("ListObjectsV2")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.read(run, created.id, created.state)
