"""ImportVmImage and ImportDiskImage: create, resume, read, update, delete."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from tests.unit.resources.image_builder.conftest import ISO, REGION, ROLE
from tests.unit.resources.killed_calls import Killed, killed_at

from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, RunInterruptedError
from pulumi_vmimport.resources.image_builder.import_disk_image import (
    ImportDiskImageInputs,
    RegisterImageOptions,
    WindowsConfiguration,
)
from pulumi_vmimport.resources.image_builder.import_disk_image_lifecycle import ImportDiskImageLifecycle
from pulumi_vmimport.resources.image_builder.import_vm_image import ImagePlatform, ImportVmImageInputs
from pulumi_vmimport.resources.image_builder.import_vm_image_lifecycle import ImportVmImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

VM, DISK = ImportVmImageLifecycle(), ImportDiskImageLifecycle()


@pytest.fixture
def task_id(aws: AwsSandbox, bucket: str, role: str) -> str:
    """An import task that has just been started."""
    aws.observer("s3").put_object(Bucket=bucket, Key="win.raw", Body=bytes(510) + b"\x55\xaa")
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "win.raw"}}
    started = aws.observer("ec2").import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")
    return str(started["ImportTaskId"])


@pytest.fixture
def vm_inputs(builder: Any, task_id: str) -> ImportVmImageInputs:
    return ImportVmImageInputs(
        region=REGION,
        name="web",
        semantic_version="1.0.0",
        platform=ImagePlatform.WINDOWS,
        vm_import_task_id=task_id,
        os_version="Microsoft Windows 10",
        description="web server",
        tags={"team": "blue"},
    )


@pytest.fixture
def disk_inputs(iso_inputs: ImportDiskImageInputs) -> ImportDiskImageInputs:
    return replace(
        iso_inputs,
        register_image_options=RegisterImageOptions(secure_boot_enabled=False),
        windows_configuration=WindowsConfiguration(image_index=3),
        tags={"team": "blue"},
    )


@pytest.fixture(params=["vm", "disk"])
def import_of(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """The lifecycle and the inputs of each resource."""
    lifecycle = VM if request.param == "vm" else DISK
    return lifecycle, request.getfixturevalue(f"{request.param}_inputs")


def amis(aws: AwsSandbox) -> list[str]:
    return [str(image["ImageId"]) for image in aws.observer("ec2").describe_images(Owners=["self"])["Images"]]


def ami_tags(aws: AwsSandbox) -> dict[str, str]:
    """The tags of the only AMI."""
    [image] = aws.observer("ec2").describe_images(Owners=["self"])["Images"]
    return {tag["Key"]: tag["Value"] for tag in image["Tags"]}


def test_an_image_of_a_running_task_has_its_ami(
    run: Any, vm_inputs: ImportVmImageInputs, builder: Any, aws: AwsSandbox
) -> None:
    created: Any = VM.create(run, vm_inputs)
    image = builder.image(created.id)
    assert created.id.endswith(":image/web/1.0.0/1")
    assert (image["platform"], image["osVersion"]) == ("Windows", "Microsoft Windows 10")
    assert image["tags"].items() >= {"team": "blue", **run.identity.tags(vm_inputs)}.items()
    assert [created.state.image_id] == amis(aws)
    assert (created.state.image_state, VM.condition(created.state)) == ("AVAILABLE", Condition.READY)
    assert any(text.startswith("pending") for text in run.texts)
    VM.delete(run, created.id, created.state)
    assert (builder.images(), amis(aws)) == ([], [created.state.image_id])


def test_an_iso_becomes_an_image_whose_ami_belongs_to_it(
    run: Any, disk_inputs: ImportDiskImageInputs, builder: Any, aws: AwsSandbox
) -> None:
    before = aws.remaining_resources()
    created: Any = DISK.create(run, disk_inputs)
    image = builder.image(created.id)
    assert (image["executionRole"], image["buildType"]) == (ROLE, "IMPORT_ISO")
    assert [created.state.image_id] == amis(aws)
    assert any(text.startswith("building") for text in run.texts)
    source = {"vmimport:source-object": disk_inputs.uri}
    assert image["tags"].items() >= source.items()
    assert ami_tags(aws).items() >= {**source, **run.identity.names, "CreatedBy": "EC2 Image Builder"}.items()
    assert created.state.provenance == {
        "object": disk_inputs.uri,
        "stack": "shop/dev",
        "resource": run.identity.resource,
    }
    DISK.delete(run, created.id, created.state)
    assert aws.remaining_resources() == before


def test_the_request_for_an_iso_has_every_input(disk_inputs: ImportDiskImageInputs) -> None:
    sent = DISK.request(replace(disk_inputs, description="web", log_group_name="/aws/imagebuilder/web"))
    assert sent == {
        "name": "windows-11",
        "semanticVersion": "1.0.0",
        "description": "web",
        "platform": "Windows",
        "osVersion": "Microsoft Windows 11",
        "loggingConfiguration": {"logGroupName": "/aws/imagebuilder/web"},
        "uri": disk_inputs.uri,
        "infrastructureConfigurationArn": disk_inputs.infrastructure_configuration_arn,
        "executionRole": ROLE,
        "registerImageOptions": {"secureBootEnabled": False},
        "windowsConfiguration": {"imageIndex": 3},
    }


def test_a_failed_task_fails_the_image_with_its_words_and_leaves_nothing(
    run: Any, aws: AwsSandbox, bucket: str, vm_inputs: ImportVmImageInputs, builder: Any
) -> None:
    aws.faults.fail_import("ClientError: Unsupported kernel")
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "win.raw"}}
    failing = aws.observer("ec2").import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")
    inputs = replace(vm_inputs, vm_import_task_id=failing["ImportTaskId"])
    with pytest.raises(CleanFailureError) as caught:
        VM.create(run, inputs)
    assert "ended FAILED" in str(caught.value)
    assert "ClientError: Unsupported kernel" in str(caught.value)
    assert f"import task {failing['ImportTaskId']} and its AMI are unchanged" in str(caught.value)
    assert builder.images() == []
    assert VM.condition(run.recorded[1]) is Condition.BROKEN


def test_a_failed_import_of_an_iso_is_started_again_by_the_next_run(
    run: Any,
    new_run: Callable[..., Any],
    disk_inputs: ImportDiskImageInputs,
    builder: Any,
    aws: AwsSandbox,
    bucket: str,
) -> None:
    aws.observer("s3").delete_object(Bucket=bucket, Key=ISO)
    with pytest.raises(CleanFailureError, match=r"the object does not exist in eu-west-1.*; the image was deleted"):
        DISK.create(run, disk_inputs)
    assert builder.images() == []
    aws.observer("s3").put_object(Bucket=bucket, Key=ISO, Body=b"CD001")
    created: Any = DISK.create(new_run(), disk_inputs)
    assert (created.state.image_state, len(builder.images())) == ("AVAILABLE", 1)


def test_an_interrupted_run_is_resumed_without_a_second_import(
    new_run: Callable[..., Any], import_of: tuple[Any, Any], builder: Any
) -> None:
    lifecycle, inputs = import_of
    run = new_run(stop_after_waits=1)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    id, state = run.recorded
    assert lifecycle.condition(state) is Condition.UNFINISHED
    updated = lifecycle.update(new_run(), id, state, inputs)
    assert (updated.image_state, [image["arn"] for image in builder.images()]) == ("AVAILABLE", [id])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_create_killed_at_any_call_imports_once(
    new_run: Callable[..., Any], import_of: tuple[Any, Any], builder: Any, aws: AwsSandbox, when: str
) -> None:
    lifecycle, given = import_of
    for number in count(1):
        inputs = replace(given, description=f"attempt {number}")  # another client token
        with killed_at(number, when) as seen:
            try:
                lifecycle.create(new_run(), inputs)
                was_killed = False
            except Killed:
                was_killed = True
        created = lifecycle.create(new_run(), inputs)
        assert (len(builder.images()), len(amis(aws))) == (1, 1), f"{when} call {number}, {seen[-1]}"
        lifecycle.delete(new_run(), created.id, created.state)
        if not was_killed:
            assert number > 3
            return


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delete_killed_at_any_call_is_completed_by_the_next(
    new_run: Callable[..., Any], import_of: tuple[Any, Any], builder: Any, when: str
) -> None:
    lifecycle, given = import_of
    for number in count(1):
        inputs = replace(given, description=f"attempt {number}")
        created = lifecycle.create(new_run(), inputs)
        with killed_at(number, when):
            try:
                lifecycle.delete(new_run(), created.id, created.state)
                was_killed = False
            except Killed:
                was_killed = True
        lifecycle.delete(new_run(), created.id, created.state)
        assert builder.images() == []
        if not was_killed:
            assert number > 2
            return


def test_a_failed_image_of_a_killed_run_is_removed_before_the_next_import(
    new_run: Callable[..., Any], disk_inputs: ImportDiskImageInputs, builder: Any, aws: AwsSandbox
) -> None:
    run = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        DISK.create(run, disk_inputs)
    builder.calls.cancel_image_creation(imageBuildVersionArn=run.recorded[0])
    aws.clock.advance(aws.settings.cancel_image_seconds)
    created = DISK.create(new_run(), disk_inputs)
    assert created.id != run.recorded[0]
    assert [image["arn"] for image in builder.images()] == [created.id]


def test_an_unchanged_image_reads_as_recorded(run: Any, import_of: tuple[Any, Any]) -> None:
    lifecycle, inputs = import_of
    created = lifecycle.create(run, inputs)
    assert lifecycle.read(run, created.id, created.state) == created.state


def test_a_deregistered_ami_is_drift_and_the_image_is_replaced(
    run: Any, new_run: Callable[..., Any], import_of: tuple[Any, Any], aws: AwsSandbox
) -> None:
    lifecycle, inputs = import_of
    created = lifecycle.create(run, inputs)
    aws.observer("ec2").deregister_image(ImageId=created.state.image_id)
    read = lifecycle.read(new_run(), created.id, created.state)
    assert (read.image_state, lifecycle.condition(read)) == ("deregistered", Condition.BROKEN)
    assert f"AMI {created.state.image_id} no longer exists" in lifecycle.describe_broken(created.id, read)


def test_a_deleted_image_of_a_task_is_gone_and_one_of_an_iso_has_an_ami_to_delete(
    run: Any, vm_inputs: ImportVmImageInputs, disk_inputs: ImportDiskImageInputs, builder: Any, aws: AwsSandbox
) -> None:
    of_task: Any = VM.create(run, vm_inputs)
    of_iso: Any = DISK.create(run, disk_inputs)
    for created in (of_task, of_iso):
        builder.calls.delete_image(imageBuildVersionArn=created.id)
    assert VM.read(run, of_task.id, of_task.state) is None
    read: Any = DISK.read(run, of_iso.id, of_iso.state)
    assert (read.image_state, DISK.condition(read)) == ("DELETED", Condition.BROKEN)
    DISK.delete(run, of_iso.id, read)
    assert amis(aws) == [of_task.state.image_id]
    assert DISK.read(run, of_iso.id, read) is None


def test_any_error_but_not_found_is_raised_by_read(
    run: Any, vm_inputs: ImportVmImageInputs, aws: AwsSandbox, quick_retries: None
) -> None:
    created: Any = VM.create(run, vm_inputs)
    aws.faults.error("GetImage", "ForbiddenException", "no")
    with pytest.raises(Exception, match="ForbiddenException"):
        VM.read(run, created.id, created.state)


def test_tags_change_in_place(run: Any, import_of: tuple[Any, Any], builder: Any) -> None:
    lifecycle, inputs = import_of
    created = lifecycle.create(run, inputs)
    changed = replace(inputs, tags={"stage": "prod"})
    updated = lifecycle.update(run, created.id, created.state, changed)
    tags = builder.image(created.id)["tags"]
    assert {key for key in tags if not key.startswith("vmimport:")} == {"stage"} == set(updated.tags)


def test_a_running_import_is_cancelled_by_delete(
    new_run: Callable[..., Any], import_of: tuple[Any, Any], builder: Any, aws: AwsSandbox
) -> None:
    lifecycle, inputs = import_of
    run = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    id, state = run.recorded
    lifecycle.delete(new_run(), id, state)
    assert (builder.images(), len(aws.calls.of("CancelImageCreation"))) == ([], 1)


def test_a_retained_image_stays_without_the_tags_of_the_resource(
    run: Any, import_of: tuple[Any, Any], builder: Any, aws: AwsSandbox
) -> None:
    lifecycle, inputs = import_of
    created = lifecycle.create(run, replace(inputs, retain_on_delete=True))
    lifecycle.delete(run, created.id, created.state)
    tags = {key for key in builder.image(created.id)["tags"] if not key.startswith("vmimport:source-")}
    assert (tags, amis(aws)) == ({"team"}, [created.state.image_id])
    assert ami_tags(aws).keys().isdisjoint(run.identity.names) or lifecycle is VM


def test_a_file_that_changed_under_its_key_has_another_version(
    run: Any, disk_inputs: ImportDiskImageInputs, aws: AwsSandbox, bucket: str
) -> None:
    before = DISK.source_version(run, disk_inputs)
    assert before == DISK.source_version(run, disk_inputs) is not None
    aws.observer("s3").put_object(Bucket=bucket, Key=ISO, Body=b"CD001 of another build")
    assert DISK.source_version(run, disk_inputs) not in {before, None}
    aws.observer("s3").delete_object(Bucket=bucket, Key=ISO)
    assert DISK.source_version(run, disk_inputs) is None


def test_a_file_that_cannot_be_read_is_imported_without_the_tags_of_its_source(
    run: Any, disk_inputs: ImportDiskImageInputs, aws: AwsSandbox
) -> None:
    aws.faults.error("HeadObject", "AccessDenied", "no", status=403)
    created: Any = DISK.create(run, disk_inputs)
    assert "object" not in created.state.provenance
    assert any("the tags of the image lack the source of s3://" in warning for warning in run.warnings)


def test_an_existing_image_is_read_by_its_arn(run: Any, import_of: tuple[Any, Any]) -> None:
    lifecycle, inputs = import_of
    created = lifecycle.create(run, inputs)
    scope = replace(created.state, name="?", semantic_version="?", image_id=None, image_state=None)
    read = lifecycle.read_existing(run, created.id, scope).state
    assert (read.name, read.semantic_version) == (inputs.name, inputs.semantic_version)
    assert read.image_id == created.state.image_id
    assert lifecycle.read_existing(run, f"{created.id}7", scope) is None
