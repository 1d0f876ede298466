"""DistributeImage: create, resume, read, update, delete."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.resources.image_builder.conftest import make_role

from pulumi_vmimport.aws.image_builder import image_deletions
from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle.contract import Condition, PartialFailureError, RunInterruptedError
from pulumi_vmimport.lifecycle.host_run import call_guard
from pulumi_vmimport.lifecycle.provenance import provenance_of
from pulumi_vmimport.resources.image_builder import image_removal
from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImageInputs
from pulumi_vmimport.resources.image_builder.distribute_image_lifecycle import DistributeImageLifecycle
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION, ABROAD = "eu-west-1", "us-west-2"
LIFECYCLE = DistributeImageLifecycle()


def test_create_sends_every_input(run: Any, new_inputs: Any, builder: Any, byol_ami: str) -> None:
    inputs = new_inputs(log_group_name="/aws/imagebuilder/web")
    created: Any = LIFECYCLE.create(run, inputs)
    image = builder.image(created.id)
    assert image["distributionConfiguration"]["arn"] == inputs.distribution_configuration_arn
    assert (image["executionRole"], image["loggingConfiguration"]["logGroupName"]) == (
        "distribution",
        "/aws/imagebuilder/web",
    )
    assert image["tags"].items() >= {"team": "blue", **run.identity.tags(inputs)}.items()
    there = builder.aws.observer("ec2", ABROAD).describe_images(ImageIds=[created.state.amis[1]["id"]])["Images"][0]
    assert there["SourceImageId"] == byol_ami


def test_create_records_the_amis_of_all_regions_and_accounts(
    run: Any, new_inputs: Any, builder: Any, other: Account
) -> None:
    inputs = new_inputs(builder.to(REGION), builder.to(ABROAD, "123456789012", other.account_id))
    state: Any = LIFECYCLE.create(run, inputs).state
    assert (state.image_state, state.state_reason) == ("AVAILABLE", None)
    assert [(ami["region"], ami["account"]) for ami in state.amis] == [
        (REGION, "123456789012"),
        (ABROAD, "123456789012"),
        (ABROAD, other.account_id),
    ]
    assert all(ami["id"].startswith("ami-") and ami["name"].startswith("web-20") for ami in state.amis)
    assert LIFECYCLE.condition(state) is Condition.READY


def tags_of(aws: AwsSandbox, ami: dict[str, str]) -> dict[str, str]:
    [image] = aws.observer("ec2", ami["region"]).describe_images(ImageIds=[ami["id"]])["Images"]
    return {tag["Key"]: tag["Value"] for tag in image["Tags"]}


def test_the_copies_in_the_account_lead_back_to_the_source_of_the_ami_and_keep_its_sysprep(
    run: Any, new_inputs: Any, builder: Any, byol_ami: str, aws: AwsSandbox, other: Account
) -> None:
    of_source = {
        "vmimport:source-task": "import-ami-1",
        "vmimport:sysprep": "none",
        "vmimport:identity": "of-the-import",
    }
    tags = [{"Key": key, "Value": value} for key, value in of_source.items()]
    aws.observer("ec2").create_tags(Resources=[byol_ami], Tags=tags)
    created: Any = LIFECYCLE.create(
        run, new_inputs(builder.to(REGION), builder.to(ABROAD, "123456789012", other.account_id))
    )
    expected = {
        "importTask": "import-ami-1",
        "image": f"{byol_ami}@{REGION}",
        "stack": "shop/dev",
        "resource": "Thing::web",
    }
    assert created.state.provenance == expected
    for ami in created.state.amis[:2]:
        found = tags_of(aws, ami)
        assert provenance_of(found) == expected
        assert (found["vmimport:sysprep"], found["CreatedBy"]) == ("none", "EC2 Image Builder")
        assert "vmimport:identity" not in found


def test_a_resumed_distribution_marks_the_copies_of_the_ami_that_it_began_with(
    new_run: Callable[..., Any], new_inputs: Any, byol_ami: str, aws: AwsSandbox
) -> None:
    ssm = aws.observer("ssm")
    ssm.put_parameter(Name="/images/web", Value=byol_ami, Type="String")
    inputs, run = new_inputs(source_image="ssm:/images/web"), new_run(stop_after_waits=1)
    with pytest.raises(RunInterruptedError):
        LIFECYCLE.create(run, inputs)
    id, state = run.recorded
    later = aws.observer("ec2").register_image(Name="later")["ImageId"]
    ssm.put_parameter(Name="/images/web", Value=later, Type="String", Overwrite=True)
    updated: Any = LIFECYCLE.update(new_run(), id, state, inputs)
    assert updated.provenance["image"] == f"{byol_ami}@{REGION}"
    assert tags_of(aws, updated.amis[1])["vmimport:source-image"] == f"{byol_ami}@{REGION}"


def test_retained_copies_keep_their_source_and_belong_to_no_stack(
    run: Any, new_run: Callable[..., Any], new_inputs: Any, aws: AwsSandbox
) -> None:
    created: Any = LIFECYCLE.create(run, new_inputs(retain_on_delete=True))
    here, there = created.state.amis
    aws.observer("ec2", REGION).deregister_image(ImageId=here["id"])
    LIFECYCLE.delete(new_run(), created.id, created.state)
    assert provenance_of(tags_of(aws, there)) == {"image": created.state.provenance["image"]}


def test_warns_of_a_copy_that_has_no_room_for_the_tags_of_its_source(
    run: Any, new_inputs: Any, builder: Any, byol_ami: str
) -> None:
    full = builder.to(ABROAD)
    full["amiDistributionConfiguration"]["amiTags"] = {f"team-{number}": "web" for number in range(48)}
    state: Any = LIFECYCLE.create(run, new_inputs(builder.to(REGION), full)).state
    assert state.image_state == "AVAILABLE"
    [warning] = run.warnings
    assert warning.startswith(f"AMI {state.amis[1]['id']} in {ABROAD} has no tags of its source: TagLimitExceeded")


def test_the_status_shows_each_region_and_account(run: Any, new_inputs: Any, builder: Any, other: Account) -> None:
    builder.aws.settings.copy_image_seconds = 1200
    LIFECYCLE.create(run, new_inputs(builder.to(REGION), builder.to(ABROAD, other.account_id)))
    text = f"0% distributing: {REGION} distributing, {ABROAD}/{other.account_id} distributing"
    assert any(shown.startswith(text) for shown in run.texts)


def test_a_failure_lists_each_step_and_the_next_run_resumes(
    run: Any, new_run: Callable[..., Any], inputs: DistributeImageInputs, builder: Any, aws: AwsSandbox
) -> None:
    aws.faults.fail_distribution(ABROAD, "UPDATE_LAUNCH_TEMPLATES", message="EC2 Client Error: 'no template'")
    with pytest.raises(PartialFailureError) as caught:
        LIFECYCLE.create(run, inputs)
    text = str(caught.value)
    assert f"{ABROAD} (account 123456789012): UPDATE_LAUNCH_TEMPLATES: \"EC2 Client Error: 'no template'" in text
    id, state = run.recorded
    assert f"{state.amis[0]['id']} in {REGION} (account 123456789012) kept" in text
    assert (state.image_state, LIFECYCLE.condition(state)) == ("FAILED", Condition.UNFINISHED)
    updated = LIFECYCLE.update(new_run(), id, state, inputs)
    assert updated.image_state == "AVAILABLE"
    assert (len(aws.calls.of("DistributeImage")), len(aws.calls.of("RetryImage"))) == (1, 1)
    assert updated.amis == state.amis


def test_a_failure_is_distributed_again_after_a_change_of_the_configuration(
    run: Any, new_run: Callable[..., Any], inputs: DistributeImageInputs, builder: Any, aws: AwsSandbox
) -> None:
    aws.faults.fail_distribution(ABROAD)
    with pytest.raises(PartialFailureError):
        LIFECYCLE.create(run, inputs)
    id, state = run.recorded
    builder.reconfigure(inputs.distribution_configuration_arn, builder.to(REGION))
    resumed = new_run()
    with pytest.raises(PartialFailureError, match="the next `pulumi up` distributes the image again"):
        LIFECYCLE.update(resumed, id, state, inputs)
    stale = resumed.recorded[1]
    assert (stale.image_state, LIFECYCLE.condition(stale)) == ("stale", Condition.BROKEN)
    assert LIFECYCLE.read(new_run(), id, stale) == stale
    created = LIFECYCLE.create(new_run(), inputs)
    LIFECYCLE.delete(new_run(), id, stale)
    assert created.id != id
    assert ([image["arn"] for image in builder.images()], len(builder.amis())) == ([created.id], 1)


def test_an_image_that_cannot_be_retried_is_distributed_again(
    run: Any, new_run: Callable[..., Any], inputs: DistributeImageInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_distribution(ABROAD)
    with pytest.raises(PartialFailureError):
        LIFECYCLE.create(run, inputs)
    id, state = run.recorded
    aws.faults.error("RetryImage", "InvalidRequestException", "The image is too old.")
    with pytest.raises(PartialFailureError, match="cannot be resumed: InvalidRequestException: The image is too old"):
        LIFECYCLE.update(new_run(), id, state, inputs)


def test_an_interrupted_run_is_resumed_without_a_second_distribution(
    new_run: Callable[..., Any], inputs: DistributeImageInputs, aws: AwsSandbox
) -> None:
    run = new_run(stop_after_waits=1)
    with pytest.raises(RunInterruptedError):
        LIFECYCLE.create(run, inputs)
    id, state = run.recorded
    assert LIFECYCLE.condition(state) is Condition.UNFINISHED
    updated = LIFECYCLE.update(new_run(), id, state, inputs)
    assert (updated.image_state, len(aws.calls.of("DistributeImage"))) == ("AVAILABLE", 1)


def test_an_unchanged_image_reads_as_recorded(run: Any, inputs: DistributeImageInputs) -> None:
    created: Any = LIFECYCLE.create(run, inputs)
    assert LIFECYCLE.read(run, created.id, created.state) == created.state


def test_a_deregistered_ami_is_drift_and_is_distributed_again(
    run: Any, new_run: Callable[..., Any], inputs: DistributeImageInputs, builder: Any, aws: AwsSandbox
) -> None:
    created: Any = LIFECYCLE.create(run, inputs)
    gone = created.state.amis[1]["id"]
    aws.observer("ec2", ABROAD).deregister_image(ImageId=gone)
    read = LIFECYCLE.read(new_run(), created.id, created.state)
    assert read is not None
    assert (read.image_state, read.amis) == ("deregistered", created.state.amis[:1])
    assert LIFECYCLE.condition(read) is Condition.BROKEN
    assert f"{gone} in {ABROAD} no longer exists" in LIFECYCLE.describe_broken(created.id, read)
    again = LIFECYCLE.create(new_run(), inputs)
    assert again.id != created.id
    LIFECYCLE.delete(new_run(), created.id, read)
    assert (len(builder.images()), len(builder.amis())) == (1, 2)


def test_a_denied_read_is_an_error_and_a_deleted_image_is_gone(
    run: Any, inputs: DistributeImageInputs, builder: Any, aws: AwsSandbox
) -> None:
    created: Any = LIFECYCLE.create(run, inputs)
    aws.faults.deny("GetImage")
    with pytest.raises(Exception, match="AccessDeniedException"):
        LIFECYCLE.read(run, created.id, created.state)
    aws.faults.allow("GetImage")
    LIFECYCLE.delete(run, created.id, created.state)
    assert LIFECYCLE.read(run, created.id, created.state) is None


def test_the_amis_of_an_image_that_was_deleted_outside_are_replaced_and_deleted(
    run: Any, new_run: Callable[..., Any], new_inputs: Any, builder: Any, other: Account
) -> None:
    inputs = new_inputs(builder.to(REGION), builder.to(ABROAD, "123456789012", other.account_id))
    created: Any = LIFECYCLE.create(run, inputs)
    builder.calls.delete_image(imageBuildVersionArn=created.id)
    read = LIFECYCLE.read(run, created.id, created.state)
    assert read is not None
    assert (read.image_state, LIFECYCLE.condition(read)) == ("DELETED", Condition.BROKEN)
    assert read.amis == created.state.amis[:2]
    deletion = new_run()
    LIFECYCLE.delete(deletion, created.id, created.state)
    assert [line for line in builder.amis() if "account" not in line] == []
    assert created.state.amis[2]["id"] in deletion.warnings[0]


def test_tags_change_in_place(run: Any, inputs: DistributeImageInputs, builder: Any) -> None:
    created: Any = LIFECYCLE.create(run, inputs)
    updated = LIFECYCLE.update(run, created.id, created.state, replace(inputs, tags={"stage": "prod"}))
    tags = builder.image(created.id)["tags"]
    assert {key for key in tags if not key.startswith("vmimport:")} == {"stage"}
    assert updated.tags == {"stage": "prod"}


def test_delete_removes_amis_and_snapshots_of_all_accounts(
    run: Any, new_inputs: Any, builder: Any, other: Account, aws: AwsSandbox
) -> None:
    inputs = new_inputs(builder.to(REGION), builder.to(ABROAD, other.account_id))
    before = aws.remaining_resources()
    created: Any = LIFECYCLE.create(run, inputs)
    LIFECYCLE.delete(run, created.id, created.state)
    assert aws.remaining_resources() == before
    LIFECYCLE.delete(run, created.id, created.state)


def test_delete_cancels_a_running_distribution(
    new_run: Callable[..., Any], inputs: DistributeImageInputs, aws: AwsSandbox
) -> None:
    before = aws.remaining_resources()
    aws.settings.copy_image_seconds = 3600
    run = new_run(stop_after_waits=1)
    with pytest.raises(RunInterruptedError):
        LIFECYCLE.create(run, inputs)
    LIFECYCLE.delete(new_run(), *run.recorded)
    assert len(aws.calls.of("CancelImageCreation")) == 1
    assert aws.remaining_resources() == before


def test_delete_waits_for_a_distribution_that_can_no_longer_be_cancelled(
    new_run: Callable[..., Any], inputs: DistributeImageInputs, aws: AwsSandbox
) -> None:
    before = aws.remaining_resources()
    run = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        LIFECYCLE.create(run, inputs)
    aws.faults.error("CancelImageCreation", "InvalidRequestException", "The image is AVAILABLE.")
    LIFECYCLE.delete(new_run(), *run.recorded)
    assert aws.remaining_resources() == before


def test_another_hash_distributes_again(
    run: Any, new_run: Callable[..., Any], inputs: DistributeImageInputs, builder: Any
) -> None:
    first = LIFECYCLE.create(run, inputs)
    assert LIFECYCLE.create(new_run(), inputs).id == first.id
    assert LIFECYCLE.create(new_run(), replace(inputs, distribution_hash="2")).id != first.id
    assert len(builder.images()) == 2


def test_retained_copies_stay_and_are_not_adopted(
    run: Any, new_run: Callable[..., Any], new_inputs: Any, builder: Any
) -> None:
    inputs = new_inputs(retain_on_delete=True)
    created: Any = LIFECYCLE.create(run, inputs)
    LIFECYCLE.delete(run, created.id, created.state)
    assert (len(builder.amis()), set(builder.image(created.id)["tags"])) == (2, {"team"})
    again = LIFECYCLE.create(new_run(), inputs)
    assert again.id != created.id


def test_the_same_inputs_are_distributed_again_after_a_delete(
    run: Any, new_run: Callable[..., Any], inputs: DistributeImageInputs, builder: Any
) -> None:
    created: Any = LIFECYCLE.create(run, inputs)
    LIFECYCLE.delete(run, created.id, created.state)
    again = LIFECYCLE.create(new_run(), inputs)
    assert (again.id != created.id, len(builder.amis())) == (True, 2)


def test_fails_to_delete_where_a_role_is_missing_and_names_it(
    run: Any, new_run: Callable[..., Any], new_inputs: Any, builder: Any, other: Account, aws: AwsSandbox
) -> None:
    role = "Ec2ImageBuilderCrossAccountLifecycleAccess"
    inputs = new_inputs(builder.to(REGION), builder.to(ABROAD, other.account_id))
    created: Any = LIFECYCLE.create(run, inputs)
    iam = other.observer("iam")
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName="distribution")
    iam.delete_role(RoleName=role)
    with pytest.raises(PartialFailureError) as caught:
        LIFECYCLE.delete(run, created.id, created.state)
    text = str(caught.value)
    assert f"{ABROAD} (account {other.account_id}): {created.state.amis[1]['id']}: " in text
    assert f"account {other.account_id} has the role {role}" in text
    make_role(iam, role, trust["Statement"][0])
    LIFECYCLE.delete(new_run(), created.id, created.state)
    assert (builder.images(), builder.amis()) == ([], [])


def test_a_deletion_that_lists_no_ami_claims_nothing_about_them(
    run: Any, new_run: Callable[..., Any], inputs: DistributeImageInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    created: Any = LIFECYCLE.create(run, inputs)
    failed = image_deletions.ImageDeletion("lce-1", "CANCELLED", "Cancelled by a person.")
    monkeypatch.setattr(image_removal, "wait_for_end", lambda *_: failed)
    monkeypatch.setattr(image_deletions, "failures", lambda *_: [])
    with pytest.raises(PartialFailureError) as caught:
        LIFECYCLE.delete(new_run(), created.id, created.state)
    here, there = (f"{ami['id']} in {ami['region']} (account 123456789012)" for ami in created.state.amis)
    assert "ended CANCELLED: Cancelled by a person.; check the permissions" in str(caught.value)
    assert f"AMIs that may remain: {here}, {there};" in str(caught.value)


def test_throttled_and_busy_calls_are_retried(
    run: Any, inputs: DistributeImageInputs, aws: AwsSandbox, quick_retries: None
) -> None:
    aws.faults.throttle("DistributeImage", times=2)
    aws.faults.error("DistributeImage", "ResourceInUseException", "The configuration is in use.", times=2)
    with guarded_by(call_guard(run)):  # as the host runs it
        assert LIFECYCLE.create(run, inputs).state.image_state == "AVAILABLE"


def test_a_role_that_iam_has_not_propagated_is_waited_for(
    new_run: Callable[..., Any], inputs: DistributeImageInputs, aws: AwsSandbox
) -> None:
    aws.settings.iam_propagation_seconds = 600
    aws.observer("iam").update_assume_role_policy(
        RoleName="distribution",
        PolicyDocument='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
        '"Principal": {"Service": "imagebuilder.amazonaws.com"}}]}',
    )
    run = new_run(supplied=("executionRole",))
    assert LIFECYCLE.create(run, inputs).state.image_state == "AVAILABLE"
    assert any("waiting for IAM to propagate role distribution" in text for text in run.texts)
