"""ExportImage: exports an AMI to a disk image in S3.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ExportImage.html
"""

from dataclasses import dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.ec2.export_options import ExportFormat
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.allowed_values import ExportFormatValue
from pulumi_vmimport.resources.ec2_tasks.export_state import ExportInputs, ExportState


@dataclass(frozen=True, kw_only=True)
class ExportImageInputs(ExportInputs):
    image_id: str
    disk_image_format: ExportFormat
    role_name: str | None = updatable(in_digest=True)


@dataclass(frozen=True, kw_only=True)
class ExportImageState(ExportImageInputs, ExportState):
    export_image_task_id: str | None = None


class ExportImageArgs(AwsArgs):
    """The arguments of ExportImage.

    Changes to tags, role_name, retain_on_delete, timeout_minutes, profile and assume_role_arn are applied in place. A
    change to any other argument replaces the disk image.
    """

    image_id: pulumi.Input[str]
    """The id of an AMI that this account owns. It must not be encrypted and must not contain software that AWS
    licenses."""
    disk_image_format: pulumi.Input[ExportFormatValue]
    """The format of the disk image: `VMDK` (stream-optimized), `RAW` or `VHD`."""
    s3_bucket: pulumi.Input[str]
    """The bucket to export to. It must be in the Region of the AMI, belong to this account, and not use SSE-KMS."""
    s3_prefix: NotRequired[pulumi.Input[str]]
    """The beginning of the object's key, such as `exports/`; at most 990 bytes. Default: none."""
    description: NotRequired[pulumi.Input[str]]
    """The description of the export task; at most 255 characters. Default: none."""
    role_name: NotRequired[pulumi.Input[str]]
    """The name of the service role that VM Import/Export assumes. It must have write access to the bucket. Default:
    `vmimport`."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the disk image in the bucket when the resource is deleted or replaced. Default: false."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """The tags of the export task; at most 40. Default: none."""


class ExportImage(ManagedResource, module="vmimport", name="ExportImage"):
    """A disk image in S3 that EC2's ExportImage creates from an AMI.

    The resource id is the export task id. Creating the resource completes when the task has completed and the object
    exists. An interrupted run is resumed by the next one. A second export of the same AMI waits for the first one. If
    the object is deleted outside of Pulumi, the next `pulumi up --refresh` exports the AMI again. Deleting the resource
    cancels a running task, or deletes the object.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ExportImage.html
    """

    _inputs_type = ExportImageInputs
    _state_type = ExportImageState

    export_image_task_id: pulumi.Output[str]
    """The id of the export task, `export-ami-...`. EC2 lists a task for seven days after it ends."""
    s3_key: pulumi.Output[str]
    """The key of the disk image: the prefix, the task id and the extension of the format."""
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
        self, resource_name: str, args: ExportImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[ExportImageArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ExportImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
