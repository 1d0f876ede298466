"""The lifecycle of ExportImage."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.ec2.export_options import ExportFormat
from pulumi_vmimport.aws.ec2.export_tasks import IMAGE_EXPORTS, Ec2ExportTask, is_image_busy, start_image_export
from pulumi_vmimport.aws.s3 import export_buckets
from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, Run, is_known
from pulumi_vmimport.resources.ec2_tasks import export_rules
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs, ExportImageState
from pulumi_vmimport.resources.ec2_tasks.export_lifecycle import DESCRIBED_FOR_A_WEEK, ExportLifecycle
from pulumi_vmimport.resources.rules import service_role_rules
from pulumi_vmimport.resources.rules.available_images import wait_until_available
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.rules.role_names import role_name_problems
from pulumi_vmimport.resources.rules.service_role_access import RequiredAccess
from pulumi_vmimport.shown_value import shown_value

_PATH = "imageId"


class ExportImageLifecycle(ExportLifecycle[ExportImageInputs, ExportImageState]):
    inputs_type = ExportImageInputs
    state_type = ExportImageState
    tasks = IMAGE_EXPORTS
    id_prefix = "export-ami-"
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "imageId": "EC2 does not report which AMI a task exported",
        "description": DESCRIBED_FOR_A_WEEK,
    }

    def check(self, inputs: ExportImageInputs) -> Iterator[Problem]:
        yield from role_name_problems(inputs.role_name)
        yield from export_rules.check(inputs)

    def preflight(self, run: Run, inputs: ExportImageInputs) -> Iterator[Problem]:
        if is_known(inputs.image_id):
            with warn_on_aws_error(run, inputs.image_id):
                yield from _image_problems(run, inputs.image_id)
        has_bucket = yield from export_rules.look_up_bucket(run, inputs, _bucket_reasons)
        if is_known(inputs.role_name) and not run.supplied_by_resource("roleName"):
            yield from _role_problems(run, inputs, with_bucket=has_bucket)

    def role_problems(self, run: Run, inputs: ExportImageInputs) -> Iterator[Problem]:
        return _role_problems(run, inputs, fresh=True)

    def start_task(self, run: Run, inputs: ExportImageInputs, token: str, tags: Mapping[str, str]) -> Ec2ExportTask:
        export_rules.require_usable_bucket(run, inputs, _bucket_reasons)
        wait_until_available(run, inputs.image_id)
        return start_image_export(run.aws, _members(inputs), token, tags)

    def may_retry(self, run: Run, inputs: ExportImageInputs, error: ClientError) -> bool:
        """Whether another export of the AMI is running; EC2 allows one at a time.

        DescribeExportImageTasks does not return the AMI, so any active task may be the other export.
        """
        if not is_image_busy(error):
            return False
        if all(task.status != "active" for task in IMAGE_EXPORTS.list_all(run.aws)):
            return False
        run.status(f"waiting for another export of {inputs.image_id} to end: {error_message(error)}")
        return True

    def initial_state(self, inputs: ExportImageInputs, task: Ec2ExportTask) -> ExportImageState:
        return ExportImageState(**vars(inputs), export_image_task_id=task.id, task_status=task.status)

    def reported_inputs(self, state: ExportImageState, task: Mapping[str, Any]) -> ExportImageState:
        return replace(state, image_id=task.get("ImageId", UNKNOWN))

    def of_object(self, state: ExportImageState, task_id: str) -> ExportImageState:
        extension = (state.s3_key or "").rpartition(".")[2].upper()
        format: Any = ExportFormat(extension) if extension in set(ExportFormat) else UNKNOWN
        return replace(state, export_image_task_id=task_id, disk_image_format=format)

    def task_id(self, state: ExportImageState) -> str:
        return str(state.export_image_task_id)


def _role_problems(
    run: Run, inputs: ExportImageInputs, *, with_bucket: bool = True, fresh: bool = False
) -> Iterator[Problem]:
    """Why the service role is insufficient. A bucket that does not exist says nothing about the role."""
    buckets = [inputs.s3_bucket] if with_bucket and is_known(inputs.s3_bucket) else []
    access = RequiredAccess(export_buckets=buckets)
    return service_role_rules.role_problems(run, inputs.role_name, access, fresh=fresh)


def _members(inputs: ExportImageInputs) -> dict[str, Any]:
    given = {
        "ImageId": inputs.image_id,
        "DiskImageFormat": inputs.disk_image_format.value,
        "Description": inputs.description,
        "RoleName": inputs.role_name,
    }
    location = {"S3Bucket": inputs.s3_bucket, "S3Prefix": inputs.s3_prefix}
    return {**_without_none(given), "S3ExportLocation": _without_none(location)}


def _without_none(members: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in members.items() if value is not None}


def _bucket_reasons(run: Run, bucket: str) -> Iterator[str]:
    """Why the bucket is unsuitable for an image export."""
    yield from export_rules.bucket_reasons(run, bucket)
    # The prerequisites exclude such a bucket for instance exports and do not mention it for image exports.
    with warn_on_aws_error(run, f"ACLs of bucket {bucket}"):
        if not export_buckets.has_acls_enabled(run.aws, bucket):
            run.warn(f"bucket {bucket} has ACLs disabled (BucketOwnerEnforced); EC2 may reject the export")


def _image_problems(run: Run, image_id: str) -> Iterator[Problem]:
    image = images.find(run.aws, image_id)
    if image is None:
        if not run.supplied_by_resource(_PATH):
            yield Problem(_PATH, f"AMI {shown_value(image_id)} does not exist in {run.aws.region}")
        return
    if image.owner_id != run.aws.account_id:
        yield Problem(
            _PATH,
            f"AMI {shown_value(image_id)} belongs to account {image.owner_id}, expected an AMI of account "
            f"{run.aws.account_id}; "
            "copy the AMI to your account and export the copy",
        )
    if image.state == "disabled":
        yield Problem(_PATH, f"AMI {shown_value(image_id)} is disabled, expected available; enable it with EnableImage")
    subject = f"AMI {shown_value(image_id)}"
    yield from export_rules.license_problems(run, _PATH, subject, image.platform_details, image.product_codes)
    for disk in image.disks:
        if disk.snapshot_id is not None:
            snapshot = f"snapshot {disk.snapshot_id} ({disk.device_name}) of {subject}"
            yield from export_rules.disk_problems(_PATH, snapshot, disk.size_gib, encrypted=disk.encrypted)
