"""The lifecycle of InstanceExport."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, ClassVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt

from pulumi_vmimport.aws.ec2 import ebs_snapshots, images, instances
from pulumi_vmimport.aws.ec2.export_options import (
    FORMAT_BY_ENVIRONMENT,
    ContainerFormat,
    ExportFormat,
    TargetEnvironment,
)
from pulumi_vmimport.aws.ec2.export_tasks import INSTANCE_EXPORTS, Ec2ExportTask, start_instance_export
from pulumi_vmimport.aws.ec2.instances import Instance
from pulumi_vmimport.aws.s3 import export_buckets
from pulumi_vmimport.aws.s3.export_grantees import CANONICAL_USER_IDS
from pulumi_vmimport.aws.service_errors import error_message, is_transient
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, Run, is_known
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE
from pulumi_vmimport.resources.ec2_tasks import export_rules
from pulumi_vmimport.resources.ec2_tasks.export_lifecycle import DESCRIBED_FOR_A_WEEK, ExportLifecycle
from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExportInputs, InstanceExportState
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.shown_value import shown_value

# The number of attempts that botocore makes for operations with a client token (aws/connection.py).
_ATTEMPTS = 8
_PATH = "instanceId"
_ALTERNATIVE = "create an AMI from the instance and export it with ExportImage"


class InstanceExportLifecycle(ExportLifecycle[InstanceExportInputs, InstanceExportState]):
    inputs_type = InstanceExportInputs
    state_type = InstanceExportState
    tasks = INSTANCE_EXPORTS
    id_prefix = "export-i-"
    unread_inputs: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("instanceId", "targetEnvironment", "description"), DESCRIBED_FOR_A_WEEK
    )
    local_inputs = frozenset({"retain_on_delete"})

    def check(self, inputs: InstanceExportInputs) -> Iterator[Problem]:
        format, environment = inputs.disk_image_format, inputs.target_environment
        if is_known(format, environment) and format is not None and format is not FORMAT_BY_ENVIRONMENT[environment]:
            yield Problem(
                "diskImageFormat",
                f"expected {FORMAT_BY_ENVIRONMENT[environment]} for targetEnvironment {environment}, got {format}",
            )
        yield from export_rules.check(inputs)

    def preflight(self, run: Run, inputs: InstanceExportInputs) -> Iterator[Problem]:
        if is_known(inputs.instance_id):
            with warn_on_aws_error(run, inputs.instance_id):
                yield from _instance_problems(run, inputs.instance_id)
        yield from export_rules.look_up_bucket(run, inputs, _bucket_reasons)

    def start_task(self, run: Run, inputs: InstanceExportInputs, token: str, tags: Mapping[str, str]) -> Ec2ExportTask:
        """Start a task. The operation has no client token, so a retry first looks for a task of a lost response."""
        export_rules.require_usable_bucket(run, inputs, _bucket_reasons)
        retrying = Retrying(
            retry=retry_if_exception(is_transient), stop=stop_after_attempt(_ATTEMPTS), sleep=run.wait, reraise=True
        )
        return retrying(lambda: self._start_or_find(run, inputs, tags))

    def initial_state(self, inputs: InstanceExportInputs, task: Ec2ExportTask) -> InstanceExportState:
        return InstanceExportState(**vars(inputs), export_task_id=task.id, task_status=task.status)

    def reported_inputs(self, state: InstanceExportState, task: Mapping[str, Any]) -> InstanceExportState:
        details, location = task.get("InstanceExportDetails", {}), task.get("ExportToS3Task", {})
        return replace(
            state,
            instance_id=details.get("InstanceId", UNKNOWN),
            target_environment=_member(TargetEnvironment, details.get("TargetEnvironment")),
            disk_image_format=_member(ExportFormat, location.get("DiskImageFormat")),
        )

    def of_object(self, state: InstanceExportState, task_id: str) -> InstanceExportState:
        extension = (state.s3_key or "").rpartition(".")[2]
        is_ova = extension.lower() == ContainerFormat.OVA.value
        format = state.disk_image_format
        if format is None:
            format = _member(ExportFormat, extension)
        container = ContainerFormat.OVA if is_ova else None
        return replace(state, export_task_id=task_id, disk_image_format=format, container_format=container)

    def task_id(self, state: InstanceExportState) -> str:
        return str(state.export_task_id)

    def _start_or_find(self, run: Run, inputs: InstanceExportInputs, tags: Mapping[str, str]) -> Ec2ExportTask:
        try:
            return start_instance_export(run.aws, _members(inputs), tags)
        except Exception as error:
            if is_transient(error) and (task := self._started_task(run, inputs, error_message(error))):
                return task
            raise

    def _started_task(self, run: Run, inputs: InstanceExportInputs, words: str) -> Ec2ExportTask | None:
        """The task that a call without a response started."""
        own_tags = run.identity.tags(inputs)
        for _ in range(POLLS_BEFORE_GONE):
            for task in INSTANCE_EXPORTS.list_all(run.aws):
                if own_tags.items() <= task.tags.items() and not task.completed and not task.is_failing:
                    return task
            run.status(f"checking whether EC2 started the export task: {words}")
            run.wait(run.poll_seconds)
        return None


def _member(of: type[StrEnum], value: str | None) -> Any:
    """The member of a closed set that accepts any case; UNKNOWN for another value."""
    return next((member for member in of if value is not None and member.lower() == value.lower()), UNKNOWN)


def _members(inputs: InstanceExportInputs) -> dict[str, Any]:
    disk_image_format = inputs.disk_image_format or FORMAT_BY_ENVIRONMENT[inputs.target_environment]
    members: dict[str, Any] = {
        "InstanceId": inputs.instance_id,
        "TargetEnvironment": inputs.target_environment.value,
        "ExportToS3Task": {"DiskImageFormat": disk_image_format.value, "S3Bucket": inputs.s3_bucket},
    }
    if inputs.container_format is not None:
        members["ExportToS3Task"]["ContainerFormat"] = inputs.container_format.value
    if inputs.s3_prefix is not None:
        members["ExportToS3Task"]["S3Prefix"] = inputs.s3_prefix
    if inputs.description is not None:
        members["Description"] = inputs.description
    return members


def _bucket_reasons(run: Run, bucket: str) -> Iterator[str]:
    """Why the bucket is unsuitable for an instance export, which writes with an account of AWS instead of a role."""
    yield from export_rules.bucket_reasons(run, bucket)
    with warn_on_aws_error(run, f"ACLs of bucket {bucket}"):
        if not export_buckets.has_acls_enabled(run.aws, bucket):
            yield (
                f"bucket {shown_value(bucket)} has ACLs disabled (BucketOwnerEnforced), expected "
                "BucketOwnerPreferred or "
                "ObjectWriter; create a bucket with ExportBucket"
            )
            return
    grantee = CANONICAL_USER_IDS.get(run.aws.region or "")
    if grantee is None:
        run.warn(f"grants of bucket {bucket} not checked: the VM Import/Export account of {run.aws.region} is unknown")
        return
    with warn_on_aws_error(run, f"grants of bucket {bucket}"):
        if missing := export_buckets.missing_grants(run.aws, bucket, grantee):
            yield (
                f"bucket {shown_value(bucket)} does not grant {' and '.join(missing)} to VM Import/Export in "
                f"{run.aws.region}; "
                f"grant it to canonical user id {grantee} in the bucket's ACL, or create a bucket with ExportBucket"
            )


def _instance_problems(run: Run, instance_id: str) -> Iterator[Problem]:
    instance = instances.find(run.aws, instance_id)
    if instance is None:
        if not run.supplied_by_resource(_PATH):
            yield Problem(
                _PATH, f"instance {shown_value(instance_id)} does not exist in {run.aws.region} or is terminated"
            )
        return
    subject = f"instance {shown_value(instance_id)}"
    yield from export_rules.license_problems(run, _PATH, subject, instance.platform_details, instance.product_codes)
    yield from _volume_problems(run, subject, instance)
    if instance.interface_count > 1:
        yield Problem(
            _PATH, f"{subject} has {instance.interface_count} network interfaces, expected one; detach the others"
        )
    yield from _base_image_problems(run, subject, instance.image_id)
    if instance.state == "running":
        run.warn(f"{subject} is running and may reboot during the export")


def _volume_problems(run: Run, subject: str, instance: Instance) -> Iterator[Problem]:
    if instance.root_device_type == "instance-store":
        yield Problem(_PATH, f"{subject} has an instance store root volume, expected an EBS root volume")
    else:
        with warn_on_aws_error(run, f"instance type of {subject}"):
            if instances.has_instance_store(run.aws, instance):
                yield Problem(
                    _PATH,
                    f"{subject} has instance store volumes because its type is {instance.instance_type}; stop it and "
                    f"change its type, or {_ALTERNATIVE}",
                )
    if len(instance.volumes) > 1:
        volumes = ", ".join(f"{volume.id} ({volume.device_name})" for volume in instance.volumes)
        yield Problem(
            _PATH,
            f"{subject} has {len(instance.volumes)} volumes ({volumes}), expected only the root volume; detach the "
            f"others, or {_ALTERNATIVE}, which does not export volumes attached after the launch",
        )
    for volume in instance.volumes:
        disk = f"volume {volume.id} ({volume.device_name}) of {subject}"
        yield from export_rules.disk_problems(_PATH, disk, volume.size_gib, encrypted=volume.encrypted)


def _base_image_problems(run: Run, subject: str, image_id: str) -> Iterator[Problem]:
    """EC2 requires the AMI that the instance was launched from, and its snapshots."""
    image = images.find(run.aws, image_id)
    base = f"AMI {shown_value(image_id)}, from which {subject} was launched,"
    if image is None:
        yield Problem(_PATH, f"{base} no longer exists; {_ALTERNATIVE}")
        return
    if image.owner_id != run.aws.account_id:
        # EC2: "The snapshot ID of the instance neither is owned by current user nor had been previously imported
        # through VMIE"; https://github.com/aws/aws-cli/issues/6779
        yield Problem(
            _PATH,
            f"{base} belongs to account {image.owner_id}, expected an AMI of account {run.aws.account_id}; "
            f"{_ALTERNATIVE}",
        )
        return
    stores = [disk.device_name for disk in image.disks if disk.is_instance_store]
    if stores:
        yield Problem(_PATH, f"{base} maps instance store volumes ({', '.join(stores)}); {_ALTERNATIVE}")
    if gone := set(image.snapshot_ids) - set(ebs_snapshots.find_existing(run.aws, image.snapshot_ids)):
        yield Problem(
            _PATH, f"snapshots {', '.join(sorted(gone))} of AMI {shown_value(image_id)} no longer exist; {_ALTERNATIVE}"
        )
    for disk in image.disks:
        if disk.encrypted:
            snapshot = f"snapshot {disk.snapshot_id} ({disk.device_name}) of AMI {shown_value(image_id)}"
            yield from export_rules.disk_problems(_PATH, snapshot, 0, encrypted=True)
