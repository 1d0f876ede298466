"""The lifecycle of ImportVmImage."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pulumi_vmimport.aws.ec2 import images, import_tasks
from pulumi_vmimport.aws.ec2.import_tasks import ImageImportTask
from pulumi_vmimport.aws.image_builder import builder_images, image_imports
from pulumi_vmimport.aws.image_builder.builder_images import BuilderImage
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, Run, is_known, is_set
from pulumi_vmimport.resources.image_builder.image_import_lifecycle import ImageImportLifecycle
from pulumi_vmimport.resources.image_builder.image_import_rules import common_members
from pulumi_vmimport.resources.image_builder.import_vm_image import (
    ImagePlatform,
    ImportVmImageInputs,
    ImportVmImageState,
)
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.shown_value import shown_value

_TASK_ID = re.compile(r"import-ami-([a-zA-Z0-9]{8}|[a-zA-Z0-9]{17})")
_WINDOWS_CLIENT = re.compile(r"\bWindows (10|11)\b", re.IGNORECASE)
_LICENSE = "BYOL"


class ImportVmImageLifecycle(ImageImportLifecycle[ImportVmImageInputs, ImportVmImageState]):
    inputs_type = ImportVmImageInputs
    state_type = ImportVmImageState
    build_type = builder_images.VM_IMPORT
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "vmImportTaskId": "Image Builder does not report it, and the AMI has another name than that of an import task"
    }

    def check(self, inputs: ImportVmImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        task_id = inputs.vm_import_task_id
        if is_known(task_id) and not _TASK_ID.fullmatch(task_id):
            expected = "import-ami- and 8 or 17 letters and digits"
            yield Problem("vmImportTaskId", f"expected {expected}, got {shown_value(task_id)}")
        if is_set(inputs.os_version) and not inputs.os_version:
            yield Problem("osVersion", "expected at least 1 character, got 0; remove it for none")

    def preflight(self, run: Run, inputs: ImportVmImageInputs) -> Iterator[Problem]:
        task_id = inputs.vm_import_task_id
        if not is_known(task_id) or not _TASK_ID.fullmatch(task_id):
            return
        with warn_on_aws_error(run, f"import task {task_id}"):
            task = import_tasks.IMAGE_IMPORTS.find(run.aws, task_id)
            if task is not None:
                yield from _task_problems(run, task, inputs)
            elif not run.supplied_by_resource("vmImportTaskId"):
                where = f"there is no import task {task_id} in {run.aws.region}"
                yield Problem("vmImportTaskId", f"{where}; EC2 lists a task for seven days after it ends")

    def reported_inputs(self, run: Run, image: BuilderImage) -> Mapping[str, Any]:
        own = image.own_amis.get(run.aws.region or "", [])
        ami = images.find(run.aws, own[0]) if own else None
        platform = ImagePlatform(image.platform) if image.platform in set(ImagePlatform) else UNKNOWN
        task_id = ami.name if ami is not None and images.is_imported_name(ami.name) else UNKNOWN
        return {"platform": platform, "os_version": image.os_version or UNKNOWN, "vm_import_task_id": task_id}

    def request(self, inputs: ImportVmImageInputs) -> Mapping[str, Any]:
        return {**common_members(inputs), "vmImportTaskId": inputs.vm_import_task_id}

    def start(self, run: Run, inputs: ImportVmImageInputs, token: str, tags: Mapping[str, str]) -> str:
        return image_imports.import_vm_image(run.aws, self.request(inputs), token, tags)

    def remove(self, run: Run, image: BuilderImage, inputs: ImportVmImageInputs) -> None:
        del inputs
        builder_images.delete(run.aws, image.arn)

    def left(self, inputs: ImportVmImageInputs) -> str:
        return f"import task {inputs.vm_import_task_id} and its AMI are unchanged"


def _task_problems(run: Run, task: ImageImportTask, inputs: ImportVmImageInputs) -> Iterator[Problem]:
    if task.is_failing:
        yield Problem("vmImportTaskId", f"import task {task.id} is {task.status}: {task.message or 'no message'}")
        return
    if task.image_id is not None and images.find(run.aws, task.image_id) is None:
        yield Problem("vmImportTaskId", f"AMI {task.image_id} of import task {task.id} no longer exists")
    if is_known(inputs.platform) and task.platform not in {None, inputs.platform}:
        yield Problem(
            "platform", f"expected {task.platform}, the platform of import task {task.id}, got {inputs.platform}"
        )
    is_client = is_set(inputs.os_version) and _WINDOWS_CLIENT.search(inputs.os_version) is not None
    if is_client and task.license_type not in {None, _LICENSE}:
        yield Problem(
            "vmImportTaskId",
            f"{inputs.os_version} requires a task with license type {_LICENSE}, {task.id} has {task.license_type}",
        )
