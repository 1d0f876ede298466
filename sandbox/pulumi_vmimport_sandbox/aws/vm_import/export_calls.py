"""EC2 export calls, which moto lacks."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import InvalidAMIIdError, InvalidInstanceIdError

from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.core.simulation_settings import TRANSFERRING_PERCENT
from pulumi_vmimport_sandbox.aws.ec2.image_sharing import find_image
from pulumi_vmimport_sandbox.aws.vm_import.conversion_calls import ConversionCalls
from pulumi_vmimport_sandbox.aws.vm_import.export_simulation import (
    ImageExportTask,
    InstanceExportTask,
    SimulatedExportTask,
)
from pulumi_vmimport_sandbox.aws.vm_import.export_validation import accept_image_export, accept_instance_export


class ExportCalls(ConversionCalls):
    """ExportImage, CreateInstanceExportTask, the Describe calls of both, and CancelExportTask."""

    def export_image(self) -> ActionResult:
        request = self._request()
        task = self._task_of_token(ImageExportTask, request)
        if task is None:
            tags = self._task_tags(ImageExportTask, request)
            task_id, image = ImageExportTask.new_id(), self._image_of(request["ImageId"])
            key = accept_image_export(self.cloud, self.account_region, request, image, task_id)
            self._require_no_other(image.id)
            self.error_on_dryrun()
            self._require_export_quota()
            task = ImageExportTask(
                id=task_id,
                request=request,
                source_id=image.id,
                bucket=request["S3ExportLocation"]["S3Bucket"],
                key=key,
                started_at=self.cloud.now,
                failure=self.cloud.faults.next_export_failure(),
                tags=tags,
            )
            self.cloud.tasks[self.account_region][task.id] = task
        self.error_on_dryrun()
        return ActionResult(task.answer(self.cloud.now, self.cloud.settings))

    def describe_export_image_tasks(self) -> ActionResult:
        return self._describe_page(ImageExportTask, "ExportImageTaskIds", "ExportImageTasks")

    def create_instance_export_task(self) -> ActionResult:
        request = self._request()
        tags = self._task_tags(InstanceExportTask, request)
        task_id, instance = InstanceExportTask.new_id(), self._instance_of(request["InstanceId"])
        form, key = accept_instance_export(self.account_region, request, instance, task_id)
        self._require_export_quota()
        task = InstanceExportTask(
            id=task_id,
            request=request,
            source_id=instance.id,
            bucket=request["ExportToS3Task"]["S3Bucket"],
            key=key,
            disk_image_format=form,
            started_at=self.cloud.now,
            failure=self.cloud.faults.next_export_failure(),
            tags=tags,
        )
        self.cloud.tasks[self.account_region][task.id] = task
        return ActionResult({"ExportTask": self._describe(task)})

    def describe_export_tasks(self) -> ActionResult:
        chosen = self._chosen(InstanceExportTask, self._get_param("ExportTaskIds") or [])
        return ActionResult({"ExportTasks": [self._describe(task) for task in chosen]})

    def cancel_export_task(self) -> EmptyResult:
        task_id = self._get_param("ExportTaskId") or ""
        of_image = task_id.startswith(ImageExportTask.id_prefix)
        task: SimulatedExportTask = self._task(ImageExportTask if of_image else InstanceExportTask, task_id)
        task_status = task.status_at(self.cloud.now, self.cloud.settings)
        why = None if task_status.percent is not None else f"it is {task_status.status}"
        if (task_status.percent or 0) >= TRANSFERRING_PERCENT:
            why = "it is transferring the final disk image"
        if why:  # code and text assumed
            raise ServiceError("IncorrectState", f"The export task {task.id} cannot be canceled: {why}")
        task.cancelled_at = self.cloud.now
        return EmptyResult()

    def _require_export_quota(self) -> None:
        active = self._active((SimulatedExportTask,))
        if active >= self.cloud.settings.active_export_quota:  # text assumed
            text = f"You have {active} active export tasks; the limit is {self.cloud.settings.active_export_quota}."
            raise ServiceError(self.cloud.settings.quota_error_code, text)

    def _require_no_other(self, image_id: str) -> None:
        for task in self._listed(ImageExportTask):
            if task.source_id == image_id and self.cloud.status(task) == "active":  # code and text assumed
                raise ServiceError("IncorrectState", f"The image {image_id} is being exported by {task.id} already")

    def _image_of(self, image_id: str) -> Any:
        image = find_image(self.ec2_backend, self.account_region, image_id)
        if image is None:
            raise InvalidAMIIdError([image_id])
        return image

    def _instance_of(self, instance_id: str) -> Any:
        instance = self.ec2_backend.get_instance_by_id(instance_id)
        if instance is None or instance.state == "terminated":
            raise InvalidInstanceIdError([instance_id])
        return instance
