"""The object of an export: a multipart upload during the export, then the object or, on failure, nothing."""

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.conversion_task import TaskFailure, TaskStatus
from pulumi_vmimport_sandbox.aws.core.simulation_settings import UPLOADING_PERCENT
from pulumi_vmimport_sandbox.aws.s3 import s3_buckets
from pulumi_vmimport_sandbox.aws.vm_import.export_simulation import SimulatedExportTask


def update_object(account_region: AccountRegion, task: SimulatedExportTask, task_status: TaskStatus) -> None:
    """Update S3 according to the status of a task."""
    if task_status.percent is not None:
        if task_status.percent >= UPLOADING_PERCENT and task.upload_id is None:
            task.upload_id = s3_buckets.start_upload(account_region, task.bucket, task.key)
        return
    if task.upload_id is not None and task_status.status in {"completed", task.ending[1]}:
        s3_buckets.abort_upload(account_region, task.bucket, task.upload_id)
        task.upload_id = None
    if task_status.status == "completed" and not task.is_written:
        # Not a disk image; deterministic for a source and a key.
        data = f"{task.key.rpartition('.')[2]} of {task.source_id}, exported by the sandbox\n".encode()
        task.is_written = s3_buckets.put(account_region, task.bucket, task.key, data)
        if not task.is_written:  # text assumed
            task.failure = TaskFailure(f"ClientError: The S3 bucket {task.bucket} cannot be written", 100)
