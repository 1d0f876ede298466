"""DirectSnapshot after its start: interruptions, changed sources and snapshots, tags, delete."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2.ebs_snapshots import EbsSnapshot
from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, PartialFailureError, RunInterruptedError
from pulumi_vmimport.lifecycle.schema import main_property
from pulumi_vmimport.resources.direct_snapshot import pending_snapshot
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshotInputs
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot_lifecycle import DirectSnapshotLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

BLOCK = 512 << 10
BLOCKS = 60
lifecycle = DirectSnapshotLifecycle()
Inputs = DirectSnapshotInputs
NewRun = Callable[..., Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A raw disk of 60 blocks, none of zeros."""
    path = tmp_path / "data.raw"
    path.write_bytes(b"".join(bytes([index + 1]) * BLOCK for index in range(BLOCKS)))
    return path


@pytest.fixture
def inputs(file: Path, aws: AwsSandbox) -> Inputs:
    return Inputs(region="eu-west-1", file=str(file), tags={"team": "blue"})


def snapshots(aws: AwsSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.observer("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return found


def tags(aws: AwsSandbox) -> dict[str, str]:
    (found,) = snapshots(aws)
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def holds(aws: AwsSandbox, snapshot_id: str, file: Path) -> None:
    """There is this one snapshot, and it holds the disk."""
    assert [s["SnapshotId"] for s in snapshots(aws)] == [snapshot_id]
    record = aws.snapshot(snapshot_id)
    assert record.status == "completed"
    with record.open() as disk:
        assert disk.read(BLOCKS * BLOCK) == file.read_bytes()


def puts(aws: AwsSandbox) -> int:
    return len(aws.calls.of("PutSnapshotBlock"))


def interrupted(run: Any, inputs: Inputs) -> tuple[str, Any]:
    """What a create keeps that is stopped."""
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    assert run.recorded is not None
    id, state = run.recorded
    assert lifecycle.condition(state) is Condition.UNFINISHED
    return id, state


def test_update_resumes_an_interrupted_run_at_the_next_block(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, file: Path
) -> None:
    id, state = interrupted(new_run(stop_after_waits=20), inputs)
    assert state.next_block == 21
    assert puts(aws) < BLOCKS
    before = puts(aws)
    finished = lifecycle.update(new_run(), id, state, inputs)
    holds(aws, id, file)
    assert puts(aws) - before == BLOCKS - 21
    assert lifecycle.condition(finished) is Condition.READY
    assert (finished.next_block, finished.blocks_written) == (None, BLOCKS)


def test_update_resumes_the_run_of_an_object(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, file: Path, bucket: str
) -> None:
    aws.observer("s3").put_object(Bucket=bucket, Key="data.raw", Body=file.read_bytes())
    of_object = replace(inputs, file=None, user_bucket=UserBucket(bucket, "data.raw"))
    id, state = interrupted(new_run(stop_after_waits=20), of_object)
    assert lifecycle.condition(lifecycle.update(new_run(), id, state, of_object)) is Condition.READY
    holds(aws, id, file)


def test_create_reuses_the_snapshot_of_a_killed_run_and_sends_every_block(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, file: Path
) -> None:
    id, _ = interrupted(new_run(stop_after_waits=20), inputs)
    before = puts(aws)
    assert lifecycle.create(new_run(), inputs).id == id
    holds(aws, id, file)
    assert puts(aws) - before == BLOCKS


@pytest.mark.parametrize("resume", ["create", "update"])
def test_the_run_after_a_kill_before_the_seal_sends_no_block_again(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, file: Path, resume: str
) -> None:
    aws.faults.deny("CompleteSnapshot")
    first = new_run()
    with pytest.raises(ClientError, match="CompleteSnapshot"):
        lifecycle.create(first, inputs)
    aws.faults.allow("CompleteSnapshot")
    id, state = first.recorded
    before = puts(aws)
    if resume == "create":
        finished = lifecycle.create(new_run(), inputs).state
    else:
        file.rename(file.with_suffix(".gone"))  # nor does it need the image
        finished = lifecycle.update(new_run(), id, state, inputs)
        file.with_suffix(".gone").rename(file)
    holds(aws, id, file)
    assert puts(aws) == before
    assert finished.blocks_written == BLOCKS


def test_update_waits_for_a_sealed_snapshot_of_a_killed_run(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, file: Path
) -> None:
    aws.settings.complete_snapshot_seconds = 3600
    id, state = interrupted(new_run(stop_after_waits=BLOCKS + 1), inputs)
    assert state.status == "completing"
    assert aws.snapshot(id).status == "pending"
    lifecycle.update(new_run(), id, state, inputs)
    holds(aws, id, file)


def test_lost_responses_throttling_and_server_errors_are_retried(
    run: Any, inputs: Inputs, aws: AwsSandbox, file: Path, quick_retries: None
) -> None:
    for operation in ("StartSnapshot", "PutSnapshotBlock", "CompleteSnapshot"):
        aws.faults.drop_connection(operation, after_processing=True)
        aws.faults.throttle(operation)
        aws.faults.server_error(operation)
    aws.faults.throttle("PutSnapshotBlock", times=40)  # more than botocore retries
    created = lifecycle.create(run, inputs)
    assert aws.faults.waiting == []
    holds(aws, created.id, file)


def test_expired_credentials_are_refreshed(
    run: Any, inputs: Inputs, aws: AwsSandbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed: list[bool] = []

    def refresh() -> None:
        renewed.append(True)
        aws.faults.clear()

    monkeypatch.setattr(run.aws, "refresh_credentials", refresh)
    aws.faults.on("PutSnapshotBlock", lambda _: aws.faults.expire_credentials(), nth=5)
    holds(aws, lifecycle.create(run, inputs).id, file)
    assert renewed


def test_a_block_is_retried_until_ebs_knows_the_snapshot(run: Any, inputs: Inputs, aws: AwsSandbox, file: Path) -> None:
    aws.faults.error("PutSnapshotBlock", "ResourceNotFoundException", "The snapshot does not exist.", 8, status=404)
    holds(aws, lifecycle.create(run, inputs).id, file)
    assert any("retrying, block " in text and "ResourceNotFoundException" in text for text in run.texts)


def test_the_next_run_resumes_after_a_denied_call(new_run: NewRun, inputs: Inputs, aws: AwsSandbox, file: Path) -> None:
    aws.faults.deny("PutSnapshotBlock")
    first = new_run()
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.create(first, inputs)
    aws.faults.allow("PutSnapshotBlock")
    id, state = first.recorded
    lifecycle.update(new_run(), id, state, inputs)
    holds(aws, id, file)


def test_a_snapshot_beyond_the_quota_waits(run: Any, inputs: Inputs, aws: AwsSandbox, file: Path) -> None:
    aws.faults.error("StartSnapshot", "ConcurrentLimitExceededException", "Too many snapshots are pending.", 3)
    holds(aws, lifecycle.create(run, inputs).id, file)
    assert any(
        "waiting for another pending snapshot of the Region to complete: Concurrent" in text for text in run.texts
    )


def test_the_token_of_a_deleted_snapshot_is_not_reused(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, file: Path
) -> None:
    created = lifecycle.create(new_run(), inputs)
    aws.observer("ec2").delete_snapshot(SnapshotId=created.id)
    again = lifecycle.create(new_run(), inputs)
    assert again.id != created.id
    holds(aws, again.id, file)


def test_a_file_modified_during_the_write_leaves_no_snapshot(
    run: Any, inputs: Inputs, aws: AwsSandbox, file: Path
) -> None:
    run.then = lambda: os.utime(file, ns=(1, run.waits))
    with pytest.raises(CleanFailureError, match=r"data.raw was modified while it was read; .*; no snapshot was left"):
        lifecycle.create(run, inputs)
    assert snapshots(aws) == []


def test_a_snapshot_that_cannot_be_deleted_is_recorded_and_the_reason_of_the_failure_is_reported(
    run: Any, new_run: Any, inputs: Inputs, aws: AwsSandbox, file: Path
) -> None:
    run.then = lambda: os.utime(file, ns=(1, run.waits))
    aws.faults.deny("DeleteSnapshot")
    with pytest.raises(PartialFailureError, match=r"was modified while it was read.*not be removed: Unauthorized"):
        lifecycle.create(run, inputs)
    aws.faults.allow("DeleteSnapshot")
    lifecycle.delete(new_run(), *run.recorded)
    assert snapshots(aws) == []


def test_an_object_overwritten_during_the_write_leaves_no_snapshot(
    run: Any, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    s3 = aws.observer("s3")
    s3.put_object(Bucket=bucket, Key="data", Body=file.read_bytes())
    asked = Inputs(region="eu-west-1", user_bucket=UserBucket(bucket, "data"))
    other = bytes(BLOCKS * BLOCK)
    run.then = lambda: run.waits == 1 and s3.put_object(Bucket=bucket, Key="data", Body=other)
    with pytest.raises(CleanFailureError, match=f"s3://{bucket}/data was modified while it was read"):
        lifecycle.create(run, asked)
    assert snapshots(aws) == []


@pytest.mark.parametrize("resume", ["create", "update"])
def test_blocks_of_two_versions_of_an_image_are_never_mixed(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, file: Path, resume: str
) -> None:
    same = replace(inputs, source_hash="as the user says")
    id, state = interrupted(new_run(stop_after_waits=20), same)
    file.write_bytes(b"other" + file.read_bytes()[5:])
    if resume == "update":
        second = new_run()
        with pytest.raises(CleanFailureError, match=r"data\.raw has changed since the snapshot was started"):
            lifecycle.update(second, id, state, same)
        assert lifecycle.condition(second.recorded[1]) is Condition.BROKEN
        assert snapshots(aws) == []
    created = lifecycle.create(new_run(), same)
    assert created.id != id
    holds(aws, created.id, file)


@pytest.mark.parametrize("how", ["deleted", "timed-out"])
def test_a_snapshot_deleted_after_an_interruption_is_replaced(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, how: str
) -> None:
    id, state = interrupted(new_run(stop_after_waits=20), inputs)
    if how == "deleted":
        aws.observer("ec2").delete_snapshot(SnapshotId=id)
        assert lifecycle.read(new_run(), id, state) is None
    else:
        aws.clock.advance(4320 * 60)
        seen = lifecycle.read(new_run(), id, state)
        assert seen is not None
        assert lifecycle.condition(seen) is Condition.BROKEN
    second = new_run()
    with pytest.raises(CleanFailureError, match="deleted, or EBS cancelled it after three days"):
        lifecycle.update(second, id, state, inputs)
    assert lifecycle.condition(second.recorded[1]) is Condition.BROKEN
    assert main_property(Inputs) == "file"  # what a preview shows as the reason of the replacement
    assert snapshots(aws) == []


def test_fails_if_the_snapshot_is_deleted_during_the_write(run: Any, inputs: Inputs, aws: AwsSandbox) -> None:
    def delete() -> None:
        if run.waits == 10:
            aws.observer("ec2").delete_snapshot(SnapshotId=run.recorded[0])

    run.then = delete
    with pytest.raises(
        CleanFailureError, match=r"snapshot snap-\w+: ResourceNotFoundException: .* \(in PutSnapshotBlock\)"
    ):
        lifecycle.create(run, inputs)
    assert snapshots(aws) == []


def test_fails_if_the_checksum_does_not_match_the_blocks(
    run: Any, inputs: Inputs, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_vmimport.aws.ec2.ebs_direct.format_seal", lambda blocks, checksum: f"{blocks} AAAA")
    with pytest.raises(
        CleanFailureError, match="ValidationException: The checksum does not match that of the written blocks"
    ):
        lifecycle.create(run, inputs)
    assert snapshots(aws) == []


def test_tags_changed_during_an_interruption_are_applied_to_the_snapshot(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox
) -> None:
    id, state = interrupted(new_run(stop_after_waits=20), inputs)
    finished = lifecycle.update(new_run(), id, state, replace(inputs, tags={"stage": "prod"}))
    assert finished.tags == {"stage": "prod"}
    assert {k: v for k, v in tags(aws).items() if not k.startswith("vmimport:")} == {"stage": "prod"}


@pytest.mark.parametrize("finished", [True, False])
def test_delete_leaves_nothing_and_may_be_called_twice(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, finished: bool
) -> None:
    if finished:
        created = lifecycle.create(new_run(), inputs)
        id, state = created.id, created.state
    else:  # an unfinished snapshot is deleted, even with retain_on_delete
        id, state = interrupted(new_run(stop_after_waits=20), replace(inputs, retain_on_delete=True))
    lifecycle.delete(new_run(), id, state)
    lifecycle.delete(new_run(), id, state)
    assert snapshots(aws) == []


def test_a_snapshot_in_an_unknown_state_is_reused_and_not_deleted(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, state = interrupted(new_run(stop_after_waits=20), inputs)
    read: Any = EbsSnapshot.read
    monkeypatch.setattr(EbsSnapshot, "read", lambda answer: replace(read(answer), state="validating"))
    assert pending_snapshot.find_or_start(new_run(), inputs, state.source_identity, 1).id == id
    assert pending_snapshot.find_or_start(new_run(), inputs, "another version", 1).id != id
    assert aws.calls.of("DeleteSnapshot") == []
