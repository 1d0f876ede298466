"""The object that an export writes: nothing at first, then an upload, then the object or nothing."""

from pulumi_vmimport_sandbox.aws import stored_bucket
from pulumi_vmimport_sandbox.aws.cloud import Place
from pulumi_vmimport_sandbox.aws.conversion_task import Failure, Standing
from pulumi_vmimport_sandbox.aws.export_tasks import ExportTask
from pulumi_vmimport_sandbox.aws.pace import UPLOADING_PERCENT


def settle(place: Place, task: ExportTask, standing: Standing) -> None:
    """Bring S3 to where a task stands."""
    if standing.percent is not None:
        if standing.percent >= UPLOADING_PERCENT and task.upload_id is None:
            task.upload_id = stored_bucket.begin_upload(place, task.bucket, task.key)
        return
    if task.upload_id is not None and standing.status in {"completed", task.ending[1]}:
        stored_bucket.abort_upload(place, task.bucket, task.upload_id)
        task.upload_id = None
    if standing.status == "completed" and not task.is_written:
        # Of no disk, but the same at each export of a source to a key.
        data = f"{task.key.rpartition('.')[2]} of {task.source_id}, exported by the sandbox\n".encode()
        task.is_written = stored_bucket.put(place, task.bucket, task.key, data)
        if not task.is_written:  # text assumed
            task.failure = Failure(f"ClientError: The S3 bucket {task.bucket} cannot be written", 100)
