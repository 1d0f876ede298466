"""ImportImage with image_name: the AMI is copied under the name, and the one that EC2 named is removed."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.resources.killed_calls import Killed, killed_at
from tests.unit.resources.source_tags import other_tags

from pulumi_vmimport.aws.ec2.import_options import ImdsSupport
from pulumi_vmimport.lifecycle.contract import Condition, Created, PartialFailureError, RunInterruptedError
from pulumi_vmimport.lifecycle.identity import NAME_TAG
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs, ImportImageState
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ImportImageLifecycle()
NewRun = Callable[..., Any]
NAME = "windows-10 (golden)"


@pytest.fixture
def inputs(image_inputs: ImportImageInputs) -> ImportImageInputs:
    return replace(image_inputs, image_name=NAME)


@pytest.fixture
def key(role: str, aws: AwsSandbox) -> str:
    """A key that the service role may use."""
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.observer("iam").put_role_policy(RoleName="vmimport", PolicyName="kms", PolicyDocument=document)
    return str(aws.observer("kms").create_key()["KeyMetadata"]["KeyId"])


def amis(aws: AwsSandbox) -> dict[str, Any]:
    return {image["Name"]: image for image in aws.observer("ec2").describe_images(Owners=["self"])["Images"]}


def snapshots(aws: AwsSandbox) -> list[str]:
    return [line for line in aws.remaining_resources() if "snap-" in line]


def test_the_only_ami_has_the_name_with_tags_description_and_imds(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    state = lifecycle.create(run, replace(inputs, imds_support=ImdsSupport.V2)).state
    (name, image), (snapshot,) = next(iter(amis(aws).items())), snapshots(aws)
    assert (list(amis(aws)), name) == ([NAME], state.image_name)
    assert (image["ImageId"], image["Description"], image["ImdsSupport"]) == (state.image_id, "web server", "v2.0")
    assert state.snapshot_ids[0] in snapshot
    assert (state.task_status, state.replaced_image_id, state.replaced_snapshot_ids) == ("completed", None, ())
    assert lifecycle.condition(state) is Condition.READY
    tags = other_tags(image["Tags"])
    own = {NAME_TAG: f"{state.import_task_id} {NAME}", **run.identity.tags(inputs)}
    assert tags == {"team": "blue", **own}
    assert any(text.startswith(f"copying to '{NAME}'") for text in run.texts)
    assert lifecycle.read(run, str(state.import_task_id), state) == state


def test_the_copy_keeps_the_key(run: Any, inputs: ImportImageInputs, aws: AwsSandbox, key: str) -> None:
    state = lifecycle.create(run, replace(inputs, encrypted=True, kms_key_id=key)).state
    (snapshot,) = aws.observer("ec2").describe_snapshots(SnapshotIds=list(state.snapshot_ids))["Snapshots"]
    assert snapshot["Encrypted"]
    assert snapshot["KmsKeyId"].endswith(key)


def check_nothing_left(new_run: NewRun, id: str, state: ImportImageState, aws: AwsSandbox, at: str) -> None:
    lifecycle.delete(new_run(), id, state)
    assert (amis(aws), snapshots(aws)) == ({}, []), at
    aws.clock.advance(aws.settings.task_retention_seconds)  # the next round need not list the tasks of this one


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_is_killed_at_any_call_imports_and_copies_once(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox, when: str
) -> None:
    for number in count(1):
        inputs = replace(inputs, source_hash=f"{number}")
        aws.calls.clear()
        killed, was_killed = new_run(), False
        with killed_at(number, when) as seen:
            try:
                lifecycle.create(killed, inputs)
            except Killed:
                was_killed = True
        at = f"{when} call {number}, {seen[-1]}"
        created = lifecycle.create(new_run(), inputs)
        assert list(amis(aws)) == [NAME], at
        assert len(snapshots(aws)) == 1, at
        assert [len(aws.calls.of(operation)) for operation in ("ImportImage", "CopyImage")] == [1, 1], at
        check_nothing_left(new_run, created.id, created.state, aws, at)
        if not was_killed:
            assert number > 8
            return


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_recorded_run_is_resumed_or_deleted_with_nothing_left(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox, when: str
) -> None:
    for number in count(1):
        states: list[tuple[str, ImportImageState]] = []
        for attempt in range(2):
            inputs = replace(inputs, source_hash=f"{number}-{attempt}")
            run, was_killed = new_run(), False
            with killed_at(number, when) as seen:
                try:
                    lifecycle.create(run, inputs)
                except Killed:
                    was_killed = True
            at = f"{when} call {number}, {seen[-1]}"
            if run.recorded is None:
                break
            states.append(run.recorded)
            if len(states) == 1:
                updated = lifecycle.update(new_run(), *states[0], inputs)
                assert (list(amis(aws)), len(snapshots(aws))) == ([NAME], 1), at
                check_nothing_left(new_run, states[0][0], updated, aws, at)
            else:
                check_nothing_left(new_run, *states[1], aws, at)
        if not was_killed:
            return
        if not states:
            created = lifecycle.create(new_run(), inputs)
            check_nothing_left(new_run, created.id, created.state, aws, at)


def test_a_run_with_a_refused_call_is_completed_by_the_next_one(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    for number in count(1):
        inputs = replace(inputs, source_hash=f"{number}")
        aws.calls.clear()
        run, was_refused = new_run(), False
        with killed_at(number, "refused") as seen:
            try:
                created = lifecycle.create(run, inputs)
            except ClientError:
                was_refused = True
        at = f"call {number}, {seen[-1]}"
        if was_refused and run.recorded is not None:
            id, state = run.recorded
            created = Created(id, lifecycle.update(new_run(), id, state, inputs))
        elif was_refused:
            created = lifecycle.create(new_run(), inputs)
        assert (list(amis(aws)), len(snapshots(aws))) == ([NAME], 1), at
        assert [len(aws.calls.of(operation)) for operation in ("ImportImage", "CopyImage")] == [1, 1], at
        check_nothing_left(new_run, created.id, created.state, aws, at)
        if len(seen) < number:
            assert number > 8
            return


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_new_name_copies_the_ami_without_an_import_at_any_kill(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox, when: str
) -> None:
    for number in count(1):
        inputs = replace(inputs, source_hash=f"{number}")
        renamed = replace(inputs, image_name="windows-11")
        created = lifecycle.create(new_run(), inputs)
        aws.calls.clear()
        was_killed = False
        with killed_at(number, when) as seen:
            try:
                lifecycle.update(new_run(), created.id, created.state, renamed)
            except Killed:
                was_killed = True
        at = f"{when} call {number}, {seen[-1]}"
        updated = lifecycle.update(new_run(), created.id, created.state, renamed)
        assert (list(amis(aws)), len(snapshots(aws))) == (["windows-11"], 1), at
        assert updated.image_id == amis(aws)["windows-11"]["ImageId"] != created.state.image_id
        assert [len(aws.calls.of(operation)) for operation in ("ImportImage", "CopyImage")] == [0, 1], at
        check_nothing_left(new_run, created.id, updated, aws, at)
        if not was_killed:
            return


def test_a_killed_rename_and_a_destroy_leave_nothing(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(new_run(), inputs)
    with pytest.raises(RunInterruptedError):
        lifecycle.update(new_run(stop_after_waits=0), created.id, created.state, replace(inputs, image_name="other"))
    assert len(amis(aws)) == 2
    check_nothing_left(new_run, created.id, created.state, aws, "the state does not know the copy")


def test_an_ami_without_a_name_gets_one_and_keeps_it_when_the_argument_is_removed(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    unnamed = replace(inputs, image_name=None)
    created = lifecycle.create(new_run(), unnamed)
    assert created.state.image_name == created.id
    named = lifecycle.update(new_run(), created.id, created.state, inputs)
    assert (named.image_name, list(amis(aws))) == (NAME, [NAME])
    again = lifecycle.update(new_run(), created.id, named, unnamed)
    assert (again.image_name, again.image_id) == (NAME, named.image_id)


def test_fails_when_ec2_cannot_copy_and_the_next_run_copies_again(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox, key: str
) -> None:
    encrypted = replace(inputs, encrypted=True, kms_key_id=key)
    run = new_run()
    aws.faults.on("CopyImage", lambda _: aws.observer("kms").disable_key(KeyId=key))
    with pytest.raises(PartialFailureError, match=r"Given key ID is not accessible.*the AMI was kept"):
        lifecycle.create(run, encrypted)
    id, state = run.recorded
    assert (list(amis(aws)), lifecycle.condition(state)) == ([id], Condition.UNFINISHED)
    aws.observer("kms").enable_key(KeyId=key)
    assert lifecycle.update(new_run(), id, state, encrypted).image_name == NAME
    assert list(amis(aws)) == [NAME]


def test_fails_when_another_ami_took_the_name_during_the_import(
    new_run: NewRun, inputs: ImportImageInputs, byol_ami: str, aws: AwsSandbox
) -> None:
    run = new_run()
    with pytest.raises(RunInterruptedError):
        lifecycle.create(new_run(stop_after_waits=0), inputs)
    aws.observer("ec2").copy_image(Name=NAME, SourceImageId=byol_ami, SourceRegion="eu-west-1")
    with pytest.raises(PartialFailureError, match=r"another AMI in eu-west-1 has the name 'windows-10 \(golden\)"):
        lifecycle.create(run, inputs)
    assert run.recorded[1].image_id in {image["ImageId"] for image in amis(aws).values()}


def test_preview_finds_a_name_in_use(run: Any, new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    assert list(lifecycle.preflight(new_run(), inputs)) == []
    other = new_run()
    other.identity = replace(run.identity, urn=f"{run.identity.urn}-2")
    (problem,) = lifecycle.preflight(other, inputs)
    assert (problem.path, str(created.state.image_id) in problem.reason) == ("imageName", True)


@pytest.mark.parametrize("name", ["ab", "x" * 129, "größe", "a*b", "a\nb", ""])
def test_fails_for_a_name_that_ec2_rejects(inputs: ImportImageInputs, name: str) -> None:
    (problem,) = lifecycle.check(replace(inputs, image_name=name))
    assert problem.path == "imageName"
    assert "3 to 128" in problem.reason


@pytest.mark.parametrize("name", ["abc", "x" * 128, "A z()[]./-'@_9"])
def test_a_name_that_ec2_accepts_is_accepted(inputs: ImportImageInputs, name: str) -> None:
    assert list(lifecycle.check(replace(inputs, image_name=name))) == []


def test_a_copy_that_a_user_made_is_kept(new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(new_run(), inputs)
    ec2 = aws.observer("ec2")
    ec2.copy_image(Name="mine", SourceImageId=created.state.image_id, SourceRegion="eu-west-1", CopyImageTags=True)
    lifecycle.delete(new_run(), created.id, created.state)
    assert list(amis(aws)) == ["mine"]
