"""InstanceExport: exports an instance to an OVA or a disk image in S3 with CreateInstanceExportTask.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInstanceExportTask.html
"""

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.ec2.export_options import (
    ContainerFormat,
    ExportFormat,
    TargetEnvironment,
)
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import detected
from pulumi_vmimport.resources.allowed_values import ExportFormatValue
from pulumi_vmimport.resources.ec2_tasks.export_state import ExportInputs, ExportState


@dataclass(frozen=True, kw_only=True)
class InstanceExportInputs(ExportInputs):
    instance_id: str
    target_environment: TargetEnvironment
    disk_image_format: ExportFormat | None = detected()
    container_format: ContainerFormat | None = None


@dataclass(frozen=True, kw_only=True)
class InstanceExportState(InstanceExportInputs, ExportState):
    export_task_id: str | None = None


class InstanceExportArgs(AwsArgs):
    """The arguments of InstanceExport.

    Changes to tags, retain_on_delete, timeout_minutes, profile and assume_role_arn are applied in place. A change to
    any other argument replaces the exported object.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInstanceExportTask.html
    """

    instance_id: pulumi.Input[str]
    """The id of an instance with one volume and one network interface. It must not contain software that AWS licenses.
    The instance may reboot during the export."""
    target_environment: pulumi.Input[Literal["citrix", "vmware", "microsoft"]]
    """The target virtualization environment: `vmware`, `citrix` or `microsoft`."""
    disk_image_format: NotRequired[pulumi.Input[ExportFormatValue]]
    """The format of the disk: `VMDK` (stream-optimized) for `vmware`, `VHD` for `citrix` and `microsoft`. Default: the
    format of the target environment."""
    container_format: NotRequired[pulumi.Input[Literal["ova"]]]
    """`ova` to package the disk with an OVF descriptor. Default: the disk only."""
    s3_bucket: pulumi.Input[str]
    """The bucket to export to. It must be in the Region of the instance, belong to this account, and grant access to VM
    Import/Export in its ACL; ExportBucket creates such a bucket."""
    s3_prefix: NotRequired[pulumi.Input[str]]
    """The beginning of the object's key, such as `vms/`; at most 990 bytes. Default: none."""
    description: NotRequired[pulumi.Input[str]]
    """The description of the export task; at most 255 characters. Default: none."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the exported object in the bucket when the resource is deleted or replaced. Default: false."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """The tags of the export task; at most 40. Default: none."""


class InstanceExport(ManagedResource, module="vmimport", name="InstanceExport"):
    """An OVA or disk image in S3 that EC2's CreateInstanceExportTask creates.

    The resource id is the export task id. Creating the resource completes when the task has completed and the object
    exists. An interrupted run is resumed by the next one. If the object is deleted outside of Pulumi, the next `pulumi
    up --refresh` exports the instance again. Deleting the resource cancels a running task, or deletes the object.
    """

    _inputs_type = InstanceExportInputs
    _state_type = InstanceExportState

    export_task_id: pulumi.Output[str]
    """The id of the export task, `export-i-...`. EC2 lists a task for seven days after it ends."""
    s3_key: pulumi.Output[str]
    """The key of the object: the prefix, the task id and the extension of the format."""
    etag: pulumi.Output[str]
    """The entity tag (ETag) of the object."""
    size_bytes: pulumi.Output[int]
    """The size of the object, in bytes."""
    task_status: pulumi.Output[str]
    """`completed`, or the last recorded status of a task that an interrupted run left."""
    status_message: pulumi.Output[str | None]
    """The status message of the task, as EC2 reports it."""

    @overload
    def __init__(
        self, resource_name: str, args: InstanceExportArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[InstanceExportArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: InstanceExportArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
