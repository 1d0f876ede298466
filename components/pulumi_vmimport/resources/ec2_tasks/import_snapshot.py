"""ImportSnapshot: imports a disk image in S3 as an EBS snapshot without changing the guest.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportSnapshot.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.ec2.import_request import ClientData, SnapshotDiskContainer
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import detected, nested, updatable
from pulumi_vmimport.resources.disk_container_args import ClientDataArgs, SnapshotDiskContainerArgs
from pulumi_vmimport.resources.disk_container_spelling import same_container
from pulumi_vmimport.resources.disk_url import DISK_URL
from pulumi_vmimport.resources.ec2_tasks.conversion_state import ConversionInputs, ConversionState
from pulumi_vmimport.resources.input_spellings import same_key


@dataclass(frozen=True, kw_only=True)
class ImportSnapshotInputs(ConversionInputs):
    disk_container: SnapshotDiskContainer = nested(same=same_container, url=DISK_URL)
    client_data: ClientData | None = None
    description: str | None = None
    encrypted: bool | None = detected()
    ignored_findings: tuple[str, ...] | None = updatable()
    kms_key_id: str | None = detected(same_key)
    role_name: str | None = updatable(in_digest=True)
    source_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class ImportSnapshotState(ImportSnapshotInputs, ConversionState):
    import_task_id: str | None = None
    snapshot_id: str | None = None
    volume_size: int | None = None
    provenance: Mapping[str, str] | None = None


class ImportSnapshotArgs(AwsArgs):
    """The arguments of ImportSnapshot.

    Changes to tags, ignored_findings, role_name, retain_on_delete, timeout_minutes, profile and assume_role_arn are
    applied in place. A change to any other argument replaces the snapshot; the removal of encrypted or kms_key_id
    changes nothing.
    """

    disk_container: pulumi.Input[SnapshotDiskContainerArgs]
    """The disk to import: one VHD, VMDK or raw image. An OVA is not supported."""
    client_data: NotRequired[pulumi.Input[ClientDataArgs]]
    """Optional metadata about the upload (EC2 ClientData)."""
    description: NotRequired[pulumi.Input[str]]
    """The description of the import task. EC2 sets the description of the snapshot. Default: none."""
    encrypted: NotRequired[pulumi.Input[bool]]
    """Whether to encrypt the snapshot. Default: the Region's EBS encryption-by-default setting."""
    ignored_findings: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Ids of rules in docs/inspect.md, such as `vmdk-no-end-of-stream`, whose findings to ignore for this image.
    Default: none; a finding of severity `error` fails the preview."""
    kms_key_id: NotRequired[pulumi.Input[str]]
    """The id, ARN or alias of a symmetric KMS key in the Region. The key must stay enabled until the task ends.
    Requires `encrypted`. Default: the account's default KMS key for EBS."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the snapshot when the resource is deleted or replaced. Default: false."""
    role_name: NotRequired[pulumi.Input[str]]
    """The name of the service role that VM Import/Export assumes. Default: `vmimport`."""
    source_hash: NotRequired[pulumi.Input[str]]
    """Any value that changes with the content of the disk image, such as a checksum. A change replaces the snapshot.
    Default: derived from the ETag of the object, or from the ETag or modification time behind an https URL."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """The tags of the task and the snapshot; at most 40. Default: none."""


class ImportSnapshot(ManagedResource, module="vmimport", name="ImportSnapshot"):
    """An EBS snapshot that EC2's ImportSnapshot creates from one disk image in S3.

    The resource id is the import task id. Creating the resource completes when the task has completed and the snapshot
    is tagged. An interrupted run is resumed by the next one, and the same inputs never start a second task. A failed
    task fails the create with EC2's status message, the cause and the remedy. Deleting the resource cancels a running
    task, or deletes the snapshot. Use ImportImage for a disk that boots Windows; docs/snapshots.md compares the
    resources.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportSnapshot.html
    """

    _inputs_type = ImportSnapshotInputs
    _state_type = ImportSnapshotState

    import_task_id: pulumi.Output[str]
    """The id of the import task, `import-snap-...`. EC2 lists a task for seven days after it ends."""
    snapshot_id: pulumi.Output[str]
    """The id of the snapshot. The volume id that EC2 reports for it is arbitrary."""
    volume_size: pulumi.Output[int]
    """The size of a volume created from the snapshot, in GiB."""
    provenance: pulumi.Output[dict[str, str] | None]
    """Where the snapshot comes from, as its tags say too: see output `provenance` of ImportImage."""
    task_status: pulumi.Output[str]
    """`completed`, or the last recorded status of a task that an interrupted run left."""
    status_message: pulumi.Output[str | None]
    """The status message of the task, as EC2 reports it."""

    @overload
    def __init__(
        self, resource_name: str, args: ImportSnapshotArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[ImportSnapshotArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ImportSnapshotArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
