"""The pending snapshot to write to: that of an earlier, interrupted run, or a new one."""

import json
from collections.abc import Mapping

from pulumi_vmimport.aws.ec2 import ebs_direct, ebs_snapshots
from pulumi_vmimport.aws.ec2.ebs_snapshots import EbsSnapshot
from pulumi_vmimport.aws.service_errors import error_message, is_over_quota
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Run
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, TAG_PREFIX, is_adoptable
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot_inputs import DirectSnapshotInputs

SOURCE_TAG = f"{TAG_PREFIX}source"
"""Which image the blocks are of: inputs alone do not tell one content of a file from the next."""
_STARTS = 3


def own_or_started(run: Run, inputs: DirectSnapshotInputs, source_identity: str, size: int) -> EbsSnapshot:
    """The snapshot of these inputs and this very image, pending or completed; what else was begun of them is deleted.

    Raises: CleanFailureError.
    """
    own_tags = run.identity.tags(inputs)
    for snapshot in ebs_direct.find_by_tag(run.aws, IDENTITY_TAG, own_tags[IDENTITY_TAG]):
        if not own_tags.items() <= snapshot.tags.items():
            continue
        is_usable = snapshot.state in {"pending", "completed"} and is_adoptable(snapshot.tags)
        if snapshot.tags.get(SOURCE_TAG) == source_identity and is_usable:
            return snapshot
        if snapshot.state != "completed":
            ebs_snapshots.delete(run.aws, snapshot.id)
    return _started(run, inputs, {**(inputs.tags or {}), **own_tags, SOURCE_TAG: source_identity}, size)


def _started(run: Run, inputs: DirectSnapshotInputs, tags: Mapping[str, str], size: int) -> EbsSnapshot:
    """A new snapshot. The token of one that is gone would bring that one back: so a token has all before it."""
    before: list[str] = []
    while len(before) < _STARTS:
        token = run.identity.token(inputs, json.dumps([tags, size, before], sort_keys=True))
        try:
            id = ebs_direct.start(
                run.aws,
                volume_size=size,
                token=token,
                tags=tags,
                description=inputs.description,
                encrypted=inputs.encrypted,
                kms_key_arn=inputs.kms_key_arn,
            )
        except Exception as error:
            if not is_over_quota(error):
                raise
            run.status(f"waiting for one of the Region's pending snapshots to end: {error_message(error)}")
            run.wait(run.poll_seconds)
            continue
        found = _seen(run, id)
        is_usable = found is not None and found.state != "error" and is_adoptable(found.tags)
        if found is not None and is_usable and tags.items() <= found.tags.items():
            return found
        before.append(id)
    raise CleanFailureError(
        f"EC2 shows none of the snapshots {', '.join(before)} that EBS says it has started; try again"
    )


def _seen(run: Run, id: str) -> EbsSnapshot | None:
    """A snapshot that was started a moment ago, or with the same token long ago."""
    for _ in range(POLLS_BEFORE_GONE):
        if found := ebs_snapshots.find(run.aws, id):
            return found
        run.wait(run.poll_seconds)
    return None
