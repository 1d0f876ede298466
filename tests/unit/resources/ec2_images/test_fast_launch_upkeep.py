from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2.fast_launch_request import FastLaunchTemplate
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Existing,
    PartialFailureError,
    RunInterruptedError,
)
from pulumi_vmimport.resources.ec2_images.fast_launch import FastLaunchInputs
from pulumi_vmimport.resources.ec2_images.fast_launch_lifecycle import FastLaunchLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = FastLaunchLifecycle()
NewRun = Callable[..., Any]
REGION = "eu-west-1"
STOP_FAILED = "Unable to stop instance ID=i-1234567890abcdef0 for snapshot creation."  # as EC2 words it


def described(aws: AwsSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.observer("ec2").describe_fast_launch_images()["FastLaunchImages"]
    return found


def test_create_enables_it_and_records_what_ec2_chose(run: Any, inputs: FastLaunchInputs, aws: AwsSandbox) -> None:
    assert list(lifecycle.preflight(run, inputs)) == []
    created = lifecycle.create(run, inputs)
    assert created.id == inputs.image_id
    assert lifecycle.condition(created.state) is Condition.READY
    state = created.state
    assert (state.fast_launch_state, state.target_resource_count, state.max_parallel_launches) == ("enabled", 5, 6)
    assert [image["State"] for image in described(aws)] == ["enabled"]
    assert any("preparing the first snapshot" in text for text in run.texts)
    assert lifecycle.read(run, created.id, state) == state
    assert lifecycle.update(run, created.id, state, inputs) == state
    assert len(aws.calls.of("EnableFastLaunch")) == 1


@pytest.mark.parametrize("by", ["id", "name"])
def test_create_sends_every_input_and_reads_it_in_the_programs_spelling(
    run: Any, inputs: FastLaunchInputs, template: FastLaunchTemplate, aws: AwsSandbox, by: str
) -> None:
    named = FastLaunchTemplate(launch_template_name="desks", version="$Latest") if by == "name" else template
    given = replace(inputs, target_resource_count=7, max_parallel_launches=9, launch_template=named)
    created = lifecycle.create(run, given)
    [image] = described(aws)
    assert image["SnapshotConfiguration"] == {"TargetResourceCount": 7}
    assert image["MaxParallelLaunches"] == 9
    assert image["LaunchTemplate"]["LaunchTemplateId"] == template.launch_template_id
    read = lifecycle.read(run, created.id, created.state)
    assert read is not None
    assert lifecycle.inputs_of(read) == given


def test_an_update_changes_the_settings_in_place(
    run: Any, inputs: FastLaunchInputs, template: FastLaunchTemplate, aws: AwsSandbox
) -> None:
    state = lifecycle.create(run, inputs).state
    changed = replace(inputs, target_resource_count=8, launch_template=template)
    state = lifecycle.update(run, inputs.image_id, state, changed)
    [image] = described(aws)
    assert image["SnapshotConfiguration"] == {"TargetResourceCount": 8}
    assert state.launch_template == template
    state = lifecycle.update(run, inputs.image_id, state, replace(changed, launch_template=None))
    assert "LaunchTemplate" not in described(aws)[0]
    assert (state.launch_template, state.target_resource_count) == (None, 8)
    assert aws.calls.of("DisableFastLaunch") == []


def test_read_shows_settings_and_templates_that_were_changed_outside_pulumi(
    run: Any, inputs: FastLaunchInputs, template: FastLaunchTemplate, aws: AwsSandbox
) -> None:
    given = replace(inputs, launch_template=FastLaunchTemplate(launch_template_name="desks", version="1"))
    created, ec2 = lifecycle.create(run, given), aws.observer("ec2")
    ec2.create_launch_template(LaunchTemplateName="other", LaunchTemplateData={"InstanceType": "t3.large"})
    elsewhere = {"LaunchTemplateName": "other", "Version": "1"}
    ec2.enable_fast_launch(
        ImageId=inputs.image_id, LaunchTemplate=elsewhere, SnapshotConfiguration={"TargetResourceCount": 50}
    )
    read = lifecycle.read(run, created.id, created.state)
    assert read is not None
    assert read.launch_template == FastLaunchTemplate(launch_template_name="other", version="1")
    assert read.target_resource_count == 50
    repaired = lifecycle.update(run, created.id, read, replace(given, target_resource_count=5))
    assert lifecycle.inputs_of(repaired) == replace(given, target_resource_count=5, max_parallel_launches=6)


def test_it_is_gone_when_it_was_disabled_outside_pulumi_and_unfinished_until_then(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.observer("ec2").disable_fast_launch(ImageId=inputs.image_id)
    read = lifecycle.read(run, created.id, created.state)
    assert read is not None
    assert lifecycle.condition(read) is Condition.UNFINISHED
    assert lifecycle.update(run, created.id, read, inputs).fast_launch_state == "enabled"
    aws.observer("ec2").disable_fast_launch(ImageId=inputs.image_id)
    aws.clock.advance(aws.settings.disable_fast_launch_seconds)
    assert lifecycle.read(run, created.id, created.state) is None


def test_an_existing_one_is_read_by_the_id_of_its_ami(run: Any, inputs: FastLaunchInputs) -> None:
    created = lifecycle.create(run, inputs)
    empty = lifecycle.state_type(region=REGION, image_id="")
    assert lifecycle.read_existing(run, created.id, empty) == Existing(created.id, created.state)
    assert lifecycle.read_existing(run, "ami-0123456789abcdef0", empty) is None


def test_an_interrupted_create_is_resumed_with_one_call(
    new_run: NewRun, inputs: FastLaunchInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    id, recorded = first.recorded
    assert (id, recorded.fast_launch_state) == (inputs.image_id, "enabling")
    assert lifecycle.condition(recorded) is Condition.UNFINISHED
    assert lifecycle.update(new_run(), id, recorded, inputs).fast_launch_state == "enabled"
    assert lifecycle.create(new_run(), inputs).state.fast_launch_state == "enabled"
    assert len(aws.calls.of("EnableFastLaunch")) == 1


@pytest.mark.usefixtures("quick_retries")
def test_a_lost_response_does_not_fail_the_run(run: Any, inputs: FastLaunchInputs, aws: AwsSandbox) -> None:
    aws.faults.drop_connection("EnableFastLaunch", after_processing=True)
    aws.faults.on("EnableFastLaunch", lambda _: aws.faults.error("EnableFastLaunch", "IncorrectState", "no"), nth=2)
    assert lifecycle.create(run, inputs).state.fast_launch_state == "enabled"
    aws.faults.clear()


def test_a_rejected_create_leaves_nothing_and_keeps_the_words_of_ec2(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox
) -> None:
    words = "Can't enable EC2 Fast Launch. The IAM credentials that you are using do not have sufficient permissions."
    aws.faults.error("EnableFastLaunch", "UnauthorizedOperation", words)
    with pytest.raises(ClientError, match="The IAM credentials that you are using"):
        lifecycle.create(run, inputs)
    assert run.recorded is None


def test_a_failed_create_reports_the_reason_and_disables_it_again(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_fast_launch(STOP_FAILED)
    with pytest.raises(CleanFailureError) as caught:
        lifecycle.create(run, inputs)
    assert f'EC2 Fast Launch for AMI {inputs.image_id} ended enabling-failed: "{STOP_FAILED}"' in str(caught.value)
    assert "without Sysprep" in str(caught.value)
    assert described(aws) == []


def test_a_failed_update_keeps_the_state_and_the_next_one_enables_it_again(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.faults.fail_fast_launch(STOP_FAILED)
    changed = replace(inputs, target_resource_count=9)
    with pytest.raises(PartialFailureError, match=r"ended enabled-failed: .*; the next `pulumi up` enables it again"):
        lifecycle.update(run, created.id, created.state, changed)
    _, recorded = run.recorded
    assert lifecycle.condition(recorded) is Condition.UNFINISHED
    assert lifecycle.update(run, created.id, recorded, changed).fast_launch_state == "enabled"


def test_delete_waits_until_it_is_disabled_and_succeeds_again(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    lifecycle.delete(run, created.id, created.state)
    assert described(aws) == []
    lifecycle.delete(run, created.id, created.state)
    assert len(aws.calls.of("DisableFastLaunch")) == 1


def test_a_failed_delete_reports_the_reason_and_the_next_one_ignores_the_errors(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.faults.fail_fast_launch("Snapshot snap-1 is in use.")
    with pytest.raises(PartialFailureError, match=r'"Snapshot snap-1 is in use\."; snapshots may remain'):
        lifecycle.delete(run, created.id, created.state)
    aws.faults.fail_fast_launch("Snapshot snap-1 is in use.")
    lifecycle.delete(run, created.id, created.state)
    assert described(aws) == []
    aws.faults.clear()


def test_delete_warns_of_snapshots_that_a_deregistered_ami_may_leave(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.observer("ec2").deregister_image(ImageId=inputs.image_id)
    lifecycle.delete(run, created.id, created.state)
    [warning] = run.warnings
    assert f"`This is Fast Launch snapshot for image {inputs.image_id}`" in warning
