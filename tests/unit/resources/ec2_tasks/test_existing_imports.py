"""Imports of EC2 that no stack manages: by the task's id or the result's, made by this library or by plain calls."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.resources.imported import REGION, adopt, existing, imported

from pulumi_vmimport.aws.ec2.import_options import SnapshotFormat
from pulumi_vmimport.aws.ec2.import_request import SnapshotDiskContainer, UserBucket
from pulumi_vmimport.aws.ec2.import_tasks import ImageImportTask
from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot_lifecycle import ImportSnapshotLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

ARN = "arn:aws:ec2:eu-west-1:123456789012"
UNREAD_A_WEEK_LATER = {"diskContainers", "hypervisor", "licenseSpecifications", "licenseType"}


@pytest.fixture
def snapshot_inputs(raw_disk: UserBucket, role: str) -> ImportSnapshotInputs:
    disk = SnapshotDiskContainer(format=SnapshotFormat.RAW, user_bucket=raw_disk, description="root")
    return ImportSnapshotInputs(region=REGION, disk_container=disk, description="web", tags={"team": "blue"})


def forget_the_tasks(aws: AwsSandbox) -> None:
    aws.clock.advance(aws.settings.import_seconds + aws.settings.task_retention_seconds + 86400)


@pytest.mark.parametrize("id_of", ["task", "image", "arn of task", "arn of image"])
def test_an_image_import_of_this_library(run: Any, new_run: Any, image_inputs: ImportImageInputs, id_of: str) -> None:
    created = ImportImageLifecycle().create(run, image_inputs)
    image_id = created.state.image_id
    ids = {
        "task": created.id,
        "image": str(image_id),
        "arn of task": f"{ARN}:import-image-task/{created.id}",
        "arn of image": f"arn:aws:ec2:eu-west-1::image/{image_id}",
    }
    found = existing("ImportImage", new_run(), ids[id_of])
    assert (found.id, found.problem, found.unread) == (created.id, None, {"hypervisor", "usageOperation"})
    assert found.changes(image_inputs) == set()
    assert (found.state.image_id, found.state.snapshot_ids) == (image_id, created.state.snapshot_ids)
    assert found.state.provenance == created.state.provenance


def test_an_image_import_of_a_plain_call(
    run: Any, aws: AwsSandbox, byol_ami: str, raw_disk: UserBucket, bucket: str
) -> None:
    disks: Any = [{"Format": "raw", "Url": f"s3://{bucket}/disks/web.raw", "Description": "root"}]
    task = aws.observer("ec2").import_image(
        DiskContainers=disks, LicenseType="BYOL", Platform="Windows", Description="web", BootMode="legacy-bios"
    )["ImportTaskId"]
    aws.clock.advance(aws.settings.import_seconds)
    found = existing("ImportImage", run, task)
    program = {"diskContainers": [{"url": f"s3://{bucket}/disks/web.raw", "description": "root"}]}
    for spelling in (
        program,
        {**program, "licenseType": "byol", "platform": "Windows", "architecture": "x86_64", "bootMode": "legacy-bios"},
        {"diskContainers": [{"userBucket": {"s3Bucket": bucket, "s3Key": "disks/web.raw"}, "description": "root"}]},
        {"diskContainers": [{**program["diskContainers"][0], "format": "RAW", "deviceName": "/dev/sda1"}]},
        {**program, "roleName": "vmimport", "operatingSystem": "Windows 10", "imageProfile": "byol-workspaces"},
    ):
        assert found.changes(spelling) == set()
    assert found.changes({**program, "licenseType": "AWS"}) == {"licenseType"}
    assert found.changes({**program, "description": "web"}) == {"description"}  # the AMI's is EC2's own
    assert found.changes({"diskContainers": [{"url": f"s3://{bucket}/other.raw"}]}) == {"diskContainers"}


def test_an_import_of_an_ova_has_one_container(run: Any, aws: AwsSandbox, byol_ami: str) -> None:
    description = {
        "ImportTaskId": "import-ami-0123456789abcdef0",
        "SnapshotDetails": [
            {
                "DeviceName": f"/dev/sd{letter}",
                "Format": "VMDK",
                "SnapshotId": f"snap-{letter}",
                "UserBucket": {"S3Bucket": "images-of-web", "S3Key": "web.ova"},
            }
            for letter in "ab"
        ],
    }
    lifecycle = ImportImageLifecycle()
    state = lifecycle.state_type(region=REGION, disk_containers=())
    (container,) = lifecycle.existing_inputs(state, ImageImportTask.read(description)).disk_containers
    assert (container.format, container.device_name) == ("OVA", None)
    assert container.user_bucket == UserBucket("images-of-web", "web.ova")


@pytest.mark.parametrize("id_of", ["task", "image"])
def test_an_image_import_a_week_later(
    run: Any, new_run: Any, image_inputs: ImportImageInputs, aws: AwsSandbox, id_of: str
) -> None:
    created = ImportImageLifecycle().create(run, image_inputs)
    forget_the_tasks(aws)
    found = existing("ImportImage", new_run(), created.id if id_of == "task" else str(created.state.image_id))
    assert (found.id, found.problem, found.unread) == (created.id, None, UNREAD_A_WEEK_LATER)
    assert found.changes(image_inputs) == set()
    assert found.state.tags == {"team": "blue"}


def test_a_named_image_is_found_by_its_copy(
    run: Any, new_run: Any, image_inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    named = replace(image_inputs, image_name="web 2026")
    created = ImportImageLifecycle().create(run, named)
    for id in (created.id, str(created.state.image_id)):
        found = existing("ImportImage", new_run(), id)
        assert (found.id, found.state.image_id) == (created.id, created.state.image_id)
        assert found.changes(named) == set()
    forget_the_tasks(aws)
    assert existing("ImportImage", new_run(), created.id).changes(named) == set()


def test_what_cannot_be_read_back_is_recorded_without_work(
    run: Any, new_run: Any, image_inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = ImportImageLifecycle().create(run, image_inputs)
    forget_the_tasks(aws)
    found = existing("ImportImage", new_run(), created.id)
    updated = adopt(found, new_run(), image_inputs, source_hash="1")
    assert (updated.image_id, updated.source_hash) == (created.state.image_id, "1")
    assert len(aws.import_tasks) == 1


def test_a_running_and_a_failed_image_import_are_refused(
    run: Any, aws: AwsSandbox, byol_ami: str, raw_disk: UserBucket
) -> None:
    ec2: Any = aws.observer("ec2")
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": raw_disk.s3_bucket, "S3Key": raw_disk.s3_key}}
    task = ec2.import_image(DiskContainers=[disk], Platform="Windows", LicenseType="BYOL")["ImportTaskId"]
    assert existing("ImportImage", run, task).problem == f"{task} is not complete (taskStatus active)"
    ec2.cancel_import_task(ImportTaskId=task)
    aws.clock.advance(aws.settings.import_seconds)
    assert f"import task {task} has no result (status deleted" in str(existing("ImportImage", run, task).problem)


def test_an_image_that_no_import_made_is_refused(run: Any, aws: AwsSandbox, byol_ami: str) -> None:
    ec2 = aws.observer("ec2")
    copy = ec2.copy_image(Name="a copy", SourceImageId=byol_ami, SourceRegion=REGION)["ImageId"]
    with pytest.raises(CleanFailureError, match=f"AMI {copy} .a copy. is not the AMI of an import"):
        imported("ImportImage", run, copy)
    assert imported("ImportImage", run, "ami-0123456789abcdef0") is None


@pytest.mark.parametrize("is_forgotten", [False, True], ids=["listed", "a week later"])
@pytest.mark.parametrize("id_of", ["task", "snapshot", "arn of snapshot"])
def test_a_snapshot_import_of_this_library(
    run: Any, new_run: Any, snapshot_inputs: ImportSnapshotInputs, aws: AwsSandbox, id_of: str, *, is_forgotten: bool
) -> None:
    created = ImportSnapshotLifecycle().create(run, snapshot_inputs)
    if is_forgotten:
        forget_the_tasks(aws)
    snapshot_id = created.state.snapshot_id
    ids = {
        "task": created.id,
        "snapshot": snapshot_id,
        "arn of snapshot": f"arn:aws:ec2:eu-west-1::snapshot/{snapshot_id}",
    }
    found = existing("ImportSnapshot", new_run(), str(ids[id_of]))
    assert (found.id, found.problem) == (created.id, None)
    assert found.unread == ({"diskContainer", "description"} if is_forgotten else set())
    assert found.changes(snapshot_inputs) == set()
    assert adopt(found, new_run(), snapshot_inputs).snapshot_id == snapshot_id


def test_a_snapshot_import_of_a_plain_call(run: Any, aws: AwsSandbox, role: str, raw_disk: UserBucket) -> None:
    url = f"s3://{raw_disk.s3_bucket}/{raw_disk.s3_key}"
    ec2: Any = aws.observer("ec2")
    task = ec2.import_snapshot(DiskContainer={"Url": url, "Format": "RAW"}, Encrypted=True)["ImportTaskId"]
    aws.clock.advance(aws.settings.import_seconds)
    found = existing("ImportSnapshot", run, task)
    assert found.changes({"diskContainer": {"url": url}}) == set()
    assert found.changes({"diskContainer": {"url": url, "format": "raw"}, "encrypted": True}) == set()
    assert found.changes({"diskContainer": {"url": url}, "encrypted": False}) == {"encrypted"}


def test_a_snapshot_that_no_import_made_is_refused(run: Any, aws: AwsSandbox) -> None:
    ec2 = aws.observer("ec2")
    volume = ec2.create_volume(Size=3, AvailabilityZone="eu-west-1a")["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    with pytest.raises(CleanFailureError, match="vmimport:index:DirectSnapshot"):
        imported("ImportSnapshot", run, snapshot)
    assert imported("ImportSnapshot", run, "snap-0123456789abcdef0") is None
