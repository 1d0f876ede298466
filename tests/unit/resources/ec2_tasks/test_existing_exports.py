"""Exports of EC2 that no stack manages: by the task's id or the object's, also after EC2 has forgotten the task."""

from typing import Any

import pytest
from tests.unit.resources.imported import REGION, adopt, existing, imported

from pulumi_vmimport.aws.ec2.export_options import ContainerFormat, ExportFormat, TargetEnvironment
from pulumi_vmimport.lifecycle.property_bag import write_bag
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs
from pulumi_vmimport.resources.ec2_tasks.export_image_lifecycle import ExportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExportInputs
from pulumi_vmimport.resources.ec2_tasks.instance_export_lifecycle import InstanceExportLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

SPELLINGS = ("s3://{bucket}/{key}", "{bucket}/{key}", "arn:aws:s3:::{bucket}/{key}")
TASK_LISTED_OR_NOT = pytest.mark.parametrize("is_forgotten", [False, True], ids=["listed", "a week later"])


@pytest.fixture
def image_export(byol_ami: str, export_bucket: str, export_role: str) -> ExportImageInputs:
    return ExportImageInputs(
        region=REGION,
        image_id=byol_ami,
        disk_image_format=ExportFormat.VMDK,
        s3_bucket=export_bucket,
        s3_prefix="vms/",
        description="web",
        tags={"team": "blue"},
    )


def instance_export(instance_id: str, bucket: str, **more: Any) -> InstanceExportInputs:
    return InstanceExportInputs(
        region=REGION,
        instance_id=instance_id,
        target_environment=TargetEnvironment.VMWARE,
        s3_bucket=bucket,
        s3_prefix="vms/",
        **more,
    )


def forget_the_tasks(aws: AwsSandbox) -> None:
    aws.clock.advance(aws.settings.import_seconds + aws.settings.task_retention_seconds + 86400)


@TASK_LISTED_OR_NOT
@pytest.mark.parametrize("spelling", ["task", *SPELLINGS])
def test_an_image_export(
    run: Any, new_run: Any, image_export: ExportImageInputs, aws: AwsSandbox, spelling: str, *, is_forgotten: bool
) -> None:
    created = ExportImageLifecycle().create(run, image_export)
    if is_forgotten:
        forget_the_tasks(aws)
    id = created.id if spelling == "task" else spelling.format(bucket=image_export.s3_bucket, key=created.state.s3_key)
    if is_forgotten and spelling == "task":
        assert imported("ExportImage", new_run(), id) is None
        return
    found = existing("ExportImage", new_run(), id)
    assert (found.id, found.problem) == (created.id, None)
    assert found.unread == ({"imageId", "description", "tags"} if is_forgotten else {"imageId"})
    assert found.changes(image_export) == set()
    assert (found.state.s3_key, found.state.etag) == (created.state.s3_key, created.state.etag)
    assert adopt(found, new_run(), image_export).s3_key == created.state.s3_key


@TASK_LISTED_OR_NOT
@pytest.mark.parametrize("container", [None, ContainerFormat.OVA], ids=["disk", "ova"])
def test_an_instance_export(
    run: Any,
    new_run: Any,
    exportable_instance: str,
    export_bucket: str,
    aws: AwsSandbox,
    container: ContainerFormat | None,
    *,
    is_forgotten: bool,
) -> None:
    inputs = instance_export(exportable_instance, export_bucket, container_format=container)
    created = InstanceExportLifecycle().create(run, inputs)
    if is_forgotten:
        forget_the_tasks(aws)
    id = f"s3://{export_bucket}/{created.state.s3_key}" if is_forgotten else created.id
    found = existing("InstanceExport", new_run(), id)
    assert (found.id, found.problem) == (created.id, None)
    if not is_forgotten:
        assert found.unread == set()
        assert found.changes({**write_bag(inputs), "diskImageFormat": "VMDK"}) == set()
    assert found.changes(inputs) == set()
    assert adopt(found, new_run(), inputs).s3_key == created.state.s3_key


def test_exports_of_plain_calls(run: Any, exportable_instance: str, export_bucket: str, aws: AwsSandbox) -> None:
    ec2: Any = aws.observer("ec2")
    target = {"ContainerFormat": "ova", "DiskImageFormat": "VMDK", "S3Bucket": export_bucket, "S3Prefix": "a/"}
    task = ec2.create_instance_export_task(
        InstanceId=exportable_instance, TargetEnvironment="vmware", ExportToS3Task=target
    )["ExportTask"]["ExportTaskId"]
    assert existing("InstanceExport", run, task).problem == f"{task} is not complete (taskStatus active)"
    aws.clock.advance(aws.settings.import_seconds)
    program = {"instanceId": exportable_instance, "targetEnvironment": "vmware", "s3Bucket": export_bucket}
    found = existing("InstanceExport", run, task)
    assert found.changes({**program, "containerFormat": "ova", "s3Prefix": "a/"}) == set()
    assert found.changes({**program, "containerFormat": "ova", "s3Prefix": "b/"}) == {"s3Prefix"}


def test_an_object_of_the_other_kind_is_no_export(run: Any, new_run: Any, image_export: ExportImageInputs) -> None:
    created = ExportImageLifecycle().create(run, image_export)
    object = f"s3://{image_export.s3_bucket}/{created.state.s3_key}"
    assert imported("InstanceExport", new_run(), object) is None
    assert imported("ExportImage", new_run(), f"{object}x") is None
