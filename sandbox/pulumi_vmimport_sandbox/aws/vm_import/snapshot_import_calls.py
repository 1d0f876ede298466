"""EC2 calls for snapshot imports, which moto lacks."""

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.vm_import.conversion_calls import ConversionCalls
from pulumi_vmimport_sandbox.aws.vm_import.snapshot_import_simulation import SimulatedSnapshotTask
from pulumi_vmimport_sandbox.aws.vm_import.snapshot_validation import accept_snapshot


class SnapshotCalls(ConversionCalls):
    """ImportSnapshot, DescribeImportSnapshotTasks."""

    def import_snapshot(self) -> ActionResult:
        request = self._request()
        task = self._task_of_token(SimulatedSnapshotTask, request)
        if task is None:
            tags = self._task_tags(SimulatedSnapshotTask, request)
            accepted = accept_snapshot(self.cloud, self.account_region, request)
            self.error_on_dryrun()
            self._require_import_quota()
            task = SimulatedSnapshotTask(
                id=SimulatedSnapshotTask.new_id(),
                request=request,
                source=accepted.source,
                capacity=accepted.capacity,
                format=accepted.format,
                started_at=self.cloud.now,
                failure=self.cloud.faults.next_import_failure() or accepted.failure,
                tags=tags,
            )
            self.cloud.tasks[self.account_region][task.id] = task
        self.error_on_dryrun()
        return ActionResult(self._describe(task))

    def describe_import_snapshot_tasks(self) -> ActionResult:
        return self._describe_page(SimulatedSnapshotTask, "ImportTaskIds", "ImportSnapshotTasks")
