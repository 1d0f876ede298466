"""EC2 calls for image imports, which moto lacks."""

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.vm_import.conversion_calls import ConversionCalls
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import SimulatedImportTask
from pulumi_vmimport_sandbox.aws.vm_import.import_validation import accept_import
from pulumi_vmimport_sandbox.aws.vm_import.snapshot_import_simulation import SimulatedSnapshotTask


class ImportCalls(ConversionCalls):
    """ImportImage, DescribeImportImageTasks, and CancelImportTask for images and snapshots."""

    def import_image(self) -> ActionResult:
        request = self._request()
        task = self._task_of_token(SimulatedImportTask, request)
        if task is None:
            tags = self._task_tags(SimulatedImportTask, request)
            accepted = accept_import(self.cloud, self.account_region, request, self._snapshot_size)
            self.error_on_dryrun()
            self._require_import_quota()
            task = SimulatedImportTask(
                id=SimulatedImportTask.new_id(),
                request=request,
                containers=accepted.containers,
                guest=accepted.guest,
                license=accepted.license,
                started_at=self.cloud.now,
                failure=self.cloud.faults.next_import_failure() or accepted.failure,
                tags=tags,
            )
            self.cloud.tasks[self.account_region][task.id] = task
        self.error_on_dryrun()
        return ActionResult(self._describe(task))

    def describe_import_image_tasks(self) -> ActionResult:
        return self._describe_page(SimulatedImportTask, "ImportTaskIds", "ImportImageTasks")

    def cancel_import_task(self) -> ActionResult:
        task_id = self._get_param("ImportTaskId") or ""
        task = self._task(
            SimulatedSnapshotTask if task_id.startswith(SimulatedSnapshotTask.id_prefix) else SimulatedImportTask,
            task_id,
        )
        self.error_on_dryrun()
        status = self.cloud.status(task)
        if status != "active":  # code and text assumed
            raise ServiceError("IncorrectState", f"The import task {task.id} cannot be canceled: it is {status}")
        task.cancelled_at = self.cloud.now
        shown = {"ImportTaskId": task.id, "PreviousState": status, "State": self.cloud.status(task)}
        return ActionResult(shown)

    def _snapshot_size(self, snapshot_id: str) -> int:
        return int(self.ec2_backend.describe_snapshots(snapshot_ids=[snapshot_id])[0].volume.size)
