"""Imports that fail when their AMI exists already: the AMI is deleted with the image, or the error names it."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.resources.image_builder.conftest import BUILDER, REGION, ROLE, make_role

from pulumi_vmimport.lifecycle.contract import CleanFailureError, PartialFailureError, RunInterruptedError
from pulumi_vmimport.resources.image_builder.import_disk_image import (
    ImportDiskImageInputs,
)
from pulumi_vmimport.resources.image_builder.import_disk_image_lifecycle import ImportDiskImageLifecycle
from pulumi_vmimport.resources.image_builder.import_vm_image import ImagePlatform, ImportVmImageInputs
from pulumi_vmimport.resources.image_builder.import_vm_image_lifecycle import ImportVmImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

DISK, VM = ImportDiskImageLifecycle(), ImportVmImageLifecycle()
NewRun = Callable[..., Any]


@pytest.fixture
def inputs(iso_inputs: ImportDiskImageInputs) -> ImportDiskImageInputs:
    return iso_inputs


def interrupted(run: Any, lifecycle: Any, inputs: Any) -> tuple[str, Any]:
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    id, state = run.recorded
    return id, state


@pytest.fixture
def failed(new_run: NewRun, inputs: ImportDiskImageInputs, builder: Any, aws: AwsSandbox) -> tuple[str, Any]:
    """The id and the state of an import whose run was killed, and that failed after its AMI had been created."""
    id, state = interrupted(new_run(stop_after_waits=0), DISK, inputs)
    aws.clock.advance(aws.settings.import_disk_image_seconds)
    assert builder.image(id)["state"]["status"] == "AVAILABLE"
    (images,) = (resources.images for resources in aws._cloud.image_builder.values() if id in resources.images)
    images[id].status, images[id].reason = "FAILED", "The AMI could not be tagged."
    return id, state


def amis(aws: AwsSandbox) -> list[Any]:
    return list(aws.observer("ec2").describe_images(Owners=["self"])["Images"])


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_the_ami_of_a_failed_import_is_deleted_with_the_image(
    new_run: NewRun, inputs: ImportDiskImageInputs, failed: tuple[str, Any], aws: AwsSandbox, operation: str
) -> None:
    id, state = failed
    operations: dict[str, Callable[[], Any]] = {
        "create": lambda: DISK.create(new_run(), inputs),
        "update": lambda: DISK.update(new_run(), id, state, inputs),
        "delete": lambda: DISK.delete(new_run(), id, state),
    }
    iam, (ami,) = aws.observer("iam"), amis(aws)
    iam.delete_role_policy(RoleName=ROLE, PolicyName="distribution")
    aws.clock.advance(3600)
    with pytest.raises(PartialFailureError, match=ami["ImageId"]):
        operations[operation]()
    iam.delete_role(RoleName=ROLE)
    make_role(iam, ROLE, BUILDER)
    aws.clock.advance(3600)
    if operation == "update":
        with pytest.raises(CleanFailureError, match=r"The AMI could not be tagged.*the image was deleted"):
            operations[operation]()
    else:
        operations[operation]()
    assert ami not in amis(aws)


def test_an_import_of_a_task_that_fails_in_an_update_is_deleted(
    new_run: NewRun, builder: Any, aws: AwsSandbox, bucket: str, role: str
) -> None:
    aws.observer("s3").put_object(Bucket=bucket, Key="win.raw", Body=bytes(510) + b"\x55\xaa")
    aws.faults.fail_import("ClientError: Unsupported kernel")
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "win.raw"}}
    task = aws.observer("ec2").import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")
    inputs = ImportVmImageInputs(
        region=REGION,
        name="web",
        semantic_version="1.0.0",
        platform=ImagePlatform.WINDOWS,
        vm_import_task_id=task["ImportTaskId"],
    )
    id, state = interrupted(new_run(stop_after_waits=0), VM, inputs)
    with pytest.raises(CleanFailureError, match=r"Unsupported kernel.*the image was deleted"):
        VM.update(new_run(), id, state, inputs)
    assert builder.images() == []
