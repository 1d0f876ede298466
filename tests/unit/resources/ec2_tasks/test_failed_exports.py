"""Both exports delete what a failed or deleted export left in the bucket, in every version, and the tags that they set."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.export_options import ExportFormat, TargetEnvironment
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, PartialFailureError, RunInterruptedError
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs
from pulumi_vmimport.resources.ec2_tasks.export_image_lifecycle import ExportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.export_lifecycle import ExportLifecycle
from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExportInputs
from pulumi_vmimport.resources.ec2_tasks.instance_export_lifecycle import InstanceExportLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
NewRun = Callable[..., Any]


@dataclass(frozen=True)
class Export:
    """A lifecycle with valid inputs."""

    lifecycle: ExportLifecycle[Any, Any]
    inputs: Any


def image_export(request: pytest.FixtureRequest, bucket: str) -> Export:
    request.getfixturevalue("export_role")
    image, format = request.getfixturevalue("byol_ami"), ExportFormat.VMDK
    inputs = ExportImageInputs(region=REGION, image_id=image, disk_image_format=format, s3_bucket=bucket)
    return Export(ExportImageLifecycle(), inputs)


def instance_export(request: pytest.FixtureRequest, bucket: str) -> Export:
    instance, target = request.getfixturevalue("exportable_instance"), TargetEnvironment.VMWARE
    inputs = InstanceExportInputs(region=REGION, instance_id=instance, target_environment=target, s3_bucket=bucket)
    return Export(InstanceExportLifecycle(), inputs)


@pytest.fixture(params=(image_export, instance_export), ids=lambda make: make.__name__)
def export(request: pytest.FixtureRequest, export_bucket: str) -> Export:
    made: Export = request.param(request, export_bucket)
    return made


@pytest.fixture(params=[False, True], ids=["unversioned", "versioned"])
def written(request: pytest.FixtureRequest, aws: AwsSandbox, export_bucket: str) -> Callable[[], None]:
    """Writes the object of the last export task, as EC2 does before it fails."""
    s3 = aws.observer("s3")
    if request.param:
        s3.put_bucket_versioning(Bucket=export_bucket, VersioningConfiguration={"Status": "Enabled"})

    def write() -> None:
        s3.put_object(Bucket=export_bucket, Key=f"{aws.export_tasks[-1].id}.vmdk", Body=b"a part")

    return write


def versions(aws: AwsSandbox, bucket: str) -> list[str]:
    listed = aws.observer("s3").list_object_versions(Bucket=bucket)
    return [found["Key"] for found in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]]


@pytest.mark.parametrize("operation", ["create", "update"])
def test_what_a_failed_export_wrote_is_deleted_in_every_version(
    new_run: NewRun, export: Export, written: Callable[[], None], aws: AwsSandbox, operation: str
) -> None:
    aws.faults.fail_export("ClientError: Unable to write to the bucket")
    first = new_run(then=written, stop_after_waits=1 if operation == "update" else None)
    expected = RunInterruptedError if operation == "update" else CleanFailureError
    with pytest.raises(expected):
        export.lifecycle.create(first, export.inputs)
    if operation == "update":
        id, state = first.recorded
        with pytest.raises(CleanFailureError, match="nothing was left in S3"):
            export.lifecycle.update(new_run(then=written), id, state, export.inputs)
    assert versions(aws, export.inputs.s3_bucket) == []


def test_a_failure_keeps_its_reason_if_what_it_left_cannot_be_removed(
    new_run: NewRun, export: Export, written: Callable[[], None], aws: AwsSandbox
) -> None:
    aws.faults.fail_export("ClientError: Unable to write to the bucket")
    aws.faults.deny("DeleteObject")
    first = new_run(then=written)
    with pytest.raises(PartialFailureError, match=r"Unable to write.*could not be removed: AccessDenied.*s3:Delete"):
        export.lifecycle.create(first, export.inputs)
    id, state = first.recorded
    assert export.lifecycle.condition(state) is Condition.BROKEN
    aws.faults.allow("DeleteObject")
    export.lifecycle.delete(new_run(), id, state)
    assert versions(aws, export.inputs.s3_bucket) == []


def test_delete_removes_every_version(
    new_run: NewRun, export: Export, written: Callable[[], None], aws: AwsSandbox
) -> None:
    created = export.lifecycle.create(new_run(), export.inputs)
    written()
    assert versions(aws, export.inputs.s3_bucket)
    export.lifecycle.delete(new_run(), created.id, created.state)
    assert versions(aws, export.inputs.s3_bucket) == []


def test_tags_that_the_program_no_longer_sets_are_removed_from_the_task(
    new_run: NewRun, export: Export, aws: AwsSandbox
) -> None:
    created = export.lifecycle.create(new_run(), replace(export.inputs, tags={"team": "blue", "stage": "test"}))
    state = export.lifecycle.update(new_run(), created.id, created.state, replace(export.inputs, tags={"team": "red"}))
    assert state.tags == {"team": "red"}
    assert {key: tag for key, tag in aws.export_tasks[-1].tags.items() if ":" not in key} == {"team": "red"}


def test_a_retained_export_loses_the_tags_of_the_library(new_run: NewRun, export: Export, aws: AwsSandbox) -> None:
    created = export.lifecycle.create(new_run(), replace(export.inputs, retain_on_delete=True))
    export.lifecycle.delete(new_run(), created.id, created.state)
    assert versions(aws, export.inputs.s3_bucket) == [created.state.s3_key]
    assert aws.export_tasks[-1].tags == {}
