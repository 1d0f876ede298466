"""getImportImageTask: an import task of EC2, as DescribeImportImageTasks returns it.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImportImageTasks.html,
API_ImportImageTask.html, API_SnapshotDetail.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Unpack

import pulumi

from pulumi_vmimport.functions.program_calls import CallScope, OutputCallScope, ProgramFunction
from pulumi_vmimport.lifecycle.function import AwsFunctionInputs


@dataclass(frozen=True, kw_only=True)
class GetImportImageTaskInputs(AwsFunctionInputs):
    """Exactly one of `import_task_id` and `image_id`."""

    import_task_id: str | None = None
    """The id of the task, `import-ami-...`. EC2 lists a task for seven days after it ends."""
    image_id: str | None = None
    """The id of an AMI that an import task created, or of the copy that ImportImage makes of it under `image_name`."""


@dataclass(frozen=True, kw_only=True)
class ImportTaskSnapshot:
    """The snapshot of one disk of an import task. EC2 adds the values while it converts the disk."""

    snapshot_id: str | None = None
    """The id of the snapshot."""
    device_name: str | None = None
    """The device name of the disk in the AMI, such as `/dev/sda1`."""
    disk_image_size_gib: float | None = None
    """The size of the disk image, in GiB."""
    format: str | None = None
    """The format of the disk image, such as `VMDK`."""
    status: str | None = None
    """The status of the snapshot, such as `active` or `completed`."""
    status_message: str | None = None
    """The status message of the snapshot."""
    progress: int | None = None
    """The progress of the conversion, in percent."""
    description: str | None = None
    """The description of the snapshot."""
    url: str | None = None
    """The URL of the disk image, without its query, which may be a credential."""
    bucket: str | None = None
    """The bucket of the disk image."""
    key: str | None = None
    """The key of the disk image in the bucket."""


@dataclass(frozen=True, kw_only=True)
class GetImportImageTaskResult:
    """An import task. Values that EC2 does not return are None."""

    import_task_id: str
    """The id of the task, `import-ami-...`."""
    status: str
    """The status, such as `active`, `completed`, `deleting` or `deleted`. A task that failed is `deleted`."""
    status_message: str | None = None
    """The status message, as EC2 reports it, such as `converting` or the cause of a failure."""
    progress: int | None = None
    """The progress, in percent."""
    has_failed: bool
    """Whether the task failed or was cancelled."""
    image_id: str | None = None
    """The id of the AMI, once the task has created it."""
    snapshots: tuple[ImportTaskSnapshot, ...] = ()
    """The snapshots of the disks."""
    license_type: str | None = None
    """The license type, `AWS` or `BYOL`."""
    usage_operation: str | None = None
    """The usage operation that the AMI is billed as."""
    license_configuration_arns: tuple[str, ...] = ()
    """The ARNs of the License Manager configurations."""
    platform: str | None = None
    """The platform, `Windows` or `Linux`."""
    architecture: str | None = None
    """The architecture, such as `x86_64`."""
    boot_mode: str | None = None
    """The boot mode, `legacy-bios` or `uefi`."""
    hypervisor: str | None = None
    """The hypervisor, `xen`."""
    description: str | None = None
    """The description of the task."""
    encrypted: bool | None = None
    """Whether the snapshots are encrypted."""
    kms_key_id: str | None = None
    """The KMS key of the encrypted snapshots."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The tags of the task."""


_FUNCTION = ProgramFunction(GetImportImageTaskInputs, GetImportImageTaskResult)


def get_import_image_task(
    *,
    import_task_id: str | None = None,
    image_id: str | None = None,
    opts: pulumi.InvokeOptions | None = None,
    **scope: Unpack[CallScope],
) -> GetImportImageTaskResult:
    """An import task of EC2: status, progress, snapshots and settings.

    Args:
        import_task_id: The id of the task, `import-ami-...`. EC2 lists a task for seven days after it ends.
        image_id: Instead, the id of an AMI that the task created, or of its copy under `image_name`.
        opts: Options of the call; `provider` may be an `aws.Provider`.
        **scope: `region`, `profile` and `assume_role_arn`. Default: those of the provider, else of the stack.

    Raises:
        FunctionCallError: the arguments are invalid, EC2 does not list the task, or AWS returns an error.
    """
    return _FUNCTION.call({"import_task_id": import_task_id, "image_id": image_id, **scope}, opts)


def get_import_image_task_output(
    *,
    import_task_id: pulumi.Input[str | None] = None,
    image_id: pulumi.Input[str | None] = None,
    opts: pulumi.InvokeOptions | None = None,
    **scope: Unpack[OutputCallScope],
) -> pulumi.Output[GetImportImageTaskResult]:
    """As `get_import_image_task`, for arguments that may be outputs. In preview the result may be unknown."""
    return _FUNCTION.call_output({"import_task_id": import_task_id, "image_id": image_id, **scope}, opts)
