"""What each of the four kinds of tasks made is found after EC2 has stopped listing the task, seven days after its end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest
from tests.unit.resources.killed_calls import Killed, killed_at

from pulumi_vmimport.aws.ec2.export_options import ExportFormat, TargetEnvironment
from pulumi_vmimport.aws.ec2.import_options import Platform, SnapshotFormat
from pulumi_vmimport.aws.ec2.import_request import SnapshotDiskContainer, UserBucket
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, RunInterruptedError
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.ec2_tasks.conversion_lifecycle import ConversionLifecycle
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs
from pulumi_vmimport.resources.ec2_tasks.export_image_lifecycle import ExportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot_lifecycle import ImportSnapshotLifecycle
from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExportInputs
from pulumi_vmimport.resources.ec2_tasks.instance_export_lifecycle import InstanceExportLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION, DAY = "eu-west-1", 86400.0
NewRun = Callable[..., Any]


@dataclass(frozen=True)
class Kind:
    """A lifecycle with valid inputs, and the outputs that identify its result."""

    lifecycle: ConversionLifecycle[Any, Any, Any]
    inputs: Any
    result: tuple[str, ...]


def image_import(request: pytest.FixtureRequest) -> Kind:
    return Kind(ImportImageLifecycle(), request.getfixturevalue("image_inputs"), ("image_id", "snapshot_ids"))


def snapshot_import(request: pytest.FixtureRequest) -> Kind:
    request.getfixturevalue("role")
    disk = SnapshotDiskContainer(format=SnapshotFormat.RAW, user_bucket=request.getfixturevalue("raw_disk"))
    inputs = ImportSnapshotInputs(region=REGION, disk_container=disk, tags={"team": "blue"})
    return Kind(ImportSnapshotLifecycle(), inputs, ("snapshot_id",))


def image_export(request: pytest.FixtureRequest) -> Kind:
    request.getfixturevalue("export_role")
    image, bucket = request.getfixturevalue("byol_ami"), request.getfixturevalue("export_bucket")
    inputs = ExportImageInputs(
        region=REGION, image_id=image, disk_image_format=ExportFormat.VMDK, s3_bucket=bucket, s3_prefix="vms/"
    )
    return Kind(ExportImageLifecycle(), inputs, ("s3_key",))


def instance_export(request: pytest.FixtureRequest) -> Kind:
    instance, bucket = request.getfixturevalue("exportable_instance"), request.getfixturevalue("export_bucket")
    inputs = InstanceExportInputs(
        region=REGION, instance_id=instance, target_environment=TargetEnvironment.VMWARE, s3_bucket=bucket
    )
    return Kind(InstanceExportLifecycle(), inputs, ("s3_key",))


KINDS = (image_import, snapshot_import, image_export, instance_export)


@pytest.fixture(params=KINDS, ids=lambda make: make.__name__)
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param(request)
    return made


@pytest.fixture
def interrupted(kind: Kind, new_run: NewRun) -> tuple[str, Any]:
    """The id and the state of a create that was interrupted while its task ran."""
    run = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        kind.lifecycle.create(run, kind.inputs)
    id, state = run.recorded
    assert kind.lifecycle.condition(state) is Condition.UNFINISHED
    return id, state


@pytest.fixture
def a_week_later(aws: AwsSandbox, interrupted: tuple[str, Any]) -> tuple[str, Any]:
    """The same when EC2 does not list the task any more."""
    aws.clock.advance(aws.settings.import_seconds + aws.settings.task_retention_seconds + DAY)
    ec2 = aws.observer("ec2")
    tasks = (
        *ec2.describe_import_image_tasks()["ImportImageTasks"],
        *ec2.describe_import_snapshot_tasks()["ImportSnapshotTasks"],
        *ec2.describe_export_image_tasks()["ExportImageTasks"],
        *ec2.describe_export_tasks()["ExportTasks"],
    )
    assert interrupted[0] not in str(tasks)
    return interrupted


def started(aws: AwsSandbox, kind: Kind) -> int:
    """The number of tasks that were ever started for the resource."""
    tasks: list[Any] = [*aws.import_tasks, *aws.snapshot_tasks, *aws.export_tasks]
    return sum("vmimport:identity" in task.tags for task in tasks)


def test_update_finds_the_result_and_starts_no_second_task(
    kind: Kind, new_run: NewRun, a_week_later: tuple[str, Any], aws: AwsSandbox
) -> None:
    id, state = a_week_later
    resumed = kind.lifecycle.update(new_run(), id, state, kind.inputs)
    assert kind.lifecycle.condition(resumed) is Condition.READY
    assert all(getattr(resumed, output) for output in kind.result)
    assert started(aws, kind) == 1
    assert kind.lifecycle.read(new_run(), id, resumed) == resumed


def test_refresh_keeps_the_unfinished_resource_and_the_next_update_completes_it(
    kind: Kind, new_run: NewRun, a_week_later: tuple[str, Any], aws: AwsSandbox
) -> None:
    id, state = a_week_later
    refreshed = kind.lifecycle.read(new_run(), id, state)
    assert refreshed is not None
    assert kind.lifecycle.condition(refreshed) is Condition.UNFINISHED
    resumed = kind.lifecycle.update(new_run(), id, refreshed, kind.inputs)
    assert kind.lifecycle.condition(resumed) is Condition.READY
    assert started(aws, kind) == 1


def test_destroy_deletes_the_result(
    kind: Kind, new_run: NewRun, a_week_later: tuple[str, Any], aws: AwsSandbox
) -> None:
    id, state = a_week_later
    left = [line for line in aws.remaining_resources() if id in line]
    kind.lifecycle.delete(new_run(), id, state)
    remaining = [line for line in aws.remaining_resources() if id in line]
    assert (bool(left), remaining) == (True, [])
    assert kind.lifecycle.read(new_run(), id, state) is None
    kind.lifecycle.delete(new_run(), id, state)


def test_fails_when_the_result_was_deleted_too_and_the_next_run_starts_a_new_task(
    kind: Kind, new_run: NewRun, a_week_later: tuple[str, Any], aws: AwsSandbox
) -> None:
    id, state = a_week_later
    kind.lifecycle.delete(new_run(), id, state)
    run = new_run()
    with pytest.raises(CleanFailureError, match=f"EC2 no longer lists .* {id}"):
        kind.lifecycle.update(run, id, state, kind.inputs)
    assert kind.lifecycle.condition(run.recorded[1]) is Condition.BROKEN
    assert kind.lifecycle.create(new_run(), kind.inputs).id != id


def test_a_task_that_runs_longer_than_a_week_is_resumed(
    kind: Kind, new_run: NewRun, interrupted: tuple[str, Any], aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, state = interrupted
    settings = aws.settings
    for name in ("import_stages", "snapshot_stages", "export_stages"):
        slow = [replace(stage, seconds=stage.seconds * 1000) for stage in getattr(settings, name)]
        monkeypatch.setattr(settings, name, slow)
    aws.clock.advance(8 * DAY)
    assert kind.lifecycle.read(new_run(), id, state) is not None
    run = new_run(then=lambda: aws.clock.advance(DAY))
    resumed = kind.lifecycle.update(run, id, state, kind.inputs)
    assert kind.lifecycle.condition(resumed) is Condition.READY
    assert started(aws, kind) == 1


@pytest.mark.parametrize("kind", [image_import], indirect=True)
def test_snapshots_of_an_ami_that_was_deregistered_by_hand_are_deleted(
    kind: Kind, new_run: NewRun, a_week_later: tuple[str, Any], aws: AwsSandbox
) -> None:
    id, state = a_week_later
    ec2 = aws.observer("ec2")
    (image,) = ec2.describe_images(Filters=[{"Name": "name", "Values": [id]}])["Images"]
    ec2.deregister_image(ImageId=image["ImageId"])
    of_task = [{"Name": "description", "Values": [f"*{id}"]}]
    assert ec2.describe_snapshots(Filters=of_task)["Snapshots"]
    assert kind.lifecycle.condition(kind.lifecycle.read(new_run(), id, state)) is Condition.BROKEN
    kind.lifecycle.delete(new_run(), id, state)
    assert ec2.describe_snapshots(Filters=of_task)["Snapshots"] == []


@pytest.mark.parametrize("kind", [image_import, snapshot_import], indirect=True)
def test_a_copy_of_the_snapshot_made_by_a_person_is_kept(
    kind: Kind, new_run: NewRun, a_week_later: tuple[str, Any], aws: AwsSandbox
) -> None:
    id, state = a_week_later
    ec2 = aws.observer("ec2")
    (snapshot,) = ec2.describe_snapshots(Filters=[{"Name": "description", "Values": [f"*{id}"]}])["Snapshots"]
    words = f"[Copied {snapshot['SnapshotId']} from {REGION}] {snapshot['Description']}"  # as the EC2 console does
    copy = ec2.copy_snapshot(SourceSnapshotId=snapshot["SnapshotId"], SourceRegion=REGION, Description=words)[
        "SnapshotId"
    ]
    kind.lifecycle.delete(new_run(), id, state)
    assert [s["SnapshotId"] for s in ec2.describe_snapshots(SnapshotIds=[copy])["Snapshots"]] == [copy]


@pytest.mark.parametrize("kind", [image_import, snapshot_import], indirect=True)
def test_a_result_is_read_by_the_id_of_its_task(
    kind: Kind, new_run: NewRun, a_week_later: tuple[str, Any], aws: AwsSandbox
) -> None:
    id, _ = a_week_later
    nothing, _ = read_bag(kind.lifecycle.state_type, {"region": REGION})
    existing = kind.lifecycle.read_existing(new_run(), id, nothing)
    assert existing is not None
    found = existing.state
    assert found.import_task_id == id
    assert kind.lifecycle.condition(found) is Condition.READY
    assert all(getattr(found, output) for output in kind.result)


def forget_the_tasks(aws: AwsSandbox) -> None:
    aws.clock.advance(aws.settings.import_seconds + aws.settings.task_retention_seconds + DAY)


@pytest.fixture
def untraced(new_run: NewRun, image_inputs: ImportImageInputs, aws: AwsSandbox) -> str:
    """The id of an AMI that a run left which was killed before it recorded the task, when EC2 has forgotten the task."""
    kill_after(new_run, ImportImageLifecycle(), image_inputs, "ImportImage")
    task = aws.import_tasks[-1].id
    forget_the_tasks(aws)
    (image,) = aws.observer("ec2").describe_images(Filters=[{"Name": "name", "Values": [task]}])["Images"]
    return str(image["ImageId"])


def kill_after(new_run: NewRun, lifecycle: Any, inputs: Any, operation: str) -> None:
    """Kill a create after this call."""
    for number in count(1):
        with killed_at(number, "before") as seen, pytest.raises(Killed):
            lifecycle.create(new_run(), inputs)
        if seen[-1] == operation:
            with killed_at(number, "after"), pytest.raises(Killed):
                lifecycle.create(new_run(), inputs)
            return


def test_an_ami_that_may_be_of_a_killed_run_is_named_before_it_is_imported_again(
    new_run: NewRun, image_inputs: ImportImageInputs, untraced: str, aws: AwsSandbox
) -> None:
    run = new_run()
    created = ImportImageLifecycle().create(run, image_inputs)
    (warning,) = run.warnings
    assert warning.startswith(f"{untraced} (import-ami-")
    assert "`vmimport orphans --remove ID`" in warning
    assert created.state.image_id != untraced


def test_an_ami_that_has_tags_or_another_system_or_whose_task_is_listed_is_not_named(
    new_run: NewRun, image_inputs: ImportImageInputs, raw_disk: UserBucket, untraced: str, aws: AwsSandbox
) -> None:
    run = new_run()
    ImportImageLifecycle().create(run, replace(image_inputs, platform=Platform.LINUX))
    disk = image_inputs.disk_containers[0]
    ImportImageLifecycle().create(run, replace(image_inputs, disk_containers=(disk, disk)))
    ec2 = aws.observer("ec2")
    ec2.create_tags(Resources=[untraced], Tags=[{"Key": "team", "Value": "blue"}])
    other = {"Format": "RAW", "UserBucket": {"S3Bucket": raw_disk.s3_bucket, "S3Key": raw_disk.s3_key}}
    ec2.import_image(DiskContainers=[other], LicenseType="BYOL", Platform="Windows")
    aws.clock.advance(aws.settings.import_seconds)
    ImportImageLifecycle().create(run, image_inputs)
    assert run.warnings == []


@pytest.fixture
def untraced_snapshot(new_run: NewRun, kind: Kind, aws: AwsSandbox) -> str:
    """The id of a snapshot that such a run left."""
    kill_after(new_run, kind.lifecycle, kind.inputs, "ImportSnapshot")
    task = aws.snapshot_tasks[-1].id
    forget_the_tasks(aws)
    of_task = [{"Name": "description", "Values": [f"*{task}"]}]
    (snapshot,) = aws.observer("ec2").describe_snapshots(Filters=of_task)["Snapshots"]
    return str(snapshot["SnapshotId"])


@pytest.mark.parametrize("kind", [snapshot_import], indirect=True)
def test_a_snapshot_that_may_be_of_a_killed_run_is_named_before_it_is_imported_again(
    new_run: NewRun, kind: Kind, untraced_snapshot: str
) -> None:
    run = new_run()
    created = kind.lifecycle.create(run, kind.inputs)
    (warning,) = run.warnings
    assert warning.startswith(f"{untraced_snapshot} (import-snap-")
    assert "compare with ImportSnapshot in CloudTrail, and remove one of the two snapshots" in warning
    assert created.state.snapshot_id != untraced_snapshot


@pytest.mark.parametrize("kind", [snapshot_import], indirect=True)
def test_a_snapshot_that_has_tags_or_no_encryption_or_whose_task_is_listed_is_not_named(
    new_run: NewRun, kind: Kind, untraced_snapshot: str, raw_disk: UserBucket, aws: AwsSandbox
) -> None:
    run = new_run()
    kind.lifecycle.create(run, replace(kind.inputs, encrypted=True))
    ec2 = aws.observer("ec2")
    ec2.create_tags(Resources=[untraced_snapshot], Tags=[{"Key": "team", "Value": "blue"}])
    other = {"Format": "RAW", "UserBucket": {"S3Bucket": raw_disk.s3_bucket, "S3Key": raw_disk.s3_key}}
    ec2.import_snapshot(DiskContainer=other)
    aws.clock.advance(aws.settings.import_seconds)
    kind.lifecycle.create(run, kind.inputs)
    assert run.warnings == []
