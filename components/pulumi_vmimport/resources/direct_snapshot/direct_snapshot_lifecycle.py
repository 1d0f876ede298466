"""The lifecycle of DirectSnapshot."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from pulumi_vmimport.aws.ec2 import ebs_direct, ebs_snapshots, ec2_tags
from pulumi_vmimport.aws.ec2.ebs_snapshots import EbsSnapshot
from pulumi_vmimport.aws.resource_arns import id_in_arn
from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.image_format import open_image
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Existing,
    Lifecycle,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.failed_work import remove_failed_work
from pulumi_vmimport.lifecycle.identity import OWN_TAGS, TAG_PREFIX, completion_tag
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.direct_snapshot.block_writer import BlockWriter
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshotInputs, DirectSnapshotState
from pulumi_vmimport.resources.direct_snapshot.pending_snapshot import SOURCE_TAG, find_or_start
from pulumi_vmimport.resources.direct_snapshot.snapshot_source import (
    ImageSource,
    content_problems,
    look_up_source,
    open_source,
    source_problems,
    source_version,
    volume_size,
)
from pulumi_vmimport.resources.rules.encryption_rules import encryption_problems, look_up_key
from pulumi_vmimport.resources.rules.tag_rules import ALL_TAGS, tag_problems, user_tags
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
    local_inputs = frozenset({"file", "format", "retain_on_delete", "source_hash", "user_bucket"})
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "file": "EBS does not record the disk image of a snapshot",
        "userBucket": "EBS does not record the disk image of a snapshot",
    }

    def check(self, inputs: DirectSnapshotInputs) -> Iterator[Problem]:
        yield from source_problems(inputs)
        description = inputs.description
        if is_known(description) and description is not None and not 1 <= len(description) <= _DESCRIPTION_LENGTH:
            yield Problem("description", f"expected 1 to {_DESCRIPTION_LENGTH} characters, got {len(description)}")
        yield from encryption_problems(inputs.encrypted, inputs.kms_key_arn, "kmsKeyArn")
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags, most=ALL_TAGS - len(_OWN_TAGS))

    def preflight(self, run: Run, inputs: DirectSnapshotInputs) -> Iterator[Problem]:
        yield from look_up_source(run, inputs)
        yield from look_up_key(run, inputs.kms_key_arn, use="snapshot", path="kmsKeyArn")

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

    def read_existing(self, run: Run, id: str, state: DirectSnapshotState) -> Existing[DirectSnapshotState] | None:
        snapshot = ebs_snapshots.find(run.aws, id_in_arn(id))
        if snapshot is None:
            return None
        seal = snapshot.tags.get(_SEAL_TAG)
        found = replace(
            state,
            snapshot_id=snapshot.id,
            status=snapshot.state,
            volume_size=snapshot.volume_size,
            volume_size_gib=snapshot.volume_size,
            description=snapshot.description or None,
            encrypted=snapshot.encrypted,
            kms_key_arn=ebs_snapshots.key_arn(run.aws, snapshot),
            tags=user_tags(snapshot.tags, None),
            source_identity=snapshot.tags.get(SOURCE_TAG),
            blocks_written=ebs_direct.sealed_block_count(seal) if seal else None,
        )
        is_key_shown = found.kms_key_arn is not None or not snapshot.encrypted
        return self.as_existing(snapshot.id, found, *(() if is_key_shown else ("kms_key_arn",)))

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
        failure = f"snapshot {id}: {reason}"
        remove_failed_work(failure, lambda: ebs_snapshots.delete(run.aws, id))
        run.record(id, replace(state, status="deleted"))
        return CleanFailureError(f"{failure}; no snapshot was left; run `pulumi up` again to start a new one")
