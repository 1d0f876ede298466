"""InstanceExport: an instance becomes an OVA or a disk image in S3, by way of CreateInstanceExportTask.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInstanceExportTask.html; requirements EXP-01,
EXP-03 to EXP-06.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NotRequired

import pulumi

from pulumi_vmimport.aws.ec2.export_options import FORMATS, ContainerFormat, ExportFormat, TargetEnvironment
from pulumi_vmimport.aws.ec2.export_tasks import INSTANCE_EXPORTS, ExportTask, start_instance_export
from pulumi_vmimport.aws.service_errors import error_message, is_passing
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.lifecycle.managed_resource import AwsScopeArgs, ManagedResource
from pulumi_vmimport.lifecycle.watching import LOOKS_BEFORE_GONE
from pulumi_vmimport.resources.ec2_tasks import export_rules
from pulumi_vmimport.resources.ec2_tasks import instance_export_rules as rules
from pulumi_vmimport.resources.ec2_tasks.export_lifecycle import ExportInputs, ExportLifecycle, ExportState

# As often as botocore asks where an operation has a token (connection.py).
_ATTEMPTS = 8


@dataclass(frozen=True, kw_only=True)
class InstanceExportInputs(ExportInputs):
    instance_id: str
    target_environment: TargetEnvironment
    disk_image_format: ExportFormat | None = None
    container_format: ContainerFormat | None = None


@dataclass(frozen=True, kw_only=True)
class InstanceExportState(InstanceExportInputs, ExportState):
    export_task_id: str | None = None


class InstanceExportLifecycle(ExportLifecycle[InstanceExportInputs, InstanceExportState]):
    inputs = InstanceExportInputs
    state = InstanceExportState
    tasks = INSTANCE_EXPORTS

    def check(self, inputs: InstanceExportInputs) -> Iterator[Problem]:
        return rules.check(inputs)

    def look_up(self, run: Run, inputs: InstanceExportInputs) -> Iterator[Problem]:
        return rules.look_up(run, inputs)

    def start(self, run: Run, inputs: InstanceExportInputs, token: str, tags: Mapping[str, str]) -> ExportTask:
        """Without a token a call whose answer was lost may not be repeated before the task was looked for."""
        export_rules.refuse_promised_bucket(run, inputs, rules.bucket_reasons)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return start_instance_export(run.aws, _members(inputs), tags)
            except Exception as error:
                if not is_passing(error) or attempt == _ATTEMPTS:
                    raise
                if found := self._started(run, inputs, error_message(error)):
                    return found
        raise AssertionError("the last attempt returns or raises")

    def begun(self, inputs: InstanceExportInputs, task: ExportTask) -> InstanceExportState:
        return InstanceExportState(**vars(inputs), export_task_id=task.id, task_status=task.status)

    def task_id(self, state: InstanceExportState) -> str:
        return str(state.export_task_id)

    def _started(self, run: Run, inputs: InstanceExportInputs, words: str) -> ExportTask | None:
        """The task that a call has started although it brought no answer."""
        wanted = run.identity.tags(inputs)
        for _ in range(LOOKS_BEFORE_GONE):
            for task in INSTANCE_EXPORTS.listed(run.aws):
                if wanted.items() <= task.tags.items() and not task.completed and not task.ending_badly:
                    return task
            run.status(f"looking whether the export task was started: {words}")
            run.wait(run.poll_seconds)
        return None


def _members(inputs: InstanceExportInputs) -> dict[str, Any]:
    disk_image_format = inputs.disk_image_format or FORMATS[inputs.target_environment]
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


class InstanceExportArgs(AwsScopeArgs):
    """The arguments of InstanceExport.

    A change of any but tags, retain_on_delete, timeout_minutes, profile and assume_role_arn exports anew.
    """

    instance_id: pulumi.Input[str]
    """The instance: imported or with software that AWS does not license, one disk and one network interface. It may
    reboot while it is exported."""
    target_environment: pulumi.Input[str]
    """vmware, citrix or microsoft."""
    disk_image_format: NotRequired[pulumi.Input[str]]
    """VMDK (stream-optimized) for vmware, VHD for citrix and microsoft. Default: the one of the environment."""
    container_format: NotRequired[pulumi.Input[str]]
    """ova: the disk with a description of the machine. Default: the disk alone."""
    s3_bucket: pulumi.Input[str]
    """The bucket, in the instance's Region and of this account, which lets VM Import/Export in: see ExportBucket."""
    s3_prefix: NotRequired[pulumi.Input[str]]
    """What the key begins with, as it stands: vms/ for a folder. Default: nothing."""
    description: NotRequired[pulumi.Input[str]]
    """A description of the task."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Leave the exported object in the bucket when the resource is deleted or replaced. Default: false."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the task; at most 45."""


class InstanceExport(ManagedResource, module="vmimport", name="InstanceExport"):
    """An OVA or a disk image in S3, made from an instance; the resource's id is the export task's.

    Created when the task has completed and the object is in the bucket. A run that is cancelled or killed is taken up
    by the next one. An object that was deleted by hand is exported anew. Deleting the resource cancels the task, or
    deletes the object. The API operation is CreateInstanceExportTask.
    """

    export_task_id: pulumi.Output[str]
    """The export task, export-i-...; EC2 lists it for seven days after its end."""
    s3_key: pulumi.Output[str]
    """The key of the object: the prefix, the task's id and an ending."""
    etag: pulumi.Output[str]
    """The object's entity tag; changes with its content."""
    size_bytes: pulumi.Output[int]
    """The size of the object."""
    task_status: pulumi.Output[str]
    """completed, or where a run that was interrupted left the task."""
    status_message: pulumi.Output[str | None]
    """EC2's last message for the task."""

    def __init__(self, name: str, args: InstanceExportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
