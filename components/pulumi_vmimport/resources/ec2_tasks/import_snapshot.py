"""ImportSnapshot: a disk image in S3 becomes an EBS snapshot, nothing of it changed.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportSnapshot.html; requirements SNP-*.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NotRequired

import pulumi

from pulumi_vmimport.aws.ec2 import ebs_snapshots, ec2_tags
from pulumi_vmimport.aws.ec2.import_request import SNAPSHOT_MEMBERS, ClientData, SnapshotDiskContainer, api_members
from pulumi_vmimport.aws.ec2.import_tasks import SNAPSHOT_IMPORTS, SnapshotImportTask, start_snapshot_import
from pulumi_vmimport.disk.inspection.findings import Profile
from pulumi_vmimport.lifecycle.contract import Problem, Run, known
from pulumi_vmimport.lifecycle.identity import is_own_tag
from pulumi_vmimport.lifecycle.managed_resource import AwsScopeArgs, ManagedResource
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.lifecycle.scope import scope_problems
from pulumi_vmimport.resources.disk_container_args import ClientDataArgs, SnapshotDiskContainerArgs
from pulumi_vmimport.resources.ec2_tasks.conversion_lifecycle import (
    IMPORT_TURNS,
    ConversionInputs,
    ConversionLifecycle,
    ConversionState,
)
from pulumi_vmimport.resources.rules import disk_container_rules as disk_rules
from pulumi_vmimport.resources.rules import image_inspection
from pulumi_vmimport.resources.rules.encryption_rules import encryption_problems, key_of, look_up_key
from pulumi_vmimport.resources.rules.service_role_rules import role_name_problems, role_problems
from pulumi_vmimport.resources.rules.tag_rules import tag_problems


@dataclass(frozen=True, kw_only=True)
class ImportSnapshotInputs(ConversionInputs):
    disk_container: SnapshotDiskContainer
    client_data: ClientData | None = None
    description: str | None = None
    encrypted: bool | None = None
    ignored_findings: tuple[str, ...] | None = updatable()
    kms_key_id: str | None = None
    role_name: str | None = None
    source_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class ImportSnapshotState(ImportSnapshotInputs, ConversionState):
    import_task_id: str | None = None
    snapshot_id: str | None = None
    volume_size: int | None = None


class ImportSnapshotLifecycle(ConversionLifecycle[ImportSnapshotInputs, ImportSnapshotState, SnapshotImportTask]):
    inputs = ImportSnapshotInputs
    state = ImportSnapshotState
    tasks = SNAPSHOT_IMPORTS
    turns = IMPORT_TURNS

    def check(self, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
        if known(inputs.disk_container):
            yield from disk_rules.container_problems("diskContainer", inputs.disk_container)
        yield from image_inspection.ignored_problems(inputs.ignored_findings)
        yield from encryption_problems(inputs.encrypted, inputs.kms_key_id)
        yield from role_name_problems(inputs.role_name)
        yield from scope_problems(inputs)
        if known(inputs.tags):
            yield from tag_problems(inputs.tags)

    def look_up(self, run: Run, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
        problems = list(disk_rules.look_up_container(run, "diskContainer", "diskContainer", inputs.disk_container))
        yield from problems
        if not problems and not _is_inspected_later(run) and known(inputs.ignored_findings):
            yield from _findings(run, inputs)
        yield from look_up_key(run, inputs.kms_key_id)
        if known(inputs.role_name) and not run.promised("roleName"):
            yield from self.role_problems(run, inputs)

    def role_problems(self, run: Run, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
        buckets = disk_rules.buckets_of([inputs.disk_container])
        key = key_of(run, inputs.kms_key_id)
        yield from role_problems(run, inputs.role_name, import_buckets=buckets, kms_key_arns=[key.arn] if key else ())

    def inspection_problems(self, run: Run, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
        return _findings(run, inputs) if _is_inspected_later(run) else iter(())

    def start(self, run: Run, inputs: ImportSnapshotInputs, token: str, tags: Mapping[str, str]) -> SnapshotImportTask:
        return start_snapshot_import(run.aws, api_members(inputs, SNAPSHOT_MEMBERS), token, tags)

    def begun(self, inputs: ImportSnapshotInputs, task: SnapshotImportTask) -> ImportSnapshotState:
        return ImportSnapshotState(**vars(inputs), import_task_id=task.id, task_status=task.status)

    def observed(self, state: ImportSnapshotState, task: SnapshotImportTask) -> ImportSnapshotState:
        return replace(state, snapshot_id=task.snapshot_id)

    def is_made(self, state: ImportSnapshotState) -> bool:
        return state.snapshot_id is not None

    def is_there(self, run: Run, task: SnapshotImportTask) -> bool:
        return ebs_snapshots.find(run.aws, str(task.snapshot_id)) is not None

    def settle(self, run: Run, state: ImportSnapshotState) -> ImportSnapshotState:
        id = str(state.snapshot_id)
        ec2_tags.tag(run.aws, [id], {**(state.tags or {}), **run.identity.tags(self.inputs_of(state))})
        snapshot = ebs_snapshots.find(run.aws, id)
        return replace(state, volume_size=snapshot.volume_size) if snapshot else state

    def untag(self, run: Run, state: ImportSnapshotState, keys: Sequence[str]) -> None:
        if ebs_snapshots.find(run.aws, str(state.snapshot_id)) is not None:
            ec2_tags.untag(run.aws, [str(state.snapshot_id)], keys)

    def read_made(self, run: Run, state: ImportSnapshotState) -> ImportSnapshotState | None:
        snapshot = ebs_snapshots.find(run.aws, str(state.snapshot_id))
        if snapshot is None:
            return None
        tags = {k: v for k, v in snapshot.tags.items() if not is_own_tag(k)}
        own = tags if tags or state.tags is not None else None  # no tags and an empty map of them are the same
        return replace(state, tags=own, volume_size=snapshot.volume_size)

    def remove(self, run: Run, state: ImportSnapshotState) -> None:
        if state.snapshot_id is not None:
            ebs_snapshots.delete(run.aws, state.snapshot_id)


def _is_inspected_later(run: Run) -> bool:
    """Whether preview cannot look into the image, so that create has to."""
    return run.promised("diskContainer") or run.promised("ignoredFindings")


def _findings(run: Run, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
    purpose = image_inspection.Purpose(Profile.SNAPSHOT, inputs.ignored_findings or ())
    return image_inspection.container_findings(run, "diskContainer", inputs.disk_container, purpose)


class ImportSnapshotArgs(AwsScopeArgs):
    """The arguments of ImportSnapshot.

    A change of any but tags, ignored_findings, retain_on_delete, timeout_minutes, profile and assume_role_arn replaces
    the snapshot.
    """

    disk_container: pulumi.Input[SnapshotDiskContainerArgs]
    """The disk: one VHD, VMDK or raw image, never an OVA."""
    client_data: NotRequired[pulumi.Input[ClientDataArgs]]
    """What you tell about the upload."""
    description: NotRequired[pulumi.Input[str]]
    """A description of the task; EC2 writes that of the snapshot."""
    encrypted: NotRequired[pulumi.Input[bool]]
    """Encrypt the snapshot. Default: as the account's EBS default says, else false."""
    ignored_findings: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Rules of docs/inspect.md, such as `vmdk-no-end-of-stream`, whose findings do not count for this image, where you
    know better. Default: none; an error that a look into the image shows fails the preview."""
    kms_key_id: NotRequired[pulumi.Input[str]]
    """A symmetric key of the Region, enabled throughout; needs encrypted. Default: the account's default EBS key."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Leave the snapshot in the account when the resource is deleted. Default: false."""
    role_name: NotRequired[pulumi.Input[str]]
    """The service role. Default: vmimport."""
    source_hash: NotRequired[pulumi.Input[str]]
    """Anything that changes when the content of the object does, such as a checksum; a change imports anew."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the task and the snapshot; at most 45."""


class ImportSnapshot(ManagedResource, module="vmimport", name="ImportSnapshot"):
    """An EBS snapshot made by EC2's ImportSnapshot from one disk image in S3; the resource's id is the import task's.

    Created when the task has completed and the snapshot carries the tags. A run that is cancelled or killed is taken
    up by the next one: a task is never started twice for the same inputs. Deleting it cancels the task, or deletes the
    snapshot. For a disk that boots Windows take ImportImage; docs/snapshots.md says which way is right when.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportSnapshot.html
    """

    import_task_id: pulumi.Output[str]
    """The import task, import-snap-...; EC2 lists it for seven days after its end."""
    snapshot_id: pulumi.Output[str]
    """The snapshot. The volume it names never existed (SNP-04)."""
    volume_size: pulumi.Output[int]
    """The size of a volume made from it, in GiB."""
    task_status: pulumi.Output[str]
    """completed, or where a run that was interrupted left the task."""
    status_message: pulumi.Output[str | None]
    """EC2's last message for the task."""

    def __init__(self, name: str, args: ImportSnapshotArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
