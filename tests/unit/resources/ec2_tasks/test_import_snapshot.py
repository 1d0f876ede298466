from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.resources.source_tags import other_tags

from pulumi_vmimport.aws.ec2.import_options import SnapshotFormat
from pulumi_vmimport.aws.ec2.import_request import SnapshotDiskContainer, UserBucket
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Condition, RunInterruptedError
from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot_lifecycle import ImportSnapshotLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ImportSnapshotLifecycle()
NewRun = Callable[..., Any]


@pytest.fixture
def inputs(raw_disk: UserBucket, role: str) -> ImportSnapshotInputs:
    container = SnapshotDiskContainer(format=SnapshotFormat.RAW, user_bucket=raw_disk)
    return ImportSnapshotInputs(region="eu-west-1", disk_container=container, tags={"team": "blue"}, description="data")


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"diskContainer": None}, "diskContainer", "is required", id="no-disk"),
        pytest.param({"diskContainer": {}}, "diskContainer", "one of userBucket and url, got 0", id="no-source"),
        pytest.param(
            {"diskContainer": {"url": "s3://images/k.ova", "format": "OVA"}},
            "diskContainer.format",
            "expected one of VHD, VMDK, RAW, got 'OVA'; unpack the disk",
            id="ova",
        ),
        pytest.param(
            {"diskContainer": {"url": "s3://images/k.vhd", "format": "VMDK"}},
            "diskContainer.format",
            "VMDK does not match the key 'k.vhd'",
            id="format-and-key",
        ),
        pytest.param(
            {"diskContainer": {"snapshotId": "snap-1", "url": "s3://images/k"}},
            "diskContainer.snapshotId",
            "is not a property of SnapshotDiskContainer",
            id="a-snapshot",
        ),
        pytest.param(
            {"diskContainer": {"url": "s3://images/k.vhdx", "format": "vhdx"}},
            "diskContainer.format",
            "expected one of VHD, VMDK, RAW, got 'vhdx'; leave format out for a VHDX",
            id="vhdx",
        ),
        pytest.param(
            {"diskContainer": {"url": "s3://images/k.vhdx", "format": "VHD"}},
            "diskContainer.format",
            "VHD does not match the key 'k.vhdx'; leave format out for a VHDX",
            id="vhdx-as-vhd",
        ),
        pytest.param(
            {"diskContainer": {"url": "s3://images/k.OVA"}},
            "diskContainer",
            "got the OVA 'k.OVA'; unpack the disk, or use ImportImage",
            id="ova-without-a-format",
        ),
        pytest.param({"kmsKeyId": "alias/a"}, "kmsKeyId", "requires encrypted = true", id="key-without-encryption"),
        pytest.param({"roleName": "a b"}, "roleName", "got 'a b'", id="role-name"),
        pytest.param({"tags": {"aws:x": ""}}, "tags.aws:x", "does not start with aws:", id="reserved-tag"),
        pytest.param({"timeoutMinutes": 0}, "timeoutMinutes", "expected at least 1", id="timeout"),
    ],
)
def test_fails_in_check(checked: Any, values: dict[str, Any], path: str, reason: str) -> None:
    bag = {"region": "eu-west-1", "diskContainer": {"url": "s3://images/k.raw"}, **values}
    found = checked(lifecycle, bag)
    assert [p for p, _ in found] == [path]
    assert reason in found[0][1]


def test_a_vhdx_has_no_format(checked: Any) -> None:
    bag = {"region": "eu-west-1", "diskContainer": {"url": "s3://images/k.vhdx"}}
    assert checked(lifecycle, bag) == []


def test_unknown_inputs_are_not_checked(checked: Any) -> None:
    names = ("diskContainer", "kmsKeyId", "encrypted", "tags", "roleName", "region")
    assert checked(lifecycle, dict.fromkeys(names, UNKNOWN)) == []


def test_preflight_reports_object_key_and_role_at_once(
    run: Any, looked_up: Any, inputs: ImportSnapshotInputs, bucket: str
) -> None:
    assert looked_up(lifecycle, run, inputs) == {}
    missing = SnapshotDiskContainer(user_bucket=UserBucket(bucket, "missing"))
    wrong = replace(inputs, disk_container=missing, encrypted=True, kms_key_id="alias/nobody", role_name="nobody")
    found = looked_up(lifecycle, run, wrong)
    assert list(found) == ["diskContainer.userBucket", "kmsKeyId", "roleName"]


def test_the_role_must_be_allowed_to_use_the_key(run: Any, inputs: ImportSnapshotInputs, aws: AwsSandbox) -> None:
    key = aws.observer("kms").create_key()["KeyMetadata"]["KeyId"]
    encrypted = replace(inputs, encrypted=True, kms_key_id=key)
    (problem,) = lifecycle.role_problems(run, encrypted)
    assert problem.path == "roleName"
    assert "kms:CreateGrant on arn:aws:kms:" in problem.reason
    assert list(lifecycle.role_problems(run, inputs)) == []


def test_create_makes_a_tagged_snapshot_of_the_size_of_the_disk(
    run: Any, inputs: ImportSnapshotInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    state = created.state
    assert (created.id, state.task_status, state.volume_size) == (state.import_task_id, "completed", 1)
    (snapshot,) = aws.observer("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot["SnapshotId"] == state.snapshot_id
    assert other_tags(snapshot["Tags"]) == {"team": "blue", **run.identity.tags(inputs)}
    (task,) = aws.snapshot_tasks
    others = {key for key in task.tags if not key.startswith("vmimport:source-")}
    assert others - {"team": "blue", **run.identity.tags(inputs)}.keys() == {COMPLETION_TAG}
    assert {"team": "blue", **run.identity.tags(inputs)}.items() <= task.tags.items()
    assert state.provenance is not None
    assert (state.provenance["object"], state.provenance["importTask"]) == (
        task.tags["vmimport:source-object"],
        task.id,
    )
    assert lifecycle.read(run, created.id, state) == state


def test_an_interrupted_create_is_found_by_the_next_and_resumed_by_update(
    new_run: NewRun, inputs: ImportSnapshotInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=1)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    assert lifecycle.condition(first.recorded[1]) is Condition.UNFINISHED
    again = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(again, inputs)
    assert again.recorded[0] == first.recorded[0]
    id, kept = first.recorded
    state = lifecycle.update(new_run(), id, kept, inputs)
    assert lifecycle.condition(state) is Condition.READY
    assert len(aws.snapshot_tasks) == 1


def test_a_completed_task_whose_snapshot_was_deleted_is_not_reused(
    run: Any, inputs: ImportSnapshotInputs, aws: AwsSandbox
) -> None:
    first = lifecycle.create(run, inputs)
    aws.observer("ec2").delete_snapshot(SnapshotId=first.state.snapshot_id)
    assert lifecycle.read(run, first.id, first.state) is None
    assert lifecycle.create(run, inputs).id != first.id


@pytest.mark.parametrize("operation", ["create", "update"])
def test_fails_for_a_snapshot_that_is_deleted_before_it_is_tagged(
    new_run: NewRun, inputs: ImportSnapshotInputs, aws: AwsSandbox, operation: str
) -> None:
    def delete(_: Any) -> None:
        ec2 = aws.observer("ec2")
        for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]:
            ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"])

    aws.faults.on("CreateTags", delete)
    if operation == "update":
        first = new_run(stop_after_waits=0)
        with pytest.raises(RunInterruptedError):
            lifecycle.create(first, inputs)
        id, state = first.recorded
    run = new_run()
    with pytest.raises(CleanFailureError, match="it was deleted after the task ended"):
        lifecycle.create(run, inputs) if operation == "create" else lifecycle.update(run, id, state, inputs)
    assert lifecycle.condition(run.recorded[1]) is Condition.BROKEN
    assert lifecycle.create(new_run(), inputs).id != run.recorded[0]


def test_fails_with_the_message_of_a_deleted_task_and_the_next_create_starts_a_new_one(
    run: Any, inputs: ImportSnapshotInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_import("ClientError: Disk validation failed [Unsupported VMDK File Format]", at_percent=20)
    with pytest.raises(CleanFailureError, match=r"ended deleted: \"ClientError: Disk validation failed .*TR-35"):
        lifecycle.create(run, inputs)
    assert lifecycle.create(run, inputs).state.snapshot_id is not None
    assert len(aws.snapshot_tasks) == 2


def test_images_and_snapshots_wait_for_the_same_quota(
    run: Any, inputs: ImportSnapshotInputs, aws: AwsSandbox, raw_disk: UserBucket
) -> None:
    aws.settings.active_import_quota = 1
    source = {"S3Bucket": raw_disk.s3_bucket, "S3Key": raw_disk.s3_key}
    aws.observer("ec2").import_image(DiskContainers=[{"Format": "RAW", "UserBucket": source}])
    assert lifecycle.create(run, inputs).state.snapshot_id is not None
    assert any("waiting for another import task of the Region" in text for text in run.texts)


def test_a_snapshot_import_queues_behind_an_image_import(
    new_run: NewRun, inputs: ImportSnapshotInputs, image_inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    queued: list[str] = []

    def import_snapshot() -> None:
        """Starts while the image import waits for the quota."""
        if not queued:
            run = new_run(stop_after_waits=1)
            with pytest.raises(RunInterruptedError):
                lifecycle.create(run, inputs)
            queued.extend(run.texts)

    aws.faults.error("ImportImage", aws.settings.quota_error_code, "The limit is 1.")
    ImportImageLifecycle().create(new_run(then=import_snapshot), image_inputs)
    assert "queued behind 1 other import task" in queued[0]
    assert aws.calls.of("ImportSnapshot") == []


def test_update_changes_tags_in_place_and_read_returns_their_drift(
    run: Any, inputs: ImportSnapshotInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    state = lifecycle.update(run, created.id, created.state, replace(inputs, tags={"stage": "prod"}))
    read = lifecycle.read(run, created.id, state)
    assert read is not None
    assert (read.tags, read.snapshot_id) == ({"stage": "prod"}, created.state.snapshot_id)
    aws.observer("ec2").delete_tags(Resources=[str(state.snapshot_id)], Tags=[{"Key": "stage"}])
    drifted = lifecycle.read(run, created.id, state)
    assert drifted is not None
    assert drifted.tags == {}


@pytest.mark.parametrize("minutes", [0, 5, 60], ids=["just-started", "converting", "completed-meanwhile"])
def test_delete_leaves_nothing_however_far_the_task_was(
    new_run: NewRun, inputs: ImportSnapshotInputs, aws: AwsSandbox, minutes: int
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    aws.clock.advance(60 * minutes)
    lifecycle.delete(new_run(), *first.recorded)
    lifecycle.delete(new_run(), *first.recorded)
    assert not [x for x in aws.remaining_resources() if x.startswith("ec2 ")]


def test_a_retained_snapshot_is_kept_and_not_reused(run: Any, inputs: ImportSnapshotInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, replace(inputs, retain_on_delete=True))
    lifecycle.delete(run, created.id, created.state)
    (snapshot,) = aws.observer("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert other_tags(snapshot["Tags"]).keys() == {"team"}
    assert lifecycle.create(run, inputs).state.snapshot_id != created.state.snapshot_id


def test_fails_to_delete_a_snapshot_that_an_ami_uses(run: Any, inputs: ImportSnapshotInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    aws.faults.error("DeleteSnapshot", "InvalidSnapshot.InUse", "The snapshot is currently in use by ami-1")
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.InUse"):
        lifecycle.delete(run, created.id, created.state)


def test_update_completes_a_snapshot_whose_task_is_no_longer_listed(
    new_run: NewRun, inputs: ImportSnapshotInputs, aws: AwsSandbox
) -> None:
    aws.faults.deny("CreateTags")
    first = new_run()
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        lifecycle.create(first, inputs)
    aws.faults.allow("CreateTags")
    aws.clock.advance(8 * 86400)
    id, kept = first.recorded
    assert lifecycle.condition(lifecycle.update(new_run(), id, kept, inputs)) is Condition.READY
