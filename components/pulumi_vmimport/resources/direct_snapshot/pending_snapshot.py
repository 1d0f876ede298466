"""The pending snapshot to write to: the one of an interrupted run, or a new one."""

import json
from collections.abc import Mapping

from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result, stop_after_attempt, wait_fixed

from pulumi_vmimport.aws.ec2 import ebs_direct, ebs_snapshots
from pulumi_vmimport.aws.ec2.ebs_snapshots import EbsSnapshot
from pulumi_vmimport.aws.service_errors import error_message, is_over_quota
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Run
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, TAG_PREFIX, is_adoptable
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshotInputs

SOURCE_TAG = f"{TAG_PREFIX}source"
"""The version of the image whose blocks the snapshot has: the same inputs may refer to a file with other content."""
_STARTS = 3


def find_or_start(run: Run, inputs: DirectSnapshotInputs, source_identity: str, size: int) -> EbsSnapshot:
    """The snapshot of these inputs and this version of the image, pending or completed.

    Deletes unfinished snapshots of these inputs with other content. Raises: CleanFailureError.
    """
    own_tags = run.identity.tags(inputs)
    for snapshot in ebs_direct.find_by_tag(run.aws, IDENTITY_TAG, own_tags[IDENTITY_TAG]):
        if not own_tags.items() <= snapshot.tags.items():
            continue
        is_usable = snapshot.state != "error" and is_adoptable(snapshot.tags)
        if snapshot.tags.get(SOURCE_TAG) == source_identity and is_usable:
            return snapshot
        if snapshot.state in {"pending", "error"}:
            ebs_snapshots.delete(run.aws, snapshot.id)
    return _start(run, inputs, {**(inputs.tags or {}), **own_tags, SOURCE_TAG: source_identity}, size)


def _start(run: Run, inputs: DirectSnapshotInputs, tags: Mapping[str, str], size: int) -> EbsSnapshot:
    """A new snapshot.

    EBS returns the same snapshot for the same ClientToken, even a deleted one, so the token depends on the ids of
    earlier attempts.
    """
    unusable: list[str] = []
    while len(unusable) < _STARTS:
        token = run.identity.token(inputs, json.dumps([tags, size, unusable], sort_keys=True))
        id = _start_within_quota(run, inputs, tags, size, token)
        snapshot = _find_started(run, id)
        is_usable = snapshot is not None and snapshot.state != "error" and is_adoptable(snapshot.tags)
        if snapshot is not None and is_usable and tags.items() <= snapshot.tags.items():
            return snapshot
        unusable.append(id)
    raise CleanFailureError(
        f"EC2 does not return the snapshots {', '.join(unusable)} that EBS started; run `pulumi up` again"
    )


def _start_within_quota(run: Run, inputs: DirectSnapshotInputs, tags: Mapping[str, str], size: int, token: str) -> str:
    """The id of a started snapshot, after waiting for the quota of pending snapshots."""

    def show(attempt: RetryCallState) -> None:
        if attempt.outcome and (error := attempt.outcome.exception()):
            run.status(f"waiting for another pending snapshot of the Region to complete: {error_message(error)}")

    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, Exception) and is_over_quota(error)),
        wait=wait_fixed(run.poll_seconds),
        sleep=run.wait,
        before_sleep=show,
    )
    return retrying(
        ebs_direct.start,
        run.aws,
        volume_size=size,
        token=token,
        tags=tags,
        description=inputs.description,
        encrypted=inputs.encrypted,
        kms_key_arn=inputs.kms_key_arn,
    )


def _find_started(run: Run, id: str) -> EbsSnapshot | None:
    """A snapshot that was started now or, with the same token, by an earlier run."""
    retrying = Retrying(
        retry=retry_if_result(lambda snapshot: snapshot is None),
        stop=stop_after_attempt(POLLS_BEFORE_GONE),
        wait=wait_fixed(run.poll_seconds),
        sleep=run.wait,
        retry_error_callback=lambda _: None,
    )
    return retrying(ebs_snapshots.find, run.aws, id)
