"""The call of getImportImageTask."""

import re
from collections.abc import Iterator

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.ec2.import_task_details import IMAGE_IMPORT_DETAILS, DiskDetails, ImageImportDetails
from pulumi_vmimport.functions.get_import_image_task import (
    GetImportImageTaskInputs,
    GetImportImageTaskResult,
    ImportTaskSnapshot,
)
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.lifecycle.function import Function, FunctionError, region_problem
from pulumi_vmimport.lifecycle.provenance import provenance_of
from pulumi_vmimport.shown_value import shown_value

_SEVEN_DAYS = "EC2 lists a task for seven days after it ends"


class GetImportImageTask(Function[GetImportImageTaskInputs, GetImportImageTaskResult]):
    """An import task of EC2."""

    inputs_type = GetImportImageTaskInputs
    result_type = GetImportImageTaskResult

    def check(self, inputs: GetImportImageTaskInputs) -> Iterator[Problem]:
        yield from region_problem(inputs)
        task_id, image_id = inputs.import_task_id, inputs.image_id
        if (task_id is None) is (image_id is None):
            yield Problem("importTaskId", "expected exactly one of importTaskId and imageId")
        if task_id is not None and not re.fullmatch(r"import-ami-\w+", task_id):
            yield Problem("importTaskId", f"expected import-ami-..., got {shown_value(task_id)}")
        if image_id is not None and not re.fullmatch(r"ami-\w+", image_id):
            yield Problem("imageId", f"expected ami-..., got {shown_value(image_id)}")

    def call(self, run: Run, inputs: GetImportImageTaskInputs) -> GetImportImageTaskResult:
        task_id = inputs.import_task_id or _task_of(run.aws, str(inputs.image_id))
        task = IMAGE_IMPORT_DETAILS.find(run.aws, task_id)
        if task is None:
            remedy = (
                f"{_SEVEN_DAYS}; read the AMI with aws.ec2.get_ami, and its source with getProvenance"
                if inputs.image_id
                else f"check the id and the Region; {_SEVEN_DAYS}, and the name of its AMI is the id of the task"
            )
            raise FunctionError(f"EC2 does not list import task {task_id} in {run.aws.region}: {remedy}")
        return _result(task)


def _task_of(aws: AwsConnection, image_id: str) -> str:
    image = images.find(aws, image_id)
    if image is None:
        raise FunctionError(f"AMI {image_id} does not exist in {aws.region}; check the id, the Region and the account")
    task_id = provenance_of(image.tags).get("importTask") or image.name
    if not images.is_imported_name(task_id):
        raise FunctionError(
            f"AMI {image_id} ({image.name}) names no import task: it has neither EC2's name import-ami-... nor the tag "
            "of pulumi-vmimport; set importTaskId"
        )
    return task_id


def _result(task: ImageImportDetails) -> GetImportImageTaskResult:
    return GetImportImageTaskResult(
        import_task_id=task.id,
        status=task.status,
        status_message=task.message,
        progress=task.progress,
        has_failed=task.has_failed,
        image_id=task.image_id,
        snapshots=tuple(map(_snapshot, task.disks)),
        license_type=task.license_type,
        usage_operation=task.usage_operation,
        license_configuration_arns=task.license_configuration_arns,
        platform=task.platform,
        architecture=task.architecture,
        boot_mode=task.boot_mode,
        hypervisor=task.hypervisor,
        description=task.description,
        encrypted=task.encrypted,
        kms_key_id=task.kms_key_id,
        tags=task.tags,
    )


def _snapshot(disk: DiskDetails) -> ImportTaskSnapshot:
    return ImportTaskSnapshot(**vars(disk))
