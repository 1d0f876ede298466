"""EC2's calls for imports of images, which moto lacks."""

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.conversion_calls import ConversionCalls
from pulumi_vmimport_sandbox.aws.import_request import accept
from pulumi_vmimport_sandbox.aws.import_tasks import ImportTask
from pulumi_vmimport_sandbox.aws.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.snapshot_tasks import SnapshotTask


class ImportCalls(ConversionCalls):
    """ImportImage, DescribeImportImageTasks, and CancelImportTask for images and snapshots."""

    def import_image(self) -> ActionResult:
        request = self._request()
        task = self._task_of_token(ImportTask, request)
        if task is None:
            tags = self._task_tags(ImportTask, request)
            accepted = accept(self.cloud, self.place, request, self._snapshot_size)
            self.error_on_dryrun()
            self._require_import_quota()
            task = ImportTask(
                id=ImportTask.new_id(),
                request=request,
                containers=accepted.containers,
                guest=accepted.guest,
                licence=accepted.licence,
                started_at=self.cloud.now,
                failure=self.cloud.faults.next_import_failure() or accepted.failure,
                tags=tags,
            )
            self.cloud.tasks[self.place][task.id] = task
        self.error_on_dryrun()
        return ActionResult(self._described(task))

    def describe_import_image_tasks(self) -> ActionResult:
        return self._described_page(ImportTask, "ImportTaskIds", "ImportImageTasks")

    def cancel_import_task(self) -> ActionResult:
        task_id = self._get_param("ImportTaskId") or ""
        task = self._task(SnapshotTask if task_id.startswith(SnapshotTask.id_prefix) else ImportTask, task_id)
        self.error_on_dryrun()
        status = self.cloud.status(task)
        if status != "active":  # code and text assumed
            raise ServiceError("IncorrectState", f"The import task {task.id} cannot be canceled: it is {status}")
        task.cancelled_at = self.cloud.now
        shown = {"ImportTaskId": task.id, "PreviousState": status, "State": self.cloud.status(task)}
        return ActionResult(shown)

    def _snapshot_size(self, snapshot_id: str) -> int:
        return int(self.ec2_backend.describe_snapshots(snapshot_ids=[snapshot_id])[0].volume.size)
