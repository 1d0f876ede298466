"""DirectSnapshot: writes a disk image to an EBS snapshot with the EBS direct APIs, byte for byte.

Source: https://docs.aws.amazon.com/ebs/latest/userguide/writesnapshots.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.ec2 import ebs_direct, ebs_snapshots, ec2_tags
from pulumi_vmimport.aws.ec2.ebs_snapshots import EbsSnapshot
from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.image_format import open_image
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Lifecycle,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.identity import OWN_TAGS, TAG_PREFIX, completion_tag
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.direct_snapshot.block_writer import BlockWriter
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot_inputs import DirectSnapshotInputs, DirectSnapshotState
from pulumi_vmimport.resources.direct_snapshot.pending_snapshot import SOURCE_TAG, find_or_start
from pulumi_vmimport.resources.direct_snapshot.snapshot_source import (
    ImageSource,
    content_problems,
    file_fingerprint,
    look_up_source,
    open_source,
    source_problems,
    source_version,
    volume_size,
)
from pulumi_vmimport.resources.disk_container_args import UserBucketArgs
from pulumi_vmimport.resources.rules.encryption_rules import encryption_problems
from pulumi_vmimport.resources.rules.tag_rules import MOST_TAGS, tag_problems, user_tags
from pulumi_vmimport.transfer.transfer_errors import TransferError

_SEAL_TAG = f"{TAG_PREFIX}seal"
_OWN_TAGS = (*OWN_TAGS, SOURCE_TAG, _SEAL_TAG)
_DESCRIPTION_LENGTH = 255  # https://docs.aws.amazon.com/ebs/latest/APIReference/API_StartSnapshot.html
# EBS rejects CompleteSnapshot if the checksum is wrong, or if an earlier call has sealed the snapshot. Half an hour at
# the default polling interval shows which.
_POLLS_AFTER_REJECTION = 120


class DirectSnapshotLifecycle(Lifecycle[DirectSnapshotInputs, DirectSnapshotState]):
    inputs_type = DirectSnapshotInputs
    state_type = DirectSnapshotState
    condition_output = "status"

    def check(self, inputs: DirectSnapshotInputs) -> Iterator[Problem]:
        yield from source_problems(inputs)
        description = inputs.description
        if is_known(description) and description is not None and not 1 <= len(description) <= _DESCRIPTION_LENGTH:
            yield Problem("description", f"expected 1 to {_DESCRIPTION_LENGTH} characters, got {len(description)}")
        yield from encryption_problems(inputs.encrypted, inputs.kms_key_arn, "kmsKeyArn")
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags, most=MOST_TAGS - len(_OWN_TAGS) + len(OWN_TAGS))

    def preflight(self, run: Run, inputs: DirectSnapshotInputs) -> Iterator[Problem]:
        return look_up_source(run, inputs)

    def source_version(self, run: Run, inputs: DirectSnapshotInputs) -> str | None:
        return source_version(run, inputs)

    def create(self, run: Run, inputs: DirectSnapshotInputs) -> Created[DirectSnapshotState]:
        try:
            with open_source(run, inputs) as image:
                disk = open_image(image, inputs.format)
                if problems := [problem.reason for problem in content_problems("file", inputs, disk)]:
                    raise CleanFailureError("; ".join(problems))
                size = volume_size(inputs, disk)
                snapshot = find_or_start(run, inputs, image.identity, size)
                state = DirectSnapshotState(
                    **vars(inputs),
                    snapshot_id=snapshot.id,
                    status="pending",
                    capacity_bytes=disk.capacity_bytes,
                    volume_size_gib=size,
                    source_identity=image.identity,
                )
                run.record(snapshot.id, state)
                written = self._write(run, state, snapshot, image, disk)
                return Created(snapshot.id, self._apply_tags(run, written, completion_tag()))
        except (DiskImageError, TransferError) as error:
            raise CleanFailureError(f"{error}; no snapshot was started") from error

    def read(self, run: Run, id: str, state: DirectSnapshotState) -> DirectSnapshotState | None:
        snapshot = ebs_snapshots.find(run.aws, id)
        if snapshot is None:
            return None
        status = "error" if snapshot.state == "error" else state.status
        return replace(state, tags=user_tags(snapshot.tags, state.tags), status=status)

    def read_existing(self, run: Run, id: str, state: DirectSnapshotState) -> DirectSnapshotState | None:
        snapshot = ebs_snapshots.find(run.aws, id)
        if snapshot is None:
            return None
        found = replace(state, snapshot_id=id, status=snapshot.state, volume_size_gib=snapshot.volume_size)
        return replace(found, tags=user_tags(snapshot.tags, None), encrypted=snapshot.encrypted)

    def update(
        self, run: Run, id: str, state: DirectSnapshotState, inputs: DirectSnapshotInputs
    ) -> DirectSnapshotState:
        # Tags stay recorded until they are removed, so that the next update completes an interrupted one.
        both = {**(state.tags or {}), **(inputs.tags or {})}
        updated = replace(self.replace_inputs(state, inputs), tags=both)
        run.record(id, updated)
        resumes = self.condition(state) is not Condition.READY
        if resumes:
            updated = self._resume(run, updated)
        ec2_tags.untag(run.aws, [id], both.keys() - (inputs.tags or {}).keys())
        return self._apply_tags(run, replace(updated, tags=inputs.tags), completion_tag() if resumes else {})

    def delete(self, run: Run, id: str, state: DirectSnapshotState) -> None:
        if state.retain_on_delete and state.status == "completed":
            if ebs_snapshots.find(run.aws, id) is not None:
                ec2_tags.untag(run.aws, [id], _OWN_TAGS)
            return
        ebs_snapshots.delete(run.aws, id)

    def condition(self, state: DirectSnapshotState) -> Condition:
        if state.status in {"error", "deleted"}:
            return Condition.BROKEN
        return Condition.READY if state.status == "completed" else Condition.UNFINISHED

    def describe_broken(self, id: str, state: DirectSnapshotState) -> str:
        return f"snapshot {id} " + ("was deleted" if state.status == "deleted" else f"is in state {state.status}")

    def _resume(self, run: Run, state: DirectSnapshotState) -> DirectSnapshotState:
        snapshot = ebs_snapshots.find(run.aws, str(state.snapshot_id))
        if snapshot is None or snapshot.state == "error":
            raise self._abandoned(run, state, "it was deleted, or EBS cancelled it after three days without a write")
        if snapshot.state == "completed" or _SEAL_TAG in snapshot.tags:
            return self._complete(run, state, snapshot)
        with open_source(run, state) as image:
            if image.identity != state.source_identity:
                raise self._abandoned(run, state, f"{image.name} has changed since the snapshot was started")
            return self._write(run, state, snapshot, image, open_image(image, state.format))

    def _write(
        self, run: Run, state: DirectSnapshotState, snapshot: EbsSnapshot, image: ImageSource, disk: DiskContent
    ) -> DirectSnapshotState:
        if snapshot.state != "completed" and _SEAL_TAG not in snapshot.tags:

            def keep(next_block: int) -> None:
                run.record(snapshot.id, replace(state, next_block=max(next_block, state.next_block or 0)))

            try:
                sent = BlockWriter(run, snapshot.id, disk).write(state.next_block or 0, keep)
                image.require_unmodified()
            except (DiskImageError, TransferError) as error:
                raise self._abandoned(run, state, str(error)) from error
            except Exception as error:
                if ebs_direct.is_unknown_snapshot(error) or ebs_direct.is_rejected(error):
                    raise self._abandoned(run, state, error_message(error)) from error
                raise
            # From here on the next run can complete the snapshot without the image.
            seal = ebs_direct.format_seal(sent.count, sent.checksum)
            ec2_tags.tag(run.aws, [snapshot.id], {_SEAL_TAG: seal})
            snapshot = replace(snapshot, tags={**snapshot.tags, _SEAL_TAG: seal})
        return self._complete(run, state, snapshot)

    def _complete(self, run: Run, state: DirectSnapshotState, snapshot: EbsSnapshot) -> DirectSnapshotState:
        """Seal a snapshot that has all its blocks, and wait until EC2 reports it as completed."""
        seal, rejection = snapshot.tags.get(_SEAL_TAG), None
        state = replace(state, next_block=None, blocks_written=ebs_direct.sealed_block_count(seal) if seal else None)
        run.record(snapshot.id, replace(state, status="completing"))
        if snapshot.state != "completed" and seal is not None:
            try:
                ebs_direct.complete(run.aws, snapshot.id, seal)
            except Exception as error:
                if not ebs_direct.is_rejected(error):
                    raise
                rejection = error
            polls_left = iter(range(_POLLS_AFTER_REJECTION if rejection else 0))

            def is_over(seen: EbsSnapshot) -> bool:
                has_ended = seen.state in {"completed", "error"}
                return has_ended or (rejection is not None and next(polls_left, None) is None)

            ended = wait_for_end(run, ebs_direct.POLLERS, snapshot.id, is_over, lambda _: "completing")
            if ended is None or ended.state != "completed":
                words = error_message(rejection) if rejection else f"its state is {ended.state if ended else 'deleted'}"
                raise self._abandoned(run, state, words) from rejection
        return replace(state, status="completed")

    def _apply_tags(self, run: Run, state: DirectSnapshotState, additional: Mapping[str, str]) -> DirectSnapshotState:
        own = {**run.identity.tags(self.inputs_of(state)), **additional}
        ec2_tags.tag(run.aws, [str(state.snapshot_id)], {**(state.tags or {}), **own})
        return state

    def _abandoned(self, run: Run, state: DirectSnapshotState, reason: str) -> CleanFailureError:
        """Delete a snapshot that cannot be completed. Returns the error to raise."""
        id = str(state.snapshot_id)
        ebs_snapshots.delete(run.aws, id)
        run.record(id, replace(state, status="deleted"))
        return CleanFailureError(
            f"snapshot {id}: {reason}; no snapshot was left; run `pulumi up` again to start a new one"
        )


class DirectSnapshotArgs(AwsArgs):
    """The arguments of DirectSnapshot: exactly one of file and user_bucket.

    Changes to tags, retain_on_delete, timeout_minutes, profile and assume_role_arn are applied in place. A change to
    any other argument replaces the snapshot.
    """

    file: NotRequired[pulumi.Input[str]]
    """The path of the disk image on the machine that runs Pulumi, relative to the project directory."""
    user_bucket: NotRequired[pulumi.Input[UserBucketArgs]]
    """The disk image in S3, in any Region. The machine that runs Pulumi reads it and sends its blocks to EBS."""
    format: NotRequired[pulumi.Input[Literal["RAW", "VMDK", "VHD", "VHDX"]]]
    """The format of the disk image: `RAW`, `VMDK` (single file), `VHD` or `VHDX`. An image of a different format is
    rejected. Default: detected from the content."""
    volume_size: NotRequired[pulumi.Input[int]]
    """The size of volumes created from the snapshot, in GiB. Default: the capacity of the disk, rounded up."""
    description: NotRequired[pulumi.Input[str]]
    """The description of the snapshot; 1 to 255 characters. Default: none."""
    encrypted: NotRequired[pulumi.Input[bool]]
    """Whether to encrypt the snapshot. Default: the Region's EBS encryption-by-default setting."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """The ARN of a symmetric KMS key in the Region. Requires `encrypted`. Default: the account's default KMS key for
    EBS."""
    source_hash: NotRequired[pulumi.Input[str]]
    """Any value that changes with the content of the disk image. A change replaces the snapshot. Default: the size and
    modification time of the file, or the ETag of the object. With a value of your own, the file is read only
    to write the snapshot, and a new modification time (such as after a fresh checkout) changes nothing."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """The tags of the snapshot; at most 44. Default: none."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the snapshot when the resource is deleted or replaced. Default: false."""


class DirectSnapshot(ManagedResource, module="vmimport", name="DirectSnapshot"):
    """An EBS snapshot written block by block from a disk image with the EBS direct APIs.

    The resource id is the snapshot id. The disk is not converted. Blocks of zeros are not sent; EBS verifies the
    checksum of every other block and of the whole snapshot. An interrupted run is resumed by the next one within three
    days. Use ImportImage for a disk that boots Windows; docs/snapshots.md compares the resources.

    Source: https://docs.aws.amazon.com/ebs/latest/userguide/writesnapshots.html
    """

    snapshot_id: pulumi.Output[str]
    """The id of the snapshot, which is also the resource id."""
    status: pulumi.Output[str]
    """`completed`, or the last recorded status of a snapshot that an interrupted run left."""
    capacity_bytes: pulumi.Output[int]
    """The capacity of the disk, in bytes."""
    volume_size_gib: pulumi.Output[int]
    """The size of a volume created from the snapshot, in GiB."""
    blocks_written: pulumi.Output[int]
    """The number of 512 KiB blocks in the snapshot; all other blocks are zeros."""
    next_block: pulumi.Output[int | None]
    """The index of the block at which the next run resumes an interrupted write. None once all blocks are written."""
    source_identity: pulumi.Output[str]
    """The version of the disk image: size and modification time of the file, or ETag of the object."""

    @overload
    def __init__(
        self, resource_name: str, args: DirectSnapshotArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[DirectSnapshotArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: DirectSnapshotArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)

    @staticmethod
    def _completed(arguments: dict[str, Any]) -> dict[str, Any]:
        file = arguments.get("file")
        if file is None or arguments.get("source_hash") is not None:
            return arguments
        # The fingerprint of the file, without reading it: preview shows a change of the file.
        return {**arguments, "source_hash": pulumi.Output.from_input(file).apply(file_fingerprint)}
